#pragma once
// A verified bundle in the forms that other tools and people read. Pure; each names the leaf behind
// what it says, so that a claim can be led back to the bundle.
#include <string>

#include "registry/evidence/card.h"
#include "registry/evidence/verify.h"

namespace muster::registry::evidence {

// What the exports are about.
struct Evidence {
  const Bundle& bundle;
  const Verified& verified;
  const Card& card;
};

// CycloneDX 1.6 (ECMA-424), JSON: the model as a machine-learning-model component with its model
// card, the contract as a data component. Deterministic: its serial number comes of the digests.
std::string ToCycloneDx(const Evidence& evidence);
// One CloudEvents 1.0 event a fact, as a JSON array (application/cloudevents-batch+json).
std::string ToCloudEvents(const Evidence& evidence);
// RFC 4180: section, key, label, value, leaves, clauses; a line for each field, round and change.
std::string ToCsv(const Evidence& evidence);
// One page without scripts or anything fetched.
std::string ToHtml(const Evidence& evidence);

}  // namespace muster::registry::evidence
