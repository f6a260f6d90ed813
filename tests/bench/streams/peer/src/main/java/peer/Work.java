package peer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;

/** The work of ../../../../../../work.h: the same rules, and the same bytes on the topics. */
final class Work {
  static final long DAY_MS = 86_400_000L;
  static final long BUCKET_MS = 90 * DAY_MS / 8;
  static final int SEGMENTS = 10;

  private Work() {}

  static ByteBuffer read(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  static ByteBuffer write(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  record Activity(int kind, long amount, long timeMs, long sentUs) {
    static Activity of(byte[] bytes) {
      ByteBuffer in = read(bytes);
      return new Activity(in.get(), Integer.toUnsignedLong(in.getInt()), in.getLong(), in.getLong());
    }
  }

  record Change(int segment, boolean entered, long timeMs, int purchases, long total, long sentUs) {
    static Change of(byte[] bytes) {
      ByteBuffer in = read(bytes);
      return new Change(
          in.get(), in.get() == 1, in.getLong(), in.getInt(), in.getLong(), in.getLong());
    }

    byte[] bytes() {
      return write(30)
          .put((byte) segment)
          .put((byte) (entered ? 1 : 0))
          .putLong(timeMs)
          .putInt(purchases)
          .putLong(total)
          .putLong(sentUs)
          .array();
    }

    boolean isContact() {
      return entered && (segment == 3 || segment == 9);
    }

    byte[] contact(int number) {
      return write(21).put((byte) segment).putInt(number).putLong(timeMs).putLong(sentUs).array();
    }
  }

  /** What stage one keeps of a customer. */
  static final class CustomerSums {
    int purchases;
    int visits;
    int bits;
    long total;
    long firstMs;
    long lastMs;
    final int[] number = new int[8];
    final int[] count = new int[8];
    final long[] sum = new long[8];

    /** Takes the activity in; the segments that changed, by bit. */
    int apply(Activity a) {
      int current = (int) (a.timeMs() / BUCKET_MS);
      if (a.kind() == 1) {
        purchases++;
        total += a.amount();
        if (firstMs == 0) firstMs = a.timeMs();
        lastMs = Math.max(lastMs, a.timeMs());
        int i = current & 7;
        if (number[i] != current) clear(i, current);
        count[i]++;
        sum[i] += a.amount();
      } else {
        visits++;
      }
      int recent = 0;
      long recentSum = 0;
      for (int i = 0; i < 8; i++) {
        if (number[i] <= current - 8) {
          clear(i, 0);
        } else {
          recent += count[i];
          recentSum += sum[i];
        }
      }
      int before = bits;
      bits = evaluate(a.timeMs(), recent, recentSum);
      return before ^ bits;
    }

    private void clear(int i, int to) {
      number[i] = to;
      count[i] = 0;
      sum[i] = 0;
    }

    private int evaluate(long now, int recent, long recentSum) {
      long sinceLast = lastMs == 0 ? -1 : now - lastMs;
      long sinceFirst = firstMs == 0 ? -1 : now - firstMs;
      int b = 0;
      if (purchases >= 1) b |= 1;
      if (purchases >= 3) b |= 1 << 1;
      if (total >= 50_000) b |= 1 << 2;
      if (recentSum >= 20_000) b |= 1 << 3;
      if (recent >= 2) b |= 1 << 4;
      if (sinceLast >= 0 && sinceLast <= 30 * DAY_MS) b |= 1 << 5;
      if (visits >= 3 && purchases == 0) b |= 1 << 6;
      if (purchases >= 2 && total / purchases >= 15_000) b |= 1 << 7;
      if (sinceFirst >= 0 && sinceFirst <= 30 * DAY_MS) b |= 1 << 8;
      if (sinceLast > 90 * DAY_MS) b |= 1 << 9;
      return b;
    }
  }

  static final class SumsSerde
      implements Serde<CustomerSums>, Serializer<CustomerSums>, Deserializer<CustomerSums> {
    @Override
    public Serializer<CustomerSums> serializer() {
      return this;
    }

    @Override
    public Deserializer<CustomerSums> deserializer() {
      return this;
    }

    @Override
    public void configure(java.util.Map<String, ?> configs, boolean isKey) {}

    @Override
    public void close() {}

    @Override
    public byte[] serialize(String topic, CustomerSums s) {
      if (s == null) return null;
      int live = 0;
      for (int n : s.number) if (n != 0) live++;
      ByteBuffer out = write(36 + 16 * live);
      out.putInt(s.purchases).putInt(s.visits).putInt(s.bits);
      out.putLong(s.total).putLong(s.firstMs).putLong(s.lastMs);
      for (int i = 0; i < 8; i++) {
        if (s.number[i] != 0) out.putInt(s.number[i]).putInt(s.count[i]).putLong(s.sum[i]);
      }
      return out.array();
    }

    @Override
    public CustomerSums deserialize(String topic, byte[] bytes) {
      if (bytes == null) return null;
      ByteBuffer in = read(bytes);
      CustomerSums s = new CustomerSums();
      s.purchases = in.getInt();
      s.visits = in.getInt();
      s.bits = in.getInt();
      s.total = in.getLong();
      s.firstMs = in.getLong();
      s.lastMs = in.getLong();
      while (in.hasRemaining()) {
        int n = in.getInt();
        s.number[n & 7] = n;
        s.count[n & 7] = in.getInt();
        s.sum[n & 7] = in.getLong();
      }
      return s;
    }
  }
}
