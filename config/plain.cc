#include "config/plain.h"

#include <charconv>
#include <cstdint>

#include "config/problems.h"
#include "config/text.h"
#include "config/yaml_tree.h"

namespace muster::config {
namespace {
constexpr std::int64_t kMostInteger = (std::int64_t{1} << 53) - 1;

Json ScalarOf(const YamlNode& node) {
  if (node.quoted) return node.text;
  if (const std::string lower = LowerCase(node.text); lower == "true" || lower == "false")
    return lower == "true";
  std::int64_t number = 0;
  const char* const last = node.text.data() + node.text.size();
  const auto [end, error] = std::from_chars(node.text.data(), last, number);
  if (error != std::errc() || end != last || number > kMostInteger || number < -kMostInteger)
    return node.text;
  // What is not negative is unsigned, as it is when JSON is parsed.
  return number < 0 ? Json(number) : Json(static_cast<std::uint64_t>(number));
}

class PlainReader {
 public:
  PlainReader(SourceMap& source, Problems& problems) : source_(source), problems_(problems) {}

  // Aliases count each time: a small file may name a large tree.
  Json Read(const YamlNode& node, const std::string& path, int depth) {
    if (!path.empty()) source_.Add(path, node.at);
    if (++nodes_ > kMaxNodes || depth > kMaxDepth) {
      if (nodes_ == kMaxNodes + 1 || depth > kMaxDepth)
        problems_.Add(node.at, path, Reason::kFIELD_INVALID, "too large or too deep");
      return nullptr;
    }
    switch (node.kind) {
      case YamlNode::Kind::kNull: return nullptr;
      case YamlNode::Kind::kScalar: return ScalarOf(node);
      case YamlNode::Kind::kList: return ListOf(node, path, depth);
      case YamlNode::Kind::kMap: break;
    }
    return MapOf(node, path, depth);
  }

 private:
  Json ListOf(const YamlNode& node, const std::string& path, int depth) {
    Json out = Json::array();
    for (std::size_t i = 0; i < node.items.size(); ++i)
      out.push_back(Read(*node.items[i], fmt::format("{}[{}]", path, i), depth + 1));
    return out;
  }

  Json MapOf(const YamlNode& node, const std::string& path, int depth) {
    Json out = Json::object();
    for (std::size_t i = 0; i + 1 < node.items.size(); i += 2) {
      const YamlNode& key = *node.items[i];
      const std::string at = path.empty() ? key.text : path + "." + key.text;
      if (key.kind != YamlNode::Kind::kScalar) {
        problems_.Add(key.at, path, Reason::kFIELD_INVALID, "a key that is no text");
      } else if (out.contains(key.text)) {
        problems_.Add(key.at, at, Reason::kFIELD_DUPLICATE, "set twice");
      } else {
        Json value = Read(*node.items[i + 1], at, depth + 1);
        out[key.text] = std::move(value);
      }
    }
    return out;
  }

  SourceMap& source_;
  Problems& problems_;
  std::size_t nodes_ = 0;
};
}  // namespace

StatusOr<Plain> ParsePlain(std::string_view text, const std::string& file) {
  MUSTER_ASSIGN(const YamlTree tree, ParseYaml(text, file));
  Problems problems(file);
  const Position start = tree.documents.empty() ? Position() : tree.documents.front()->at;
  Plain out{nullptr, SourceMap(file, start)};
  if (tree.documents.size() != 1 || tree.documents.front()->kind != YamlNode::Kind::kMap)
    problems.Add(start, "", Reason::kFIELD_INVALID, "expected one map of fields");
  else
    out.json = PlainReader(out.source, problems).Read(*tree.documents.front(), "", 0);
  MUSTER_TRY(problems.status());
  return out;
}

}  // namespace muster::config
