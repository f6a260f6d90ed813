#include "libs/rpc/undecodable.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/stubs/logging.h"
#include "libs/base/status.h"
#include "libs/obs/log.h"
#include "libs/rpc/grpc_status.h"

namespace dangol::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;

thread_local std::string undecodable_field;

// Protobuf names the field only in its log: "String field 'x' contains invalid UTF-8 data when
// parsing a protocol buffer. …".
void OnProtobufLog(google::protobuf::LogLevel level, const char* file, int line,
                   const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '\'');
  if (parts.size() >= 3 && text.find("invalid UTF-8") != std::string::npos) {
    undecodable_field = parts[1];
    return;  // the caller is told; a bad caller shall not fill the log
  }
  obs::Log(level >= google::protobuf::LOGLEVEL_ERROR ? obs::Level::kError : obs::Level::kWarning,
           "protobuf", {{"at", absl::StrCat(file, ":", line)}, {"text", text}});
}

// Every handler's status comes with details (call.cc), so one without is gRPC's own.
class Explainer : public grpc::experimental::Interceptor {
 public:
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      const grpc::Status status = methods->GetSendStatus();
      if (status.error_code() == grpc::StatusCode::INTERNAL && status.error_details().empty()) {
        methods->ModifySendStatus(ToGrpc(Undecodable(TakeUndecodableField())));
      }
    }
    methods->Proceed();
  }
};

class ExplainerFactory : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo*) override {
    return new Explainer;  // gRPC owns it
  }
};

}  // namespace

std::string TakeUndecodableField() { return std::exchange(undecodable_field, {}); }

absl::Status Undecodable(const std::string& field) {
  absl::Status bad = field.empty()
                         ? BadField("request", "", "is no message of this RPC",
                                    "send what its proto file describes")
                         : BadField(field, "", "is not UTF-8 text", "convert it to UTF-8");
  ErrorDetail detail = DetailOf(bad);
  detail.reason = "UNDECODABLE_REQUEST";
  return WithDetail(std::move(bad), std::move(detail));
}

std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
UndecodableInterceptors() {
  static const bool installed = [] {
    google::protobuf::SetLogHandler(&OnProtobufLog);
    return true;
  }();
  (void)installed;
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> all;
  all.push_back(std::make_unique<ExplainerFactory>());
  return all;
}

}  // namespace dangol::rpc
