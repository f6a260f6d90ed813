// A customer made of literals, for tests.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/calendar.h"
#include "libs/expr/compiled.h"

namespace dangol::expr {

class TestingView : public CustomerView {
 public:
  // Keeps activities in order of time. Returns the one added; valid until the next Add.
  Activity& Add(const std::string& kind, Micros time, int64_t net = 0,
                const std::string& store = "") {
    Activity activity;
    activity.time = time;
    activity.net = net;
    activity.gross = net;
    activity.quantity = 1;
    if (!store.empty()) activity.store = Intern(store);
    std::vector<Activity>& all = activities[kind];
    const auto at = std::upper_bound(all.begin(), all.end(), time,
                                     [](Micros t, const Activity& a) { return t < a.time; });
    return *all.insert(at, activity);
  }

  TextId Intern(const std::string& text) {
    const auto found = std::find(texts.begin(), texts.end(), text);
    if (found == texts.end()) {
      texts.push_back(text);
      return static_cast<TextId>(texts.size() - 1);
    }
    return static_cast<TextId>(found - texts.begin());
  }

  Value Trait(absl::string_view name) const override {
    const auto found = traits.find(std::string(name));
    return found == traits.end() ? Value() : found->second;
  }
  absl::Span<const Activity> Activities(absl::string_view kind) const override {
    const auto found = activities.find(std::string(kind));
    if (found == activities.end()) return {};
    return found->second;
  }
  absl::string_view Text(TextId id) const override { return texts.at(id); }
  Value Attribute(const Activity& activity, absl::string_view name) const override {
    const auto found = attributes.find({activity.attributes, std::string(name)});
    return found == attributes.end() ? Value() : found->second;
  }
  RfmClass Rfm(absl::string_view, Micros now, absl::TimeZone) const override {
    return now < rfm.until ? rfm : rfm_after;
  }
  Stage LifecycleStage(Micros now, absl::TimeZone) const override {
    return now < stage.until ? stage : stage_after;
  }
  bool IsMember(absl::string_view segment) const override {
    return segments.count(std::string(segment)) > 0;
  }
  bool HasConsent(absl::string_view channel, absl::string_view purpose) const override {
    return consents.count({std::string(channel), std::string(purpose)}) > 0;
  }

  std::map<std::string, Value> traits;
  std::map<std::string, std::vector<Activity>> activities;
  std::vector<std::string> texts = {""};
  std::map<std::pair<uint64_t, std::string>, Value> attributes;
  RfmClass rfm, rfm_after;
  Stage stage, stage_after;
  std::set<std::string> segments;
  std::set<std::pair<std::string, std::string>> consents;
};

inline Schema TestingSchema() {
  Schema schema = RetailSchema("KRW");
  schema.traits = {{"city", ValueType::kText},
                   {"grade", ValueType::kText},
                   {"age", ValueType::kNumber},
                   {"staff", ValueType::kBoolean},
                   {"joined", ValueType::kTime}};
  schema.open_traits = false;
  schema.events["product_viewed"] = {{{"category", {FieldSlot::kAttribute, ValueType::kText}},
                                      {"seconds", {FieldSlot::kAttribute, ValueType::kNumber}}},
                                     false};
  schema.open_events = false;
  schema.segments = {"dormant-2", "best"};
  schema.stages = {"prospect", "new", "existing", "dormant"};
  schema.channels = {"email", "sms"};
  schema.purposes = {"marketing", "service"};
  return schema;
}

inline absl::TimeZone Zone(const char* name) { return LoadZone(name).value(); }
inline Micros At(const std::string& text, absl::TimeZone zone) {
  return ParseTime(text, zone).value();
}

inline std::unique_ptr<const Compiled> MustCompile(const std::string& text) {
  auto compiled = Compile(text, TestingSchema());
  if (!compiled.ok()) throw std::runtime_error(std::string(compiled.status().message()));
  return *std::move(compiled);
}

}  // namespace dangol::expr
