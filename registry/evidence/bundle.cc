#include "registry/evidence/bundle.h"

#include <algorithm>

#include "base/canonical_json.h"
#include "base/time_text.h"

namespace muster::registry::evidence {
namespace {
constexpr std::size_t kMostHashes = 64;  // Of a tree of 2^64 leaves.
constexpr std::size_t kPseudonymDigits = 32;

Status Invalid(std::string_view what) {
  return WithReason(InvalidArgument("evidence bundle: {}", what), Reason::kARTEFACT_INVALID);
}

Json ToJson(const Leaf& leaf) {
  Json hashes = Json::array();
  for (const Digest& hash : leaf.hashes) hashes.push_back(ToBase64(hash.bytes()));
  Json out{{"leaf_index", leaf.index}, {"leaf", leaf.text}, {"hashes", std::move(hashes)}};
  if (!leaf.fact.empty()) out["fact"] = leaf.fact;
  return out;
}

StatusOr<Digest> ReadHash(const std::string& text) {
  MUSTER_ASSIGN(const Bytes bytes, FromBase64(text));
  std::array<std::byte, 32> hash;
  if (bytes.size() != hash.size()) return InvalidArgument("a hash of {} bytes", bytes.size());
  std::ranges::copy(bytes, hash.begin());
  return Digest(hash);
}

StatusOr<Leaf> ReadLeaf(const Json& json) {
  if (!json.is_object()) return InvalidArgument("a leaf is no object");
  JsonReader reader(json);
  Leaf leaf{reader.Unsigned("leaf_index"), reader.Text("leaf"), {}, {}};
  if (reader.Has("fact")) leaf.fact = reader.Text("fact");
  const std::vector<std::string> hashes = reader.Texts("hashes");
  MUSTER_TRY(reader.status());
  if (hashes.size() > kMostHashes) return InvalidArgument("a proof of {} hashes", hashes.size());
  for (const std::string& hash : hashes) {
    MUSTER_ASSIGN(leaf.hashes.emplace_back(), ReadHash(hash));
  }
  return leaf;
}

StatusOr<Question> ReadQuestion(const Json& json) {
  if (!json.is_object()) return InvalidArgument("its question is no object");
  JsonReader reader(json);
  const std::string device = reader.Text("device"), at = reader.Text("at");
  MUSTER_TRY(reader.status());
  MUSTER_ASSIGN(const Timestamp time, ParseTime(at));
  return MakeQuestion(device, time);
}

StatusOr<Bundle> Read(const Json& json) {
  JsonReader reader(json);
  if (const std::string format = reader.Text("format"); format != kBundleFormat)
    return InvalidArgument("its format is '{}', not '{}'", format.substr(0, 40), kBundleFormat);
  Bundle out{reader.Text("model"),
             reader.Unsigned("version"),
             reader.Text("checkpoint"),
             reader.Text("key"),
             reader.Text("statement"),
             {},
             {}};
  if (reader.Has("question")) {
    MUSTER_ASSIGN(out.question, ReadQuestion(reader.At("question")));
  }
  const Json& leaves = reader.At("leaves");
  MUSTER_TRY(reader.status());
  if (!leaves.is_array()) return InvalidArgument("its leaves are no list");
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    auto leaf = ReadLeaf(leaves[i]);
    if (!leaf.ok()) return Prefixed(leaf.status(), fmt::format("leaves[{}]", i));
    if (!out.leaves.empty() && leaf->index <= out.leaves.back().index)
      return InvalidArgument("leaves[{}] does not come after the one before", i);
    out.leaves.push_back(*std::move(leaf));
  }
  return out;
}
}  // namespace

StatusOr<Question> MakeQuestion(std::string device, Timestamp at) {
  if (device.size() != kPseudonymDigits || !FromHex(device).ok())
    return InvalidArgument("'{}' is not a device's pseudonym of {} hex digits",
                           device.substr(0, 40), kPseudonymDigits);
  if (!ParseTime(FormatTime(at)).ok()) return InvalidArgument("a time before 1970 or after 9999");
  return Question{std::move(device), at};
}

StatusOr<std::string> EncodeBundle(const Bundle& bundle) {
  Json leaves = Json::array();
  for (const Leaf& leaf : bundle.leaves) leaves.push_back(ToJson(leaf));
  Json out{{"format", kBundleFormat},    {"model", bundle.model},
           {"version", bundle.version},  {"checkpoint", bundle.checkpoint},
           {"key", bundle.key},          {"statement", bundle.statement},
           {"leaves", std::move(leaves)}};
  if (bundle.question)
    out["question"] = {{"device", bundle.question->device},
                       {"at", FormatTime(bundle.question->at)}};
  return CanonicalJson(out);
}

StatusOr<Bundle> ParseBundle(std::string_view text) {
  if (text.size() > kMostBundleBytes) return Invalid("longer than 256 MiB");
  if (!text.starts_with('{')) return Invalid("no evidence bundle: it does not begin with '{'");
  if (!text.ends_with('}')) return Invalid("it is cut short: its last byte is not '}'");
  const auto json = ParseJson(text, 8);
  if (!json.ok()) return Invalid(MessageOf(json.status()));
  auto bundle = Read(*json);
  if (!bundle.ok()) return Invalid(MessageOf(bundle.status()));
  const auto again = EncodeBundle(*bundle);
  if (!again.ok() || *again != text)
    return Invalid("it was changed: it is not in the form in which bundles are written");
  return bundle;
}

}  // namespace muster::registry::evidence
