#include "client/witness/signed_files.h"

#include <set>
#include <string>

#include "base/canonical_json.h"
#include "registry/evidence/dsse.h"

namespace muster::client {
namespace {
namespace evidence = registry::evidence;
constexpr std::size_t kMostSubjects = 64;
constexpr std::string_view kStatement = "https://in-toto.io/Statement/v1";

template <typename... Args>
Status Unsigned(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(
      Unauthenticated("signed artefacts: {}", fmt::format(f, std::forward<Args>(args)...)),
      Reason::kSIGNATURE_INVALID);
}

// The SHA-256 of each subject, in hex.
StatusOr<std::set<std::string>> SubjectsOf(std::string_view payload) {
  MUSTER_ASSIGN(const Json json, ParseJson(payload, 8));
  if (!json.is_object()) return InvalidArgument("no JSON object");
  JsonReader reader(json);
  const std::string type = reader.Text("_type");
  const Json& subjects = reader.At("subject");
  MUSTER_TRY(reader.status());
  if (type != kStatement) return InvalidArgument("no in-toto statement");
  if (!subjects.is_array() || subjects.size() > kMostSubjects)
    return InvalidArgument("not a list of at most {} subjects", kMostSubjects);
  std::set<std::string> out;
  for (const Json& subject : subjects) {
    if (!subject.is_object()) return InvalidArgument("a subject is no object");
    JsonReader one(subject);
    const Json& digest = one.At("digest");
    MUSTER_TRY(one.status());
    if (!digest.is_object()) return InvalidArgument("a digest is no object");
    JsonReader hashes(digest);
    out.insert(hashes.Text("sha256"));
    MUSTER_TRY(hashes.status());
  }
  return out;
}
}  // namespace

Status CheckSignedFiles(std::string_view envelope, std::span<const Digest> files,
                        const SigningPublic& key, const Crypto& crypto) {
  if (envelope.empty()) return Unsigned("there is no signature");
  const auto opened = evidence::ParseEnvelope(envelope);
  if (!opened.ok()) return Unsigned("{}", MessageOf(opened.status()));
  if (opened->payload_type != evidence::kInTotoPayload)
    return Unsigned("a payload of another type than {}", evidence::kInTotoPayload);
  if (!evidence::Verify(*opened, key, crypto).ok())
    return Unsigned("not signed by the log's key that this agent pinned");
  const auto subjects = SubjectsOf(opened->payload);
  if (!subjects.ok()) return Unsigned("{}", MessageOf(subjects.status()));
  for (const Digest& file : files)
    if (!subjects->contains(file.Hex())) return Unsigned("{} is not named", file.ToString());
  return Ok();
}

}  // namespace muster::client
