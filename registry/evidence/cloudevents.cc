// CloudEvents 1.0.2, JSON batch format.
#include "base/time_text.h"
#include "registry/evidence/exports.h"

namespace muster::registry::evidence {
namespace {
Json Event(const std::string& origin, const LeafFact& fact) {
  return {{"specversion", "1.0"},
          {"id", fmt::format("{}", fact.leaf)},
          {"source", "urn:muster:" + origin},
          {"type", "muster." + fact.header.type},
          {"subject", fmt::format("{}#{}", fact.stream, fact.seq)},
          {"time", FormatTime(fact.header.at)},
          {"datacontenttype", "application/json"},
          {"leafindex", fmt::format("{}", fact.leaf)},
          {"data", fact.body}};
}
}  // namespace

std::string ToCloudEvents(const Evidence& e) {
  Json out = Json::array();
  for (const LeafFact& fact : e.verified.facts)
    out.push_back(Event(e.verified.checkpoint.origin, fact));
  return out.dump(1) + "\n";
}

}  // namespace muster::registry::evidence
