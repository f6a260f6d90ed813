// README's tour by a Go client made of the protos; tour.py says what it is. Usage: tour ADDRESS
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	campaign "tour/dangol/campaign/v1/campaign"
	campaigns "tour/dangol/campaign/v1/campaign_service"
	unit "tour/dangol/common/v1/business_unit"
	identifier "tour/dangol/common/v1/identifier"
	activity "tour/dangol/event/v1/activity"
	ingest "tour/dangol/event/v1/ingest"
	customer "tour/dangol/profile/v1/customer"
	profiles "tour/dangol/profile/v1/profile_service"
	responses "tour/dangol/response/v1/response_service"
	segments "tour/dangol/segmentation/v1/segmentation_service"
	clock "tour/dangol/stream/v1/clock_service"
)

const (
	unitName     = "go-shop"
	campaignName = "go-thanks"
	customers    = 100
	hourUs       = 3_600_000_000
)

type tour struct {
	profile      profiles.ProfileServiceClient
	segmentation segments.SegmentationServiceClient
	campaign     campaigns.CampaignServiceClient
	response     responses.ResponseServiceClient
	clock        clock.ClockServiceClient
}

// whole is the context of all calls: it ends when the tour has taken too long.
var whole context.Context

// as is the context of a call by a principal.
func as(principal string) context.Context {
	return metadata.AppendToOutgoingContext(whole, "x-dangol-principal", principal)
}

func ann() context.Context { return as("ann") }

// must is the answer of a call that may not fail.
func must[T any](answer T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return answer
}

func check[T comparable](what string, is, wanted T) {
	if is != wanted {
		log.Fatalf("%s: %v, not %v", what, is, wanted)
	}
	fmt.Printf("ok   %s: %v\n", what, is)
}

func byUser(i int) *identifier.Identifier {
	return &identifier.Identifier{Type: identifier.IdentifierType_IDENTIFIER_TYPE_USER_ID, Value: fmt.Sprintf("go-%d", i)}
}

func ref(i int) *identifier.CustomerRef {
	return &identifier.CustomerRef{By: &identifier.CustomerRef_Identifier{Identifier: byUser(i)}}
}

func bought(name string, i int, nowUs int64) *activity.Activity {
	return &activity.Activity{
		MessageId: fmt.Sprintf("%s-%d", name, i), Source: "go", BusinessUnit: unitName, OccurredTimeUs: nowUs,
		Identifiers: []*identifier.Identifier{byUser(i)},
		Kind: &activity.Activity_Purchase{Purchase: &activity.Purchase{
			Currency: "KRW", NetMinor: int64(1000 + i), Quantity: 1}},
	}
}

func (t *tour) now() int64 { return must(t.clock.GetClock(ann(), &clock.GetClockRequest{})).TimeUs }

// advance also waits until everything that has arrived is processed.
func (t *tour) advance(byUs int64) {
	must(t.clock.AdvanceClock(ann(), &clock.AdvanceClockRequest{ToTimeUs: t.now() + byUs}))
}

func (t *tour) setUp() {
	must(t.profile.ApplyBusinessUnit(ann(), &profiles.ApplyBusinessUnitRequest{
		BusinessUnit: &unit.BusinessUnit{Name: unitName, Currency: "KRW", TimeZone: "Asia/Seoul"}}))
	must(t.campaign.ApplyChannel(ann(), &campaigns.ApplyChannelRequest{Channel: &campaign.Channel{
		Name: unitName, ConsentChannel: "push",
		Kind: &campaign.Channel_FileDrop{FileDrop: &campaign.FileDropChannel{Directory: unitName}}}}))
	applied := must(t.campaign.ApplyCampaign(ann(), &campaigns.ApplyCampaignRequest{Campaign: &campaign.Campaign{
		Name: campaignName, BusinessUnit: unitName, Purpose: customer.ConsentPurpose_CONSENT_PURPOSE_MARKETING,
		Trigger: &campaign.Trigger{Kind: &campaign.Trigger_Batch{
			Batch: &campaign.BatchTrigger{Waves: []*campaign.Wave{{Name: "w1"}}}}},
		Audiences: []*campaign.Audience{{Name: "all", Cells: []*campaign.Cell{
			{Name: "push", ShareBp: 7000, Channel: unitName, Content: "Thanks."},
			{Name: "control", ShareBp: 3000, IsControl: true}}}},
		Metrics: []*campaign.Metric{{Name: "sales", Measure: campaign.MetricMeasure_METRIC_MEASURE_SUM,
			ActivityKind: "purchase"}},
		ResponseWindowUs: 7 * 24 * hourUs}}))
	check("the campaign is", applied.Changed, "CREATED")
}

