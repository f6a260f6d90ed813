"""README's tour by a client that grpcio-tools made of the protos: customers, purchases, a campaign with a
held-out control, its waterfall and report, one person explained, handed out and erased.
Usage: tour.py ADDRESS    PYTHONPATH holds the generated modules. On a dangold with a virtual clock."""

import sys

import grpc
from google.rpc import error_details_pb2, status_pb2

from dangol.campaign.v1 import campaign_pb2, campaign_service_pb2, campaign_service_pb2_grpc
from dangol.common.v1 import business_unit_pb2, identifier_pb2
from dangol.event.v1 import activity_pb2, ingest_pb2
from dangol.profile.v1 import customer_pb2, profile_service_pb2, profile_service_pb2_grpc
from dangol.response.v1 import response_service_pb2, response_service_pb2_grpc
from dangol.segmentation.v1 import segmentation_service_pb2, segmentation_service_pb2_grpc
from dangol.stream.v1 import clock_service_pb2, clock_service_pb2_grpc

UNIT, CAMPAIGN, CUSTOMERS = "python-shop", "python-thanks", 100
HOUR_US = 3_600_000_000
OFTEN = "count(purchase) IN LAST 6 MONTHS >= 2"


def check(what, is_, wanted):
    if is_ != wanted:
        raise AssertionError(f"{what}: {is_}, not {wanted}")
    print(f"ok   {what}: {is_}")


def by_user(i):
    return identifier_pb2.Identifier(type=identifier_pb2.IDENTIFIER_TYPE_USER_ID, value=f"python-{i}")


def customer(i):
    return identifier_pb2.CustomerRef(identifier=by_user(i))


def bought(name, i, now):
    return activity_pb2.Activity(
        message_id=f"{name}-{i}", source="python", business_unit=UNIT, identifiers=[by_user(i)],
        occurred_time_us=now, purchase=activity_pb2.Purchase(currency="KRW", net_minor=1000 + i, quantity=1))


