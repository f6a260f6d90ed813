#include "libs/config/command_line.h"

#include <CLI/CLI.hpp>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "google/protobuf/message.h"
#include "libs/base/status.h"
#include "libs/config/yaml.h"

namespace dangol::config {
namespace {

absl::Status ReadFile(const std::string& path, google::protobuf::Message* out) {
  std::ifstream file(path);
  if (!file) return BadField("--config", path, "cannot be read", "name a readable YAML file");
  std::stringstream text;
  text << file.rdbuf();
  return ParseYaml(path, text.str(), out);
}

const CommandLine::About* Find(const CommandLine& line, const std::string& path) {
  for (const auto& about : line.about) {
    if (about.path == path) return &about;
  }
  return nullptr;
}

}  // namespace

absl::Status ParseCommandLine(const CommandLine& line, int argc, const char* const* argv,
                              const GetEnvironment& get, google::protobuf::Message* out,
                              std::string* help) {
  CLI::App app{line.title};
  app.footer(line.footer);
  std::string file;
  app.add_option("--config", file, "YAML file (docs/configuration.md)");
  const std::vector<std::string> paths = SettingPaths(*out->GetDescriptor());
  std::map<std::string, std::string> given;  // by path
  std::map<std::string, CLI::Option*> flags;
  for (const std::string& path : paths) {
    const CommandLine::About* about = Find(line, path);
    std::string names = FlagOf(path);
    if (about != nullptr && !about->short_flag.empty()) {
      absl::StrAppend(&names, ",", about->short_flag);
    }
    flags[path] = app.add_option(names, given[path], about == nullptr ? "" : about->help);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    *help = app.help();
    return absl::OkStatus();
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(absl::StrCat(error.what(), "; see --help"));
  }
  if (!file.empty()) DANGOL_RETURN_IF_ERROR(ReadFile(file, out));
  DANGOL_RETURN_IF_ERROR(ApplyEnvironment(get, out));
  for (const std::string& path : paths) {
    if (flags[path]->count() == 0) continue;
    DANGOL_RETURN_IF_ERROR(ApplySetting(path, FlagOf(path), given[path], out));
  }
  return absl::OkStatus();
}

}  // namespace dangol::config
