#include "libs/obs/log.h"

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace dangol::obs {
namespace {

constexpr size_t kValueBytesMax = 1024;

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

const char* LevelName(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "error";
}

// Never destroyed: threads may log while the process exits.
spdlog::logger& Logger() {
  static auto* const logger = [] {
    auto* made = new spdlog::logger("dangol", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc);
    made->set_level(spdlog::level::info);
    return made;
  }();
  return *logger;
}

bool IsPlain(absl::string_view value) {
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || c == '"' || c == '=' || c == '\\' || byte == 0x7f) return false;
  }
  return !value.empty();
}

std::string Printable(absl::string_view value) {
  if (value.size() <= kValueBytesMax && IsPlain(value)) return std::string(value);
  const bool cut = value.size() > kValueBytesMax;
  return absl::StrCat("\"", absl::Utf8SafeCHexEscape(value.substr(0, kValueBytesMax)),
                      cut ? "…" : "", "\"");
}

}  // namespace

std::string FormatLine(Level level, absl::string_view message,
                       std::initializer_list<Field> fields) {
  std::string line = absl::StrCat(LevelName(level), " ", absl::Utf8SafeCHexEscape(message));
  for (const Field& field : fields) {
    absl::StrAppend(&line, " ", field.key, "=", Printable(field.value));
  }
  return line;
}

void Log(Level level, absl::string_view message, std::initializer_list<Field> fields) {
  spdlog::logger& logger = Logger();
  if (!logger.should_log(ToSpdlog(level))) return;
  const std::string line = FormatLine(level, message, fields);
  logger.log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

void SetLogLevel(Level level) { Logger().set_level(ToSpdlog(level)); }

bool SetLogLevel(absl::string_view name) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError}) {
    if (name == LevelName(level)) {
      SetLogLevel(level);
      return true;
    }
  }
  return false;
}

}  // namespace dangol::obs
