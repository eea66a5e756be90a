#pragma once
// Checks an evidence bundle with nothing but itself and a key: no server, no clock, no network.
#include <optional>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "registry/audit/checkpoint.h"
#include "registry/evidence/bundle.h"
#include "registry/evidence/device_run.h"
#include "registry/evidence/facts.h"

namespace muster::registry::evidence {

struct Verified {
  audit::Checkpoint checkpoint;
  std::vector<LeafFact> facts;
  std::size_t streams = 0;
  std::optional<DeviceRun> run = {};  // The answer to the bundle's question.
};

// OK when the checkpoint is signed by `key` (the bundle's own when none is given), every leaf is
// in its tree, no stream has a gap, the statement is signed and names the files that the facts
// name; and where there is a question, its answer is this version, and the statement is about this
// question and just these leaves. What fails is named, with its leaf:
//   NOTE_INVALID     the checkpoint or the statement is not what the key signed
//   PROOF_INVALID    a leaf is not in the log
//   ARTEFACT_INVALID a fact is left out, unreadable, the statement is about other files, or the
//                    device ran something else
// Cost: one hash a level of the tree for each leaf; 100,000 leaves a second and more.
StatusOr<Verified> Verify(const Bundle& bundle, const std::optional<std::string>& key,
                          const Crypto& crypto);

}  // namespace muster::registry::evidence
