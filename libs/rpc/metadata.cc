#include "libs/rpc/metadata.h"

namespace dangol::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;

class Adder : public grpc::experimental::Interceptor {
 public:
  explicit Adder(const Metadata* metadata) : metadata_(metadata) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      auto* sent = methods->GetSendInitialMetadata();
      for (const auto& entry : *metadata_) {
        if (sent->find(entry.first) == sent->end()) sent->insert(entry);
      }
    }
    methods->Proceed();
  }

 private:
  const Metadata* metadata_;
};

class AdderFactory : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit AdderFactory(Metadata metadata) : metadata_(std::move(metadata)) {}

  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo*) override {
    return new Adder(&metadata_);  // gRPC owns it; the channel keeps this factory
  }

 private:
  Metadata metadata_;
};

}  // namespace

InterceptorFactories AddMetadata(Metadata metadata) {
  InterceptorFactories factories;
  if (!metadata.empty()) factories.push_back(std::make_unique<AdderFactory>(std::move(metadata)));
  return factories;
}

}  // namespace dangol::rpc
