#include "services/segmentation/traits.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "dangol/event/v1/customer.pb.h"
#include "services/segmentation/tables.h"

namespace dangol::segmentation {
namespace {

using expr::ValueType;

ValueType TypeOf(const profile::v1::TraitValue& value) {
  switch (value.value_case()) {
    case profile::v1::TraitValue::kText:
      return ValueType::kText;
    case profile::v1::TraitValue::kNumber:
      return ValueType::kNumber;
    case profile::v1::TraitValue::kFlag:
      return ValueType::kBoolean;
    case profile::v1::TraitValue::kTimeUs:
      return ValueType::kTime;
    case profile::v1::TraitValue::VALUE_NOT_SET:
      break;
  }
  return ValueType::kAny;
}

int NumberIn(absl::string_view text) {
  int number = 0;
  return absl::SimpleAtoi(text, &number) ? number : 0;
}

// False when there is room for no more names.
bool TakeRoom(Context& ctx) {
  const std::string* text = ctx.Get(Table::kShared, kTraitNames);
  const int names = text == nullptr ? 0 : NumberIn(*text);
  if (names >= kKnownTraitsMax) return false;
  ctx.Put(Table::kShared, kTraitNames, absl::StrCat(names + 1));
  return true;
}

void NoteTrait(const std::string& name, ValueType type, Context& ctx) {
  const std::string key = absl::StrCat(kTrait, name);
  const std::string* known = ctx.Get(Table::kShared, key);
  if (known != nullptr) {
    const auto before = static_cast<ValueType>(NumberIn(*known));
    if (before == type || before == ValueType::kAny) return;
    type = ValueType::kAny;
  } else if (!TakeRoom(ctx)) {
    return;
  }
  ctx.Put(Table::kShared, key, absl::StrCat(static_cast<int>(type)));
}

}  // namespace

void NoteTraits(const event::v1::ProfileChanged& changed, Context& ctx) {
  for (const auto& [name, trait] : changed.traits()) NoteTrait(name, TypeOf(trait.value()), ctx);
}

void AddTraits(StateView& state, KnownTraits* traits) {
  ScanShared(state, kTrait, "", [&](absl::string_view name, absl::string_view type) {
    AddTrait(std::string(name), static_cast<ValueType>(NumberIn(type)), traits);
    return true;
  });
}

void AddTrait(const std::string& name, ValueType type, KnownTraits* traits) {
  const auto [it, fresh] = traits->emplace(name, type);
  if (!fresh && it->second != type) it->second = ValueType::kAny;
}

}  // namespace dangol::segmentation
