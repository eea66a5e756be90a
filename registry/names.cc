#include "registry/names.h"

#include <algorithm>

namespace muster::registry {
namespace {
constexpr std::size_t kLongestName = 63;
constexpr std::size_t kLongestAlias = 41;
constexpr std::size_t kLongestOperator = 255;
constexpr std::size_t kShown = 80;  // Bytes of a foreign name in a message.

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsLetter(char c) { return IsLower(c) || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
}  // namespace

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && (IsLetter(name[0]) || name[0] == '_') &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return IsLetter(c) || IsDigit(c) || c == '_' || c == '.' || c == '-';
         });
}

bool IsAliasName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestAlias && IsLower(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; });
}

Status CheckName(std::string_view name, std::string_view path) {
  if (name.empty()) return InvalidField(path, "is missing");
  if (!IsName(name))
    return InvalidField(path,
                        "'{}' is not a letter or '_' followed by at most {} of letters, digits, "
                        "'_', '.' and '-'",
                        name.substr(0, kShown), kLongestName - 1);
  return Ok();
}

Status CheckAliasName(std::string_view name, std::string_view path) {
  if (IsAliasName(name)) return Ok();
  return InvalidField(path,
                      "'{}' is not a lower case letter followed by at most {} of lower case "
                      "letters, digits and '-'",
                      name.substr(0, kShown), kLongestAlias - 1);
}

Status CheckOperatorName(std::string_view name, std::string_view path) {
  const bool allowed = std::all_of(name.begin(), name.end(), [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '_' || c == '.' || c == '-';
  });
  if (allowed && !name.empty() && name.size() <= kLongestOperator) return Ok();
  return InvalidField(path,
                      "'{}' is not the name of an operator: 1 to {} of letters, digits, '_', "
                      "'.' and '-'",
                      name.substr(0, kShown), kLongestOperator);
}

Status CheckDescription(std::string_view text, std::string_view path) {
  if (text.size() > kMaxDescription)
    return InvalidField(path, "{} bytes are more than {}", text.size(), kMaxDescription);
  return Ok();
}

}  // namespace muster::registry
