"""Who is one person, in the load of kill_rounds.py: visits that show two customers to be one, alone and
in chains; merges taken back; customers erased. Each user begins as a customer with a user id and a card.

Three kinds of users, so that what must be true afterwards is exact whatever the moment of a kill:
those who meet each other, and click; pairs that meet and are made two again a round or more later, of
whom no orders come in between and one click before; and those who are erased, of whom no orders come
from then on."""

import collections
import dataclasses
import json

from server import Failed

CUSTOMERS = 200
MEETING = range(0, 130)
PAIRED = range(130, 170)  # 130 with 131, 132 with 133, …
ERASED = range(170, 200)
GROUP_MAX = 4
SERVICES = 5


def card(user):
    return f"4000{user:012}"


@dataclasses.dataclass
class Meeting:
    message: str
    a: int
    b: int
    acknowledged: bool = False
    undo: str = ""  # "sent", "acknowledged"


def united(meetings):
    """User → who stands for all that are the same customer."""
    of = {user: user for user in range(CUSTOMERS)}
    for meeting in meetings:
        old, new = of[meeting.b], of[meeting.a]
        for user in [u for u in of if of[u] == old]:
            of[user] = new
    return of


class People:
    def __init__(self, rng):
        self.rng = rng
        self.meetings = []
        self.erasures = {}   # user → acknowledged
        self.gone = {}       # customer of an erased user → requests to providers when it was gone
        self.names = {}      # customer → user, of all who were ever met; old and new ones
        self.orders = collections.defaultdict(lambda: [0, 0])  # user → number and sum
        self.clicks = collections.Counter()                    # user → how many
        self.selected = {}   # campaign → how many customers, at least and at most
        self.meets, self.undos, self.erases = [], [], []  # this round's, of those that are pending
        self.touched = set()

    def quiet(self):
        """Users of whom no orders may come this round."""
        together = {u for m in self.meetings for u in (m.a, m.b) if m.a in PAIRED and
                    (m.undo != "acknowledged" or m in self.undos)}
        return together | set(self.erasures) | self.touched & set(PAIRED)

    def now(self):
        """As it is when nothing is pending."""
        return united([m for m in self.meetings if not m.undo])

    def plan(self, n, server):
        of = self.now()
        customers = len(set(of.values())) - len(self.erasures)
        self.undos = [m for m in self.meetings if m.a in PAIRED and not m.undo][:1]
        if self.rng.random() < 0.5:
            self.undos = []
        self.meets = [Meeting(f"meet-{n}-{i}", a, b) for i, (a, b) in enumerate(self.chain(of))]
        for first in self.next_pair():
            self.meets.append(Meeting(f"meet-{n}-pair", first, first + 1))
        self.rng.shuffle(self.meets)
        self.erases = [u for u in ERASED if u not in self.erasures][:self.rng.randrange(2)]
        self.touched = {u for m in self.meets + self.undos for u in (m.a, m.b)} | set(self.erases)
        for user in sorted(self.touched - set(self.names.values())):
            self.names.setdefault(self.name_of(user, server), user)
        self.meetings += self.meets
        self.erasures.update(dict.fromkeys(self.erases, False))
        for meeting in self.undos:
            meeting.undo = "sent"
        self.selected[f"c{n}"] = (customers - len(self.meets) - len(self.erases),
                                  customers + len(self.undos))
        # Who is one customer for sure, whatever becomes of this round.
        return united([m for m in self.meetings if m not in self.meets and not m.undo])

    def next_pair(self):
        """The first of the two that meet next; [] when all have met."""
        first = PAIRED.start + 2 * sum(m.a in PAIRED for m in self.meetings)
        return [first] if first < PAIRED.stop else []

    def chain(self, of):
        """One to three meetings, each with somebody of the one before."""
        size = collections.Counter(of.values())
        users = self.rng.sample(MEETING, 1 + self.rng.randrange(1, 4))
        found, reached = [], size[of[users[0]]]
        for a, b in zip(users, users[1:]):
            if reached + size[of[b]] > GROUP_MAX or of[a] == of[b]:
                break
            reached += size[of[b]]
            found.append((a, b))
        return found

    def name_of(self, user, server):
        return server.lines("customer", f"user_id:u{user}")[0]["name"]

    def pending(self):
        return self.meets + self.undos + self.erases

    def happen(self, server, pause):
        """Everything that is pending, with pauses between; what is acknowledged is pending no more."""
        for meeting in list(self.meets):
            pause()
            self.meet(meeting, server)
        for meeting in list(self.undos):
            pause()
            self.take_back(meeting, server)
        for user in list(self.erases):
            pause()
            code, _ = server.call("erase", f"user_id:u{user}", "--reason", f"request {user}")
            if code in (0, 4):  # 4: it was done before, nobody heard of it
                self.erasures[user] = True
                self.erases.remove(user)

    def meet(self, meeting, server):
        visit = {"message_id": meeting.message, "source": "app", "business_unit": "shop", "visit": {},
                 "occurred_time_us": 1767528000000000,
                 "identifiers": [{"type": "IDENTIFIER_TYPE_USER_ID", "value": f"u{meeting.a}"},
                                 {"type": "IDENTIFIER_TYPE_CARD", "value": card(meeting.b)}]}
        if server.call("track", text=json.dumps(visit))[0] == 0:
            meeting.acknowledged = True
            self.meets.remove(meeting)

    def ids(self, meeting):
        """(merged, kept): the greater id goes into the smaller."""
        mine = [name for name, user in self.names.items() if user in (meeting.a, meeting.b)]
        return sorted(mine, reverse=True)

    def take_back(self, meeting, server):
        merged, kept = self.ids(meeting)
        name = f"{merged}-{kept}".replace("customers/", "")
        code, text = server.call("merges", "show", name, "-o", "json")
        if code == 0 and json.loads(text)["state"] != "MERGE_STATE_UNDONE":
            code, _ = server.call("merges", "undo", name, "--reason", "two people")
        if code != 0:
            return
        # What the one brought stays with the other, too.
        mine, other = self.orders[self.names[merged]], self.orders[self.names[kept]]
        self.orders[self.names[kept]] = [mine[0] + other[0], mine[1] + other[1]]
        meeting.undo = "acknowledged"
        self.undos.remove(meeting)

    def check(self, server, provider, customers, all_taken):
        """After a start: what was acknowledged is so, and nothing that was not sent. Exact, when
        nothing is pending, orders included (`all_taken`). `customers`: how many the server counts."""
        least = united([m for m in self.meetings if m.acknowledged and not m.undo])
        most = united([m for m in self.meetings if m.undo != "acknowledged"])
        records = server.lines("merges", "--state", "merged")
        edges = []
        for record in records:
            if record["from"] not in self.names or record["into"] not in self.names:
                raise Failed(f"nobody met, and merged: {record}")
            edges.append(Meeting("", self.names[record["from"]], self.names[record["into"]]))
        seen = united(edges)
        for user in range(CUSTOMERS):
            if seen[user] != seen[least[user]]:
                raise Failed(f"u{user} and u{least[user]} met and are two: {records}")
            if most[user] != most[seen[user]]:
                raise Failed(f"u{user} and u{seen[user]} never met and are one: {records}")
        gone = server.lines("erasures")
        erased = sum(self.erasures.values())
        if not erased <= len(gone) <= len(self.erasures):
            raise Failed(f"{len(gone)} erased, not {erased} to {len(self.erasures)}")
        for proof in gone:
            services = {r["service"] for r in proof["removals"]}
            if proof["state"] != "ERASURE_STATE_COMPLETE" or len(services) != SERVICES:
                raise Failed(f"not erased: {proof}")
        if customers != len(set(seen.values())) - len(gone):
            raise Failed(f"{customers} customers, {len(set(seen.values()))} after merges, of which "
                         f"{len(gone)} are erased")
        if all_taken:
            self.check_touched(server, provider)

    def check_touched(self, server, provider):
        """All who were erased or made two again, and one of the others; end() looks at all."""
        for user in sorted(self.touched & set(self.erasures)):
            code, text = server.call("customer", f"user_id:u{user}")
            if code != 4:
                raise Failed(f"u{user} was erased: {code}\n{text}")
            name = next(n for n, u in self.names.items() if u == user)
            self.gone.setdefault(name, provider.requests_about(name))
        parted = {u for m in self.meetings if m.undo for u in (m.a, m.b)} & self.touched
        for user in sorted(parted):
            self.names.setdefault(self.name_of(user, server), user)
            self.check_customer(user, server)
        met = sorted(self.touched - parted - set(self.erasures))
        if met:
            self.check_customer(self.rng.choice(met), server)

    def check_customer(self, user, server):
        """By either identifier it is the customer of all it met, with the purchases of all."""
        of = self.now()
        group = [u for u in of if of[u] == of[user]]
        profile, shop = server.lines("customer", f"card:{card(user)}")[:2]
        names = {self.name_of(u, server) for u in group if u != user or len(group) == 1}
        if names != {profile["name"]}:
            raise Failed(f"{group} are one customer, not {names} and by card {profile['name']}")
        expected = [sum(self.orders[u][i] for u in group) for i in (0, 1)]
        found = [int(shop.get("purchases", 0)), int(shop.get("net_minor", 0))]
        if found != expected:
            raise Failed(f"{group} bought {expected}, {profile['name']} {found}")

    def end(self, server, provider):
        of = self.now()
        met = {of[u] for m in self.meetings for u in (m.a, m.b)}
        for user in sorted(met):
            self.check_customer(user, server)
        for name, requests in self.gone.items():
            if provider.requests_about(name) != requests:
                raise Failed(f"written to after it was erased: {name}")

    def check_contacts(self, campaign, contacts, of):
        """At most one contact of each who was one customer before the wave."""
        found = collections.defaultdict(list)
        for contact in contacts:
            if contact["customer"] in self.names:
                found[of[self.names[contact["customer"]]]].append(contact)
        for user, some in found.items():
            if len(some) > 1:
                raise Failed(f"{campaign}: u{user} is one person and was contacted as many: {some}")

    def check_clicks(self, contacts):
        """One contact for each click, whoever the clicker is by now."""
        of = self.now()
        found, clicked = collections.Counter(), collections.Counter()
        for contact in contacts:
            if contact["customer"] in self.names:
                found[of[self.names[contact["customer"]]]] += 1
        for user in set(self.names.values()):
            if user == of[user]:
                clicked[user] = sum(n for u, n in self.clicks.items() if of[u] == user)
        if len(contacts) != self.clicks.total() or +found != +clicked:
            raise Failed(f"{self.clicks.total()} clicks, {len(contacts)} contacts for them; of who met: "
                         f"{clicked} and {found}")
