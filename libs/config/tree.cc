#include "libs/config/tree.h"

#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/config/yaml.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/parser.h"

namespace dangol::config {
namespace {

using YAML::anchor_t;
using YAML::Mark;

struct TooDeep : YAML::ParserException {
  explicit TooDeep(const Mark& mark)
      : ParserException(mark, absl::StrCat("nested deeper than ", kYamlDepthMax, " levels")) {}
};

// Builds one document. Throws YAML::ParserException on what is refused.
class TreeBuilder : public YAML::EventHandler {
 public:
  YamlNode TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const Mark& mark) override {
    // yaml-cpp makes one empty document after the other of a token that cannot begin one.
    if (!start_.is_null() && mark.pos == start_.pos) {
      throw YAML::ParserException(mark, "nothing may stand here; remove it");
    }
    start_ = mark;
    root_ = YamlNode();
  }
  void OnDocumentEnd() override {}

  void OnNull(const Mark& mark, anchor_t anchor) override {
    Attach(Make(YamlNode::Kind::kNull, mark, "", anchor));
  }
  void OnAlias(const Mark& mark, anchor_t) override {
    throw YAML::ParserException(mark, "an alias is not allowed; write the value out");
  }
  void OnScalar(const Mark& mark, const std::string& tag, anchor_t anchor,
                const std::string& value) override {
    YamlNode node = Make(YamlNode::Kind::kScalar, mark, tag, anchor);
    node.text = value;
    node.quoted = tag == "!";  // yaml-cpp's word for a scalar that is not plain
    Attach(std::move(node));
  }
  void OnSequenceStart(const Mark& mark, const std::string& tag, anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Make(YamlNode::Kind::kSequence, mark, tag, anchor));
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const Mark& mark, const std::string& tag, anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Make(YamlNode::Kind::kMap, mark, tag, anchor));
  }
  void OnMapEnd() override { Close(); }

 private:
  static YamlNode Make(YamlNode::Kind kind, const Mark& mark, const std::string& tag,
                       anchor_t anchor) {
    if (anchor != 0) {
      throw YAML::ParserException(mark, "an anchor is not allowed; write the value out");
    }
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw YAML::ParserException(mark, "a tag is not allowed; fields have their types");
    }
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  void Open(YamlNode node) {
    if (open_.size() >= static_cast<size_t>(kYamlDepthMax)) throw TooDeep(MarkOf(node));
    open_.push_back(std::move(node));
  }

  void Close() {
    YamlNode node = std::move(open_.back());
    open_.pop_back();
    Attach(std::move(node));
  }

  void Attach(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    YamlNode& parent = open_.back();
    const bool is_key =
        parent.kind == YamlNode::Kind::kMap && parent.keys.size() == parent.items.size();
    if (is_key && node.kind != YamlNode::Kind::kScalar) {
      throw YAML::ParserException(MarkOf(node), "a key must be a word");
    }
    if (node.kind == YamlNode::Kind::kNull) {  // yaml-cpp has no place for what is not there
      const YamlNode& near = parent.kind == YamlNode::Kind::kMap ? parent.keys.back() : parent;
      node.line = near.line;
      node.column = near.column;
    }
    (is_key ? parent.keys : parent.items).push_back(std::move(node));
  }

  static Mark MarkOf(const YamlNode& node) {
    Mark mark = Mark::null_mark();
    mark.line = node.line - 1;
    mark.column = node.column - 1;
    return mark;
  }

  Mark start_ = Mark::null_mark();  // of the document
  YamlNode root_;
  std::vector<YamlNode> open_;
};

absl::Status FromException(absl::string_view file_name, const YAML::Exception& e) {
  YamlNode place;
  if (!e.mark.is_null()) {
    place.line = e.mark.line + 1;
    place.column = e.mark.column + 1;
  }
  const absl::Status status = ErrorAt(file_name, place, "", e.msg);
  if (dynamic_cast<const TooDeep*>(&e) == nullptr) return status;
  return WithDetail(absl::ResourceExhaustedError(status.message()), DetailOf(status));
}

}  // namespace

const char* KindName(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a single value";
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a group of fields";
  }
  return "";
}

absl::StatusOr<std::vector<YamlNode>> LoadYaml(absl::string_view file_name,
                                               absl::string_view text) {
  if (text.size() > kYamlBytesMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat(file_name, ": is larger than ", kYamlBytesMax >> 20, " MB"));
  }
  std::vector<YamlNode> documents;
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    TreeBuilder builder;
    while (parser.HandleNextDocument(builder)) documents.push_back(builder.TakeRoot());
  } catch (const YAML::Exception& e) {
    return FromException(file_name, e);
  }
  return documents;
}

absl::Status ErrorAt(absl::string_view file_name, const YamlNode& node, absl::string_view path,
                     absl::string_view description) {
  ErrorDetail detail{"INVALID_CONFIG",
                     {{"file", std::string(file_name)},
                      {"line", absl::StrCat(node.line)},
                      {"column", absl::StrCat(node.column)}},
                     {}};
  if (!path.empty()) detail.fields.push_back({std::string(path), std::string(description)});
  return WithDetail(
      absl::InvalidArgumentError(absl::StrCat(file_name, ":", node.line, ":", node.column, ": ",
                                              path, path.empty() ? "" : ": ", description)),
      std::move(detail));
}

}  // namespace dangol::config
