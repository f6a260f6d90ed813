// hiredis' replies: kept within bounds while they are read, and taken over.
#pragma once

#include <cstddef>

#include "libs/online/reply.h"

struct redisReader;
struct redisReply;

namespace dangol::online {

// From now on the reader fails an array of more than *elements_max elements, which outlives it:
// hiredis would allocate for as many as a server announces.
void BoundReader(redisReader* reader, const size_t* elements_max);

// Copies `raw` and frees it.
Reply TakeReply(redisReply* raw);

}  // namespace dangol::online
