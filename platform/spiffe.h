#pragma once
// Identities as SPIFFE URIs: spiffe://<trust domain>/<kind>/<name>. Strict: one spelling for one
// identity, so comparing text is comparing identities. Spec: SPIFFE-ID, sections 2.1 to 2.4.
#include <compare>
#include <string>
#include <string_view>

#include "base/status.h"

namespace muster::platform {

inline constexpr std::size_t kMaxSpiffePart = 255;

struct SpiffeId {
  enum class Kind { kDevice, kOperator, kServer, kAuthority };
  std::string trust_domain;
  Kind kind = Kind::kDevice;
  std::string name;

  std::string Uri() const;
  friend auto operator<=>(const SpiffeId&, const SpiffeId&) = default;
};

std::string_view NameOf(SpiffeId::Kind kind);  // "device", as in the URI.

// [a-z0-9._-], 1 to 255 characters. INVALID_ARGUMENT (NAME_INVALID).
Status CheckTrustDomain(std::string_view domain);
// [A-Za-z0-9._-], 1 to 255 characters, neither "." nor "..". INVALID_ARGUMENT (NAME_INVALID).
Status CheckSpiffeName(std::string_view name);
// INVALID_ARGUMENT (NAME_INVALID) on anything but the one form above: another scheme, a port, a
// query, an escape, an unknown kind, more or fewer than two path segments.
StatusOr<SpiffeId> ParseSpiffe(std::string_view uri);

}  // namespace muster::platform