class Tour:
    def __init__(self, address):
        channel = grpc.insecure_channel(address)
        self.profile = profile_service_pb2_grpc.ProfileServiceStub(channel)
        self.segmentation = segmentation_service_pb2_grpc.SegmentationServiceStub(channel)
        self.campaign = campaign_service_pb2_grpc.CampaignServiceStub(channel)
        self.response = response_service_pb2_grpc.ResponseServiceStub(channel)
        self.clock = clock_service_pb2_grpc.ClockServiceStub(channel)

    def call(self, method, request, principal="ann"):
        return method(request, timeout=60, metadata=[("x-dangol-principal", principal)])

    def now(self):
        return self.call(self.clock.GetClock, clock_service_pb2.GetClockRequest()).time_us

    def advance(self, by_us):
        """Also: everything that has arrived is processed."""
        self.call(self.clock.AdvanceClock, clock_service_pb2.AdvanceClockRequest(to_time_us=self.now() + by_us))

    def set_up(self):
        self.call(self.profile.ApplyBusinessUnit, profile_service_pb2.ApplyBusinessUnitRequest(
            business_unit=business_unit_pb2.BusinessUnit(name=UNIT, currency="KRW", time_zone="Asia/Seoul")))
        self.call(self.campaign.ApplyChannel, campaign_service_pb2.ApplyChannelRequest(
            channel=campaign_pb2.Channel(name=UNIT, consent_channel="push",
                                         file_drop=campaign_pb2.FileDropChannel(directory=UNIT))))
        cells = [campaign_pb2.Cell(name="push", share_bp=7000, channel=UNIT, content="Thanks."),
                 campaign_pb2.Cell(name="control", share_bp=3000, is_control=True)]
        applied = self.call(self.campaign.ApplyCampaign, campaign_service_pb2.ApplyCampaignRequest(
            campaign=campaign_pb2.Campaign(
                name=CAMPAIGN, business_unit=UNIT, purpose=customer_pb2.CONSENT_PURPOSE_MARKETING,
                trigger=campaign_pb2.Trigger(batch=campaign_pb2.BatchTrigger(waves=[campaign_pb2.Wave(name="w1")])),
                audiences=[campaign_pb2.Audience(name="all", cells=cells)],
                metrics=[campaign_pb2.Metric(name="sales", measure=campaign_pb2.METRIC_MEASURE_SUM,
                                             activity_kind="purchase")],
                response_window_us=7 * 24 * HOUR_US)))
        check("the campaign is", applied.changed, "CREATED")

    def fill(self):
        consent = customer_pb2.Consent(channel="push", purpose=customer_pb2.CONSENT_PURPOSE_MARKETING,
                                       granted=True, evidence="form")
        upserted = self.call(self.profile.UpsertCustomers, profile_service_pb2.UpsertCustomersRequest(upserts=[
            ingest_pb2.CustomerUpsert(message_id=f"facts-{i}", source="python", business_unit=UNIT,
                                      identifiers=[by_user(i)], consents=[consent]) for i in range(CUSTOMERS)]))
        check("customers accepted", upserted.accepted, CUSTOMERS)
        now = self.now()
        batch = [bought("first", i, now) for i in range(CUSTOMERS)]
        tracked = self.call(self.profile.TrackActivities, profile_service_pb2.TrackActivitiesRequest(
            activities=batch + [activity_pb2.Activity(message_id="bad", identifiers=[by_user(0)])]))
        check("purchases accepted, and the field at fault of the other",
              (tracked.accepted, tracked.errors[0].index, tracked.errors[0].field),
              (CUSTOMERS, CUSTOMERS, "business_unit"))
        again = self.call(self.profile.StreamActivities, iter(
            [profile_service_pb2.StreamActivitiesRequest(activities=[one]) for one in
             [bought("second", i, now) for i in range(0, CUSTOMERS, 2)] + batch[:10]]))
        check("durable by the stream", list(again)[-1].last_durable_index, CUSTOMERS // 2 + 10 - 1)
        self.advance(1_000_000)

    def count(self):
        counted = self.call(self.segmentation.CountAudience, segmentation_service_pb2.CountAudienceRequest(
            business_unit=UNIT, cuts=[OFTEN, "sum(purchase.net) IN LAST 6 MONTHS >= 2000 KRW"]))
        check("who bought twice", counted.cuts[0].count, CUSTOMERS // 2)

    def run_campaign(self):
        hash_ = self.call(self.campaign.SubmitCampaign,
                          campaign_service_pb2.SubmitCampaignRequest(name=CAMPAIGN)).definition_hash
        approve = campaign_service_pb2.ApproveCampaignRequest(name=CAMPAIGN, definition_hash=hash_)
        check("its author may not approve it", self.refusal(self.campaign.ApproveCampaign, approve)[0],
              grpc.StatusCode.PERMISSION_DENIED)
        self.call(self.campaign.ApproveCampaign, approve, principal="bea")
        self.call(self.campaign.StartCampaign, campaign_service_pb2.StartCampaignRequest(name=CAMPAIGN))
        self.advance(2 * HOUR_US)
        total = self.call(self.campaign.GetProgress,
                          campaign_service_pb2.GetProgressRequest(campaign=CAMPAIGN)).total
        check("held out, sent and suppressed", total.held_out + total.sent + total.suppressed, total.selected)
        if not (total.held_out > 0 and total.sent > total.held_out):
            raise AssertionError(f"the waterfall: {total}")
        report = self.call(self.response.GetReport, response_service_pb2.GetReportRequest(campaign=CAMPAIGN))
        check("measured", report.customers_measured, total.held_out + total.sent)

    def one_person(self):
        shown = self.call(self.profile.GetCustomer, profile_service_pb2.GetCustomerRequest(customer=customer(0)))
        explained = self.call(self.campaign.ExplainContact, campaign_service_pb2.ExplainContactRequest(
            campaign=CAMPAIGN, customer=identifier_pb2.CustomerRef(customer=shown.name)))
        check("contacts of one", len(explained.contacts), 1)
        print(f"     {explained.summary}")
        timeline = self.call(self.profile.ListTimeline,
                             profile_service_pb2.ListTimelineRequest(customer=customer(0)))
        check("purchases in the timeline", sum(e.HasField("activity") for e in timeline.entries), 2)
        erase = profile_service_pb2.EraseCustomerRequest(customer=customer(0), reason="asked")
        proof = self.call(self.profile.EraseCustomer, erase)
        check("erased", proof.customer, shown.name)
        gone = self.refusal(self.profile.GetCustomer, profile_service_pb2.GetCustomerRequest(customer=customer(0)))
        check("and gone", gone[0], grpc.StatusCode.NOT_FOUND)

    def refusal(self, method, request):
        """(code, reason) of a call that must fail; every error has a reason."""
        try:
            self.call(method, request)
        except grpc.RpcError as error:
            trailers = dict(error.trailing_metadata())
            status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
            info = error_details_pb2.ErrorInfo()
            if not any(detail.Unpack(info) for detail in status.details):
                raise AssertionError(f"no ErrorInfo: {status}")
            return error.code(), info.reason
        raise AssertionError("it was not refused")


def main():
    tour = Tour(sys.argv[1])
    tour.set_up()
    tour.fill()
    tour.count()
    tour.run_campaign()
    tour.one_person()


if __name__ == "__main__":
    main()