func (t *tour) fill() {
	var upserts []*ingest.CustomerUpsert
	var purchases []*activity.Activity
	now := t.now()
	for i := 0; i < customers; i++ {
		upserts = append(upserts, &ingest.CustomerUpsert{
			MessageId: fmt.Sprintf("facts-%d", i), Source: "go", BusinessUnit: unitName,
			Identifiers: []*identifier.Identifier{byUser(i)},
			Consents: []*customer.Consent{{Channel: "push", Granted: true, Evidence: "form",
				Purpose: customer.ConsentPurpose_CONSENT_PURPOSE_MARKETING}}})
		purchases = append(purchases, bought("first", i, now))
	}
	upserted := must(t.profile.UpsertCustomers(ann(), &profiles.UpsertCustomersRequest{Upserts: upserts}))
	check("customers accepted", upserted.Accepted, customers)
	tracked := must(t.profile.TrackActivities(ann(), &profiles.TrackActivitiesRequest{
		Activities: append(purchases, &activity.Activity{MessageId: "bad"})}))
	check("purchases accepted", tracked.Accepted, customers)
	check("the field at fault of the other", tracked.Errors[0].Field, "business_unit")
	t.stream(now)
	t.advance(1_000_000)
}

// stream sends every second customer's second purchase.
func (t *tour) stream(now int64) {
	stream := must(t.profile.StreamActivities(ann()))
	var last int64
	for i := 0; i < customers; i += 2 {
		one := &profiles.StreamActivitiesRequest{Activities: []*activity.Activity{bought("second", i, now)}}
		if err := stream.Send(one); err != nil {
			log.Fatal(err)
		}
		last = must(stream.Recv()).LastDurableIndex
	}
	if err := stream.CloseSend(); err != nil {
		log.Fatal(err)
	}
	check("durable by the stream", last, customers/2-1)
}

func (t *tour) runCampaign() {
	submitted := must(t.campaign.SubmitCampaign(ann(), &campaigns.SubmitCampaignRequest{Name: campaignName}))
	must(t.campaign.ApproveCampaign(as("bea"), &campaigns.ApproveCampaignRequest{
		Name: campaignName, DefinitionHash: submitted.DefinitionHash}))
	must(t.campaign.StartCampaign(ann(), &campaigns.StartCampaignRequest{Name: campaignName}))
	t.advance(2 * hourUs)
	total := must(t.campaign.GetProgress(ann(), &campaigns.GetProgressRequest{Campaign: campaignName})).Total
	check("held out, sent and suppressed", total.HeldOut+total.Sent+total.Suppressed, total.Selected)
	if total.HeldOut == 0 || total.Sent <= total.HeldOut {
		log.Fatalf("the waterfall: %v", total)
	}
	report := must(t.response.GetReport(ann(), &responses.GetReportRequest{Campaign: campaignName}))
	check("measured", report.CustomersMeasured, total.HeldOut+total.Sent)
}

func (t *tour) onePerson() {
	shown := must(t.profile.GetCustomer(ann(), &profiles.GetCustomerRequest{Customer: ref(0)}))
	explained := must(t.campaign.ExplainContact(ann(), &campaigns.ExplainContactRequest{
		Campaign: campaignName, Customer: ref(0)}))
	fmt.Printf("     %s\n", explained.Summary)
	erased := must(t.profile.EraseCustomer(ann(), &profiles.EraseCustomerRequest{Customer: ref(0), Reason: "asked"}))
	check("erased", erased.Customer, shown.Name)
	_, err := t.profile.GetCustomer(ann(), &profiles.GetCustomerRequest{Customer: ref(0)})
	check("and gone", status.Code(err), codes.NotFound)
	reason := ""
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			reason = info.Reason
		}
	}
	check("for a reason", reason != "", true)
}

func main() {
	var cancel context.CancelFunc
	whole, cancel = context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	connection := must(grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials())))
	t := &tour{profiles.NewProfileServiceClient(connection), segments.NewSegmentationServiceClient(connection),
		campaigns.NewCampaignServiceClient(connection), responses.NewResponseServiceClient(connection),
		clock.NewClockServiceClient(connection)}
	t.setUp()
	t.fill()
	counted := must(t.segmentation.CountAudience(ann(), &segments.CountAudienceRequest{
		BusinessUnit: unitName, Cuts: []string{"count(purchase) IN LAST 6 MONTHS >= 2"}}))
	check("who bought twice", counted.Cuts[0].Count, customers/2)
	t.runCampaign()
	t.onePerson()
}
