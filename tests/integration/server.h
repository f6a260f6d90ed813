// A dangold in this process on a temporary directory, with a token per role and, in World, a small
// business that the examples of rpc_table.cc are about.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "libs/backbone/log.h"
#include "libs/rpc/auth.h"
#include "services/dangold/app.h"
#include "tests/integration/raw_call.h"

namespace google::protobuf {
class MethodDescriptor;
class Message;
}  // namespace google::protobuf

namespace dangol::integration {

class World {
 public:
  World();
  ~World();

  // "READER", "TRACKER", …; "": no token; anything else is a wrong one.
  std::shared_ptr<grpc::Channel> ChannelOf(absl::string_view token);
  std::shared_ptr<grpc::Channel> ChannelOf(rpc::Role role) { return ChannelOf(RoleName(role)); }
  // Of a role that may call it, from the table.
  RawAnswer Call(const google::protobuf::MethodDescriptor& method, const std::string& bytes,
                 RawOptions options = {});
  // By its short path, "profile.v1.ProfileService/GetCustomer", with a request in text format.
  RawAnswer Call(const std::string& path, const std::string& text, RawOptions options = {});
  // The same, and the test fails if it fails.
  void Must(const std::string& path, const std::string& text);

  // Replaces {customer} (u1's name), {contact} (a sent one), {hash} (what "submitted" awaits
  // approval of), {merge1} and {merge2} (proposed), {merge3} (merged), {erasure} and {now}.
  std::string Fill(std::string text) const;

  // Everything the five services keep, but for outcomes by request id and the runtime's own rows:
  // one hash per scope and table.
  std::map<std::pair<Scope, Table>, uint64_t> StateHashes();

  // What runs until nothing is left to do at this instant.
  void Settle();
  Micros now() const { return now_; }
  std::string target() const;

 private:
  void MakeDefinitions();
  void MakeCustomers();
  void MakeMerges();
  void MakeCampaigns();
  void Campaign(const std::string& name, const std::string& rest = "");
  void Submit(const std::string& name);
  void Approve(const std::string& name);
  std::string HashOf(const std::string& campaign);

  std::string directory_;
  int port_ = 0;
  Micros now_ = 0;
  std::unique_ptr<RunningDangold> server_;
  std::map<std::string, std::shared_ptr<grpc::Channel>, std::less<>> channels_;
  std::map<std::string, std::string> filled_;
};

// A message of the method's request type. The test fails where `text` does not parse.
std::unique_ptr<google::protobuf::Message> RequestOf(
    const google::protobuf::MethodDescriptor& method, const std::string& text);
const google::protobuf::MethodDescriptor* MethodAt(const std::string& path);

}  // namespace dangol::integration
