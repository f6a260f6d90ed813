#include "libs/rpc/token_file.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dangol/config/v1/tokens.pb.h"
#include "libs/base/status.h"
#include "libs/config/yaml.h"

namespace dangol::rpc {
namespace {

constexpr size_t kFileBytesMax = 4 << 20;

// JSON lines as one YAML flow sequence, each on its own line, so that line numbers stay true.
std::string JsonLinesAsYaml(absl::string_view text) {
  std::string yaml = "{tokens: [";
  bool first = true;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const absl::string_view entry = absl::StripAsciiWhitespace(line);
    if (!entry.empty()) {
      absl::StrAppend(&yaml, first ? "" : ", ", entry);
      first = false;
    }
    yaml += '\n';
  }
  return yaml + "]}\n";
}

absl::StatusOr<TokenEntry> Check(const std::string& path, const config::v1::Token& token) {
  TokenEntry entry;
  if (!IsPrincipalName(token.principal())) {
    return BadField(path + ".principal", token.principal(), "is not a principal's name",
                    "use 1 to 128 printable ASCII characters without spaces");
  }
  entry.principal.name = token.principal();
  entry.token_sha256 = absl::AsciiStrToLower(token.token_sha256());
  if (entry.token_sha256.size() != 64 ||
      !std::all_of(entry.token_sha256.begin(), entry.token_sha256.end(), absl::ascii_isxdigit)) {
    // Not quoted: it may be the token itself, pasted by mistake.
    return BadField(path + ".token_sha256", "…", "is not a SHA-256 in hexadecimal",
                    "write the output of: printf %s TOKEN | sha256sum");
  }
  if (token.roles().empty()) {
    return BadField(path + ".roles", "", "is empty", "list at least one role");
  }
  for (const std::string& name : token.roles()) {
    auto role = ParseRole(name);
    if (!role.ok()) {
      const auto detail = DetailOf(role.status());
      return WithDetail(
          absl::InvalidArgumentError(absl::StrCat(path, ".", role.status().message())),
          {detail.reason, {}, {{path + ".roles", detail.fields[0].description}}});
    }
    entry.principal.roles.Add(*role);
  }
  return entry;
}

absl::Status InFile(absl::string_view file_name, const absl::Status& status) {
  return WithDetail(absl::Status(status.code(), absl::StrCat(file_name, ": ", status.message())),
                    DetailOf(status));
}

}  // namespace

bool IsPrincipalName(absl::string_view name) {
  return !name.empty() && name.size() <= 128 &&
         std::all_of(name.begin(), name.end(), absl::ascii_isgraph);
}

absl::StatusOr<std::vector<TokenEntry>> ParseTokenFile(absl::string_view file_name,
                                                       absl::string_view text) {
  config::v1::TokenFile file;
  if (absl::StartsWith(absl::StripLeadingAsciiWhitespace(text), "{")) {
    DANGOL_RETURN_IF_ERROR(config::ParseYaml(file_name, JsonLinesAsYaml(text), &file));
  } else {
    DANGOL_RETURN_IF_ERROR(config::ParseYaml(file_name, text, &file));
  }
  std::vector<TokenEntry> entries;
  absl::flat_hash_set<std::string> seen;
  for (int i = 0; i < file.tokens_size(); ++i) {
    const std::string path = absl::StrCat("tokens[", i, "]");
    auto entry = Check(path, file.tokens(i));
    if (!entry.ok()) return InFile(file_name, entry.status());
    if (!seen.insert(entry->token_sha256).second) {
      return InFile(file_name, BadField(path + ".token_sha256", "…", "is there twice",
                                        "give each principal its own token"));
    }
    entries.push_back(*std::move(entry));
  }
  if (entries.empty()) {
    return InFile(file_name, BadField("tokens", "", "is empty", "list at least one token"));
  }
  return entries;
}

absl::StatusOr<std::string> ReadSmallFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text;
  if (in) text.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  if (!in.good() && !in.eof()) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  if (text.size() > kFileBytesMax) {
    return absl::ResourceExhaustedError(absl::StrCat(path, " is larger than 4 MB"));
  }
  return text;
}

}  // namespace dangol::rpc
