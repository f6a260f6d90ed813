#include "services/segmentation/domain/ledger.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/activity.pb.h"
#include "libs/base/hash.h"

namespace dangol::segmentation {

using event::v1::Activity;

uint64_t OrderKey(absl::string_view source, absl::string_view external_id) {
  return Hash64(absl::StrCat(source, absl::string_view("\0", 1), external_id));
}

expr::TextId Ledger::Intern(absl::string_view text) {
  if (text.empty()) return 0;
  text = text.substr(0, kTextBytesMax);
  if (texts_.size() <= kTextsSearched) {
    if (const expr::TextId known = IdOf(text)) return known;
    texts_.emplace_back(text);
    return static_cast<expr::TextId>(texts_.size() - 1);
  }
  if (ids_.empty()) {
    for (size_t i = 1; i < texts_.size(); ++i) ids_[texts_[i]] = static_cast<expr::TextId>(i);
  }
  auto [it, fresh] = ids_.try_emplace(std::string(text), static_cast<expr::TextId>(texts_.size()));
  if (fresh) texts_.emplace_back(text);
  return it->second;
}

expr::TextId Ledger::IdOf(absl::string_view text) const {
  for (size_t i = 1; i < texts_.size(); ++i) {
    if (texts_[i] == text) return static_cast<expr::TextId>(i);
  }
  return 0;
}

Series& Ledger::SeriesOf(expr::TextId business_unit, expr::TextId kind) {
  for (Series& s : series_) {
    if (s.business_unit == business_unit && s.kind == kind) return s;
  }
  Series& s = series_.emplace_back();
  s.business_unit = business_unit;
  s.kind = kind;
  return s;
}

const Series* Ledger::Find(absl::string_view business_unit, absl::string_view kind) const {
  for (const Series& s : series_) {
    if (Text(s.kind) == kind && Text(s.business_unit) == business_unit) return &s;
  }
  return nullptr;
}

int Ledger::Insert(Series& series, const expr::Activity& row, const RowExtra& extra) {
  size_t at = series.rows.size();
  while (at > 0) {
    const Micros before = series.rows[at - 1].time;
    if (before < row.time || (before == row.time && series.extras[at - 1].key <= extra.key)) break;
    --at;
  }
  series.rows.insert(series.rows.begin() + at, row);
  series.extras.insert(series.extras.begin() + at, extra);
  if (series.rows.size() <= kRowsMax) return 0;
  series.rows.erase(series.rows.begin());
  series.extras.erase(series.extras.begin());
  return 1;
}

expr::Activity Ledger::Adopt(const Ledger& other, expr::Activity row) {
  size_t count = 0;
  const Attr* attrs = other.AttrsOf(row, &count);
  if (count > 0) {
    row.attributes = attrs_.size() << 8 | count;
    for (size_t i = 0; i < count; ++i) {
      Attr attr = attrs[i];
      attr.name = Intern(other.Text(attr.name));
      if (attr.is_text) attr.text = Intern(other.Text(attr.text));
      attrs_.push_back(attr);
    }
  }
  for (expr::TextId* text : {&row.store, &row.channel, &row.business_unit, &row.brand,
                             &row.category, &row.sku, &row.source}) {
    *text = Intern(other.Text(*text));
  }
  return row;
}

int Ledger::Unite(const Ledger& other) {
  int dropped = 0;
  for (const Series& theirs : other.series_) {
    const expr::TextId unit = Intern(other.Text(theirs.business_unit));
    Series& ours = SeriesOf(unit, Intern(other.Text(theirs.kind)));
    absl::flat_hash_map<uint64_t, Micros> known;
    for (size_t i = 0; i < ours.rows.size(); ++i) {
      known.try_emplace(ours.extras[i].key, ours.rows[i].time);
    }
    for (size_t i = 0; i < theirs.rows.size(); ++i) {
      const auto it = known.find(theirs.extras[i].key);
      if (it != known.end()) {
        // Both took the same activity; a feed that told it twice with two times told the earlier.
        if (it->second <= theirs.rows[i].time) continue;
        Remove(ours, it->first);
      }
      RowExtra extra = theirs.extras[i];
      extra.currency = Intern(other.Text(extra.currency));
      dropped += Insert(ours, Adopt(other, theirs.rows[i]), extra);
    }
  }
  return dropped;
}

void Ledger::Remove(Series& series, uint64_t key) {
  for (size_t i = 0; i < series.rows.size(); ++i) {
    if (series.extras[i].key != key) continue;
    series.rows.erase(series.rows.begin() + i);
    series.extras.erase(series.extras.begin() + i);
    return;
  }
}

const Ledger::Attr* Ledger::AttrsOf(const expr::Activity& row, size_t* count) const {
  *count = row.attributes & 0xff;
  return attrs_.data() + (row.attributes >> 8);
}

expr::Value Ledger::Attribute(const expr::Activity& row, absl::string_view name) const {
  size_t count = 0;
  const Attr* attrs = AttrsOf(row, &count);
  for (size_t i = 0; i < count; ++i) {
    if (Text(attrs[i].name) != name) continue;
    return attrs[i].is_text ? expr::Value::Text(Text(attrs[i].text))
                            : expr::Value::Number(attrs[i].number);
  }
  return {};
}

size_t Ledger::rows() const {
  size_t n = 0;
  for (const Series& s : series_) n += s.rows.size();
  return n;
}

// Turns one activity message into rows.
class LedgerAppender {
 public:
  LedgerAppender(Ledger& ledger, const Activity& activity, std::string* kind)
      : ledger_(ledger), activity_(activity), kind_(kind) {
    row_.time = activity.occurred_time_us();
    row_.store = ledger_.Intern(activity.store());
    row_.channel = ledger_.Intern(activity.channel());
    row_.business_unit = ledger_.Intern(activity.business_unit());
    row_.source = ledger_.Intern(activity.source());
    extra_.key = Hash64(activity.message_id());
  }

