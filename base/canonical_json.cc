#include "base/canonical_json.h"

#include <charconv>
#include <cmath>
#include <set>

namespace muster {
namespace {
constexpr std::int64_t kMaxInteger = (1LL << 53) - 1;

// UTF-8 order is code point order; UTF-16 order differs only in that surrogate pairs (U+10000 and
// up) sort before U+E000..U+FFFF. Comparing lead bytes with 0xEE/0xEF moved up gives it.
bool Utf16Less(const std::string& a, const std::string& b) {
  const auto rank = [](unsigned char c) { return c >= 0xee && c <= 0xef ? c + 0x10 : int{c}; };
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) {
    return rank(static_cast<unsigned char>(x)) < rank(static_cast<unsigned char>(y));
  });
}

Status Write(const Json& value, std::string& out);

Status WriteObject(const Json& value, std::string& out) {
  std::vector<const std::string*> keys;
  for (const auto& item : value.get_ref<const Json::object_t&>()) keys.push_back(&item.first);
  std::sort(keys.begin(), keys.end(),
            [](const std::string* a, const std::string* b) { return Utf16Less(*a, *b); });
  out.push_back('{');
  bool first = true;
  for (const std::string* key : keys) {
    if (!std::exchange(first, false)) out.push_back(',');
    MUSTER_TRY(Write(Json(*key), out));
    out.push_back(':');
    MUSTER_TRY(Write(value.at(*key), out));
  }
  out.push_back('}');
  return Ok();
}

Status Write(const Json& value, std::string& out) {
  switch (value.type()) {
    case Json::value_t::object: return WriteObject(value, out);
    case Json::value_t::array: {
      out.push_back('[');
      bool first = true;
      for (const Json& item : value) {
        if (!std::exchange(first, false)) out.push_back(',');
        MUSTER_TRY(Write(item, out));
      }
      out.push_back(']');
      return Ok();
    }
    case Json::value_t::number_unsigned:
      if (value.get<std::uint64_t>() > static_cast<std::uint64_t>(kMaxInteger))
        return InvalidArgument("integer {} is beyond 2^53 - 1", value.get<std::uint64_t>());
      break;
    case Json::value_t::number_integer:
      if (value.get<std::int64_t>() > kMaxInteger || value.get<std::int64_t>() < -kMaxInteger)
        return InvalidArgument("integer {} is beyond 2^53 - 1", value.get<std::int64_t>());
      break;
    case Json::value_t::number_float:
      return InvalidArgument("a floating-point number; facts write it as a decimal string");
    default: break;
  }
  try {
    out += value.dump();  // Escapes as RFC 8785 does; throws on text that is not UTF-8.
  } catch (const Json::exception&) {
    return InvalidArgument("text is not UTF-8");
  }
  return Ok();
}

// Builds the value and refuses what nlohmann's own builder would let pass.
class StrictBuilder : public nlohmann::detail::json_sax_dom_parser<Json> {
 public:
  using Base = nlohmann::detail::json_sax_dom_parser<Json>;
  StrictBuilder(Json& root, int max_depth) : Base(root, false), max_depth_(max_depth) {}
  bool start_object(std::size_t n) {
    keys_.emplace_back();
    return Deeper() && Base::start_object(n);
  }
  bool end_object() {
    keys_.pop_back();
    --depth_;
    return Base::end_object();
  }
  bool start_array(std::size_t n) { return Deeper() && Base::start_array(n); }
  bool end_array() {
    --depth_;
    return Base::end_array();
  }
  bool key(std::string& name) {
    if (!keys_.back().insert(name).second) {
      why_ = fmt::format("key '{}' stands twice", name.substr(0, 80));
      return false;
    }
    return Base::key(name);
  }
  const std::string& why() const { return why_; }

 private:
  bool Deeper() {
    if (++depth_ <= max_depth_) return true;
    why_ = fmt::format("nested deeper than {}", max_depth_);
    return false;
  }
  int max_depth_;
  int depth_ = 0;
  std::vector<std::set<std::string>> keys_;
  std::string why_;
};
}  // namespace

StatusOr<std::string> CanonicalJson(const Json& value) {
  std::string out;
  MUSTER_TRY(Write(value, out));
  return out;
}

StatusOr<Json> ParseJson(std::string_view text, int max_depth) {
  // The parser would skip a byte order mark, and take NUL for the end of the text.
  if (text.starts_with("\xef\xbb\xbf") || text.find('\0') != text.npos)
    return InvalidArgument("not valid JSON: a byte order mark or NUL");
  Json root;
  StrictBuilder builder(root, max_depth);
  if (!Json::sax_parse(text.begin(), text.end(), &builder) || builder.is_errored())
    return InvalidArgument("not valid JSON: {}",
                           builder.why().empty() ? "syntax error" : builder.why());
  return root;
}

std::string DecimalText(double value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

StatusOr<double> ParseDecimal(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    return InvalidArgument("'{}' is not a finite number", text.substr(0, 40));
  return value;
}

JsonReader::JsonReader(const Json& object) : object_(object) {
  if (!object.is_object()) status_ = InvalidArgument("not a JSON object");
}

bool JsonReader::Has(const char* key) const { return object_.is_object() && object_.contains(key); }

const Json* JsonReader::Get(const char* key, bool (Json::*is)() const noexcept, const char* type) {
  if (!status_.ok()) return nullptr;
  const auto it = object_.find(key);
  if (it == object_.end())
    status_ = InvalidArgument("field '{}' is missing", key);
  else if (!((*it).*is)())
    status_ = InvalidArgument("field '{}' is not {}", key, type);
  return status_.ok() ? &*it : nullptr;
}

std::string JsonReader::Text(const char* key) {
  const Json* v = Get(key, &Json::is_string, "text");
  return v ? v->get<std::string>() : std::string();
}
std::uint64_t JsonReader::Unsigned(const char* key) {
  const Json* v = Get(key, &Json::is_number_unsigned, "a natural number");
  return v ? v->get<std::uint64_t>() : 0;
}
std::int64_t JsonReader::Integer(const char* key) {
  const Json* v = Get(key, &Json::is_number_integer, "an integer");
  return v ? v->get<std::int64_t>() : 0;
}
double JsonReader::Decimal(const char* key) {
  const StatusOr<double> value = ParseDecimal(Text(key));
  if (status_.ok() && !value.ok()) status_ = Prefixed(value.status(), key);
  return value.ok() ? *value : 0;
}
bool JsonReader::Bool(const char* key) {
  const Json* v = Get(key, &Json::is_boolean, "true or false");
  return v && v->get<bool>();
}
const Json& JsonReader::At(const char* key) {
  static const Json kNull;
  if (status_.ok() && !Has(key)) status_ = InvalidArgument("field '{}' is missing", key);
  return Has(key) ? object_.at(key) : kNull;
}
std::vector<std::string> JsonReader::Texts(const char* key) {
  std::vector<std::string> out;
  const Json* v = Get(key, &Json::is_array, "a list");
  for (const Json& item : v ? *v : Json::array()) {
    if (item.is_string())
      out.push_back(item.get<std::string>());
    else if (status_.ok())
      status_ = InvalidArgument("field '{}' holds something that is not text", key);
  }
  return out;
}

}  // namespace muster
