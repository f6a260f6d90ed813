#include "dangol/profile/v1/profile_service.pb.h"
#include "gtest/gtest.h"
#include "tools/dangol/customer_text.h"

namespace dangol::cli {
namespace {

TEST(MergeText, SaysWhoDecidedAndByWhat) {
  profile::v1::Merge merge;
  merge.set_name("merges/0000000000000002-0000000000000001");
  merge.set_state(profile::v1::MERGE_STATE_MERGED);
  merge.set_from("customers/0000000000000002");
  merge.set_into("customers/0000000000000001");
  auto* evidence = merge.add_evidence();
  evidence->set_tier(profile::v1::EVIDENCE_TIER_STRONG);
  evidence->mutable_identifier()->set_type(common::v1::IDENTIFIER_TYPE_CARD);
  evidence->mutable_identifier()->set_value("4000");
  evidence->set_source("pos");
  merge.set_decide_time_us(1'700'000'000'000'000);
  EXPECT_EQ(MergeText(merge),
            "merges/0000000000000002-0000000000000001: MERGED\n"
            "  customers/0000000000000002 into customers/0000000000000001\n"
            "  card:4000 (strong) from pos at -\n"
            "  decided at 2023-11-14 22:13:20 UTC by strong evidence\n");
  EXPECT_EQ(MergeRow(merge)[2], "card:4000 (strong)");
  merge.set_decided_by("kim");
  merge.set_reason("asked");
  merge.set_reissued("customers/0000000000000003");
  const std::string text = MergeText(merge);
  EXPECT_NE(text.find("by kim: asked\n"), std::string::npos) << text;
  EXPECT_NE(text.find("is now customers/0000000000000003\n"), std::string::npos) << text;
}

TEST(ErasureText, NamesEveryRemovalAndExpiry) {
  profile::v1::Erasure erasure;
  erasure.set_name("erasures/0000000000000001");
  erasure.set_state(profile::v1::ERASURE_STATE_RUNNING);
  erasure.set_customer("customers/0000000000000001");
  erasure.add_merged("customers/0000000000000002");
  for (const char* service : {"profile", "campaign"}) {
    auto* removal = erasure.add_removals();
    removal->set_service(service);
    removal->set_customer("customers/0000000000000002");
  }
  erasure.add_expiries()->set_name("ingest");
  const std::string text = ErasureText(erasure);
  EXPECT_EQ(text.find("erasures/0000000000000001: RUNNING\n"), 0u) << text;
  for (const char* line : {"and 1 merged into it", "  profile removed customers/0000000000000002",
                           "  campaign removed", "  ingest is free of it by"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << " is not in\n" << text;
  }
  EXPECT_EQ(ErasureRow(erasure)[1], "RUNNING");
}

}  // namespace
}  // namespace dangol::cli
