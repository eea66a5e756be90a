#include "registry/formats/json/value.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "registry/formats/json/decimal.h"

namespace muster::registry::formats::json {
namespace {
// Takes the parser's events; there is no recursion however deep the text nests.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(Value& root, int max_depth) : root_(root), max_depth_(max_depth) {}
  const std::string& why() const { return why_; }

  bool null() override { return Put(Value::Kind::kNull, {}) != nullptr; }
  bool boolean(bool flag) override {
    Value* value = Put(Value::Kind::kBool, {});
    value->flag = flag;
    return true;
  }
  bool number_integer(std::int64_t n) override {
    return Put(Value::Kind::kNumber, std::to_string(n)) != nullptr;
  }
  bool number_unsigned(std::uint64_t n) override {
    return Put(Value::Kind::kNumber, std::to_string(n)) != nullptr;
  }
  bool number_float(double, const std::string& spelled) override {
    return Put(Value::Kind::kNumber, spelled) != nullptr;
  }
  bool string(std::string& text) override {
    return Put(Value::Kind::kText, std::move(text)) != nullptr;
  }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return Open(Value::Kind::kObject); }
  bool start_array(std::size_t) override { return Open(Value::Kind::kArray); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(std::string& name) override {
    if (!open_.back().keys.insert(name).second) {
      why_ = fmt::format("key '{}' stands twice", Shown(name));
      return false;
    }
    open_.back().value->members.push_back({std::move(name), {}});
    return true;
  }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::json::exception&) override {
    why_ = fmt::format("syntax error at byte {}", at);
    return false;
  }

 private:
  struct Level {
    Value* value;
    std::unordered_set<std::string> keys;
  };

  // Where the next value goes. Pointers into a vector hold: only its newest element is open.
  Value* Put(Value::Kind kind, std::string text) {
    Value* slot = &root_;
    if (!open_.empty()) {
      Value& parent = *open_.back().value;
      slot = parent.Is(Value::Kind::kArray) ? &parent.items.emplace_back()
                                            : &parent.members.back().value;
    }
    slot->kind = kind;
    slot->text = std::move(text);
    return slot;
  }
  bool Open(Value::Kind kind) {
    if (open_.size() >= static_cast<std::size_t>(max_depth_)) {
      why_ = fmt::format("nested deeper than {}", max_depth_);
      return false;
    }
    Value* value = Put(kind, {});
    open_.push_back({value, {}});
    return true;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }

  Value& root_;
  int max_depth_;
  std::vector<Level> open_;
  std::string why_;
};

// UTF-8 order is code point order; UTF-16 has surrogate pairs (U+10000 and up, lead bytes F0 and
// up) before U+E000 to U+FFFF (lead bytes EE and EF).
bool Utf16Less(std::string_view a, std::string_view b) {
  const auto rank = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0xee && byte <= 0xef ? byte + 0x10 : int{byte};
  };
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [&](char x, char y) { return rank(x) < rank(y); });
}

void Quote(std::string_view text, std::string& out) {
  out.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      case '\f': out += "\\f"; break;
      case '\r': out += "\\r"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          fmt::format_to(std::back_inserter(out), "\\u{:04X}", static_cast<unsigned>(c));
        else
          out.push_back(c);
    }
  }
  out.push_back('"');
}

void Write(const Value& value, Spelling spelling, std::string& out);

void WriteObject(const Value& value, Spelling spelling, std::string& out) {
  std::vector<const Member*> members;
  members.reserve(value.members.size());
  for (const Member& member : value.members) members.push_back(&member);
  if (spelling != Spelling::kAsWritten)
    std::sort(members.begin(), members.end(),
              [](const Member* a, const Member* b) { return Utf16Less(a->key, b->key); });
  out.push_back('{');
  for (const Member* member : members) {
    if (member != members.front()) out.push_back(',');
    Quote(member->key, out);
    out.push_back(':');
    Write(member->value, spelling, out);
  }
  out.push_back('}');
}

void Write(const Value& value, Spelling spelling, std::string& out) {
  switch (value.kind) {
    case Value::Kind::kNull: out += "null"; return;
    case Value::Kind::kBool: out += value.flag ? "true" : "false"; return;
    case Value::Kind::kNumber:
      out += spelling == Spelling::kMeaning ? Decimal::Of(value.text).Text() : value.text;
      return;
    case Value::Kind::kText: Quote(value.text, out); return;
    case Value::Kind::kObject: WriteObject(value, spelling, out); return;
    case Value::Kind::kArray: break;
  }
  out.push_back('[');
  for (const Value& item : value.items) {
    if (&item != &value.items.front()) out.push_back(',');
    Write(item, spelling, out);
  }
  out.push_back(']');
}
}  // namespace

const Value* Value::Find(std::string_view key) const {
  const auto it = std::find_if(members.begin(), members.end(),
                               [&](const Member& member) { return member.key == key; });
  return it == members.end() ? nullptr : &it->value;
}

StatusOr<Value> ParseValue(std::string_view text, int max_depth) {
  // The parser would skip a byte order mark, and take NUL for the end of the text.
  if (text.starts_with("\xef\xbb\xbf") || text.find('\0') != text.npos)
    return InvalidAt("#", "not valid JSON: a byte order mark or NUL");
  Value root;
  Builder builder(root, max_depth);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder))
    return InvalidAt("#", "not valid JSON: {}",
                     builder.why().empty() ? "syntax error" : builder.why());
  return root;
}

std::string Spell(const Value& value, Spelling spelling) {
  std::string out;
  Write(value, spelling, out);
  return out;
}

std::string Shown(std::string_view text, std::size_t most) {
  const bool cut = text.size() > most;
  while (cut && most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  std::string out(text.substr(0, most));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return cut ? out + "..." : out;
}

}  // namespace muster::registry::formats::json
