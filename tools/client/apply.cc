#include "tools/client/apply.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status.h"
#include "libs/config/yaml.h"
#include "tools/client/call.h"

namespace dangol::client {
namespace {

using google::protobuf::Message;

constexpr Micros kPatience = 2 * kMicrosPerMinute;

// A kind of resource: how to make, apply and get it.
struct Kind {
  const char* name;
  std::function<std::unique_ptr<Message>()> make;
  std::function<absl::StatusOr<Applied>(Connection&, const Message&, bool)> apply;
  std::function<absl::StatusOr<std::unique_ptr<Message>>(Connection&, const std::string&)> get;
};

template <typename Response>
std::vector<std::string> WarningsOf(const Response& response) {
  if constexpr (requires { response.warnings(); }) {
    return {response.warnings().begin(), response.warnings().end()};
  }
  return {};
}

// `set` and `got` reach the resource in request and response; `call` and `read` are stub calls.
template <typename Resource, typename Request, typename Response, typename GetRequest,
          typename Read, typename Set, typename Got, typename Call, typename Get>
Kind MakeKind(const char* name, Set set, Got got, Call call, Get get) {
  Kind kind;
  kind.name = name;
  kind.make = [] { return std::make_unique<Resource>(); };
  kind.apply = [=](Connection& c, const Message& message,
                   bool validate_only) -> absl::StatusOr<Applied> {
    Request request;
    *set(&request) = static_cast<const Resource&>(message);
    request.set_validate_only(validate_only);
    Response response;
    DANGOL_RETURN_IF_ERROR(Retrying(
        kPatience, [&](grpc::ClientContext* x) { return call(c, x, request, &response); }));
    return Applied{response.changed(), WarningsOf(response),
                   std::make_unique<Resource>(got(response))};
  };
  kind.get = [=](Connection& c,
                 const std::string& resource) -> absl::StatusOr<std::unique_ptr<Message>> {
    GetRequest request;
    request.set_name(resource);
    auto out = std::make_unique<Read>();
    DANGOL_RETURN_IF_ERROR(
        Retrying(kPatience, [&](grpc::ClientContext* x) { return get(c, x, request, out.get()); }));
    return out;
  };
  return kind;
}

// One line for each kind: resource message, service stub, method stem.
#define DANGOL_KIND(Resource, field, area, stem, Read)                                 \
  MakeKind<Resource, area::v1::Apply##stem##Request, area::v1::Apply##stem##Response,  \
           area::v1::Get##stem##Request, Read>(                                        \
      #stem, [](auto* request) { return request->mutable_##field(); },                 \
      [](const auto& response) { return response.field(); },                           \
      [](Connection& c, grpc::ClientContext* x, const auto& request, auto* response) { \
        return c.area->Apply##stem(x, request, response);                              \
      },                                                                               \
      [](Connection& c, grpc::ClientContext* x, const auto& request, auto* response) { \
        return c.area->Get##stem(x, request, response);                                \
      })

const std::vector<Kind>& Kinds() {
  static const auto* kinds = new std::vector<Kind>{
      DANGOL_KIND(common::v1::BusinessUnit, business_unit, profile, BusinessUnit,
                  common::v1::BusinessUnit),
      DANGOL_KIND(segmentation::v1::RfmScheme, rfm_scheme, segmentation, RfmScheme,
                  segmentation::v1::RfmScheme),
      DANGOL_KIND(segmentation::v1::Segment, segment, segmentation, Segment,
                  segmentation::v1::SegmentStatus),
      DANGOL_KIND(offer::v1::Offer, offer, offer, Offer, offer::v1::Offer),
      DANGOL_KIND(campaign::v1::Channel, channel, campaign, Channel, campaign::v1::Channel),
      DANGOL_KIND(campaign::v1::ContactPolicy, contact_policy, campaign, ContactPolicy,
                  campaign::v1::ContactPolicy),
      DANGOL_KIND(campaign::v1::Campaign, campaign, campaign, Campaign, campaign::v1::Campaign),
  };
  return *kinds;
}

#undef DANGOL_KIND

const Kind* FindKind(absl::string_view name) {
  for (const Kind& kind : Kinds()) {
    if (absl::AsciiStrToLower(kind.name) == absl::AsciiStrToLower(name)) return &kind;
  }
  return nullptr;
}

absl::StatusOr<const Kind*> KnownKind(absl::string_view name) {
  if (const Kind* kind = FindKind(name)) return kind;
  const std::string near = Nearest(name, ResourceKinds());
  return BadField("kind", name, "is unknown",
                  near.empty() ? absl::StrCat("use one of ", absl::StrJoin(ResourceKinds(), ", "))
                               : absl::StrCat("did you mean ", near, "?"));
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) return BadField("file", path, "cannot be read", "name a readable YAML file");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

absl::StatusOr<std::vector<std::string>> ExpandPaths(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> inside;
    for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
      const auto extension = entry.path().extension();
      if (extension == ".yaml" || extension == ".yml") inside.push_back(entry.path().string());
    }
    if (inside.empty()) return BadField("file", path, "has no *.yaml files", "name another");
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

absl::Status ReadDocuments(const std::string& path, std::vector<Resource>* resources) {
  DANGOL_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return config::ParseYamlDocuments(
      path, text,
      [&](absl::string_view name) -> absl::StatusOr<Message*> {
        DANGOL_ASSIGN_OR_RETURN(const Kind* kind, KnownKind(name));
        resources->push_back({kind->name, path, kind->make()});
        return resources->back().message.get();
      },
      [&](absl::string_view, int line) {
        resources->back().source = absl::StrCat(path, ":", line);
        return absl::OkStatus();
      });
}

}  // namespace

std::string Resource::name() const {
  const auto* field = message->GetDescriptor()->FindFieldByName("name");
  return message->GetReflection()->GetString(*message, field);
}

std::vector<std::string> ResourceKinds() {
  std::vector<std::string> names;
  for (const Kind& kind : Kinds()) names.emplace_back(kind.name);
  return names;
}

absl::StatusOr<std::vector<Resource>> ReadResources(const std::vector<std::string>& paths) {
  DANGOL_ASSIGN_OR_RETURN(const auto files, ExpandPaths(paths));
  std::vector<Resource> resources;
  for (const std::string& file : files) DANGOL_RETURN_IF_ERROR(ReadDocuments(file, &resources));
  auto rank = [](const Resource& r) { return FindKind(r.kind) - Kinds().data(); };
  std::stable_sort(resources.begin(), resources.end(),
                   [&](const Resource& a, const Resource& b) { return rank(a) < rank(b); });
  return resources;
}

absl::StatusOr<Applied> Apply(Connection& connection, const Resource& resource,
                              bool validate_only) {
  DANGOL_ASSIGN_OR_RETURN(const Kind* kind, KnownKind(resource.kind));
  return kind->apply(connection, *resource.message, validate_only);
}

absl::StatusOr<std::unique_ptr<Message>> GetResource(Connection& connection,
                                                     absl::string_view kind_name,
                                                     const std::string& name) {
  DANGOL_ASSIGN_OR_RETURN(const Kind* kind, KnownKind(kind_name));
  DANGOL_ASSIGN_OR_RETURN(auto message, kind->get(connection, name));
  // Segments are read with their size; the resource itself is what was applied.
  if (auto* status = dynamic_cast<segmentation::v1::SegmentStatus*>(message.get())) {
    return std::make_unique<segmentation::v1::Segment>(status->segment());
  }
  return message;
}

}  // namespace dangol::client
