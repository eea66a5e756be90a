#include "registry/audit/witness.h"

#include "registry/audit/fork.h"
#include "tests/support/symbolic_crypto.h"
#include "tests/unit/registry_audit/testing.h"

namespace muster::registry::audit {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;
using muster::testing::SymbolicCrypto;
using muster::testing::SymbolicSigner;
using enum absl::StatusCode;

const SymbolicCrypto kCrypto(kHasher);
const SymbolicSigner kSigner(kCrypto, 1);
const std::string kOrigin = "example.org/log";

NoteKey LogKey() { return *NoteKey::Make(kOrigin, kSigner.public_key(), kHasher); }
std::string Signed(const TreeHead& head, const std::string& origin = kOrigin,
                   const Signer& signer = kSigner) {
  return *SignCheckpoint({origin, head, {}}, signer, kHasher);
}
auto IsNoProof() { return Fails(kInvalidArgument, Reason::kPROOF_INVALID); }
auto IsRewound() { return Fails(kFailedPrecondition, Reason::kLOG_REWOUND); }
auto IsForked() { return Fails(kFailedPrecondition, Reason::kLOG_FORKED); }

// Two histories that are one up to leaf 20.
class WitnessTest : public ::testing::Test {
 protected:
  static NaiveTree Other() {
    Hashes leaves;
    for (std::uint64_t n = 0; n < 40; ++n) leaves.push_back(NumberedLeaf(n < 20 ? n : n + 1000));
    return NaiveTree(std::move(leaves));
  }
  NaiveTree tree_ = NaiveTree::Numbered(40);
  NaiveTree other_ = Other();
  Witness witness_{{LogKey()}, kCrypto};
};

TEST_F(WitnessTest, BelievesTheFirstCheckpointAndThenThoseThatGrewOutOfIt) {
  EXPECT_EQ(witness_.remembered(), "");
  std::uint64_t size = 5;
  ASSERT_THAT(witness_.See(Signed(tree_.Head(5)), {}), IsOk());
  for (const std::uint64_t next : {5, 6, 8, 20, 33, 33, 40}) {
    ASSERT_THAT(witness_.See(Signed(tree_.Head(next)), tree_.Proof(size, next)), IsOk());
    size = next;
    EXPECT_EQ(witness_.checkpoint()->tree, tree_.Head(next));
    EXPECT_EQ(witness_.remembered(), Signed(tree_.Head(next)));
  }
}

TEST_F(WitnessTest, RefusesARewindAForkAndASpoiledProofAndRemembersWhatItDid) {
  ASSERT_THAT(witness_.See(Signed(tree_.Head(25)), {}), IsOk());
  const Hashes growth = tree_.Proof(25, 33);
  Hashes spoiled = growth;
  spoiled.pop_back();
  EXPECT_THAT(witness_.See(Signed(tree_.Head(24)), {}), IsRewound());
  EXPECT_THAT(witness_.See(Signed(tree_.Head(24)), tree_.Proof(24, 25)), IsRewound());
  EXPECT_THAT(witness_.See(Signed(tree_.Head(0)), {}), IsRewound());
  EXPECT_THAT(witness_.See(Signed(other_.Head(25)), {}), IsForked());
  EXPECT_THAT(witness_.See(Signed(other_.Head(33)), other_.Proof(25, 33)), IsNoProof());
  EXPECT_THAT(witness_.See(Signed(tree_.Head(33)), spoiled), IsNoProof());
  EXPECT_THAT(witness_.See(Signed(tree_.Head(33)), {}), IsNoProof());
  EXPECT_THAT(witness_.See(Signed(tree_.Head(25)), growth), IsNoProof());
  EXPECT_EQ(witness_.remembered(), Signed(tree_.Head(25)));
  EXPECT_THAT(witness_.See(Signed(tree_.Head(33)), growth), IsOk());
}

TEST_F(WitnessTest, RefusesWhatTheLogDidNotSign) {
  const SymbolicSigner stranger(kCrypto, 2);
  const auto not_signed = Fails(kUnauthenticated, Reason::kNOTE_INVALID);
  EXPECT_THAT(witness_.See(Signed(tree_.Head(5), kOrigin, stranger), {}), not_signed);
  EXPECT_THAT(witness_.See(Signed(tree_.Head(5), "example.org/other"), {}), not_signed);
  EXPECT_THAT(witness_.See("hello", {}), Fails(kInvalidArgument, Reason::kNOTE_INVALID));
  EXPECT_FALSE(witness_.checkpoint());
}

TEST_F(WitnessTest, KeepsToOneLogWhenItKnowsTheKeysOfTwo) {
  const SymbolicSigner second(kCrypto, 2);
  const std::string name = "example.org/second";
  Witness both({LogKey(), *NoteKey::Make(name, second.public_key(), kHasher)}, kCrypto);
  ASSERT_THAT(both.See(Signed(tree_.Head(5)), {}), IsOk());
  EXPECT_THAT(both.See(Signed(tree_.Head(6), name, second), tree_.Proof(5, 6)),
              Fails(kUnauthenticated, Reason::kNOTE_INVALID));
}

TEST_F(WitnessTest, AnEmptyLogHasTheRootOfTheEmptyTree) {
  EXPECT_THAT(witness_.See(Signed({0, tree_.Root(5)}), {}), IsNoProof());
  EXPECT_THAT(witness_.See(Signed(tree_.Head(0)), {}), IsOk());
  EXPECT_THAT(witness_.See(Signed(tree_.Head(7)), {}), IsOk());
}

TEST_F(WitnessTest, TwoRootsOfOneSizeProveAFork) {
  const ForkEvidence evidence{Signed(tree_.Head(25)), Signed(other_.Head(25)), {}};
  EXPECT_THAT(ProveFork(evidence, LogKey(), kCrypto), IsOk());
  EXPECT_THAT(ProveFork({Signed(tree_.Head(20)), Signed(other_.Head(20)), {}}, LogKey(), kCrypto),
              IsNoProof());
}

TEST_F(WitnessTest, AnotherPastProvesAForkAtAnyTwoSizes) {
  for (std::uint64_t newer = 21; newer <= 40; ++newer)
    for (std::uint64_t older = 1; older < newer; ++older) {
      const Past past{other_.Root(older), other_.Proof(older, newer)};
      const std::string a = Signed(tree_.Head(older));
      const std::string b = Signed(other_.Head(newer));
      const bool forked = older > 20;
      ASSERT_EQ(ProveFork({a, b, past}, LogKey(), kCrypto).ok(), forked) << older << " " << newer;
      ASSERT_EQ(ProveFork({b, a, past}, LogKey(), kCrypto).ok(), forked) << "in either order";
    }
}

TEST_F(WitnessTest, NothingProvesAForkOfALogThatOnlyGrew) {
  for (std::uint64_t newer = 1; newer <= 40; ++newer)
    for (std::uint64_t older = 0; older <= newer; ++older) {
      const std::string a = Signed(tree_.Head(older));
      const std::string b = Signed(tree_.Head(newer));
      for (const Past& past :
           {Past{tree_.Root(older), tree_.Proof(older, newer)},
            Past{other_.Root(older), other_.Proof(older, newer)},
            Past{Flipped(tree_.Root(older), newer), tree_.Proof(older, newer)},
            Past{tree_.Root(older), {}}, Past{Flipped(tree_.Root(older), 3), {}}})
        ASSERT_THAT(ProveFork({a, b, past}, LogKey(), kCrypto), IsNoProof());
      ASSERT_THAT(ProveFork({a, b, {}}, LogKey(), kCrypto), IsNoProof());
    }
}

TEST_F(WitnessTest, OnlyWhatTheKeySignedIsEvidenceAgainstIt) {
  const SymbolicSigner stranger(kCrypto, 2);
  const auto not_signed = Fails(kUnauthenticated, Reason::kNOTE_INVALID);
  const std::string forged = Signed(other_.Head(25), kOrigin, stranger);
  EXPECT_THAT(ProveFork({Signed(tree_.Head(25)), forged, {}}, LogKey(), kCrypto), not_signed);
  EXPECT_THAT(ProveFork({forged, Signed(tree_.Head(25)), {}}, LogKey(), kCrypto), not_signed);
  const std::string another = Signed(other_.Head(25), "example.org/another");
  EXPECT_THAT(ProveFork({Signed(tree_.Head(25)), another, {}}, LogKey(), kCrypto), not_signed);
}

}  // namespace
}  // namespace muster::registry::audit