  int Append() {
    switch (activity_.kind_case()) {
      case Activity::kPurchase:
        return Purchase(activity_.purchase());
      case Activity::kReturn:
        return Return(activity_.return_());
      case Activity::kVisit:
        return Visit(activity_.visit());
      case Activity::kWebEvent:
        return WebEvent(activity_.web_event());
      case Activity::kDelivery:
        return Put("delivery");
      case Activity::kInquiry:
        return Inquiry(activity_.inquiry());
      case Activity::kComplaint:
        return Complaint(activity_.complaint());
      case Activity::kPointEntry:
        return PointEntry(activity_.point_entry());
      case Activity::kSurveyAnswer:
        return SurveyAnswer(activity_.survey_answer());
      case Activity::KIND_NOT_SET:
        break;
    }
    return 0;
  }

 private:
  using Attr = Ledger::Attr;

  int Put(absl::string_view kind) {
    if (!attrs_.empty()) {
      row_.attributes = ledger_.attrs_.size() << 8 | attrs_.size();
      ledger_.attrs_.insert(ledger_.attrs_.end(), attrs_.begin(), attrs_.end());
    }
    if (kind_ != nullptr && kind_->empty()) kind_->assign(kind.data(), kind.size());
    const expr::TextId kind_id = ledger_.Intern(kind);
    return ledger_.Insert(ledger_.SeriesOf(row_.business_unit, kind_id), row_, extra_);
  }

  void Text(absl::string_view name, absl::string_view value) {
    if (value.empty() || value.size() > Ledger::kTextBytesMax) return;
    if (attrs_.size() >= Ledger::kAttributesMax) return;
    attrs_.push_back({ledger_.Intern(name), true, ledger_.Intern(value), 0});
  }
  void Number(absl::string_view name, double value) {
    attrs_.push_back({ledger_.Intern(name), false, 0, value});
  }
  // Maps have no order: by name, so that the same properties give the same rows.
  template <typename Map>
  void Texts(const Map& map) {
    std::vector<std::pair<std::string, std::string>> sorted(map.begin(), map.end());
    std::sort(sorted.begin(), sorted.end());
    for (const auto& [name, value] : sorted) Text(name, value);
  }

  static int32_t Pieces(int64_t quantity) {
    return static_cast<int32_t>(std::clamp<int64_t>(quantity, INT32_MIN, INT32_MAX));
  }

