#include "registry/audit/witness.h"

namespace muster::registry::audit {

Status CheckGrowth(const Hasher& hasher, const TreeHead& remembered, const TreeHead& next,
                   std::span<const Digest> proof) {
  if (next.size < remembered.size)
    return WithReason(
        FailedPrecondition("the log has {} leaves and had {}", next.size, remembered.size),
        Reason::kLOG_REWOUND);
  if (next.size == remembered.size && next.root != remembered.root)
    return WithReason(FailedPrecondition("the log has two roots of {} leaves", next.size),
                      Reason::kLOG_FORKED);
  return VerifyConsistency(hasher, remembered, next, proof);
}

Status Witness::See(std::string_view note, std::span<const Digest> proof) {
  MUSTER_ASSIGN(Checkpoint next, OpenCheckpoint(note, keys_, crypto_));
  if (checkpoint_ && checkpoint_->origin != next.origin)
    return WithReason(Unauthenticated("checkpoint: of another log than the remembered one"),
                      Reason::kNOTE_INVALID);
  // The first is compared with itself: there is nothing else to compare it with.
  const TreeHead& remembered = checkpoint_ ? checkpoint_->tree : next.tree;
  MUSTER_TRY(CheckGrowth(crypto_, remembered, next.tree, proof));
  checkpoint_ = std::move(next);
  note_ = note;
  return Ok();
}

}  // namespace muster::registry::audit
