#pragma once
// The text a new device is given to join: where to go, whom to trust there, and the secret that
// lets it in. Written to files of mode 0600; never logged.
#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "base/secret.h"
#include "base/status.h"

namespace muster {

struct JoinToken {
  std::string id;
  Secret secret = Secret({});
  Endpoint authority;
  std::string authority_ca_pem;
  Endpoint coordinator;
  std::string coordinator_ca_pem;
};

// "muster-join-1." and the base64url of canonical JSON; no line break. INVALID_ARGUMENT
// (TOKEN_UNKNOWN) when it would not parse again.
StatusOr<Secret> EncodeJoinToken(const JoinToken& token);
// INVALID_ARGUMENT (TOKEN_UNKNOWN) on more than 16 KiB, another version, or anything that
// EncodeJoinToken would not have written; white space around it is ignored.
StatusOr<JoinToken> ParseJoinToken(std::string_view text);

}  // namespace muster
