"""A shop on a cluster and its campaign `thanks`, which answers purchases: what the tests here and in
tests/faults set up, send and ask alike."""

import json
import time

from cluster import day_zone

TRIGGER_NET = 1000  # and more is answered

SETUP = """
kind: BusinessUnit
name: shop
currency: KRW
time_zone: {zone}
---
kind: Channel
name: push
consent_channel: push
webhook: {{url: "{url}", idempotent: true}}
---
kind: Offer
name: gift
business_unit: shop
nature: product
response_value_minor: 12000
active: true
content: A gift.
"""

BUYERS = """
---
kind: Segment
name: buyers
business_unit: shop
expression: count(purchase) IN LAST 6 MONTHS >= 2
"""

CONTROL = "{name: control, share: 30%, is_control: true}"
PUSH = '{name: push, share: 70%, channel: push, offers: [gift], offer_policy: uniform, content: "{{offer}}"}'


def setup(url, *more):
    """Business unit, channel and offer, and further documents."""
    return SETUP.format(zone=day_zone(), url=url) + "".join(more)


def thanks(*treated, delay="1s"):
    """The campaign, with these cells beside its control; default: push."""
    cells = "\n".join(f"      - {cell}" for cell in (CONTROL, *(treated or [PUSH])))
    return f"""
kind: Campaign
name: thanks
business_unit: shop
trigger: {{activity: {{activity_kind: purchase, min_net_minor: {TRIGGER_NET}, delay: {delay}, fresh_within: 1h}}}}
audiences:
  - name: all
    cells:
{cells}
metrics:
  - {{name: sales, measure: sum, activity_kind: purchase}}
response_window: 7d
"""


def apply(cluster, name, text):
    path = cluster.dir / f"{name}.yaml"
    path.write_text(text)
    cluster.must("apply", "-f", path)


def launch(cluster, name="thanks"):
    """From draft to running."""
    cluster.must("submit", name)
    cluster.must("approve", name, "--yes", principal="bea")
    cluster.must("start", name, principal="cem")


def by_user(user):
    return [{"type": "IDENTIFIER_TYPE_USER_ID", "value": user}]


CONSENT = {"channel": "push", "purpose": "CONSENT_PURPOSE_MARKETING", "granted": True, "evidence": "form"}


def customers(users):
    """Who agree to be told, as `dangol upsert` takes them."""
    return lines({"message_id": f"c-{user}", "source": "crm", "business_unit": "shop", "identifiers": by_user(user),
                  "consents": [CONSENT]} for user in users)


def purchase(user, order, net):
    """Now, as `dangol track` takes it."""
    return {"message_id": order, "external_id": order, "source": "pos", "business_unit": "shop",
            "occurred_time_us": time.time_ns() // 1000, "identifiers": by_user(user),
            "purchase": {"currency": "KRW", "net_minor": net, "quantity": 1}}


def lines(documents):
    return "".join(json.dumps(document) + "\n" for document in documents)


def numbers(group):
    return {step: int(value) for step, value in group.items() if str(value).lstrip("-").isdigit()}


def waterfall(cluster, name="thanks"):
    return numbers(cluster.json("progress", name).get("total", {}))


def settled(cluster, selected, name="thanks"):
    """The waterfall once as many are selected and each has come to an end; or None."""
    total = waterfall(cluster, name)
    waiting = total.get("pending", 0) + total.get("in_flight", 0)
    return total if total.get("selected", 0) == selected and not waiting else None


def check(what, is_, wanted):
    if is_ != wanted:
        raise AssertionError(f"{what}: {is_}, not {wanted}")
    print(f"ok   {what}: {is_}", flush=True)
