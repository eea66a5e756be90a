#pragma once
// Gathers what the log has about one version of a model into a bundle: the model's and contract's
// facts, and those of the campaigns and rounds that it and its ancestors came out of.
#include <optional>

#include "base/crypto.h"
#include "base/journal.h"
#include "registry/audit/merkle_log.h"
#include "registry/evidence/bundle.h"

namespace muster::registry::evidence {

struct CollectPorts {  // All outlive the call.
  Journal& journal;
  audit::MerkleLog& log;
  const Signer& signer;  // Of the log.
  const Hasher& hasher;
  std::string key;  // The log's verifier.
};

// A device's question, with the campaign that gave it the model.
struct Asked {
  Question question;
  std::string campaign;
};

// As of the last signed checkpoint. NOT_FOUND (RESOURCE_NOT_FOUND) when it has no such version yet;
// RESOURCE_EXHAUSTED (ARTEFACT_INVALID) when the bundle would be longer than kMostBundleBytes; the
// errors of the journal and the log. With `asked`, the bundle answers the question too, with the
// facts of that campaign and its rounds; FAILED_PRECONDITION when the facts under the checkpoint do
// not show (yet) that the device ran this version. Cost: reads those facts, and a proof for each.
StatusOr<Bundle> Collect(const CollectPorts& ports, const std::string& model, std::uint64_t version,
                         const std::optional<Asked>& asked = std::nullopt);

}  // namespace muster::registry::evidence
