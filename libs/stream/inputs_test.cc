// The merge of a scope's inputs over logs whose offsets have gaps, and that are not near yet.
#include "libs/stream/inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "libs/backbone/testing/sim_log.h"

namespace dangol {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TopicPartition kCustomer{Topic::kCustomer, 0};
constexpr TopicPartition kContact{Topic::kContact, 0};

class InputsTest : public testing::TestWithParam<double> {
 protected:
  uint64_t Append(TopicPartition to, Micros emit_time) {
    return log_.Append(to, {{"k", absl::StrCat(emit_time), emit_time, 0}}).value();
  }
  // Of the snapshot.
  static std::vector<std::string> ReadAll(Inputs& inputs) {
    std::vector<std::string> values;
    Inputs::Head head;
    for (absl::Status status = inputs.Peek(&head); head.stored != nullptr;
         status = inputs.Peek(&head)) {
      EXPECT_EQ(status, absl::OkStatus());
      EXPECT_FALSE(inputs.AtEnd());
      values.push_back(head.stored->record.value);
      inputs.Pop();
    }
    EXPECT_TRUE(inputs.AtEnd());
    return values;
  }
  // Leaves a gap and no record.
  void AppendGap(TopicPartition to) {
    log_.SetFaults({.append_unavailable = 1, .append_unavailable_written = 0});
    EXPECT_FALSE(log_.Append(to, {{"k", "v", 0, 0}}).ok());
    log_.SetFaults({});
  }

  SimLog log_{{.partitions = 1, .gaps = GetParam()}};
  Inputs inputs_{&log_, {kCustomer, kContact}, {}};
};
INSTANTIATE_TEST_SUITE_P(All, InputsTest, testing::Values(0.0, 0.5, 1.0));

TEST_P(InputsTest, MergesByEmitTimeAcrossGaps) {
  for (int i = 0; i < 40; ++i) Append(i % 3 == 0 ? kContact : kCustomer, 100 + i);
  EXPECT_TRUE(inputs_.Snapshot());
  EXPECT_GE(inputs_.Lag(), 40u);
  std::vector<std::string> want;
  for (int i = 0; i < 40; ++i) want.push_back(absl::StrCat(100 + i));
  EXPECT_EQ(ReadAll(inputs_), want);
  EXPECT_EQ(inputs_.Lag(), 0u);
  EXPECT_TRUE(inputs_.AtLogEnd());
  EXPECT_FALSE(inputs_.Snapshot());
}

TEST_P(InputsTest, WhatCameAfterTheSnapshotWaitsForTheNext) {
  Append(kCustomer, 1);
  Append(kContact, 3);
  ASSERT_TRUE(inputs_.Snapshot());
  Inputs::Head head;
  ASSERT_TRUE(inputs_.Peek(&head).ok());  // reads the customer's
  for (int i = 0; i < 10; ++i) Append(kContact, 2);
  EXPECT_THAT(ReadAll(inputs_), ElementsAre("1", "3"));
  EXPECT_FALSE(inputs_.AtLogEnd());
  ASSERT_TRUE(inputs_.Snapshot());
  EXPECT_EQ(ReadAll(inputs_).size(), 10u);
}

TEST_P(InputsTest, AnotherInputsGoesOnFromTheSeal) {
  for (int i = 0; i < 10; ++i) Append(kCustomer, i);
  for (int read = 0; read <= 10; ++read) {
    Inputs inputs(&log_, {kCustomer}, {});
    inputs.Snapshot();
    Inputs::Head head;
    for (int i = 0; i < read; ++i) {
      ASSERT_TRUE(inputs.Peek(&head).ok());
      inputs.Pop();
    }
    Seal seal;
    inputs.FillOffsets(&seal);
    Inputs next(&log_, {kCustomer}, seal);
    next.Snapshot();
    EXPECT_EQ(ReadAll(next).size(), static_cast<size_t>(10 - read));
    EXPECT_TRUE(next.AtLogEnd());
  }
}

TEST_P(InputsTest, AnEndOfGapsOnlyIsTheEnd) {
  for (int i = 0; i < 5; ++i) AppendGap(kContact);
  Seal before;
  inputs_.FillOffsets(&before);
  EXPECT_EQ(inputs_.Snapshot(), GetParam() > 0);
  EXPECT_THAT(ReadAll(inputs_), IsEmpty());
  EXPECT_TRUE(inputs_.AtLogEnd());
  EXPECT_EQ(inputs_.Lag(), 0u);
  EXPECT_EQ(inputs_.Beyond(before), GetParam() > 0);
  Append(kContact, 7);
  EXPECT_FALSE(inputs_.AtLogEnd());
  EXPECT_TRUE(inputs_.Snapshot());
  EXPECT_THAT(ReadAll(inputs_), ElementsAre("7"));
}

TEST_P(InputsTest, ALostRecordIsAnErrorAndNothingBehindItIsGiven) {
  std::vector<uint64_t> offsets;
  for (int i = 0; i < 6; ++i) offsets.push_back(Append(kCustomer, i));
  log_.LoseRecord(kCustomer, offsets[3]);
  inputs_.Snapshot();
  Inputs::Head head;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(inputs_.Peek(&head).ok());
    ASSERT_EQ(head.stored->offset, offsets[i]);
    inputs_.Pop();
  }
  EXPECT_TRUE(absl::IsOutOfRange(inputs_.Peek(&head)));
}

// Has fetched only so far.
class FarLog : public SimLog {
 public:
  using SimLog::SimLog;
  Ahead LookAhead(TopicPartition tp, uint64_t from) override {
    return {std::max(from, near), EndOffset(tp)};
  }
  uint64_t near = 0;
};

TEST(FarInputsTest, WhatIsNotNearYetCountsAndIsNotWaitedFor) {
  FarLog log({.partitions = 1});
  Inputs inputs(&log, {kCustomer}, {});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(log.Append(kCustomer, {{"k", "v", i, 0}}).ok());
  EXPECT_FALSE(inputs.Snapshot());
  EXPECT_FALSE(inputs.AtLogEnd());
  EXPECT_EQ(inputs.Lag(), 10u);
  log.near = 4;
  ASSERT_TRUE(inputs.Snapshot());
  for (int i = 0; i < 4; ++i) {
    Inputs::Head head;
    ASSERT_TRUE(inputs.Peek(&head).ok());
    ASSERT_EQ(head.stored->offset, static_cast<uint64_t>(i));
    inputs.Pop();
  }
  EXPECT_TRUE(inputs.AtEnd());
  EXPECT_EQ(inputs.Lag(), 6u);
  EXPECT_FALSE(inputs.AtLogEnd());
}

}  // namespace
}  // namespace dangol
