// A fuzz target: a function that must come through any bytes. Built with libFuzzer (preset `fuzz`)
// each is a program of its own; in every other build all of them are one test that runs the kept
// corpora (driver.cc), so that what was found once stays found.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "absl/strings/string_view.h"

namespace dangol::fuzz {

using Target = void (*)(absl::string_view data);
struct Registration {
  Registration(const char* name, Target target);
};

// What a target may assume after it has checked it; also without NDEBUG's assert.
#define FUZZ_CHECK(condition)                                                         \
  do {                                                                                \
    if (!(condition)) {                                                               \
      std::cerr << __FILE__ << ":" << __LINE__ << ": " #condition " does not hold\n"; \
      std::abort();                                                                   \
    }                                                                                 \
  } while (false)

// The first byte chooses, the rest is what is chosen for.
struct Choice {
  uint8_t which = 0;
  absl::string_view rest;
};
inline Choice Choose(absl::string_view data) {
  if (data.empty()) return {};
  return {static_cast<uint8_t>(data[0]), data.substr(1)};
}

}  // namespace dangol::fuzz

#ifdef DANGOL_LIBFUZZER
#define DANGOL_FUZZ_TARGET(name)                                                \
  static void Fuzz_##name(absl::string_view data);                              \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {    \
    Fuzz_##name(absl::string_view(reinterpret_cast<const char*>(bytes), size)); \
    return 0;                                                                   \
  }                                                                             \
  static void Fuzz_##name(absl::string_view data)
#else
#define DANGOL_FUZZ_TARGET(name)                                                      \
  static void Fuzz_##name(absl::string_view data);                                    \
  static const ::dangol::fuzz::Registration registration_##name(#name, &Fuzz_##name); \
  static void Fuzz_##name(absl::string_view data)
#endif
