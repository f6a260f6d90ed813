// A customer's compact activity history: every activity that a segment may ask for, sorted by
// (occurred time, key), so that the order of arrival does not matter and late activities restate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/expr/customer_view.h"

namespace dangol::event::v1 {
class Activity;
}

namespace dangol::segmentation {

class Writer;

// What the ledger keeps of a row beside what the segment language reads.
struct RowExtra {
  uint64_t key = 0;           // hash of (source, external id) or of the message id: breaks ties
  uint64_t reference = 0;     // of a return: the key of the purchase it takes back
  expr::TextId currency = 0;  // ISO 4217, where the activity named one
};

// The rows of one (business unit, kind). `rows` and `extras` run in parallel.
struct Series {
  expr::TextId business_unit = 0;
  expr::TextId kind = 0;
  std::vector<expr::Activity> rows;
  std::vector<RowExtra> extras;
};

// Kinds: "purchase" (one row an order; brand, category and sku are those that all of its lines
// share), "line" (one row a line of an order), "return", "visit", "delivery", "inquiry",
// "complaint", "point_entry", "survey_answer", "event/<name>". Not thread-safe.
class Ledger {
 public:
  // A series beyond this loses its oldest row; an attribute text beyond this is left out.
  static constexpr size_t kRowsMax = 20'000;
  static constexpr size_t kAttributesMax = 32;
  static constexpr size_t kTextBytesMax = 128;

  // DATA_LOSS: not bytes that Encode made.
  static absl::StatusOr<Ledger> Decode(absl::string_view bytes);
  // The same into a ledger that was used before, whose memory is used again.
  static absl::Status DecodeInto(absl::string_view bytes, Ledger* ledger);
  std::string Encode() const;
  void EncodeTo(Writer* writer) const;

  // Adds one activity, once per call: duplicates are profile's job. Returns how many old rows gave
  // way to it (0 or 1 per row added). An activity without a kind adds nothing. `kind` (may be null)
  // gets the kind of the rows added, "purchase" also for its lines.
  int Add(const event::v1::Activity& activity, std::string* kind = nullptr);

  // Adds every row of `other` that is not here yet: the same as if all activities of both had come
  // to one ledger. Returns how many rows gave way.
  int Unite(const Ledger& other);

  // nullptr where there is none.
  const Series* Find(absl::string_view business_unit, absl::string_view kind) const;
  const std::vector<Series>& series() const { return series_; }
  // Lives until the next Add.
  absl::string_view Text(expr::TextId id) const {
    return id < texts_.size() ? absl::string_view(texts_[id]) : absl::string_view();
  }
  // 0 where no row names it.
  expr::TextId IdOf(absl::string_view text) const;
  expr::Value Attribute(const expr::Activity& row, absl::string_view name) const;
  // `fn(name, value)` for each.
  template <typename Fn>
  void ForEachAttribute(const expr::Activity& row, const Fn& fn) const {
    size_t count = 0;
    const Attr* attrs = AttrsOf(row, &count);
    for (size_t i = 0; i < count; ++i) fn(Text(attrs[i].name), Attribute(row, Text(attrs[i].name)));
  }
  size_t rows() const;

 private:
  struct Attr {
    expr::TextId name = 0;
    bool is_text = false;
    expr::TextId text = 0;
    double number = 0;
  };
  friend class LedgerCodec;
  friend class LedgerAppender;

  expr::TextId Intern(absl::string_view text);
  Series& SeriesOf(expr::TextId business_unit, expr::TextId kind);
  // A row of another ledger in this one's texts and attributes.
  expr::Activity Adopt(const Ledger& other, expr::Activity row);
  int Insert(Series& series, const expr::Activity& row, const RowExtra& extra);
  static void Remove(Series& series, uint64_t key);
  const Attr* AttrsOf(const expr::Activity& row, size_t* count) const;

  // Up to this many texts are searched one by one: most customers have a dozen.
  static constexpr size_t kTextsSearched = 48;

  std::vector<std::string> texts_{""};  // by TextId; 0 is absent
  // Of texts_, where there are many: filled at the first Intern beyond kTextsSearched.
  absl::flat_hash_map<std::string, expr::TextId> ids_;
  std::vector<Series> series_;
  std::vector<Attr> attrs_;  // Activity::attributes is first << 8 | count
};

// The key by which a return finds its purchase.
uint64_t OrderKey(absl::string_view source, absl::string_view external_id);

}  // namespace dangol::segmentation
