// The ledger as bytes, version 1: texts, then series; every number a varint, times as differences,
// a mask saying which fields of a row are there. About 20 bytes a purchase.
#include <cstring>

#include "libs/base/status.h"
#include "services/segmentation/domain/ledger.h"

namespace dangol::segmentation {
namespace {

constexpr char kVersion = 1;

enum Field : uint64_t {
  kGross = 1 << 0,
  kNet = 1 << 1,
  kDiscount = 1 << 2,
  kPointsUsed = 1 << 3,
  kQuantity = 1 << 4,
  kStore = 1 << 5,
  kChannel = 1 << 6,
  kSource = 1 << 7,
  kBrand = 1 << 8,
  kCategory = 1 << 9,
  kSku = 1 << 10,
  kAttributes = 1 << 11,
  kReference = 1 << 12,
  kCurrency = 1 << 13,
};

class Writer {
 public:
  void Varint(uint64_t v) {
    for (; v >= 0x80; v >>= 7) out_.push_back(static_cast<char>(v | 0x80));
    out_.push_back(static_cast<char>(v));
  }
  void Signed(int64_t v) {
    Varint((static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63));
  }
  void Fixed(const void* p, size_t n) { out_.append(static_cast<const char*>(p), n); }
  void Text(absl::string_view text) {
    Varint(text.size());
    out_.append(text.data(), text.size());
  }
  std::string& out() { return out_; }

 private:
  std::string out_;
};

// After an overrun every read gives 0 and ok() is false.
class Reader {
 public:
  explicit Reader(absl::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}
  bool ok() const { return ok_; }
  bool done() const { return at_ == end_; }
  size_t left() const { return static_cast<size_t>(end_ - at_); }

  uint64_t Varint() {
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) return Fail();
      const uint8_t byte = static_cast<uint8_t>(*at_++);
      v |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return v;
    }
    return Fail();
  }
  int64_t Signed() {
    const uint64_t v = Varint();
    return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
  }
  void Fixed(void* p, size_t n) {
    if (left() < n) {
      Fail();
      std::memset(p, 0, n);
      return;
    }
    std::memcpy(p, at_, n);
    at_ += n;
  }
  absl::string_view Text() {
    const uint64_t n = Varint();
    if (n > left()) {
      Fail();
      return "";
    }
    absl::string_view text(at_, n);
    at_ += n;
    return text;
  }
  // A number of things of which each takes at least a byte.
  size_t Count() {
    const uint64_t n = Varint();
    return n > left() ? Fail() : static_cast<size_t>(n);
  }

 private:
  uint64_t Fail() {
    ok_ = false;
    at_ = end_;
    return 0;
  }
  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace

class LedgerCodec {
 public:
  static std::string Encode(const Ledger& ledger) {
    Writer w;
    w.out().push_back(kVersion);
    w.Varint(ledger.texts_.size() - 1);
    for (size_t i = 1; i < ledger.texts_.size(); ++i) w.Text(ledger.texts_[i]);
    w.Varint(ledger.series_.size());
    for (const Series& s : ledger.series_) {
      w.Varint(s.business_unit);
      w.Varint(s.kind);
      w.Varint(s.rows.size());
      Micros last = 0;
      for (size_t i = 0; i < s.rows.size(); ++i) {
        w.Signed(s.rows[i].time - last);
        last = s.rows[i].time;
        WriteRow(ledger, s.rows[i], s.extras[i], w);
      }
    }
    return std::move(w.out());
  }

  static bool Decode(absl::string_view bytes, Ledger* ledger) {
    ledger->ids_.clear();
    ledger->attrs_.clear();
    if (bytes.empty()) {
      ledger->texts_.resize(1);
      ledger->series_.clear();
      return true;
    }
    if (bytes[0] != kVersion) return false;
    Reader r(bytes.substr(1));
    ledger->texts_.resize(r.Count() + 1);
    for (size_t i = 1; i < ledger->texts_.size(); ++i) {
      const absl::string_view text = r.Text();
      ledger->texts_[i].assign(text.data(), text.size());
    }
    ledger->series_.resize(r.Count());
    for (Series& s : ledger->series_) {
      s.business_unit = static_cast<expr::TextId>(r.Varint());
      s.kind = static_cast<expr::TextId>(r.Varint());
      const size_t rows = r.Count();
      s.rows.assign(rows, {});
      s.extras.assign(rows, {});
      Micros last = 0;
      for (size_t i = 0; i < rows && r.ok(); ++i) {
        last += r.Signed();
        s.rows[i].time = last;
        s.rows[i].business_unit = s.business_unit;
        ReadRow(r, ledger, &s.rows[i], &s.extras[i]);
      }
    }
    return r.ok() && r.done();
  }

