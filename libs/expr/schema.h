// The names an expression may use and their types: data that the compiler is given.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/expr/value.h"

namespace dangol::expr {

// Where a field lives in an Activity.
enum class FieldSlot : uint8_t {
  kGross,
  kNet,
  kDiscount,
  kPointsUsed,
  kQuantity,
  kStore,
  kChannel,
  kBusinessUnit,
  kBrand,
  kCategory,
  kSku,
  kSource,
  kAttribute,  // by name, through CustomerView::Attribute
};

struct FieldSpec {
  FieldSlot slot = FieldSlot::kAttribute;
  ValueType type = ValueType::kAny;
};

struct KindSpec {
  std::map<std::string, FieldSpec> fields;
  bool open = false;  // other names are attributes of any type, with a warning
};

// Number of classes of a scheme; classes count from 1.
struct RfmSpec {
  int r = 3;
  int f = 3;
  int m = 3;
};

struct Schema {
  std::string currency;  // ISO 4217, of the business unit
  std::map<std::string, ValueType> traits;
  // Other traits are allowed, with a warning unless none is known at all.
  bool open_traits = true;
  std::map<std::string, KindSpec> kinds;
  std::map<std::string, KindSpec> events;  // event("name")
  bool open_events = true;                 // other events are allowed, with a warning
  std::set<std::string> segments;
  std::map<std::string, RfmSpec> rfm_schemes;
  // What a bare `rfm` means; empty: it must say which.
  std::string default_rfm_scheme;
  // Empty: any text.
  std::vector<std::string> stages;
  std::vector<std::string> channels;
  std::vector<std::string> purposes;
};

// Kinds purchase, return and visit with their fields, open traits and events, preset 333-monthly.
Schema RetailSchema(absl::string_view currency);

}  // namespace dangol::expr
