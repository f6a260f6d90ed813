// One mutex for the whole code: the standard one, which every sanitizer understands (Debian's
// Abseil is not instrumented for the thread sanitizer).
#pragma once

#include <condition_variable>
#include <mutex>

namespace dangol {

using Mutex = std::mutex;
using MutexLock = std::unique_lock<std::mutex>;
using CondVar = std::condition_variable;

}  // namespace dangol
