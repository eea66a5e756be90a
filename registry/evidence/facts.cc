#include "registry/evidence/facts.h"

#include <algorithm>

namespace muster::registry::evidence {
namespace {
Status Invalid(const Leaf& leaf, std::string_view what) {
  return WithReason(InvalidArgument("leaf {}: {}", leaf.index, what), Reason::kARTEFACT_INVALID);
}

StatusOr<Json> Body(const Leaf& leaf, const Json& json, const Hasher& hasher) {
  if (json.contains("fact")) {
    if (!leaf.fact.empty()) return InvalidArgument("its fact comes twice");
    return json["fact"];
  }
  JsonReader reader(json);
  const std::string named = reader.Text("fact_digest");
  MUSTER_TRY(reader.status());
  if (hasher.Sha256(AsBytes(leaf.fact)).ToString() != named)
    return InvalidArgument("the fact beside it is not the one that it names");
  return ParseJson(leaf.fact);
}

StatusOr<LeafFact> Read(const Leaf& leaf, const Hasher& hasher) {
  MUSTER_ASSIGN(const Json json, ParseJson(leaf.text));
  if (!json.is_object()) return InvalidArgument("it is no object");
  JsonReader reader(json);
  LeafFact out{leaf.index, reader.Text("stream"), reader.Unsigned("seq"), {}, {}};
  MUSTER_TRY(reader.status());
  MUSTER_ASSIGN(out.body, Body(leaf, json, hasher));
  if (!out.body.is_object()) return InvalidArgument("its fact is no object");
  MUSTER_ASSIGN(out.header, HeaderOf(out.body));
  return out;
}
}  // namespace

StatusOr<LeafFact> FactOf(const Leaf& leaf, const Hasher& hasher) {
  auto fact = Read(leaf, hasher);
  if (!fact.ok()) return Invalid(leaf, MessageOf(fact.status()));
  return fact;
}

StatusOr<std::vector<LeafFact>> FactsOf(const Bundle& bundle, const Hasher& hasher) {
  std::vector<LeafFact> out;
  out.reserve(bundle.leaves.size());
  for (const Leaf& leaf : bundle.leaves) {
    MUSTER_ASSIGN(out.emplace_back(), FactOf(leaf, hasher));
  }
  return out;
}

std::string TextOf(const Json& json, const char* key) {
  const auto it = json.find(key);
  if (it == json.end()) return "";
  return it->is_string() ? it->get<std::string>() : it->dump();
}

std::uint64_t NumberOf(const Json& json, const char* key) {
  const auto it = json.find(key);
  return it != json.end() && it->is_number_unsigned() ? it->get<std::uint64_t>() : 0;
}

const Json& ObjectOf(const Json& json, const char* key) {
  static const Json kNone = Json::object();
  const auto it = json.find(key);
  return it != json.end() && it->is_object() ? *it : kNone;
}

bool Lists(const Json& json, const char* key, std::string_view text) {
  const auto it = json.find(key);
  return it != json.end() && it->is_array() && std::ranges::any_of(*it, [&](const Json& item) {
           return item.is_string() && item.get_ref<const std::string&>() == text;
         });
}

}  // namespace muster::registry::evidence
