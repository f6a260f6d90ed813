package peer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** The two stages on Kafka Streams, exactly once. Arguments: broker, prefix, work directory, broker's
 * pid, records (0: until it is told to end). */
public final class App {
  static final LongAdder activities = new LongAdder();
  static final LongAdder changesOut = new LongAdder();
  static final LongAdder changesIn = new LongAdder();
  static final LongAdder contacts = new LongAdder();

  static final class Segments implements Processor<byte[], byte[], byte[], byte[]> {
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<byte[], Work.CustomerSums> store;

    @Override
    public void init(ProcessorContext<byte[], byte[]> c) {
      context = c;
      store = c.getStateStore("customers");
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      Work.Activity activity = Work.Activity.of(record.value());
      Work.CustomerSums sums = store.get(record.key());
      if (sums == null) sums = new Work.CustomerSums();
      int changed = sums.apply(activity);
      store.put(record.key(), sums);
      for (int i = 0; i < Work.SEGMENTS; i++) {
        if ((changed >> i & 1) == 0) continue;
        Work.Change change =
            new Work.Change(
                i, (sums.bits >> i & 1) == 1, activity.timeMs(), sums.purchases, sums.total, activity.sentUs());
        context.forward(record.withValue(change.bytes()));
        changesOut.increment();
      }
      activities.increment();
    }
  }

  static final class Contacts implements Processor<byte[], byte[], byte[], byte[]> {
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<byte[], Integer> store;

    @Override
    public void init(ProcessorContext<byte[], byte[]> c) {
      context = c;
      store = c.getStateStore("contacts");
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      Work.Change change = Work.Change.of(record.value());
      if (change.isContact()) {
        Integer made = store.get(record.key());
        int number = made == null ? 1 : made + 1;
        store.put(record.key(), number);
        context.forward(record.withValue(change.contact(number)));
        contacts.increment();
      }
      changesIn.increment();
    }
  }

  static Properties properties(String broker, String prefix, String workDir) {
    Properties p = new Properties();
    p.put("bootstrap.servers", broker);
    p.put("application.id", prefix + "-streams");
    p.put("state.dir", workDir);
    p.put("num.stream.threads", "2");
    p.put("processing.guarantee", "exactly_once_v2");
    p.put("commit.interval.ms", "100");
    p.put("replication.factor", "1");
    p.put("statestore.cache.max.bytes", "0");
    p.put("buffered.records.per.partition", "5000");
    p.put("topology.optimization", "all");
    p.put("main.consumer.max.poll.records", "5000");
    p.put("main.consumer.max.partition.fetch.bytes", "4194304");
    p.put("main.consumer.auto.offset.reset", "earliest");
    p.put("producer.compression.type", "lz4");
    p.put("producer.linger.ms", "50");
    p.put("producer.batch.size", "131072");
    p.put("producer.buffer.memory", "134217728");
    p.put("rocksdb.config.setter", Rocks.class.getName());
    return p;
  }

  static StreamsBuilder topology(String prefix) {
    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(
        Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore("customers"), Serdes.ByteArray(), new Work.SumsSerde())
            .withCachingDisabled());
    builder.addStateStore(
        Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore("contacts"), Serdes.ByteArray(), Serdes.Integer())
            .withCachingDisabled());
    var in = Consumed.with(Serdes.ByteArray(), Serdes.ByteArray());
    var out = Produced.with(Serdes.ByteArray(), Serdes.ByteArray());
    builder
        .stream(prefix + ".customer.v1", in)
        .process(Segments::new, "customers")
        .to(prefix + ".segment.v1", out);
    builder
        .stream(prefix + ".segment.v1", in)
        .process(Contacts::new, "contacts")
        .to(prefix + ".contact.v1", out);
    return builder;
  }

  static double cpuSeconds(String pid) throws Exception {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
  }

  public static void main(String[] args) throws Exception {
    String self = String.valueOf(ProcessHandle.current().pid());
    String brokerPid = args[3];
    long records = Long.parseLong(args[4]);
    Properties properties = properties(args[0], args[1], args[2]);
    KafkaStreams streams = new KafkaStreams(topology(args[1]).build(properties), properties);
    streams.setUncaughtExceptionHandler(
        e -> {
          e.printStackTrace();
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    CountDownLatch told = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(told::countDown));
    double own = cpuSeconds(self);
    double broker = cpuSeconds(brokerPid);
    streams.start();
    while (streams.state() != KafkaStreams.State.RUNNING) Thread.sleep(10);
    System.out.println("READY");
    if (records == 0) {
      told.await();
      streams.close(Duration.ofSeconds(10));
      return;
    }
    while (activities.sum() == 0) Thread.sleep(2);
    long begin = System.nanoTime();
    while (activities.sum() < records || changesIn.sum() < changesOut.sum()) Thread.sleep(2);
    double seconds = (System.nanoTime() - begin) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "{\"rate\": %.0f, \"cpu_us\": %.2f, \"broker_cpu_us\": %.2f, \"changes\": %d, \"contacts\": %d}%n",
        records / seconds,
        (cpuSeconds(self) - own) * 1e6 / records,
        (cpuSeconds(brokerPid) - broker) * 1e6 / records,
        changesOut.sum(),
        contacts.sum());
    streams.close(Duration.ofSeconds(30));
  }
}
