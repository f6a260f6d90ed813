#include "tests/integration/mutations.h"

#include <cmath>
#include <functional>
#include <limits>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/unknown_field_set.h"
#include "libs/base/types.h"

namespace dangol::integration {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kManyItems = 100'000;
constexpr int kNoSuchField = 19'000;
constexpr int64_t kYear1600 = -11'676'096'000 * kMicrosPerSecond;
constexpr int64_t kYear2400 = 13'569'465'600 * kMicrosPerSecond;
// What proto text may not hold; written by way of a placeholder of the same length, because the
// setters of this process would be as strict as the server's parser.
constexpr char kPlaceholder[] = "@NOT-UTF-8@";
constexpr char kNotUtf8[] = "\xff\xfe\x80\xc3(abcdef";

// One place in the message to spoil.
class Spoiler {
 public:
  Spoiler(const Message& example, std::vector<Mutation>* out) : example_(example), out_(out) {}

  void Run() { Visit(*example_.GetDescriptor(), {}); }

 private:
  using Path = std::vector<const FieldDescriptor*>;
  using Change = std::function<void(Message*, const FieldDescriptor*)>;

  static std::string Text(const Path& path) {
    std::string text;
    for (const auto* field : path) {
      absl::StrAppend(&text, text.empty() ? "" : ".", std::string(field->name()));
    }
    return text.empty() ? "request" : text;
  }

  // The message at the end of the path, made where the example has none.
  static Message* Descend(Message* message, const Path& path, size_t depth) {
    for (size_t i = 0; i < depth; ++i) {
      const Reflection* r = message->GetReflection();
      const FieldDescriptor* f = path[i];
      if (!f->is_repeated()) {
        message = r->MutableMessage(message, f);
      } else {
        message = r->FieldSize(*message, f) > 0 ? r->MutableRepeatedMessage(message, f, 0)
                                                : r->AddMessage(message, f);
      }
    }
    return message;
  }

  void Add(const Path& path, const char* what, const Change& change) {
    std::unique_ptr<Message> copy(example_.New());
    copy->CopyFrom(example_);
    const FieldDescriptor* field = path.empty() ? nullptr : path.back();
    change(Descend(copy.get(), path, path.empty() ? 0 : path.size() - 1), field);
    std::string bytes;
    copy->SerializePartialToString(&bytes);
    if (const size_t at = bytes.find(kPlaceholder); at != std::string::npos) {
      bytes.replace(at, sizeof(kPlaceholder) - 1, kNotUtf8, sizeof(kPlaceholder) - 1);
    }
    out_->push_back({absl::StrCat(Text(path), ": ", what), NamesOf(path), std::move(bytes)});
  }
  static std::vector<std::string> NamesOf(const Path& path) {
    if (path.empty()) return {"request"};
    std::vector<std::string> names = {std::string(path.back()->name())};
    for (const auto* field : path) {
      if (field->is_map()) names.emplace_back(field->name());
    }
    return names;
  }

  void Visit(const google::protobuf::Descriptor& type, const Path& here) {
    if (here.empty() || !here.back()->is_map()) Unknown(type, here);
    for (int i = 0; i < type.field_count(); ++i) {
      Path path = here;
      path.push_back(type.field(i));
      Spoil(path);
      if (type.field(i)->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Visit(*type.field(i)->message_type(), path);
      }
    }
  }

  void Unknown(const google::protobuf::Descriptor& type, const Path& here) {
    Path path = here;
    std::unique_ptr<Message> copy(example_.New());
    copy->CopyFrom(example_);
    Message* at = Descend(copy.get(), path, path.size());
    at->GetReflection()->MutableUnknownFields(at)->AddVarint(kNoSuchField, 1);
    out_->push_back(
        {absl::StrCat(Text(path), ": unknown field"), NamesOf(path), copy->SerializeAsString()});
    if (type.field_count() == 0) return;
    // The first field with a wire type that none of ours has.
    copy->CopyFrom(example_);
    at = Descend(copy.get(), path, path.size());
    at->GetReflection()->MutableUnknownFields(at)->AddFixed32(type.field(0)->number(), 7);
    out_->push_back(
        {absl::StrCat(Text(path), ": wrong wire type"), NamesOf(path), copy->SerializeAsString()});
  }

