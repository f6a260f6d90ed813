#include "services/campaign/channels/file_drop.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "libs/base/calendar.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "services/campaign/domain/customer_ref.h"
#include "services/campaign/send_detail.h"

namespace dangol::campaign {
namespace {

namespace fs = std::filesystem;

constexpr char kHeader[] =
    "contact_id,customer,address,campaign,wave,cell,treatment_code,offer,content,contact_time\r\n";

absl::Status ErrnoStatus(absl::string_view what, const std::string& path) {
  return absl::UnavailableError(absl::StrCat(what, " ", path, ": ", std::strerror(errno)));
}

std::string Row(const Outgoing& item) {
  const v1::SendRequest& s = item.send;
  const std::vector<std::string> fields = {s.contact_id(),     CustomerName(s.customer_id()),
                                           item.address,       s.campaign(),
                                           s.wave(),           s.cell(),
                                           s.treatment_code(), s.offer(),
                                           s.content(),        FormatTime(s.contact_time_us())};
  return absl::StrCat(
      absl::StrJoin(fields, ",",
                    [](std::string* out, const std::string& f) { out->append(CsvField(f)); }),
      "\r\n");
}

// Writes and syncs; the file is removed again on error.
absl::Status WriteSynced(const std::string& path, absl::string_view content) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return ErrnoStatus("cannot create", path);
  absl::Status status = absl::OkStatus();
  while (!content.empty() && status.ok()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n >= 0) {
      content.remove_prefix(static_cast<size_t>(n));
    } else if (errno != EINTR) {
      status = ErrnoStatus("cannot write", path);
    }
  }
  if (status.ok() && ::fsync(fd) != 0) status = ErrnoStatus("cannot sync", path);
  ::close(fd);
  if (!status.ok()) ::unlink(path.c_str());
  return status;
}

absl::Status SyncDirectory(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return ErrnoStatus("cannot open", path);
  const int result = ::fsync(fd);
  ::close(fd);
  return result == 0 ? absl::OkStatus() : ErrnoStatus("cannot sync", path);
}

// Defence in depth: the channel's definition was validated, the disk may hold links.
bool Inside(const fs::path& root, const fs::path& directory) {
  std::error_code error;
  const fs::path r = fs::weakly_canonical(root, error);
  const fs::path d = fs::weakly_canonical(directory, error);
  const auto [end, ignored] = std::mismatch(r.begin(), r.end(), d.begin(), d.end());
  return !error && end == r.end();
}

}  // namespace

std::string CsvField(absl::string_view value) {
  std::string text(value);
  if (!text.empty() && absl::StrContains("=+-@\t\r", text.substr(0, 1))) {
    bool number = text.size() > 1 && (text[0] == '+' || text[0] == '-');
    for (size_t i = 1; i < text.size(); ++i) number = number && absl::ascii_isdigit(text[i]);
    if (!number) text.insert(0, "'");
  }
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

std::vector<std::string> FirstFields(absl::string_view csv) {
  std::vector<std::string> firsts;
  std::string field;
  bool quoted = false, first = true, any = false;
  for (char c : csv) {
    any = true;
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '\n' && !quoted) {
      firsts.push_back(field);
      field.clear();
      first = true;
      any = false;
    } else if (c == ',' && !quoted) {
      first = false;
    } else if (first && c != '\r') {
      field += c;
    }
  }
  if (any) firsts.push_back(field);
  return firsts;
}

void FileDrop::Write(Partition partition, const std::vector<Outgoing>& items) {
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<const Outgoing*>> groups;
  for (const Outgoing& item : items) {
    groups[{item.send.channel().file_drop().directory(), item.send.campaign(), item.send.wave()}]
        .push_back(&item);
  }
  for (const auto& [key, group] : groups) WriteGroup(partition, group);
}

void FileDrop::WriteGroup(Partition partition, const std::vector<const Outgoing*>& group) {
  const auto finish = [&](EffectResult result, const std::string& detail, const std::string& id) {
    for (const Outgoing* item : group) item->Finish(result, detail, id);
  };
  const v1::SendRequest& first = group.front()->send;
  const fs::path directory = fs::path(root_) / first.channel().file_drop().directory();
  if (!Inside(root_, directory)) {
    return finish(EffectResult::kFailed, "the channel's directory leaves the drop root", "");
  }
  std::error_code error;
  fs::create_directories(directory, error);
  const std::string name =
      absl::StrCat(first.campaign(), "-", first.wave(), "-p", partition, "-",
                   first.contact_id().substr(0, 12), "-a", group.front()->attempt, ".csv");
  std::string content = kHeader;
  for (const Outgoing* item : group) content += Row(*item);
  const std::string temporary = directory / absl::StrCat(".", name, ".part");
  if (absl::Status s = WriteSynced(temporary, content); !s.ok()) {
    return finish(EffectResult::kFailed, std::string(s.message()), "");
  }
  const std::string final_path = directory / name;
  if (SteadyMicros() > group.front()->not_after) {
    ::unlink(temporary.c_str());
    return finish(EffectResult::kFailed, kNotStarted, "");
  }
  // link, not rename: it never replaces a file that is there.
  const int linked = ::link(temporary.c_str(), final_path.c_str());
  const std::string cause = linked == 0 ? "" : std::strerror(errno);
  ::unlink(temporary.c_str());
  if (linked != 0) return finish(EffectResult::kFailed, absl::StrCat(name, ": ", cause), "");
  if (absl::Status s = SyncDirectory(directory); !s.ok()) {
    return finish(EffectResult::kUnknown, std::string(s.message()), name);
  }
  finish(EffectResult::kAccepted, "", name);
}

absl::StatusOr<std::set<std::string>> FileDrop::ContactsIn(const std::string& directory,
                                                           Partition partition) const {
  std::set<std::string> contacts;
  const fs::path path = fs::path(root_) / directory;
  std::error_code error;
  if (!fs::exists(path, error)) return contacts;
  const std::string mark = absl::StrCat("-p", partition, "-");
  for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().filename();
    if (!absl::StrContains(name, mark)) continue;
    if (absl::StartsWith(name, ".")) {
      fs::remove(entry.path(), error);
      continue;
    }
    std::ifstream in(entry.path(), std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    if (!in) return ErrnoStatus("cannot read", entry.path());
    for (std::string& id : FirstFields(text.str())) contacts.insert(std::move(id));
  }
  if (error) return absl::UnavailableError(absl::StrCat(path.string(), ": ", error.message()));
  return contacts;
}

std::vector<Outgoing> FileDrop::TakeWritten(Partition partition, std::vector<Outgoing> items) {
  std::map<std::string, absl::StatusOr<std::set<std::string>>> known;
  std::vector<Outgoing> missing;
  for (Outgoing& item : items) {
    const std::string directory = item.send.channel().file_drop().directory();
    auto it = known.find(directory);
    if (it == known.end()) it = known.emplace(directory, ContactsIn(directory, partition)).first;
    if (!it->second.ok()) {
      item.Finish(EffectResult::kUnknown, std::string(it->second.status().message()));
    } else if (it->second->count(item.send.contact_id()) > 0) {
      item.Finish(EffectResult::kAccepted, "found in its file");
    } else {
      missing.push_back(std::move(item));
    }
  }
  return missing;
}

}  // namespace dangol::campaign
