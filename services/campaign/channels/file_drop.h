// Files for a printer or mailer: CSV (RFC 4180) under <root>/<channel directory>, each complete
// when it appears, each contact in one row of one file.
//
// Name: <campaign>-<wave>-p<partition>-<first 12 digits of the first contact id>-a<attempt>.csv.
// A file is written under a name that begins with '.', synced, linked to its name (which must not
// exist) and the directory synced. Files must stay until the run is over: after a crash they tell
// which contacts are out.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/types.h"
#include "services/campaign/channels/outgoing.h"

namespace dangol::campaign {

// Thread-compatible: one thread.
class FileDrop {
 public:
  explicit FileDrop(std::string root) : root_(std::move(root)) {}

  // One file per (directory, campaign, wave); calls every item's done. FAILED: no file appeared.
  void Write(Partition partition, const std::vector<Outgoing>& items);

  // After a crash: what stands in a file of this partition is done as accepted; the rest is
  // returned, to be written now. Items whose directory cannot be read are UNKNOWN.
  std::vector<Outgoing> TakeWritten(Partition partition, std::vector<Outgoing> items);

  // Contact ids in the complete files of a partition; removes its unfinished ones.
  absl::StatusOr<std::set<std::string>> ContactsIn(const std::string& directory,
                                                   Partition partition) const;

 private:
  void WriteGroup(Partition partition, const std::vector<const Outgoing*>& group);

  const std::string root_;
};

// A field quoted where needed; one that a spreadsheet would take for a formula (=, +, -, @, tab,
// return first) gets an apostrophe in front, unless it is a number or a phone number.
std::string CsvField(absl::string_view value);
// The first field of every record.
std::vector<std::string> FirstFields(absl::string_view csv);

}  // namespace dangol::campaign
