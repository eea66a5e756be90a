#include <algorithm>
#include <charconv>

#include "base/canonical_json.h"
#include "registry/formats/avro/error.h"
#include "registry/formats/avro/value.h"
#include "registry/schema.h"

namespace muster::registry::formats::avro {
namespace {

// Builds the tree out of the parser's events: nlohmann's own value would sort the members.
class TreeBuilder final : public nlohmann::json_sax<Json> {
 public:
  Value Take() { return std::move(root_); }
  std::size_t bad_byte() const { return bad_byte_; }

  bool null() override { return Put({nullptr}); }
  bool boolean(bool value) override { return Put({value}); }
  bool number_integer(std::int64_t value) override { return Put({value}); }
  bool number_unsigned(std::uint64_t value) override {
    if (value <= INT64_MAX) return Put({static_cast<std::int64_t>(value)});
    return Put({Value::Digits{std::to_string(value)}});
  }
  bool number_float(double value, const std::string& text) override {
    if (text.find_first_of(".eE") == text.npos) return Put({Value::Digits{text}});
    return Put({value});
  }
  bool string(std::string& value) override { return Put({std::move(value)}); }
  bool binary(Json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return Open({Value::Object()}); }
  bool key(std::string& name) override {
    std::get<Value::Object>(open_.back()->data).push_back({std::move(name), {nullptr}});
    return true;
  }
  bool end_object() override { return Close(); }
  bool start_array(std::size_t) override { return Open({Value::List()}); }
  bool end_array() override { return Close(); }
  bool parse_error(std::size_t byte, const std::string&, const Json::exception&) override {
    bad_byte_ = byte;
    return false;
  }

 private:
  Value& Slot() {
    if (open_.empty()) return root_;
    if (auto* list = std::get_if<Value::List>(&open_.back()->data)) return list->emplace_back();
    return std::get<Value::Object>(open_.back()->data).back().value;
  }
  bool Put(Value value) {
    Slot() = std::move(value);
    return true;
  }
  bool Open(Value value) {
    if (open_.size() >= static_cast<std::size_t>(SchemaParser::kMostDepth)) return false;
    Value& slot = Slot();
    slot = std::move(value);
    open_.push_back(&slot);  // Stays where it is: its parent does not grow before it is closed.
    return true;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }
  Value root_;
  std::vector<Value*> open_;
  std::size_t bad_byte_ = 0;
};

// Blanks in place of comments, so that places stay what they are. What is not closed stays.
std::string WithoutComments(std::string_view text) {
  std::string out(text);
  bool quoted = false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (quoted && out[i] == '\\') {
      ++i;
    } else if (out[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && out[i] == '/' && i + 1 < out.size() &&
               (out[i + 1] == '/' || out[i + 1] == '*')) {
      const bool line = out[i + 1] == '/';
      const std::size_t end = out.find(line ? "\n" : "*/", i + 2);
      if (end == out.npos && !line) return out;
      const std::size_t stop = end == out.npos ? out.size() : end + (line ? 0 : 2);
      for (; i < stop; ++i)
        if (out[i] != '\n') out[i] = ' ';
      --i;
    }
  }
  return out;
}

std::string LineAndColumn(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, byte == 0 ? 0 : byte - 1);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t start = before.rfind('\n');
  const std::size_t column = before.size() - (start == before.npos ? 0 : start + 1) + 1;
  return fmt::format("line {}, column {}", line, column);
}
}  // namespace

StatusOr<Value> ReadValue(std::string_view text) {
  const std::string json = text.find('/') == text.npos ? std::string(text) : WithoutComments(text);
  const Status checked = ParseJson(json, SchemaParser::kMostDepth).status();
  TreeBuilder tree;
  const bool read = Json::sax_parse(json.begin(), json.end(), &tree);
  if (!checked.ok() && tree.bad_byte() != 0)
    return Invalid("", "{} near {}", MessageOf(checked), LineAndColumn(json, tree.bad_byte()));
  if (!checked.ok() || !read) return Invalid("", "{}", MessageOf(checked));
  return tree.Take();
}

}  // namespace muster::registry::formats::avro
