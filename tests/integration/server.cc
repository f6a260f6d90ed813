#include "tests/integration/server.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "dangol/campaign/v1/campaign_service.pb.h"
#include "dangol/config/v1/dangold.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/text_format.h"
#include "grpcpp/channel.h"
#include "gtest/gtest.h"
#include "libs/base/clock.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/obs/log.h"
#include "libs/rpc/client.h"
#include "libs/stream/outcomes.h"
#include "libs/stream/runtime.h"
#include "libs/stream/timer_queue.h"
#include "tests/integration/rpc_table.h"

namespace dangol::integration {
namespace {

constexpr Micros kStart = 1'790'000'000 * kMicrosPerSecond;  // 2026-09-21
constexpr int kCustomers = 12;
constexpr char kCampaignService[] = "campaign.v1.CampaignService/";

std::string WriteTokens(const std::string& directory) {
  const std::string path = directory + "/tokens.yaml";
  std::ofstream file(path);
  file << "tokens:\n";
  for (int i = 0; i < rpc::kRoles; ++i) {
    const std::string name(rpc::RoleName(static_cast<rpc::Role>(i)));
    file << "  - principal: " << name << "\n    token_sha256: " << Sha256Hex("token-" + name)
         << "\n    roles: [" << name << "]\n";
  }
  return path;
}

bool IsRuntimes(Table table, absl::string_view key) {
  if (table == Table::kShared) return absl::StartsWith(key, "outcome/");
  return table == Table::kTimer && key == TimerKey(kPurgeOutcomesTimer, "");
}

}  // namespace

World::World() {
  obs::SetLogLevel("error");
  directory_ = ::testing::TempDir() + "dangol_contract_" + std::to_string(SteadyMicros());
  std::filesystem::create_directories(directory_);
  config::v1::DangoldConfig config;
  config.set_data_dir(directory_ + "/data");
  config.set_host("127.0.0.1");
  config.set_metrics_host("127.0.0.1");
  config.set_port(0);
  config.set_metrics_port(0);
  config.set_partitions(4);
  config.set_clock(config::v1::CLOCK_KIND_VIRTUAL);
  config.set_virtual_start_time_us(kStart);
  config.set_durability(config::v1::DURABILITY_OS);
  config.set_drop_root(directory_ + "/drop");
  config.set_token_file(WriteTokens(directory_));
  config.set_rpc_threads(32);
  config.set_port_file(directory_ + "/port");
  auto server = RunningDangold::Start(config);
  if (!server.ok()) throw std::runtime_error(server.status().ToString());
  server_ = *std::move(server);
  std::ifstream(directory_ + "/port") >> port_;
  now_ = server_->runtime().Now();
  MakeDefinitions();
  MakeCustomers();
  MakeMerges();
  MakeCampaigns();
}

World::~World() {
  channels_.clear();
  server_.reset();
  std::filesystem::remove_all(directory_);
}

std::string World::target() const { return absl::StrCat("127.0.0.1:", port_); }

std::shared_ptr<grpc::Channel> World::ChannelOf(absl::string_view token) {
  auto& channel = channels_[std::string(token)];
  if (channel == nullptr) {
    rpc::ClientOptions options;
    options.target = target();
    if (!token.empty()) options.token = absl::StrCat("token-", token);
    options.message_bytes_max = 64 << 20;
    channel = *rpc::MakeChannel(options);
  }
  return channel;
}

RawAnswer World::Call(const google::protobuf::MethodDescriptor& method, const std::string& bytes,
                      RawOptions options) {
  const RpcRow* row = FindRow(method);
  const rpc::Role role = row == nullptr ? rpc::Role::kAdmin : row->role;
  return CallRaw(ChannelOf(role), PathOf(method), {bytes}, options);
}

RawAnswer World::Call(const std::string& path, const std::string& text, RawOptions options) {
  const auto* method = MethodAt(path);
  return Call(*method, RequestOf(*method, Fill(text))->SerializeAsString(), options);
}

void World::Must(const std::string& path, const std::string& text) {
  const RawAnswer answer = Call(path, text);
  EXPECT_TRUE(answer.status.ok()) << path << " " << text << ": " << answer.status;
}

std::string World::Fill(std::string text) const {
  for (const auto& [name, value] : filled_) {
    text = absl::StrReplaceAll(text, {{absl::StrCat("{", name, "}"), value}});
  }
  return absl::StrReplaceAll(text, {{"{now}", absl::StrCat(now_)}});
}

std::map<std::pair<Scope, Table>, uint64_t> World::StateHashes() {
  std::map<std::pair<Scope, Table>, uint64_t> hashes;
  for (int s = 0; s < kServices; ++s) {
    const absl::Status read = server_->runtime().ReadAll(
        static_cast<Service>(s), SteadyMicros() + kMicrosPerMinute,
        [&](Processor&, StateView& state) -> absl::Status {
          for (int t = 0; t < static_cast<int>(Table::kMeta); ++t) {
            const Table table = static_cast<Table>(t);
            uint64_t hash = 0;
            state.Scan(table, "", [&](absl::string_view key, absl::string_view value) {
              if (!IsRuntimes(table, key)) hash = Hash64(value, Hash64(key, hash));
              return true;
            });
            hashes[{state.scope(), table}] = hash;
          }
          return absl::OkStatus();
        });
    EXPECT_TRUE(read.ok()) << read;
  }
  return hashes;
}

void World::Settle() {
  const absl::Status settled =
      server_->runtime().AdvanceTo(now_, SteadyMicros() + kMicrosPerMinute);
  EXPECT_TRUE(settled.ok()) << settled;
}

void World::MakeDefinitions() {
  Must("profile.v1.ProfileService/ApplyBusinessUnit",
       R"(business_unit { name: "shop" currency: "KRW" time_zone: "Asia/Seoul" })");
  Settle();
  const std::string segments = "segmentation.v1.SegmentationService/ApplySegment";
  Must(segments,
       R"(segment { name: "buyers" business_unit: "shop" expression: "count(purchase) >= 1" })");
  Must(segments,
       R"(segment { name: "spare" business_unit: "shop" expression: "count(purchase) >= 9" })");
  Must("offer.v1.OfferService/ApplyOffer",
       R"(offer { name: "coupon" business_unit: "shop" nature: OFFER_NATURE_BENEFIT
          unit_cost_micros: 100000000 response_value_minor: 12000 active: true content: "1,000" })");
  Must("offer.v1.OfferService/ApplyOffer",
       R"(offer { name: "expired" business_unit: "shop" nature: OFFER_NATURE_BENEFIT
          valid_start_time_us: 1 valid_end_time_us: 2
          unit_cost_micros: 100000000 response_value_minor: 12000 active: true content: "old" })");
  Must("campaign.v1.CampaignService/ApplyChannel",
       R"(channel { name: "letters" consent_channel: "mail" cost_micros: 450000000
          address: ADDRESS_KIND_USER_ID file_drop { directory: "letters" } })");
  Must("campaign.v1.CampaignService/ApplyContactPolicy",
       R"(contact_policy { name: "shop" business_unit: "shop"
          caps { count: 2 window_us: 2592000000000 } })");
  Settle();
}

