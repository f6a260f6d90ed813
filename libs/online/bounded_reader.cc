#include "libs/online/bounded_reader.h"

#include <hiredis/hiredis.h>

namespace dangol::online {
namespace {

// What hiredis would do, which is the same for every reader.
const redisReplyObjectFunctions& Default() {
  static const redisReplyObjectFunctions functions = [] {
    redisReader* const reader = redisReaderCreate();
    const redisReplyObjectFunctions copy = *reader->fn;
    redisReaderFree(reader);
    return copy;
  }();
  return functions;
}

// The count is an int before hiredis 1.0 and a size_t since.
template <typename Count>
void* CreateArray(const redisReadTask* task, Count elements) {
  const auto most = *static_cast<const size_t*>(task->privdata);
  if (elements > 0 && static_cast<size_t>(elements) > most) return nullptr;
  return Default().createArray(task, elements);
}

Reply Copy(const redisReply& raw) {
  Reply reply;
  switch (raw.type) {
    case REDIS_REPLY_INTEGER:
      reply.type = Reply::Type::kInteger;
      reply.integer = raw.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      reply.type = Reply::Type::kText;
      reply.text.assign(raw.str, raw.len);
      break;
    case REDIS_REPLY_ERROR:
      reply.type = Reply::Type::kError;
      reply.text.assign(raw.str, raw.len);
      break;
    case REDIS_REPLY_ARRAY:
      reply.type = Reply::Type::kArray;
      reply.elements.reserve(raw.elements);
      for (size_t i = 0; i < raw.elements; ++i) reply.elements.push_back(Copy(*raw.element[i]));
      break;
    default:  // nil; other types are of RESP3, which is never asked for
      break;
  }
  return reply;
}

}  // namespace

void BoundReader(redisReader* reader, const size_t* elements_max) {
  static redisReplyObjectFunctions bounded = [] {
    redisReplyObjectFunctions functions = Default();
    functions.createArray = &CreateArray;
    return functions;
  }();
  reader->fn = &bounded;
  reader->privdata = const_cast<size_t*>(elements_max);
}

Reply TakeReply(redisReply* raw) {
  Reply reply = Copy(*raw);
  freeReplyObject(raw);
  return reply;
}

}  // namespace dangol::online
