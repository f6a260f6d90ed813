"""What one seed's customers are and do, as the CLI takes it: facts, a history that comes late, twice
and out of order, two customers who turn out to be one, and purchases that campaigns answer."""

import random

import shop

DAY_US = 86_400_000_000
CUSTOMERS = 12  # of a seed
CELLS = ["control", "push", "sms"]


class Traffic:
    def __init__(self, seed, now_us):
        self.seed, self.now = seed, now_us
        self.rng = random.Random(seed)
        self.users = [f"s{seed}-u{i}" for i in range(CUSTOMERS)]
        self.orders = self.by_card = 0
        self.cells = {user: self.rng.choice(CELLS) for user in self.users}

    def facts(self):
        """Of every customer; some twice, and some from an older source, which changes nothing."""
        lines = []
        for i, user in enumerate(self.users):
            new = self._facts(f"crm-{user}", user, self.now - DAY_US)
            lines += [new] * self.rng.choice([1, 1, 2])
            if self.rng.random() < 0.3:
                lines.append(self._facts(f"old-{user}", user, self.now - 300 * DAY_US))
            if i == 0:
                new["restriction"] = {"do_not_serve": True, "reason": "asked", "by": "crm"}
        return shop.lines(lines)

    def _facts(self, message, user, observed):
        return {
            "message_id": message, "source": "crm", "business_unit": "shop", "observed_time_us": observed,
            "identifiers": shop.by_user(user),
            "traits": {"city": {"text": self.rng.choice(["Seoul", "Busan", "Incheon"])},
                       "age": {"number": self.rng.randrange(19, 80)}},
            "consents": [{"channel": channel, "purpose": "CONSENT_PURPOSE_MARKETING", "evidence": "form",
                          "granted": self.rng.random() < share, "observed_time_us": observed}
                         for channel, share in (("push", 0.8), ("sms", 0.6))]}

    def history(self):
        """What happened in the last fourteen months. The last customer bought by card."""
        lines = []
        for user in self.users:
            who = self._card(user) if user == self.users[-1] else self._user(user)
            for _ in range(self.rng.randrange(7)):
                occurred = self.now - int(self.rng.uniform(2, 420) * DAY_US)
                lines.append(self._purchase(who, occurred, 100 * self.rng.randrange(1, 900)))
                if self.rng.random() < 0.2:
                    lines.append(self._other(who, occurred + DAY_US, {"return": {
                        "currency": "KRW", "net_minor": 100, "order_id": lines[-1]["external_id"]}}))
                if self.rng.random() < 0.3:
                    lines.append(self._other(who, occurred - DAY_US // 2, {"visit": {"place": "VISIT_PLACE_STORE"}}))
        self.by_card = sum(line["identifiers"][0]["type"] == "IDENTIFIER_TYPE_CARD" for line in lines)
        distinct = len(lines)
        lines += [line for line in lines if self.rng.random() < 0.2]
        self.rng.shuffle(lines)
        return shop.lines(lines), distinct

    def meeting(self):
        """The card is the last customer's own."""
        user = self.users[-1]
        return shop.lines([{
            "message_id": f"card-{user}", "source": "crm", "business_unit": "shop",
            "observed_time_us": self.now, "identifiers": [self._user(user), self._card(user)]}])

    def cell_rows(self):
        return "".join(f"user_id:{user},{cell}\n" for user, cell in self.cells.items())

    def purchases(self, now_us, least, most):
        """Of half of the customers, now; and how many."""
        buyers = [user for user in self.users if self.rng.random() < 0.5]
        lines = [self._purchase(self._user(user), now_us, self.rng.randrange(least, most)) for user in buyers]
        return shop.lines(lines + [line for line in lines if self.rng.random() < 0.2]), len(buyers)

    def _purchase(self, who, occurred, net):
        return self._other(who, occurred, {"purchase": {"currency": "KRW", "net_minor": net, "quantity": 1}})

    def _other(self, who, occurred, what):
        self.orders += 1
        name = f"s{self.seed}-o{self.orders}"
        return {"message_id": name, "external_id": name, "source": "pos", "business_unit": "shop",
                "occurred_time_us": occurred, "identifiers": [who], **what}

    @staticmethod
    def _user(user):
        return shop.by_user(user)[0]

    def _card(self, user):
        number = f"{self.seed:06}{self.users.index(user):06}"
        return {"type": "IDENTIFIER_TYPE_CARD", "value": number}