void World::MakeCustomers() {
  const std::string track = "profile.v1.ProfileService/TrackActivities";
  for (int i = 1; i <= kCustomers; ++i) {
    Must(track, absl::StrCat(R"(activities { message_id: "m)", i, R"(" source: "pos"
        business_unit: "shop" occurred_time_us: )",
                             now_ - kMicrosPerDay,
                             R"( identifiers { type: IDENTIFIER_TYPE_USER_ID value: "u)", i,
                             R"(" } purchase { net_minor: 5000 quantity: 1 } })"));
    Must("profile.v1.ProfileService/UpsertCustomers",
         absl::StrCat(R"(upserts { message_id: "c)", i, R"(" source: "crm" identifiers {
           type: IDENTIFIER_TYPE_USER_ID value: "u)",
                      i, R"(" } consents { channel: "mail" purpose: CONSENT_PURPOSE_SERVICE
           granted: true evidence: "form" } })"));
  }
  Settle();
  profile::v1::Customer customer;
  const RawAnswer answer =
      Call("profile.v1.ProfileService/GetCustomer",
           R"(customer { identifier { type: IDENTIFIER_TYPE_USER_ID value: "u1" } })");
  if (!answer.messages.empty()) customer.ParseFromString(answer.messages[0]);
  EXPECT_NE(customer.name(), "") << answer.status;
  filled_["customer"] = customer.name();
}

// Pairs that share an e-mail address, which is weak evidence.
void World::MakeMerges() {
  const std::string profile = "profile.v1.ProfileService/";
  for (int i = 1; i <= 3; ++i) {
    for (const char* user : {"a", "b"}) {
      Must(profile + "UpsertCustomers",
           absl::StrCat("upserts { message_id: \"", user, i, R"(" source: "crm"
             identifiers { type: IDENTIFIER_TYPE_USER_ID value: ")",
                        user, i, R"(" } identifiers { type: IDENTIFIER_TYPE_EMAIL value: "s)", i,
                        R"(@example.com" } })"));
      Settle();
    }
  }
  profile::v1::ListMergesResponse merges;
  const RawAnswer answer = Call(profile + "ListMerges", "");
  if (!answer.messages.empty()) merges.ParseFromString(answer.messages[0]);
  EXPECT_EQ(merges.merges_size(), 3) << merges.ShortDebugString();
  for (int i = 0; i < merges.merges_size(); ++i) {
    filled_[absl::StrCat("merge", i + 1)] = merges.merges(i).name();
  }
  Must(profile + "ApproveMerge", R"(name: "{merge3}" reason: "same")");
  Settle();
  Must(profile + "EraseCustomer", R"(customer { identifier { type: IDENTIFIER_TYPE_USER_ID
       value: "u11" } } reason: "asked")");
  Settle();
  profile::v1::ListErasuresResponse erasures;
  const RawAnswer erased = Call(profile + "ListErasures", "");
  if (!erased.messages.empty()) erasures.ParseFromString(erased.messages[0]);
  EXPECT_EQ(erasures.erasures_size(), 1);
  if (erasures.erasures_size() > 0) filled_["erasure"] = erasures.erasures(0).name();
}

