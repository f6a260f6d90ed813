// Work that mostly waits (for commits, for other scopes), done several pieces at a time.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace dangol {

// Calls `fn(i)` once for every i < `count`, up to `at_once` of them at the same time, begun in
// order of i; returns when all have. The caller's thread is one of those that do the work. `fn`
// must not throw.
inline void ParallelFor(size_t count, size_t at_once, const std::function<void(size_t)>& fn) {
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < count; i = next++) fn(i);
  };
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < std::min(at_once, count); ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
}

}  // namespace dangol