 private:
  static uint64_t MaskOf(const expr::Activity& a, const RowExtra& x) {
    uint64_t mask = 0;
    const auto mark = [&](bool present, Field field) {
      if (present) mask |= field;
    };
    mark(a.gross != 0, kGross);
    mark(a.net != 0, kNet);
    mark(a.discount != 0, kDiscount);
    mark(a.points_used != 0, kPointsUsed);
    mark(a.quantity != 0, kQuantity);
    mark(a.store != 0, kStore);
    mark(a.channel != 0, kChannel);
    mark(a.source != 0, kSource);
    mark(a.brand != 0, kBrand);
    mark(a.category != 0, kCategory);
    mark(a.sku != 0, kSku);
    mark((a.attributes & 0xff) != 0, kAttributes);
    mark(x.reference != 0, kReference);
    mark(x.currency != 0, kCurrency);
    return mask;
  }

  static void WriteRow(const Ledger& ledger, const expr::Activity& a, const RowExtra& x,
                       Writer& w) {
    const uint64_t mask = MaskOf(a, x);
    w.Varint(mask);
    w.Fixed(&x.key, sizeof(x.key));
    if (mask & kGross) w.Signed(a.gross);
    if (mask & kNet) w.Signed(a.net);
    if (mask & kDiscount) w.Signed(a.discount);
    if (mask & kPointsUsed) w.Signed(a.points_used);
    if (mask & kQuantity) w.Signed(a.quantity);
    if (mask & kStore) w.Varint(a.store);
    if (mask & kChannel) w.Varint(a.channel);
    if (mask & kSource) w.Varint(a.source);
    if (mask & kBrand) w.Varint(a.brand);
    if (mask & kCategory) w.Varint(a.category);
    if (mask & kSku) w.Varint(a.sku);
    if (mask & kReference) w.Fixed(&x.reference, sizeof(x.reference));
    if (mask & kCurrency) w.Varint(x.currency);
    if (mask & kAttributes) WriteAttributes(ledger, a, w);
  }

  static void WriteAttributes(const Ledger& ledger, const expr::Activity& a, Writer& w) {
    size_t count = 0;
    const Ledger::Attr* attrs = ledger.AttrsOf(a, &count);
    w.Varint(count);
    for (size_t i = 0; i < count; ++i) {
      w.Varint(static_cast<uint64_t>(attrs[i].name) << 1 | (attrs[i].is_text ? 1 : 0));
      if (attrs[i].is_text) {
        w.Varint(attrs[i].text);
      } else {
        w.Fixed(&attrs[i].number, sizeof(double));
      }
    }
  }

  static void ReadRow(Reader& r, Ledger* ledger, expr::Activity* a, RowExtra* x) {
    const uint64_t mask = r.Varint();
    r.Fixed(&x->key, sizeof(x->key));
    if (mask & kGross) a->gross = r.Signed();
    if (mask & kNet) a->net = r.Signed();
    if (mask & kDiscount) a->discount = r.Signed();
    if (mask & kPointsUsed) a->points_used = r.Signed();
    if (mask & kQuantity) a->quantity = static_cast<int32_t>(r.Signed());
    if (mask & kStore) a->store = static_cast<expr::TextId>(r.Varint());
    if (mask & kChannel) a->channel = static_cast<expr::TextId>(r.Varint());
    if (mask & kSource) a->source = static_cast<expr::TextId>(r.Varint());
    if (mask & kBrand) a->brand = static_cast<expr::TextId>(r.Varint());
    if (mask & kCategory) a->category = static_cast<expr::TextId>(r.Varint());
    if (mask & kSku) a->sku = static_cast<expr::TextId>(r.Varint());
    if (mask & kReference) r.Fixed(&x->reference, sizeof(x->reference));
    if (mask & kCurrency) x->currency = static_cast<expr::TextId>(r.Varint());
    if (mask & kAttributes) ReadAttributes(r, ledger, a);
  }

  static void ReadAttributes(Reader& r, Ledger* ledger, expr::Activity* a) {
    const size_t count = r.Count();
    a->attributes = ledger->attrs_.size() << 8 | (count & 0xff);
    for (size_t i = 0; i < count && r.ok(); ++i) {
      Ledger::Attr attr;
      const uint64_t head = r.Varint();
      attr.name = static_cast<expr::TextId>(head >> 1);
      attr.is_text = head & 1;
      if (attr.is_text) {
        attr.text = static_cast<expr::TextId>(r.Varint());
      } else {
        r.Fixed(&attr.number, sizeof(double));
      }
      ledger->attrs_.push_back(attr);
    }
  }
};

std::string Ledger::Encode() const { return LedgerCodec::Encode(*this); }

absl::Status Ledger::DecodeInto(absl::string_view bytes, Ledger* ledger) {
  if (LedgerCodec::Decode(bytes, ledger)) return absl::OkStatus();
  return absl::DataLossError("segmentation: a customer's ledger cannot be decoded");
}

absl::StatusOr<Ledger> Ledger::Decode(absl::string_view bytes) {
  Ledger ledger;
  if (absl::Status status = DecodeInto(bytes, &ledger); !status.ok()) return status;
  return ledger;
}

}  // namespace dangol::segmentation