  void SetText(const Path& path, const char* what, const std::string& text) {
    Add(path, what, [&](Message* m, const FieldDescriptor* f) {
      const Reflection* r = m->GetReflection();
      f->is_repeated() ? r->AddString(m, f, text) : r->SetString(m, f, text);
    });
  }
  void SetInt64(const Path& path, const char* what, int64_t value) {
    Add(path, what, [&](Message* m, const FieldDescriptor* f) {
      const Reflection* r = m->GetReflection();
      f->is_repeated() ? r->AddInt64(m, f, value) : r->SetInt64(m, f, value);
    });
  }
  void SetDouble(const Path& path, const char* what, double value) {
    Add(path, what, [&](Message* m, const FieldDescriptor* f) {
      const Reflection* r = m->GetReflection();
      f->is_repeated() ? r->AddDouble(m, f, value) : r->SetDouble(m, f, value);
    });
  }

  void Spoil(const Path& path) {
    const FieldDescriptor* field = path.back();
    if (field->is_repeated() && !field->is_map()) Many(path);
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        SetText(path, "1 MB", std::string(1 << 20, 'x'));
        SetText(path, "NUL", std::string("a\0b", 3));
        SetText(path, "not UTF-8", kPlaceholder);
        return;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        SetDouble(path, "NaN", std::nan(""));
        SetDouble(path, "infinity", std::numeric_limits<double>::infinity());
        return;
      case FieldDescriptor::CPPTYPE_ENUM:
        Add(path, "enum value 99", [](Message* m, const FieldDescriptor* f) {
          m->GetReflection()->SetEnumValue(m, f, 99);
        });
        return;
      case FieldDescriptor::CPPTYPE_INT64:
        return SpoilInt64(path);
      default:
        return;
    }
  }

  void SpoilInt64(const Path& path) {
    const std::string name(path.back()->name());
    if (absl::EndsWith(name, "time_us")) {
      SetInt64(path, "year 1600", kYear1600);
      SetInt64(path, "year 2400", kYear2400);
    } else if (absl::EndsWith(name, "_us")) {
      SetInt64(path, "negative duration", -1);
      SetInt64(path, "endless duration", std::numeric_limits<int64_t>::max());
    } else if (absl::EndsWith(name, "_micros")) {
      SetInt64(path, "negative cost", -1);
      SetInt64(path, "overflowing cost", std::numeric_limits<int64_t>::max());
    } else if (absl::EndsWith(name, "_minor")) {
      SetInt64(path, "least amount", std::numeric_limits<int64_t>::min());
      SetInt64(path, "overflowing amount", std::numeric_limits<int64_t>::max());
    }
  }

  void Many(const Path& path) {
    Add(path, "100,000 items", [](Message* m, const FieldDescriptor* f) {
      const Reflection* r = m->GetReflection();
      for (int i = 0; i < kManyItems; ++i) {
        if (f->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) r->AddMessage(m, f);
        if (f->cpp_type() == FieldDescriptor::CPPTYPE_STRING) r->AddString(m, f, "x");
        if (f->cpp_type() == FieldDescriptor::CPPTYPE_INT64) r->AddInt64(m, f, i);
        if (f->cpp_type() == FieldDescriptor::CPPTYPE_INT32) r->AddInt32(m, f, i);
      }
    });
  }

  const Message& example_;
  std::vector<Mutation>* out_;
};

}  // namespace

std::vector<Mutation> MutationsOf(const Message& example) {
  std::vector<Mutation> all;
  Spoiler(example, &all).Run();
  return all;
}

}  // namespace dangol::integration
