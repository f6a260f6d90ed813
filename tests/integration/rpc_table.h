// One row per RPC of every service: who may call it, and a request that the World (server.h)
// accepts. An RPC without a row fails contract_test.
#pragma once

#include <string>
#include <vector>

#include "libs/rpc/auth.h"

namespace google::protobuf {
class MethodDescriptor;
}

namespace dangol::integration {

struct RpcRow {
  // "profile.v1.ProfileService/GetCustomer", without "dangol.".
  std::string method;
  rpc::Role role;
  // Text format; {contact}, {customer} and the like are filled in by World::Fill. Streams: one
  // message of it.
  std::string example;
  // Items are judged one by one: the answer is OK and holds a status per item.
  bool per_item = false;
};

const std::vector<RpcRow>& RpcTable();
// nullptr: no row.
const RpcRow* FindRow(const google::protobuf::MethodDescriptor& method);
// All methods of the services of package dangol that dangold serves.
std::vector<const google::protobuf::MethodDescriptor*> AllMethods();
// "/dangol.profile.v1.ProfileService/GetCustomer".
std::string PathOf(const google::protobuf::MethodDescriptor& method);

}  // namespace dangol::integration
