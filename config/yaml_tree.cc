#include "config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "config/problems.h"

namespace muster::config {
namespace {

// Turns yaml-cpp's marks, whose columns count bytes from 0, into positions.
class Positions {
 public:
  explicit Positions(std::string_view text) : text_(text) {
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') starts_.push_back(i + 1);
  }
  // Fast when marks come in the order of the text, as they nearly do: one line may hold them all.
  Position Of(const YAML::Mark& mark) {
    if (mark.is_null() || static_cast<std::size_t>(mark.line) >= starts_.size()) return {};
    const std::size_t start = starts_[static_cast<std::size_t>(mark.line)];
    const std::size_t end = std::min(start + static_cast<std::size_t>(mark.column), text_.size());
    if (start != counted_start_ || end < counted_end_) {
      counted_start_ = counted_end_ = start;
      characters_ = 0;
    }
    for (; counted_end_ < end; ++counted_end_)
      if ((text_[counted_end_] & 0xc0) != 0x80) ++characters_;
    return {mark.line + 1, characters_ + 1};
  }

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_ = {0};
  std::size_t counted_start_ = 0;  // Of the line last asked about,
  std::size_t counted_end_ = 0;    // which was counted up to here.
  int characters_ = 0;
};

Status Refusal(const std::string& file, Position at, std::string_view text) {
  Problems problems(file);
  problems.Add(at, "", Reason::kFIELD_INVALID, text);
  return problems.status();
}

// Builds the tree from the parser's events. The first failure sticks and stops the building; the
// parser then runs idle over the rest of a bounded file.
class Builder final : public YAML::EventHandler {
 public:
  Builder(const std::string& file, Positions& positions) : file_(file), positions_(positions) {}

  void OnDocumentStart(const YAML::Mark&) override { anchors_.clear(); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Make(YamlNode::Kind::kNull, mark, anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end()) return Fail(mark, "unknown alias");
    if (std::find(open_.begin(), open_.end(), it->second) != open_.end())
      return Fail(mark, "an alias may not stand inside what it names");
    Attach(it->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode* node = Make(YamlNode::Kind::kScalar, mark, anchor);
    if (node == nullptr) return;
    node->text = value;
    node->quoted = tag != "?";
    if (node->quoted) last_quoted_ = mark;
    if (tag != "?" && tag != "!") Fail(mark, "tags are not supported");
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

  const Status& status() const { return status_; }
  const YAML::Mark& last_quoted() const { return last_quoted_; }
  YamlTree Take() { return std::move(tree_); }

 private:
  void Fail(const YAML::Mark& mark, std::string_view text) {
    if (status_.ok()) status_ = Refusal(file_, positions_.Of(mark), text);
  }

  YamlNode* Make(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (!status_.ok()) return nullptr;
    if (tree_.nodes.size() >= kMaxNodes) {
      Fail(mark, fmt::format("more than {} values in one file", kMaxNodes));
      return nullptr;
    }
    YamlNode& node = tree_.nodes.emplace_back();
    node.kind = kind;
    node.at = positions_.Of(mark);
    if (anchor != 0) anchors_[anchor] = &node;
    Attach(&node);
    return &node;
  }

  void Attach(YamlNode* node) {
    if (!status_.ok()) return;
    if (open_.empty()) {
      tree_.documents.push_back(node);
    } else {
      open_.back()->items.push_back(node);
    }
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    if (open_.size() >= kMaxDepth) return Fail(mark, fmt::format("deeper than {}", kMaxDepth));
    YamlNode* node = Make(kind, mark, anchor);
    if (node == nullptr) return;
    if (!tag.empty() && tag != "?" && tag != "!") return Fail(mark, "tags are not supported");
    open_.push_back(node);
  }

  void Close() {
    if (status_.ok()) open_.pop_back();
  }

  const std::string& file_;
  Positions& positions_;
  YAML::Mark last_quoted_ = YAML::Mark::null_mark();
  Status status_;
  YamlTree tree_;
  std::vector<YamlNode*> open_;
  std::map<YAML::anchor_t, YamlNode*> anchors_;
};

// Bytes of the UTF-8 sequence at the start of `text`; 0 when it is none (RFC 3629).
std::size_t Utf8Length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool surrogate = first == 0xed && byte(1) >= 0xa0;
  const bool beyond = first == 0xf4 && byte(1) >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

Status CheckUtf8(std::string_view text, const std::string& file) {
  Position at;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = Utf8Length(text.substr(i));
    if (length == 0) return Refusal(file, at, "not UTF-8");
    if (text[i] == '\0') return Refusal(file, at, "a NUL byte: not a text file");
    at = text[i] == '\n' ? Position{at.line + 1, 1} : Position{at.line, at.column + 1};
    i += length;
  }
  return Ok();
}

// Whether the quoted scalar that starts `text` (after anchors) ends within it. yaml-cpp takes the
// end of the file for a closing quote, so a file cut off there would pass.
bool QuoteCloses(std::string_view text) {
  while (!text.empty() && text.front() == '&') {
    text.remove_prefix(std::min(text.find_first_of(" \t\r\n"), text.size()));
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  }
  if (text.empty() || (text.front() != '"' && text.front() != '\'')) return true;  // A block.
  const char quote = text.front();
  for (std::size_t i = 1; i < text.size(); ++i) {
    const bool doubled = quote == '\'' && text.substr(i, 2) == "''";
    if (doubled || (quote == '"' && text[i] == '\\')) {
      ++i;  // The next character belongs to the text.
    } else if (text[i] == quote) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string_view KindText(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull: return "nothing";
    case YamlNode::Kind::kScalar: return "a single value";
    case YamlNode::Kind::kList: return "a list";
    case YamlNode::Kind::kMap: return "a map";
  }
  return "";
}

StatusOr<YamlTree> ParseYaml(std::string_view text, const std::string& file) {
  if (text.size() > kMaxFileBytes)
    return Refusal(file, {}, fmt::format("larger than {} MiB", kMaxFileBytes >> 20));
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // A byte order mark.
  MUSTER_TRY(CheckUtf8(text, file));
  Positions positions(text);
  Builder builder(file, positions);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (builder.status().ok() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& e) {
    MUSTER_TRY(builder.status());
    return Refusal(file, positions.Of(e.mark), "not valid YAML: " + e.msg);
  }
  MUSTER_TRY(builder.status());
  const YAML::Mark& quoted = builder.last_quoted();
  if (!quoted.is_null() && !QuoteCloses(text.substr(static_cast<std::size_t>(quoted.pos))))
    return Refusal(file, positions.Of(quoted), "not valid YAML: the quote is never closed");
  return builder.Take();
}

}  // namespace muster::config
