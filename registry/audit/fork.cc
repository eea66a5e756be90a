#include "registry/audit/fork.h"

#include <span>
#include <utility>

namespace muster::registry::audit {
namespace {
Status NoFork(std::string_view what) {
  return WithReason(InvalidArgument("no evidence of a fork: {}", what), Reason::kPROOF_INVALID);
}
}  // namespace

Status ProveFork(const ForkEvidence& evidence, const NoteKey& key, const Crypto& crypto) {
  const std::span<const NoteKey> keys(&key, 1);
  MUSTER_ASSIGN(const Checkpoint first, OpenCheckpoint(evidence.first, keys, crypto));
  MUSTER_ASSIGN(const Checkpoint second, OpenCheckpoint(evidence.second, keys, crypto));
  TreeHead older = first.tree;
  TreeHead newer = second.tree;
  if (older.size > newer.size) std::swap(older, newer);
  if (older.size == newer.size)
    return older.root != newer.root ? Ok() : NoFork("the checkpoints have one root");
  if (!evidence.past) return NoFork("one checkpoint is larger, and its past is not shown");
  // With this the older root and the past's are two roots of one size, of which the key's holder
  // signed the one and, by the newer checkpoint, the other.
  const TreeHead past{older.size, evidence.past->root};
  MUSTER_TRY(VerifyConsistency(crypto, past, newer, evidence.past->proof));
  return past != older ? Ok() : NoFork("the larger checkpoint grew out of the smaller one");
}

}  // namespace muster::registry::audit
