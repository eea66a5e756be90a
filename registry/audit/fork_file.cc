#include "registry/audit/fork_file.h"

#include "base/canonical_json.h"
#include "registry/audit/encoding.h"

namespace muster::registry::audit {
namespace {
constexpr int kDepth = 4;

Status Invalid(std::string_view what) {
  return WithReason(InvalidArgument("evidence of a fork: {}", what), Reason::kPROOF_INVALID);
}

Json JsonOf(const Past& past) {
  Json hashes = Json::array();
  for (const Digest& hash : past.proof) hashes.push_back(ToBase64(hash.bytes()));
  return {{"root", ToBase64(past.root.bytes())}, {"hashes", std::move(hashes)}};
}

StatusOr<Past> PastOf(const Json& json) {
  if (!json.is_object()) return InvalidArgument("the past is no object");
  JsonReader reader(json);
  const std::string root = reader.Text("root");
  const std::vector<std::string> hashes = reader.Texts("hashes");
  MUSTER_TRY(reader.status());
  if (hashes.size() > kMostProofHashes) return InvalidArgument("{} hashes", hashes.size());
  Past out;
  MUSTER_ASSIGN(out.root, ParseHash(root));
  for (const std::string& hash : hashes) {
    MUSTER_ASSIGN(out.proof.emplace_back(), ParseHash(hash));
  }
  return out;
}

StatusOr<Json> ObjectIn(std::string_view text) {
  if (text.size() > kMostForkFileBytes) return InvalidArgument("longer than 1 MiB");
  MUSTER_ASSIGN(Json json, ParseJson(text, kDepth));
  if (!json.is_object()) return InvalidArgument("no JSON object");
  return json;
}

StatusOr<ForkFile> Read(std::string_view text) {
  MUSTER_ASSIGN(const Json json, ObjectIn(text));
  JsonReader reader(json);
  ForkFile out;
  out.evidence.first = reader.Text("first");
  out.evidence.second = reader.Text("second");
  out.key = reader.Text("key");
  const auto finding = ParseReason(reader.Text("finding"));
  out.seen = FromUnixMillis(reader.Integer("seen_ms"));
  MUSTER_TRY(reader.status());
  if (!finding) return InvalidArgument("the finding is no reason");
  out.finding = *finding;
  if (reader.Has("past")) {
    MUSTER_ASSIGN(out.evidence.past, PastOf(reader.At("past")));
  }
  return out;
}
}  // namespace

StatusOr<std::string> EncodeForkFile(const ForkFile& file) {
  Json json{{"first", file.evidence.first},
            {"second", file.evidence.second},
            {"key", file.key},
            {"finding", std::string(NameOf(file.finding))},
            {"seen_ms", UnixMillis(file.seen)}};
  if (file.evidence.past) json["past"] = JsonOf(*file.evidence.past);
  return CanonicalJson(json);
}

StatusOr<ForkFile> ParseForkFile(std::string_view text) {
  StatusOr<ForkFile> file = Read(text);
  if (!file.ok()) return Invalid(MessageOf(file.status()));
  return file;
}

StatusOr<std::string> EncodePast(const Past& past) { return CanonicalJson(JsonOf(past)); }

StatusOr<Past> ParsePast(std::string_view text) {
  const StatusOr<Json> json = ObjectIn(text);
  if (!json.ok()) return Invalid(MessageOf(json.status()));
  StatusOr<Past> past = PastOf(*json);
  if (!past.ok()) return Invalid(MessageOf(past.status()));
  return past;
}

}  // namespace muster::registry::audit