void World::Campaign(const std::string& name, const std::string& rest) {
  Must(absl::StrCat(kCampaignService, "ApplyCampaign"),
       absl::StrCat(R"(campaign { name: ")", name, R"(" business_unit: "shop"
       response_window_us: 864000000000 purpose: CONSENT_PURPOSE_SERVICE
       audiences { name: "all" segment: "buyers" cells { name: "control" share_bp: 2000
         is_control: true } cells { name: "treated" share_bp: 8000 channel: "letters"
         offers: "coupon" content: "안녕" } }
       metrics { name: "bought" measure: METRIC_MEASURE_SHARE activity_kind: "purchase" })",
                    absl::StrContains(rest, "trigger")
                        ? ""
                        : R"( trigger { batch { waves { name: "w1" } } })",
                    rest, " }"));
}

std::string World::HashOf(const std::string& campaign) {
  campaign::v1::Campaign found;
  const RawAnswer answer =
      Call(absl::StrCat(kCampaignService, "GetCampaign"), absl::StrCat("name: \"", campaign, "\""));
  if (!answer.messages.empty()) found.ParseFromString(answer.messages[0]);
  return found.definition_hash();
}

void World::Submit(const std::string& name) {
  Must(absl::StrCat(kCampaignService, "SubmitCampaign"), absl::StrCat("name: \"", name, "\""));
}

void World::Approve(const std::string& name) {
  Submit(name);
  Must(absl::StrCat(kCampaignService, "ApproveCampaign"),
       absl::StrCat("name: \"", name, "\" definition_hash: \"", HashOf(name), "\""));
}

void World::MakeCampaigns() {
  const std::string start = absl::StrCat(kCampaignService, "StartCampaign");
  const std::string later =
      absl::StrCat(R"( trigger { batch { waves { name: "w1" } waves { name: "w2" start_time_us: )",
                   now_ + 30 * kMicrosPerDay, " } } }");
  Campaign("draft");
  Campaign("draft2");
  Campaign("seeded", R"( seed_list: "user_id:u1")");
  Campaign("listed", absl::StrCat(R"( trigger { batch { waves { name: "w1" } } }
      assignment { list { sha256: ")",
                                  std::string(64, 'a'), R"(" } })"));
  for (const char* name : {"submitted", "submitted2"}) {
    Campaign(name);
    Submit(name);
  }
  filled_["hash"] = HashOf("submitted");
  Campaign("approved");
  Approve("approved");
  for (const char* name : {"running", "waiting", "paused"}) {
    Campaign(name, later);
    Approve(name);
    Must(start, absl::StrCat("name: \"", name, "\""));
  }
  Must(absl::StrCat(kCampaignService, "PauseCampaign"), R"(name: "paused")");
  Settle();
  campaign::v1::ListContactsResponse contacts;
  const RawAnswer answer =
      Call(absl::StrCat(kCampaignService, "ListContacts"), R"(campaign: "running")");
  if (!answer.messages.empty()) contacts.ParseFromString(answer.messages[0]);
  for (const auto& contact : contacts.contacts()) {
    if (contact.status() == event::v1::CONTACT_STATUS_ACCEPTED) {
      filled_["contact"] = contact.contact_id();
    }
  }
  EXPECT_NE(filled_["contact"], "") << contacts.ShortDebugString();
}

std::unique_ptr<google::protobuf::Message> RequestOf(
    const google::protobuf::MethodDescriptor& method, const std::string& text) {
  std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(method.input_type())
          ->New());
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, message.get()))
      << std::string(method.full_name()) << ": " << text;
  return message;
}

const google::protobuf::MethodDescriptor* MethodAt(const std::string& path) {
  for (const auto* method : AllMethods()) {
    if (PathOf(*method) == absl::StrCat("/dangol.", path)) return method;
  }
  ADD_FAILURE() << "no method " << path;
  return nullptr;
}

}  // namespace dangol::integration