  static const std::string& CategoryOf(const event::v1::PurchaseLine& line) {
    if (!line.category_large().empty()) return line.category_large();
    return line.category_middle().empty() ? line.category_small() : line.category_middle();
  }

  void OrderKeys(absl::string_view currency) {
    if (!activity_.external_id().empty()) {
      extra_.key = OrderKey(activity_.source(), activity_.external_id());
    }
    extra_.currency = ledger_.Intern(currency);
  }

  int Purchase(const event::v1::Purchase& p) {
    OrderKeys(p.currency());
    const expr::Activity place = row_;
    const RowExtra order = extra_;
    row_.gross = p.gross_minor();
    row_.net = p.net_minor();
    row_.discount = p.discount_minor();
    row_.points_used = p.points_used_minor();
    row_.quantity = Pieces(p.quantity());
    CommonOfLines(p);
    int dropped = Put("purchase");
    for (int i = 0; i < p.lines_size(); ++i) {
      const event::v1::PurchaseLine& line = p.lines(i);
      row_ = place;
      extra_ = order;
      extra_.key = HashCombine(order.key, i);
      extra_.reference = order.key;
      row_.gross = line.unit_price_minor() * line.quantity();
      row_.net = line.net_minor();
      row_.quantity = Pieces(line.quantity());
      row_.brand = ledger_.Intern(line.brand());
      row_.category = ledger_.Intern(CategoryOf(line));
      row_.sku = ledger_.Intern(line.sku());
      dropped += Put("line");
    }
    return dropped;
  }

  void CommonOfLines(const event::v1::Purchase& p) {
    for (int i = 0; i < p.lines_size(); ++i) {
      const event::v1::PurchaseLine& line = p.lines(i);
      const expr::TextId brand = ledger_.Intern(line.brand());
      const expr::TextId category = ledger_.Intern(CategoryOf(line));
      const expr::TextId sku = ledger_.Intern(line.sku());
      row_.brand = i == 0 || row_.brand == brand ? brand : 0;
      row_.category = i == 0 || row_.category == category ? category : 0;
      row_.sku = i == 0 || row_.sku == sku ? sku : 0;
    }
  }

  int Return(const event::v1::Return& r) {
    OrderKeys(r.currency());
    if (!r.order_id().empty()) extra_.reference = OrderKey(activity_.source(), r.order_id());
    row_.gross = r.net_minor();
    row_.net = r.net_minor();
    row_.quantity = Pieces(r.quantity());
    return Put("return");
  }

  int Visit(const event::v1::Visit& v) {
    switch (v.place()) {
      case event::v1::VISIT_PLACE_STORE:
        Text("place", "store");
        break;
      case event::v1::VISIT_PLACE_WEB:
        Text("place", "web");
        break;
      case event::v1::VISIT_PLACE_REPRESENTATIVE:
        Text("place", "representative");
        break;
      default:
        break;
    }
    return Put("visit");
  }

  int WebEvent(const event::v1::WebEvent& e) {
    Texts(e.properties());
    return Put(absl::StrCat("event/", e.event()));
  }

  int Inquiry(const event::v1::Inquiry& i) {
    Text("queue", i.queue());
    Number("wait_s", static_cast<double>(i.wait_s()));
    Number("talk_s", static_cast<double>(i.talk_s()));
    if (i.satisfaction() != 0) Number("satisfaction", i.satisfaction());
    return Put("inquiry");
  }

  int Complaint(const event::v1::Complaint& c) {
    Number("severity", c.severity());
    Text("state", c.closed() ? "closed" : "open");
    return Put("complaint");
  }

  int PointEntry(const event::v1::PointEntry& p) {
    Text("programme", p.programme());
    Number("points", static_cast<double>(p.points()));
    return Put("point_entry");
  }

  int SurveyAnswer(const event::v1::SurveyAnswer& s) {
    Text("survey", s.survey());
    Texts(s.answers());
    return Put("survey_answer");
  }

  Ledger& ledger_;
  const Activity& activity_;
  std::string* const kind_;
  expr::Activity row_;
  RowExtra extra_;
  std::vector<Attr> attrs_;
};

int Ledger::Add(const Activity& activity, std::string* kind) {
  return LedgerAppender(*this, activity, kind).Append();
}

}  // namespace dangol::segmentation
