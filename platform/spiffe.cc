#include "platform/spiffe.h"

#include <algorithm>
#include <array>

namespace muster::platform {
namespace {
constexpr std::string_view kScheme = "spiffe://";
constexpr std::array kKinds = {SpiffeId::Kind::kDevice, SpiffeId::Kind::kOperator,
                               SpiffeId::Kind::kServer, SpiffeId::Kind::kAuthority};

bool IsLowerDigitOrMark(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}
bool IsNameCharacter(char c) { return IsLowerDigitOrMark(c) || (c >= 'A' && c <= 'Z'); }

// Never quotes the text: it is foreign, and may be long or unprintable.
Status Invalid(std::string_view what) {
  return WithReason(InvalidArgument("{}", what), Reason::kNAME_INVALID);
}

bool HasPartLength(std::string_view text) { return !text.empty() && text.size() <= kMaxSpiffePart; }
}  // namespace

std::string_view NameOf(SpiffeId::Kind kind) {
  switch (kind) {
    case SpiffeId::Kind::kDevice: return "device";
    case SpiffeId::Kind::kOperator: return "operator";
    case SpiffeId::Kind::kServer: return "server";
    case SpiffeId::Kind::kAuthority: break;
  }
  return "authority";
}

std::string SpiffeId::Uri() const {
  return fmt::format("{}{}/{}/{}", kScheme, trust_domain, NameOf(kind), name);
}

Status CheckTrustDomain(std::string_view domain) {
  if (!HasPartLength(domain) || !std::ranges::all_of(domain, IsLowerDigitOrMark))
    return Invalid("trust domain: 1 to 255 characters of a-z, 0-9, '.', '_' and '-' are allowed");
  return Ok();
}

Status CheckSpiffeName(std::string_view name) {
  if (!HasPartLength(name) || !std::ranges::all_of(name, IsNameCharacter) || name == "." ||
      name == "..")
    return Invalid("name: 1 to 255 characters of A-Z, a-z, 0-9, '.', '_' and '-' are allowed");
  return Ok();
}

StatusOr<SpiffeId> ParseSpiffe(std::string_view uri) {
  if (!uri.starts_with(kScheme)) return Invalid("SPIFFE id: does not begin with spiffe://");
  uri.remove_prefix(kScheme.size());
  const auto domain_end = uri.find('/');
  if (domain_end == uri.npos) return Invalid("SPIFFE id: no path");
  const std::string_view domain = uri.substr(0, domain_end);
  MUSTER_TRY(CheckTrustDomain(domain));
  const std::string_view path = uri.substr(domain_end + 1);
  const auto kind_end = path.find('/');
  if (kind_end == path.npos) return Invalid("SPIFFE id: the path has not two segments");
  const std::string_view name = path.substr(kind_end + 1);
  MUSTER_TRY(CheckSpiffeName(name));  // A third segment's '/' falls here too.
  for (const SpiffeId::Kind kind : kKinds)
    if (path.substr(0, kind_end) == NameOf(kind))
      return SpiffeId{std::string(domain), kind, std::string(name)};
  return Invalid("SPIFFE id: unknown kind");
}

}  // namespace muster::platform
