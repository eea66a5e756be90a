#include "registry/audit/head.h"

#include "registry/audit/paths.h"
#include "registry/audit/tile_nodes.h"

namespace muster::registry::audit {
namespace {
// Of a note that this log signed itself.
StatusOr<std::uint64_t> SizeOf(std::string_view note) {
  MUSTER_ASSIGN(const Note parsed, ParseNote(note));
  MUSTER_ASSIGN(const Checkpoint checkpoint, ParseCheckpoint(parsed.text));
  return checkpoint.tree.size;
}
}  // namespace

StatusOr<ShownHead> ShowHead(const Hasher& hasher, MerkleLog& log, std::uint64_t since,
                             std::uint64_t size) {
  ShownHead out;
  out.note = log.checkpoint().value_or("");
  if (out.note.empty()) return out;
  MUSTER_ASSIGN(const std::uint64_t newest, SizeOf(out.note));
  if (size > newest)
    return WithReason(
        InvalidArgument("the newest checkpoint is of {} leaves, not of {}", newest, size),
        Reason::kPROOF_INVALID);
  if (size == 0)
    size = newest;
  else if (since > size)
    return WithReason(InvalidArgument("a tree of {} leaves has no past of {}", size, since),
                      Reason::kPROOF_INVALID);
  if (since == 0 || since > size) return out;
  TileNodes nodes(hasher, log, size);
  MUSTER_ASSIGN(out.past_root, RootOf(hasher, nodes, since));
  MUSTER_ASSIGN(out.proof, ConsistencyPath(hasher, nodes, since, size));
  return out;
}

}  // namespace muster::registry::audit
