// The ledger as bytes, version 1: texts, then series; every number a varint, times as differences,
// a mask saying which fields of a row are there. About 20 bytes a purchase.
#include "libs/base/bytes.h"
#include "libs/base/status.h"
#include "services/segmentation/domain/bytes.h"
#include "services/segmentation/domain/ledger.h"

namespace dangol::segmentation {
namespace {

constexpr uint8_t kVersion = 1;

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

}  // namespace

class LedgerCodec {
 public:
  static void Encode(const Ledger& ledger, Writer& w) {
    w.Byte(kVersion);
    w.Varint(ledger.texts_.size() - 1);
    for (size_t i = 1; i < ledger.texts_.size(); ++i) w.Text(ledger.texts_[i]);
    w.Varint(ledger.series_.size());
    for (const Series& s : ledger.series_) {
      w.Varint(s.business_unit);
      w.Varint(s.kind);
      w.Varint(s.rows.size());
      uint64_t last = 0;
      for (size_t i = 0; i < s.rows.size(); ++i) {
        const auto time = static_cast<uint64_t>(s.rows[i].time);
        w.Signed(static_cast<Micros>(time - last));
        last = time;
        WriteRow(ledger, s.rows[i], s.extras[i], w);
      }
    }
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
    ByteReader r(bytes.substr(1));
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
      uint64_t last = 0;  // wraps: the bytes may be anybody's
      for (size_t i = 0; i < rows && r.ok(); ++i) {
        last += static_cast<uint64_t>(r.Signed());
        s.rows[i].time = static_cast<Micros>(last);
        s.rows[i].business_unit = s.business_unit;
        ReadRow(r, ledger, &s.rows[i], &s.extras[i]);
      }
    }
    return r.done();
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

  static void ReadRow(ByteReader& r, Ledger* ledger, expr::Activity* a, RowExtra* x) {
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

  static void ReadAttributes(ByteReader& r, Ledger* ledger, expr::Activity* a) {
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

void Ledger::EncodeTo(Writer* writer) const { LedgerCodec::Encode(*this, *writer); }

std::string Ledger::Encode() const {
  Writer writer;
  EncodeTo(&writer);
  return writer.Take();
}

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
