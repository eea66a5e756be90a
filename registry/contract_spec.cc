// What a contract may say, in itself.
#include <algorithm>
#include <cmath>
#include <map>

#include "base/time_text.h"
#include "registry/contract.h"
#include "registry/names.h"

namespace muster::registry {
namespace {
constexpr std::size_t kMaxFields = 1000;
constexpr std::size_t kMaxUnit = 64;
constexpr std::size_t kMaxOwner = 255;
constexpr std::size_t kMaxMeaning = 2048;  // Of a DTMI that people give.

bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool AreDigits(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most && text[0] != '0' &&
         std::all_of(text.begin(), text.end(), IsDigit);
}

// A segment of a DTMI: letters, digits and '_', no digit first and no '_' last.
bool IsSegment(std::string_view text) {
  return !text.empty() && !IsDigit(text.front()) && text.back() != '_' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsAlpha(c) || IsDigit(c) || c == '_'; });
}

// "dtmi:com:example:Engine;1", and from DTDL 3 on ";1.2" or no version at all.
bool IsDtmi(std::string_view text) {
  text.remove_prefix(std::string_view("dtmi:").size());
  if (const auto semicolon = text.find(';'); semicolon != text.npos) {
    const std::string_view version = text.substr(semicolon + 1);
    const auto dot = version.find('.');
    const bool minor = dot == version.npos || AreDigits(version.substr(dot + 1), 6);
    if (!minor || !AreDigits(version.substr(0, dot), 9)) return false;
    text = text.substr(0, semicolon);
  }
  for (auto colon = text.find(':'); colon != text.npos; colon = text.find(':')) {
    if (!IsSegment(text.substr(0, colon))) return false;
    text.remove_prefix(colon + 1);
  }
  return IsSegment(text);
}

// An absolute IRI (RFC 3987), as far as it matters here: a scheme, and nothing that none may hold.
bool IsIri(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == text.npos || colon + 1 == text.size() || !IsAlpha(text[0])) return false;
  const std::string_view scheme = text.substr(0, colon);
  return std::all_of(
             scheme.begin(), scheme.end(),
             [](char c) { return IsAlpha(c) || IsDigit(c) || c == '+' || c == '.' || c == '-'; }) &&
         std::none_of(text.begin(), text.end(), [](char c) {
           return IsControl(c) || std::string_view(" <>\"{}|\\^`").find(c) != std::string::npos;
         });
}

Status CheckMeaning(const std::string& meaning, const std::string& path) {
  if (meaning.empty()) return Ok();
  if (meaning.size() > kMaxMeaning)
    return InvalidField(path, "{} bytes are more than {}", meaning.size(), kMaxMeaning);
  if (meaning.starts_with("dtmi:") ? IsDtmi(meaning) : IsIri(meaning)) return Ok();
  return InvalidField(path,
                      "'{}' is no IRI, such as 'http://qudt.org/vocab/quantitykind/Temperature', "
                      "and no DTMI, such as 'dtmi:com:example:Engine;1'",
                      meaning.substr(0, 80));
}

Status CheckRange(const FieldSpec& field, const std::string& path) {
  if (!field.min && !field.max) return Ok();
  const std::string at = path + (field.min ? ".min" : ".max");
  if (!IsNumeric(field.type))
    return InvalidField(at, "a {} field has no range", NameOf(field.type));
  if (field.min && !std::isfinite(*field.min)) return InvalidField(path + ".min", "is not finite");
  if (field.max && !std::isfinite(*field.max)) return InvalidField(path + ".max", "is not finite");
  if (field.min && field.max && !(*field.min < *field.max))
    return InvalidField(path + ".min", "{} is not below max, {}", *field.min, *field.max);
  return Ok();
}

Status CheckField(const FieldSpec& field, const std::string& path) {
  MUSTER_TRY(CheckName(field.name, path + ".name"));
  if (field.unit.size() > kMaxUnit)
    return InvalidField(path + ".unit", "{} bytes are more than {}", field.unit.size(), kMaxUnit);
  MUSTER_TRY(CheckDescription(field.description, path + ".description"));
  MUSTER_TRY(CheckMeaning(field.meaning, path + ".meaning"));
  return CheckRange(field, path);
}

Status CheckFields(const ContractSpec& spec) {
  if (spec.fields.empty() || spec.fields.size() > kMaxFields)
    return InvalidField("fields", "{} fields are not 1 to {}", spec.fields.size(), kMaxFields);
  std::map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < spec.fields.size(); ++i) {
    const std::string path = fmt::format("fields[{}]", i);
    MUSTER_TRY(CheckField(spec.fields[i], path));
    const auto [first, fresh] = seen.emplace(spec.fields[i].name, i);
    if (!fresh)
      return WithReason(InvalidField(path + ".name", "'{}' is the name of fields[{}] already",
                                     first->first, first->second),
                        Reason::kFIELD_DUPLICATE);
  }
  return Ok();
}

Status CheckOwner(const std::string& owner) {
  if (owner.size() > kMaxOwner)
    return InvalidField("owner", "{} bytes are more than {}", owner.size(), kMaxOwner);
  if (std::any_of(owner.begin(), owner.end(), IsControl))
    return InvalidField("owner", "holds a control character");
  return Ok();
}

Status CheckTimes(const ContractSpec& spec) {
  if (spec.freshness && spec.freshness->count() <= 0)
    return InvalidField("freshness", "{} is not above 0", FormatDuration(*spec.freshness));
  if (spec.time_field.empty())
    return spec.freshness ? InvalidField("time_field",
                                         "is missing: freshness is judged by the time in a "
                                         "TIMESTAMP field, and this names it")
                          : Ok();
  const FieldSpec* field = spec.Find(spec.time_field);
  if (field == nullptr)
    return InvalidField("time_field", "there is no field '{}'", spec.time_field.substr(0, 80));
  if (field->type != FieldType::kTimestamp)
    return InvalidField("time_field", "'{}' is {}; a TIMESTAMP is needed", spec.time_field,
                        NameOf(field->type));
  if (spec.freshness && field->nullable)
    return InvalidField("time_field", "'{}' is nullable; a row without a time has no age",
                        spec.time_field);
  return Ok();
}
}  // namespace

Status Validate(const ContractSpec& spec) {
  MUSTER_TRY(CheckName(spec.name.value(), "name"));
  MUSTER_TRY(CheckDescription(spec.description, "description"));
  MUSTER_TRY(CheckFields(spec));
  MUSTER_TRY(CheckOwner(spec.owner));
  MUSTER_TRY(CheckTimes(spec));
  if (!(spec.rows.max_bad_share >= 0 && spec.rows.max_bad_share <= 1))  // NaN falls here too.
    return InvalidField("rows.max_bad_share", "{} is not from 0 to 1", spec.rows.max_bad_share);
  return Ok();
}

}  // namespace muster::registry
