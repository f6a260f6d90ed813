// YAML: any text is read or refused; what is read is written and read back the same.
#include <memory>

#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/config/v1/dangold.pb.h"
#include "dangol/config/v1/import.pb.h"
#include "dangol/config/v1/tokens.pb.h"
#include "dangol/offer/v1/offer.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "libs/config/yaml.h"
#include "tests/fuzz/fuzz.h"

namespace dangol {
namespace {

std::unique_ptr<google::protobuf::Message> MessageOf(uint8_t which) {
  switch (which % 5) {
    case 0:
      return std::make_unique<campaign::v1::Campaign>();
    case 1:
      return std::make_unique<config::v1::DangoldConfig>();
    case 2:
      return std::make_unique<config::v1::ImportMapping>();
    case 3:
      return std::make_unique<config::v1::TokenFile>();
    default:
      return std::make_unique<offer::v1::Offer>();
  }
}

}  // namespace
}  // namespace dangol

DANGOL_FUZZ_TARGET(yaml_config) {
  using namespace dangol;  // NOLINT
  const auto [which, text] = fuzz::Choose(data);
  const auto message = MessageOf(which);
  if (!config::ParseYaml("fuzz.yaml", text, message.get()).ok()) return;
  const std::string written = config::ToYaml(*message);
  const auto again = MessageOf(which);
  FUZZ_CHECK(config::ParseYaml("fuzz.yaml", written, again.get()).ok());
  FUZZ_CHECK(message->SerializeAsString().size() == again->SerializeAsString().size());
}
