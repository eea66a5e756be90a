#pragma once
// What the coordinator says of a model's files, so that stock tools can check it: an in-toto
// statement in a DSSE envelope (https://github.com/secure-systems-lab/dsse, v1), signed by Ed25519.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/status.h"
#include "registry/evidence/bundle.h"

namespace muster::registry::evidence {

inline constexpr std::string_view kInTotoPayload = "application/vnd.in-toto+json";
inline constexpr std::size_t kMostEnvelopeBytes = std::size_t{1} << 20;

// A file that a statement is about.
struct Subject {
  std::string name;
  Digest digest;
};

// The in-toto Statement v1 that these files are that version of that model. Canonical JSON.
StatusOr<std::string> ModelStatement(std::string_view model, std::uint64_t version,
                                     const std::vector<Subject>& subjects);

// The same of a version that a device is said to have run by an instant, read out of the leaves of
// a tree of `tree_size` whose indices, "[0,3,7]", have this digest: whoever changes the question or
// leaves a fact out contradicts it.
StatusOr<std::string> DeviceRunStatement(std::string_view model, std::uint64_t version,
                                         const std::vector<Subject>& subjects,
                                         const Question& question, std::uint64_t tree_size,
                                         const Digest& indices);

// The same that these files are what a round of a campaign hands out to its devices.
StatusOr<std::string> AssignmentStatement(std::string_view campaign, std::uint64_t round,
                                          std::uint32_t attempt,
                                          const std::vector<Subject>& subjects);

// The same that these files are what devices serve as that version.
StatusOr<std::string> ServingStatement(std::string_view model, std::uint64_t version,
                                       const std::vector<Subject>& subjects);

struct Envelope {
  std::string payload_type;
  std::string payload;
  std::string key_id;
  Signature signature{};
};

// The bytes that are signed: "DSSEv1 SP len(type) SP type SP len(payload) SP payload".
std::string PreAuthenticationEncoding(std::string_view type, std::string_view payload);

// {"payload":BASE64,"payloadType":TYPE,"signatures":[{"keyid":ID,"sig":BASE64}]}, canonical.
StatusOr<std::string> SignEnvelope(std::string_view type, std::string_view payload,
                                   const std::string& key_id, const Signer& signer);
// A foreign envelope of one signature. INVALID_ARGUMENT (NOTE_INVALID) when it is none.
StatusOr<Envelope> ParseEnvelope(std::string_view text);
// UNAUTHENTICATED when the key did not sign it.
Status Verify(const Envelope& envelope, const SigningPublic& key, const Crypto& crypto);

}  // namespace muster::registry::evidence
