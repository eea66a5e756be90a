#pragma once
// A coordinator's log that can tell two stories: both begin with the same 20 facts.
#include "client/log_witness.h"
#include "registry/audit/checkpoint.h"
#include "tests/support/symbolic_crypto.h"
#include "tests/unit/registry_audit/testing.h"

namespace muster::testing {
namespace audit = registry::audit;

class TwoHistories {
 public:
  explicit TwoHistories(std::uint64_t key = 1) : signer_(crypto, key) {}

  std::string Key() const {
    return audit::NoteKey::Make(kOrigin, signer_.public_key(), audit::kHasher)->ToString();
  }
  std::string Note(audit::NaiveTree& tree, std::uint64_t size) const {
    return *audit::SignCheckpoint({kOrigin, tree.Head(size), {}}, signer_, audit::kHasher);
  }
  // What an honest server of `tree` shows of `size` leaves to somebody who saw `since`.
  client::LogHead Head(audit::NaiveTree& tree, std::uint64_t since, std::uint64_t size) const {
    client::LogHead out{Note(tree, size), Key(), {}, {}};
    if (since == 0 || since > size) return out;
    out.past_root = tree.Root(since);
    out.proof = tree.Proof(since, size);
    return out;
  }
  const Signer& signer() const { return signer_; }

  static constexpr char kOrigin[] = "muster.test/0a1b2c3d";
  SymbolicCrypto crypto{audit::kHasher};
  audit::NaiveTree first = audit::NaiveTree::Numbered(40);
  audit::NaiveTree second = Other();

 private:
  static audit::NaiveTree Other() {
    audit::Hashes leaves;
    for (std::uint64_t n = 0; n < 40; ++n)
      leaves.push_back(audit::NumberedLeaf(n < 20 ? n : n + 1000));
    return audit::NaiveTree(std::move(leaves));
  }
  SymbolicSigner signer_;
};

}  // namespace muster::testing
