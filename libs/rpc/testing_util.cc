#include "libs/rpc/testing_util.h"

#include <chrono>
#include <fstream>
#include <stdexcept>

#include "google/protobuf/unknown_field_set.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "libs/rpc/grpc_status.h"
#include "openssl/evp.h"
#include "openssl/pem.h"
#include "openssl/x509.h"

namespace dangol::rpc {
namespace {

using testing::v1::EchoRequest;
using testing::v1::EchoResponse;
using testing::v1::EchoService;

constexpr Micros kTimeoutUs = 10 * kMicrosPerSecond;

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.DumpToSingleSlice(&slice).ok()) return "";
  return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

void Await(grpc::CompletionQueue* queue) {
  void* tag = nullptr;
  bool ok = false;
  queue->Next(&tag, &ok);
}

std::string ToText(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, size);
  BIO_free(bio);
  return text;
}

}  // namespace

grpc::Status EchoRpc::Echo(grpc::ServerContext* context, const EchoRequest* request,
                           EchoResponse* response) {
  return guard_->Run(context, needed_, "testing.Echo", *request,
                     [&](Call& call) { return Handle(call, *request, response); });
}

grpc::Status EchoRpc::EchoMany(grpc::ServerContext* context,
                               grpc::ServerReaderWriter<EchoResponse, EchoRequest>* stream) {
  return guard_->RunStream(context, needed_, "testing.EchoMany", [&](Call& call) {
    EchoRequest request;
    while (stream->Read(&request)) {
      EchoResponse response;
      DANGOL_RETURN_IF_ERROR(Handle(call, request, &response));
      stream->Write(response);
    }
    return absl::OkStatus();
  });
}

absl::Status EchoRpc::Handle(Call& call, const EchoRequest& request, EchoResponse* response) {
  ++handled_;
  DANGOL_RETURN_IF_ERROR(call.AdoptRequestId(request.request_id()));
  if (request.hold()) Hold(call);
  switch (request.fail()) {
    case EchoRequest::FAIL_BAD_FIELD:
      return BadField("text", request.text(), "is not polite", "say please");
    case EchoRequest::FAIL_EXHAUSTED:
      return absl::ResourceExhaustedError("too many");
    case EchoRequest::FAIL_THROW:
      throw std::runtime_error("secret");
    default:
      break;
  }
  if (request.text() == "nested") {
    EchoRequest inner;
    inner.set_text("inner");
    grpc::ClientContext context;
    PropagateCall(call, kMicrosPerMinute, &context);
    return FromGrpc(EchoService::NewStub(nested_)->Echo(&context, inner, response));
  }
  response->set_text(request.text());
  response->set_principal(call.principal().name);
  response->set_request_id(call.request_id());
  response->set_remaining_us(call.RemainingUs());
  return call.CheckAlive();
}

void EchoRpc::Hold(const Call& call) {
  MutexLock lock(mutex_);
  ++held_;
  changed_.notify_all();
  // Nothing notifies of a cancelled call, so it is looked for now and then.
  while (!released_ && !call.Cancelled()) changed_.wait_for(lock, std::chrono::milliseconds(5));
}

void EchoRpc::WaitUntilHeld(int calls) {
  MutexLock lock(mutex_);
  changed_.wait(lock, [&] { return held_ >= calls; });
}

void EchoRpc::Release() {
  const MutexLock lock(mutex_);
  released_ = true;
  changed_.notify_all();
}

TestServer::TestServer(const ServerOptions& options) {
  auto server = Server::Create(options, &metrics_);
  if (!server.ok()) throw std::runtime_error(server.status().ToString());
  server_ = *std::move(server);
  echo_ = std::make_unique<EchoRpc>(&server_->guard());
  server_->Register(echo_.get(), EchoService::service_full_name());
  const auto port = server_->Start();
  if (!port.ok()) throw std::runtime_error(port.status().ToString());
  port_ = *port;
}

TestServer::~TestServer() {
  echo_->Release();
  server_.reset();
}

std::shared_ptr<grpc::Channel> TestServer::Channel(ClientOptions options) const {
  options.target = target();
  auto channel = MakeChannel(options);
  if (!channel.ok()) throw std::runtime_error(channel.status().ToString());
  return *channel;
}

absl::Status CallEcho(const std::shared_ptr<grpc::Channel>& channel, const EchoRequest& request,
                      EchoResponse* response) {
  EchoResponse unused;
  grpc::ClientContext context;
  SetTimeout(kTimeoutUs, &context);
  return FromGrpc(EchoService::NewStub(channel)->Echo(&context, request,
                                                      response == nullptr ? &unused : response));
}

std::string HealthOf(const std::shared_ptr<grpc::Channel>& channel, const std::string& service) {
  // HealthCheckRequest{string service = 1}; the answer is {enum status = 1}.
  google::protobuf::UnknownFieldSet request;
  request.AddLengthDelimited(1, service);
  std::string bytes;
  request.SerializeToString(&bytes);
  grpc::ClientContext context;
  SetTimeout(kTimeoutUs, &context);
  grpc::CompletionQueue queue;
  grpc::ByteBuffer reply;
  grpc::Status status;
  auto call = grpc::GenericStub(channel).PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check",
                                                          ToBuffer(bytes), &queue);
  call->StartCall();
  call->Finish(&reply, &status, nullptr);
  Await(&queue);
  if (!status.ok()) return absl::StatusCodeToString(FromGrpc(status).code());
  return ToString(reply) == "\x08\x01" ? "SERVING" : "NOT_SERVING";
}

namespace {

// The raw answer to a request that has this one field.
std::string Reflection(const std::shared_ptr<grpc::Channel>& channel, int field,
                       const std::string& value) {
  grpc::ClientContext context;
  SetTimeout(kTimeoutUs, &context);
  grpc::CompletionQueue queue;
  auto call = grpc::GenericStub(channel).PrepareCall(
      &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  call->StartCall(nullptr);
  Await(&queue);
  google::protobuf::UnknownFieldSet request;
  request.AddLengthDelimited(field, value);
  std::string bytes;
  request.SerializeToString(&bytes);
  call->WriteLast(ToBuffer(bytes), grpc::WriteOptions(), nullptr);
  Await(&queue);
  grpc::ByteBuffer reply;
  call->Read(&reply, nullptr);
  Await(&queue);
  grpc::Status status;
  call->Finish(&status, nullptr);
  Await(&queue);
  return ToString(reply);
}

}  // namespace

std::string ReflectedServices(const std::shared_ptr<grpc::Channel>& channel) {
  return Reflection(channel, 7, "");  // list_services
}

std::string ReflectedFile(const std::shared_ptr<grpc::Channel>& channel,
                          const std::string& symbol) {
  return Reflection(channel, 4, symbol);  // file_containing_symbol
}

PemPair MakeSelfSigned() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86'400);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* common = reinterpret_cast<const unsigned char*>("localhost");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common, -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_sign(certificate, key, EVP_sha256());
  BIO* certificate_bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificate_bio, certificate);
  BIO* key_bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(key_bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return {ToText(certificate_bio), ToText(key_bio)};
}

std::string WriteTemp(const std::string& name, const std::string& text) {
  const std::string path = ::testing::TempDir() + "dangol_rpc_" + std::to_string(getpid()) + name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

}  // namespace dangol::rpc
