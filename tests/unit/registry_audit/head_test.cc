#include "registry/audit/head.h"

#include "registry/audit/fork.h"
#include "registry/audit/witness.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/memory_journal.h"
#include "tests/support/symbolic_crypto.h"
#include "tests/unit/registry_audit/testing.h"

namespace muster::registry::audit {
namespace {
using namespace muster::testing;

class HeadTest : public ::testing::Test {
 protected:
  void GrowTo(std::uint64_t size) {
    Fill(journal, facts, size);
    facts = size;
    ASSERT_THAT(log->Advance(), IsOk());
    ASSERT_THAT(log->Publish(), IsOk());
  }
  NoteKey Key() const { return *NoteKey::Make("example.org/log", signer.public_key(), kHasher); }

  SymbolicCrypto crypto{kHasher};
  SymbolicSigner signer{crypto, 1};
  MemoryJournal journal;
  MemoryFiles files;
  std::unique_ptr<MerkleLog> log =
      *MerkleLog::Open({journal, files, kHasher, signer, "example.org/log"});
  std::uint64_t facts = 0;
};

TEST_F(HeadTest, AnEmptyLogShowsNothing) {
  const auto head = ShowHead(kHasher, *log, 0, 0);
  ASSERT_THAT(head, IsOk());
  EXPECT_EQ(head->note, "");
}

TEST_F(HeadTest, WhatItShowsConvincesAWitnessOfAnyEarlierSize) {
  GrowTo(300);
  NaiveTree tree = TreeOfFacts(300);
  for (const std::uint64_t since : {1, 2, 255, 256, 257, 299, 300}) {
    const auto head = ShowHead(kHasher, *log, since, 0);
    ASSERT_THAT(head, IsOk());
    EXPECT_EQ(head->past_root, tree.Root(since));
    Witness witness({Key()}, crypto);
    ASSERT_THAT(
        witness.See(*SignCheckpoint({Key().name(), tree.Head(since), {}}, signer, kHasher), {}),
        IsOk());
    EXPECT_THAT(witness.See(head->note, head->proof), IsOk()) << since;
  }
}

TEST_F(HeadTest, ALogThatIsShorterShowsItsCheckpointAloneAndIsNoServantOfOtherSizes) {
  GrowTo(10);
  const auto head = ShowHead(kHasher, *log, 11, 0);
  ASSERT_THAT(head, IsOk());
  EXPECT_NE(head->note, "");
  EXPECT_EQ(head->past_root, Digest());
  for (const auto& [since, size] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {5, 11}, {9, 8}, {0, std::uint64_t{1} << 60}})
    EXPECT_THAT(ShowHead(kHasher, *log, since, size),
                Fails(absl::StatusCode::kInvalidArgument, Reason::kPROOF_INVALID));
}

// Somebody holds a checkpoint of another story; the log itself gives what proves it.
TEST_F(HeadTest, WhatItShowsOfALargerTreeProvesAFork) {
  GrowTo(30);
  const std::string theirs =
      *SignCheckpoint({Key().name(), NaiveTree::Numbered(20).Head(20), {}}, signer, kHasher);
  const std::string mine = *log->checkpoint();
  GrowTo(40);
  const auto head = ShowHead(kHasher, *log, 20, 30);
  ASSERT_THAT(head, IsOk());
  EXPECT_THAT(ProveFork({theirs, mine, Past{head->past_root, head->proof}}, Key(), crypto), IsOk());
}

}  // namespace
}  // namespace muster::registry::audit
