#include "libs/expr/schema.h"

namespace dangol::expr {
namespace {

void AddPlace(KindSpec* kind) {
  kind->fields["store"] = {FieldSlot::kStore, ValueType::kText};
  kind->fields["channel"] = {FieldSlot::kChannel, ValueType::kText};
  kind->fields["business_unit"] = {FieldSlot::kBusinessUnit, ValueType::kText};
  kind->fields["source"] = {FieldSlot::kSource, ValueType::kText};
}

KindSpec Order() {
  KindSpec kind;
  AddPlace(&kind);
  kind.fields["gross"] = {FieldSlot::kGross, ValueType::kMoney};
  kind.fields["net"] = {FieldSlot::kNet, ValueType::kMoney};
  kind.fields["discount"] = {FieldSlot::kDiscount, ValueType::kMoney};
  kind.fields["points_used"] = {FieldSlot::kPointsUsed, ValueType::kNumber};
  kind.fields["quantity"] = {FieldSlot::kQuantity, ValueType::kNumber};
  kind.fields["brand"] = {FieldSlot::kBrand, ValueType::kText};
  kind.fields["category"] = {FieldSlot::kCategory, ValueType::kText};
  kind.fields["sku"] = {FieldSlot::kSku, ValueType::kText};
  return kind;
}

}  // namespace

Schema RetailSchema(absl::string_view currency) {
  Schema schema;
  schema.currency = std::string(currency);
  schema.kinds["purchase"] = Order();
  schema.kinds["return"] = Order();
  AddPlace(&schema.kinds["visit"]);
  schema.rfm_schemes["333-monthly"] = {3, 3, 3};
  schema.default_rfm_scheme = "333-monthly";
  return schema;
}

}  // namespace dangol::expr
