#include "registry/http/request.h"

#include <algorithm>
#include <charconv>

namespace muster::registry {
namespace {
constexpr std::size_t kMostSegments = 16;
constexpr std::size_t kMostMembers = 64;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

StatusOr<std::string> Decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return InvalidArgument("an escape in the address is not %XX");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

template <typename T>
std::optional<T> ParseInteger(std::string_view text) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool SameInAnyCase(std::string_view a, std::string_view lower) {
  return std::ranges::equal(
      a, lower, [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x - 'A' + 'a' : x) == y; });
}
}  // namespace

StatusOr<std::vector<std::string>> SplitPath(std::string_view raw_path) {
  std::vector<std::string> out;
  std::string_view rest = raw_path;
  while (rest.starts_with('/')) {
    rest.remove_prefix(1);
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size());
    if (segment.empty() && rest.empty()) break;
    if (out.size() == kMostSegments) return InvalidArgument("the address has too many parts");
    MUSTER_ASSIGN(std::string decoded, Decoded(segment, false));
    out.push_back(std::move(decoded));
  }
  if (!rest.empty()) return InvalidArgument("the address does not begin with '/'");
  return out;
}

StatusOr<Query> Query::Parse(std::string_view text) {
  Query out;
  while (!text.empty()) {
    const std::string_view member = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), member.size() + 1));
    if (member.empty()) continue;
    if (out.members_.size() == kMostMembers)
      return InvalidArgument("the query has more than {} members", kMostMembers);
    const auto equals = std::min(member.find('='), member.size());
    MUSTER_ASSIGN(std::string name, Decoded(member.substr(0, equals), true));
    MUSTER_ASSIGN(std::string value,
                  Decoded(member.substr(std::min(equals + 1, member.size())), true));
    out.members_.emplace_back(std::move(name), std::move(value));
  }
  return out;
}

std::vector<std::string> Query::All(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : members_)
    if (key == name) out.push_back(value);
  return out;
}

std::string Query::Text(std::string_view name) const {
  const auto it = std::ranges::find(members_, name, [](const auto& m) { return m.first; });
  return it == members_.end() ? std::string() : it->second;
}

bool Query::Flag(std::string_view name) const { return SameInAnyCase(Text(name), "true"); }

StatusOr<std::optional<std::int64_t>> Query::Number(std::string_view name) const {
  const std::string text = Text(name);
  if (text.empty()) return std::nullopt;
  const auto value = ParseInteger<std::int64_t>(text);
  if (!value) return InvalidArgument("query: '{}' is no integer", name);
  return value;
}

StatusOr<Page> PageOf(const Query& query, std::size_t most) {
  MUSTER_ASSIGN(const auto offset, query.Number("offset"));
  MUSTER_ASSIGN(const auto limit, query.Number("limit"));
  Page page;
  page.offset = static_cast<std::size_t>(std::max<std::int64_t>(offset.value_or(0), 0));
  page.limit = limit.value_or(-1) < 0 ? most : std::min<std::size_t>(most, *limit);
  return page;
}

Shown ShownBy(const Query& query) {
  if (query.Flag("deletedOnly")) return Shown::kDeletedOnly;
  return query.Flag("deleted") ? Shown::kAll : Shown::kLive;
}

std::string SubjectPrefixOf(const Query& query) {
  std::string prefix = query.Text("subjectPrefix");
  if (prefix.starts_with(":*:") || prefix.starts_with(":.:")) prefix.erase(0, 3);
  return prefix;
}

Status CheckFormat(const Query& query) {
  const std::string format = query.Text("format");
  if (format.empty() || format == "default") return Ok();
  return InvalidField("format", "'{}' is not supported", format.substr(0, 40));
}

StatusOr<VersionNumber> ParseVersion(std::string_view text) {
  if (text == "latest" || text == "-1") return VersionNumber(0);
  const auto number = ParseInteger<std::uint64_t>(text);
  if (number && *number >= 1 && *number <= kMostNumber) return VersionNumber(*number);
  return WithReason(InvalidArgument("a version is a number of 1 to {}, or 'latest'", kMostNumber),
                    Reason::kSUBJECT_VERSION_INVALID);
}

StatusOr<SchemaId> ParseId(std::string_view text) {
  const auto number = ParseInteger<std::uint64_t>(text);
  if (number && *number <= kMostNumber) return SchemaId(*number);
  return NotFound("an id is a number of at most {}", kMostNumber);
}

}  // namespace muster::registry
