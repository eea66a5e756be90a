#include "registry/subject_names.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/canonical_json.h"

namespace muster::registry {
namespace {
constexpr std::size_t kLongestEscaped = 400;

constexpr std::array<std::pair<CompatibilityLevel, std::string_view>, 7> kLevels = {{
    {CompatibilityLevel::kNone, "NONE"},
    {CompatibilityLevel::kBackward, "BACKWARD"},
    {CompatibilityLevel::kBackwardTransitive, "BACKWARD_TRANSITIVE"},
    {CompatibilityLevel::kForward, "FORWARD"},
    {CompatibilityLevel::kForwardTransitive, "FORWARD_TRANSITIVE"},
    {CompatibilityLevel::kFull, "FULL"},
    {CompatibilityLevel::kFullTransitive, "FULL_TRANSITIVE"},
}};
constexpr std::array<std::pair<SubjectMode, std::string_view>, 4> kModes = {{
    {SubjectMode::kReadWrite, "READWRITE"},
    {SubjectMode::kReadOnly, "READONLY"},
    {SubjectMode::kReadOnlyOverride, "READONLY_OVERRIDE"},
    {SubjectMode::kImport, "IMPORT"},
}};

template <typename Table>
auto Parse(const Table& table, std::string_view name)
    -> std::optional<typename Table::value_type::first_type> {
  const auto same = [](char a, char b) { return a == (b >= 'a' && b <= 'z' ? b - 'a' + 'A' : b); };
  for (const auto& [value, spelled] : table)
    if (std::ranges::equal(spelled, name, same)) return value;
  return std::nullopt;
}

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

// Of UTF-8: C0, DEL, and C1, which begins with 0xC2.
bool HasControl(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) return true;
    if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0)
      return true;
  }
  return false;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string Escaped(std::string_view name) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    if (IsPlain(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

std::string Unescaped(std::string_view key) {
  std::string out;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const int high = key[i] == '%' && i + 2 < key.size() ? HexDigit(key[i + 1]) : -1;
    const int low = high < 0 ? -1 : HexDigit(key[i + 2]);
    out += low < 0 ? key[i] : static_cast<char>(high * 16 + low);
    if (low >= 0) i += 2;
  }
  return out;
}
}  // namespace

std::string_view NameOf(CompatibilityLevel level) {
  return kLevels[static_cast<std::size_t>(level)].second;
}
std::optional<CompatibilityLevel> ParseCompatibilityLevel(std::string_view name) {
  return Parse(kLevels, name);
}
std::string_view NameOf(SubjectMode mode) { return kModes[static_cast<std::size_t>(mode)].second; }
std::optional<SubjectMode> ParseSubjectMode(std::string_view name) { return Parse(kModes, name); }

Status CheckSubject(const SubjectName& name) {
  const std::string& text = name.value();
  const auto refused = [](std::string_view why) {
    return WithReason(InvalidArgument("subject: {}", why), Reason::kSUBJECT_INVALID);
  };
  if (text.empty()) return refused("is empty");
  if (text.size() > kLongestSubject)
    return refused(fmt::format("{} bytes are more than {}", text.size(), kLongestSubject));
  if (!CanonicalJson(Json(text)).ok()) return refused("is not UTF-8");
  if (HasControl(text)) return refused("has a control character");
  if (text.starts_with(":."))
    return refused("begins with ':.', which names a context, and there is only one here");
  return Ok();
}

SubjectKey KeyOf(const SubjectName& name) {
  std::string escaped = Escaped(name.value());
  if (escaped.size() > kLongestEscaped) escaped = "~" + ToBase64Url(AsBytes(name.value()));
  return SubjectKey(std::move(escaped));
}

StatusOr<SubjectName> SubjectOf(const SubjectKey& key) {
  const std::string_view text = key.value();
  SubjectName name;
  if (text.starts_with('~')) {
    MUSTER_ASSIGN(const Bytes bytes, FromBase64Url(text.substr(1)));
    name = SubjectName(std::string(AsText(bytes)));
  } else {
    name = SubjectName(Unescaped(text));
  }
  MUSTER_TRY(CheckSubject(name));
  if (KeyOf(name) != key) return InvalidArgument("'{}' is no subject's key", text.substr(0, 80));
  return name;
}

}  // namespace muster::registry
