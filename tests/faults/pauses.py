"""For how long each service stood still, as a caller sees it: the longest time from a purchase's
acknowledgement to its effect, read by a consumer of the service's topic that sees what is committed."""

import subprocess
import threading
import time

import world as worlds

# Service → the topic on which its effects can be seen, and of which purchases.
EFFECTS = {"profile": ("customer", (worlds.TRIGGER_NET, worlds.REACTION_NET)),
           "segmentation": ("segment", (worlds.TRIGGER_NET, worlds.REACTION_NET)),
           "offer": ("decision", (worlds.TRIGGER_NET,)), "campaign": ("contact", (worlds.TRIGGER_NET,)),
           "response": ("response", (worlds.REACTION_NET,))}


class Reader:
    """When the first record of each key arrived; on topic customer also whose it is."""

    def __init__(self, cluster, topic):
        self.first, self.values = {}, {}
        self.process = subprocess.Popen(
            ["kcat", "-b", cluster.kafka, "-C", "-q", "-u", "-o", "end", "-t", f"{cluster.prefix}.{topic}.v1",
             "-X", "isolation.level=read_committed", "-X", "fetch.wait.max.ms=50",
             "-f", "%K %S\n%k%s"], stdout=subprocess.PIPE)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        out = self.process.stdout
        while line := out.readline():
            sizes = [max(0, int(size)) for size in line.split()]
            key, value = (out.read(size) for size in sizes)
            self.first.setdefault(key, time.time())
            for net in (worlds.TRIGGER_NET, worlds.REACTION_NET):
                if b"-%d" % net in value:
                    self.values.setdefault((net, value.split(b"-%d" % net)[0][-24:]), (key, time.time()))

    def stop(self):
        self.process.kill()
        self.process.wait()


class Watch:
    """From its making to `longest`."""

    def __init__(self, cluster):
        self.readers = {service: Reader(cluster, topic) for service, (topic, _) in EFFECTS.items()}

    def longest(self, stream):
        """Service → seconds, over the stream's purchases; None: none was due, or one was not seen."""
        for reader in self.readers.values():
            reader.stop()
        return {service: self._of(service, stream) for service in EFFECTS}

    def _of(self, service, stream):
        reader, waits = self.readers[service], []
        for (user, net), accepted in stream.accepted_at.items():
            if net not in EFFECTS[service][1]:
                continue
            key, profiled = self._profiled(user, net)
            effect = profiled if service == "profile" else reader.first.get(key)
            if effect is None:
                return None
            waits.append(max(0.0, effect - accepted))
        return max(waits, default=None)

    def _profiled(self, user, net):
        for (of, before), seen in self.readers["profile"].values.items():
            if of == net and before.endswith(user.encode()) and not before[:-len(user)][-1:].isalnum():
                return seen
        return None, None
