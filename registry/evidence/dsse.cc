#include "registry/evidence/dsse.h"

#include <algorithm>

#include "base/canonical_json.h"
#include "base/time_text.h"

namespace muster::registry::evidence {
namespace {
constexpr std::string_view kStatement = "https://in-toto.io/Statement/v1";
constexpr std::string_view kPredicate = "urn:muster:model-version:v1";
constexpr std::string_view kDeviceRun = "urn:muster:device-run:v1";
constexpr std::string_view kAssignment = "urn:muster:assignment:v1";
constexpr std::string_view kServing = "urn:muster:serving:v1";

StatusOr<std::string> InToto(const std::vector<Subject>& subjects, std::string_view type,
                             Json predicate) {
  Json files = Json::array();
  for (const Subject& subject : subjects)
    files.push_back({{"name", subject.name}, {"digest", {{"sha256", subject.digest.Hex()}}}});
  return CanonicalJson({{"_type", kStatement},
                        {"predicateType", type},
                        {"subject", std::move(files)},
                        {"predicate", std::move(predicate)}});
}

Status Invalid(std::string_view what) {
  return WithReason(InvalidArgument("DSSE envelope: {}", what), Reason::kNOTE_INVALID);
}

StatusOr<Envelope> Read(const Json& json) {
  JsonReader reader(json);
  const std::string payload = reader.Text("payload");
  Envelope out{reader.Text("payloadType"), {}, {}, {}};
  const Json& signatures = reader.At("signatures");
  MUSTER_TRY(reader.status());
  if (!signatures.is_array() || signatures.size() != 1 || !signatures[0].is_object())
    return InvalidArgument("one signature is expected");
  JsonReader signature(signatures[0]);
  out.key_id = signature.Text("keyid");
  const std::string encoded = signature.Text("sig");
  MUSTER_TRY(signature.status());
  MUSTER_ASSIGN(const Bytes text, FromBase64(payload));
  MUSTER_ASSIGN(const Bytes bytes, FromBase64(encoded));
  if (bytes.size() != out.signature.size())
    return InvalidArgument("a signature of {} bytes, Ed25519 has {}", bytes.size(),
                           out.signature.size());
  std::ranges::copy(bytes, out.signature.begin());
  out.payload = AsText(text);
  return out;
}
}  // namespace

StatusOr<std::string> ModelStatement(std::string_view model, std::uint64_t version,
                                     const std::vector<Subject>& subjects) {
  return InToto(subjects, kPredicate, {{"model", model}, {"version", version}});
}

StatusOr<std::string> DeviceRunStatement(std::string_view model, std::uint64_t version,
                                         const std::vector<Subject>& subjects,
                                         const Question& question, std::uint64_t tree_size,
                                         const Digest& indices) {
  return InToto(subjects, kDeviceRun,
                {{"model", model},
                 {"version", version},
                 {"device", question.device},
                 {"at", FormatTime(question.at)},
                 {"tree_size", tree_size},
                 {"leaf_indices", {{"sha256", indices.Hex()}}}});
}

StatusOr<std::string> AssignmentStatement(std::string_view campaign, std::uint64_t round,
                                          std::uint32_t attempt,
                                          const std::vector<Subject>& subjects) {
  return InToto(subjects, kAssignment,
                {{"campaign", campaign}, {"round", round}, {"attempt", attempt}});
}

StatusOr<std::string> ServingStatement(std::string_view model, std::uint64_t version,
                                       const std::vector<Subject>& subjects) {
  return InToto(subjects, kServing, {{"model", model}, {"version", version}});
}

std::string PreAuthenticationEncoding(std::string_view type, std::string_view payload) {
  return fmt::format("DSSEv1 {} {} {} {}", type.size(), type, payload.size(), payload);
}

StatusOr<std::string> SignEnvelope(std::string_view type, std::string_view payload,
                                   const std::string& key_id, const Signer& signer) {
  MUSTER_ASSIGN(const Signature signature,
                signer.Sign(AsBytes(PreAuthenticationEncoding(type, payload))));
  Json signatures = Json::array({{{"keyid", key_id}, {"sig", ToBase64(signature)}}});
  return CanonicalJson({{"payload", ToBase64(AsBytes(payload))},
                        {"payloadType", type},
                        {"signatures", std::move(signatures)}});
}

StatusOr<Envelope> ParseEnvelope(std::string_view text) {
  if (text.size() > kMostEnvelopeBytes) return Invalid("longer than 1 MiB");
  const auto json = ParseJson(text, 8);
  if (!json.ok() || !json->is_object()) return Invalid("no JSON object");
  auto envelope = Read(*json);
  if (!envelope.ok()) return Invalid(MessageOf(envelope.status()));
  return envelope;
}

Status Verify(const Envelope& envelope, const SigningPublic& key, const Crypto& crypto) {
  return crypto.Verify(key,
                       AsBytes(PreAuthenticationEncoding(envelope.payload_type, envelope.payload)),
                       envelope.signature);
}

}  // namespace muster::registry::evidence
