// Structured log: one line per event on stderr, `time level message key=value …`. Never a name, an
// address, a token or any other personal data; customer ids are allowed. Tests never read logs:
// every degraded path has a counter.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace dangol::obs {

enum class Level { kDebug, kInfo, kWarning, kError };

// A value is made from anything absl::StrCat takes.
struct Field {
  absl::string_view key;
  std::string value;
  template <typename T>
  Field(absl::string_view k, const T& v) : key(k), value(absl::StrCat(v)) {}
};

// Any thread may call. Values with spaces, quotes or control bytes are quoted and escaped.
void Log(Level level, absl::string_view message, std::initializer_list<Field> fields = {});

// Lines below `level` are dropped; kInfo at first. Any thread, any time.
void SetLogLevel(Level level);
// "debug", "info", "warning", "error". False for another name, which changes nothing.
bool SetLogLevel(absl::string_view name);

// What Log would write, without the time: for the formatter's own test.
std::string FormatLine(Level level, absl::string_view message, std::initializer_list<Field> fields);

}  // namespace dangol::obs
