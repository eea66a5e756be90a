#include "registry/rpc/log_head.h"

namespace muster::registry {

StatusOr<v1::LogHead> ReadLogHead(const Hasher& hasher, audit::MerkleLog& log,
                                  const std::string& key, const v1::GetLogHeadRequest& request) {
  MUSTER_ASSIGN(const audit::ShownHead head,
                audit::ShowHead(hasher, log, request.since(), request.size()));
  v1::LogHead out;
  out.set_checkpoint(head.note);
  out.set_key(key);
  if (head.past_root == Digest()) return out;
  out.set_past_root(std::string(AsText(head.past_root.bytes())));
  for (const Digest& hash : head.proof) out.add_proof(std::string(AsText(hash.bytes())));
  return out;
}

}  // namespace muster::registry
