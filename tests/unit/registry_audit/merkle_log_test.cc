#include "registry/audit/merkle_log.h"

#include <atomic>
#include <thread>

#include "registry/audit/proofs.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/memory_journal.h"
#include "tests/support/symbolic_crypto.h"
#include "tests/unit/registry_audit/testing.h"

namespace muster::registry::audit {
namespace {
using muster::testing::Fails;
using muster::testing::FaultHook;
using muster::testing::HasCode;
using muster::testing::IsOk;
using muster::testing::MemoryFiles;
using muster::testing::MemoryJournal;
using muster::testing::SymbolicCrypto;
using muster::testing::SymbolicSigner;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using enum absl::StatusCode;

const SymbolicCrypto kCrypto(kHasher);
const SymbolicSigner kSigner(kCrypto, 1);
const std::string kOrigin = "example.org/log";

NoteKey LogKey() { return *NoteKey::Make(kOrigin, kSigner.public_key(), kHasher); }

// A journal, and the files that a log over it keeps; both outlive the log.
struct Place {
  explicit Place(FaultHook fault = {}) : files(disk, std::move(fault)) {}
  StatusOr<std::unique_ptr<MerkleLog>> Open() { return Open(journal); }
  StatusOr<std::unique_ptr<MerkleLog>> Open(Journal& other) {
    return MerkleLog::Open({other, files, kHasher, kSigner, kOrigin});
  }
  std::map<std::string, Bytes, std::less<>> Kept() {
    absl::MutexLock lock(&disk->mu);
    return disk->files;
  }
  void Keep(const std::string& name, const Bytes& bytes) {
    absl::MutexLock lock(&disk->mu);
    disk->files[name] = bytes;
  }
  void Lose(std::string_view prefix) {
    absl::MutexLock lock(&disk->mu);
    std::erase_if(disk->files, [&](const auto& file) { return file.first.starts_with(prefix); });
  }
  MemoryJournal journal;
  std::shared_ptr<MemoryFiles::Disk> disk = MemoryFiles::NewDisk();
  MemoryFiles files;
};

// Takes all that the journal has.
Status CatchUp(MerkleLog& log, std::uint64_t batch = MerkleLog::kBatch) {
  for (;;) {
    MUSTER_ASSIGN(const MerkleLog::Advanced advanced, log.Advance(batch));
    if (advanced.at_end) return Ok();
  }
}

// A log of `size` facts that was published at its end, and is closed again.
void Build(Place& place, std::uint64_t size) {
  Fill(place.journal, 0, size);
  const auto log = place.Open();
  ASSERT_THAT(log, IsOk());
  ASSERT_THAT(CatchUp(**log), IsOk());
  ASSERT_THAT((*log)->Publish(), IsOk());
}

TEST(MerkleLog, FollowsTheJournalBatchByBatch) {
  Place place;
  const auto log = *place.Open();
  EXPECT_EQ(log->head(), (TreeHead{0, EmptyRoot(kHasher)}));
  EXPECT_TRUE(log->Advance()->at_end);
  Fill(place.journal, 0, 1000);
  NaiveTree tree = TreeOfFacts(1100);
  std::uint64_t size = 0;
  for (const std::uint64_t batch : {1, 0, 255, 300, 144}) {
    const auto advanced = log->Advance(batch);
    ASSERT_THAT(advanced, IsOk());
    size += batch;
    EXPECT_EQ(advanced->added, batch);
    EXPECT_EQ(advanced->head, tree.Head(size));
    EXPECT_FALSE(advanced->at_end);
    EXPECT_EQ(log->head(), tree.Head(size));
  }
  EXPECT_EQ(log->Advance(1000)->added, 300u);
  EXPECT_TRUE(log->Advance()->at_end);
  Fill(place.journal, 1000, 1100);
  EXPECT_EQ(log->Advance()->head, tree.Head(1100));
}

TEST(MerkleLog, LeavesAreTheFactsOfAllStreamsInTheOrderOfTheJournal) {
  Place place;
  const std::vector<std::string> facts = {R"({"n":1})", R"({"n":2})"};
  ASSERT_THAT(place.journal.Append("a/\"b\"", 0, facts), IsOk());
  ASSERT_THAT(place.journal.Append("c", 0, facts, true), IsOk());
  const auto log = *place.Open();
  ASSERT_THAT(CatchUp(*log), IsOk());
  EXPECT_THAT(*log->Leaves({kEntries, 0, 4}),
              ElementsAre(R"({"fact":{"n":1},"seq":0,"stream":"a/\"b\""})",
                          R"({"fact":{"n":2},"seq":1,"stream":"a/\"b\""})",
                          R"({"fact":{"n":1},"seq":0,"stream":"c"})",
                          R"({"fact":{"n":2},"seq":1,"stream":"c"})"));
  EXPECT_THAT(log->Leaves({kEntries, 0, 3}), IsOk());
  EXPECT_THAT(log->Leaves({kEntries, 0, 5}), HasCode(kNotFound));
  EXPECT_THAT(log->Leaves({kEntries, 1, 1}), HasCode(kNotFound));
}

TEST(MerkleLog, HasEveryTileOfEverySizeThatItEverHad) {
  Place place;
  Build(place, 70'000);
  const auto log = *place.Open();
  NaiveTree tree = TreeOfFacts(70'000);
  EXPECT_EQ(log->head(), tree.Head(70'000));
  EXPECT_EQ(place.Kept().size(), 273u + 1 + 2);  // Full tiles; state and checkpoint.
  for (const std::uint64_t size : {1, 255, 256, 257, 65'535, 65'536, 70'000})
    for (const TileId& tile : TilesOf(size)) {
      const auto hashes = log->Tile(tile);
      ASSERT_THAT(hashes, IsOk()) << PathOf(tile);
      ASSERT_EQ(hashes->size(), tile.width);
      for (std::uint64_t i : {std::uint64_t{0}, tile.width / 2, tile.width - 1})
        ASSERT_EQ((*hashes)[i], *tree.Node(8 * tile.level, tile.index * kTileWidth + i));
    }
  EXPECT_THAT(log->Tile({0, 273, 113}), HasCode(kNotFound));
  EXPECT_THAT(log->Tile({kEntries, 0, 1}), HasCode(kInvalidArgument));
}

TEST(MerkleLog, ProvesAnyLeafAndAnyGrowthAtAnyOfItsSizes) {
  Place place;
  Build(place, 70'000);
  const auto log = *place.Open();
  NaiveTree tree = TreeOfFacts(70'000);
  for (const std::uint64_t size : {1, 2, 256, 300, 4097, 65'536, 65'537, 70'000})
    for (const std::uint64_t index : {std::uint64_t{0}, size / 3, size / 2, size - 1}) {
      const auto inclusion = ProveInclusion(kHasher, *log, index, size);
      ASSERT_THAT(inclusion, IsOk());
      EXPECT_EQ(inclusion->hashes, tree.Path(index, 0, size));
      EXPECT_THAT(Verify(kHasher, *inclusion, tree.leaf(index), tree.Head(size)), IsOk());
      const auto growth = ProveConsistency(kHasher, *log, index, size);
      ASSERT_THAT(growth, IsOk());
      EXPECT_EQ(growth->hashes, tree.Proof(index, size));
      EXPECT_THAT(Verify(kHasher, *growth, tree.Head(index), tree.Head(size)), IsOk());
    }
  EXPECT_THAT(ProveInclusion(kHasher, *log, 0, 70'001), HasCode(kNotFound));
  EXPECT_THAT(ProveInclusion(kHasher, *log, 9, 9), HasCode(kInvalidArgument));
}

TEST(MerkleLog, SignsACheckpointWhenItIsAskedToAndHasGrown) {
  Place place;
  const auto log = *place.Open();
  EXPECT_EQ(log->checkpoint(), std::nullopt);
  const NoteKey key = LogKey();
  const auto open = [&](const std::string& note) {
    return *OpenCheckpoint(note, std::span(&key, 1), kCrypto);
  };
  EXPECT_EQ(open(*log->Publish()), (Checkpoint{kOrigin, {0, EmptyRoot(kHasher)}, {}}));
  Fill(place.journal, 0, 300);
  EXPECT_EQ(open(*log->Publish()).tree.size, 0u) << "nothing was taken of the journal yet";
  ASSERT_THAT(CatchUp(*log), IsOk());
  const std::string note = *log->Publish();
  EXPECT_EQ(open(note), (Checkpoint{kOrigin, TreeOfFacts(300).Head(300), {}}));
  EXPECT_EQ(log->checkpoint(), note);
  EXPECT_EQ(*log->Publish(), note);
  EXPECT_EQ((*place.Open())->checkpoint(), note);
  EXPECT_EQ(*(*place.Open())->Publish(), note);
}

// Every write to the files fails in turn: before anything is written, or only in its answer.
TEST(MerkleLog, ACrashAtAnyWriteLeavesWhatGoesOnToTheSameLog) {
  Place undisturbed;
  Build(undisturbed, 1000);
  const auto wanted = undisturbed.Kept();
  for (const std::string operation : {"file.put", "file.put.done"})
    for (int crash_at = 0;; ++crash_at) {
      SCOPED_TRACE(fmt::format("{} {}", operation, crash_at));
      int count = 0;
      bool crashed = false;
      Place place([&](std::string_view op) {
        if (op != operation || count++ != crash_at) return Ok();
        crashed = true;
        return ResourceExhausted("the disk is full");
      });
      Fill(place.journal, 0, 1000);
      const auto run = [&]() -> Status {
        MUSTER_ASSIGN(const auto log, place.Open());
        for (int batch = 0; batch < 4; ++batch) {
          MUSTER_TRY(log->Advance(250).status());
          MUSTER_TRY(log->Publish().status());
        }
        return Ok();
      };
      const Status first = run();
      EXPECT_EQ(first.ok(), !crashed);
      const auto again = place.Open();
      ASSERT_THAT(again, IsOk());
      ASSERT_THAT(CatchUp(**again, 250), IsOk());
      ASSERT_THAT((*again)->Publish(), IsOk());
      ASSERT_THAT((*again)->CheckHistory(), IsOk());
      ASSERT_TRUE(place.Kept() == wanted);
      if (!crashed) break;
    }
}

TEST(MerkleLog, AfterAFailedWriteTheSameLogGoesOn) {
  int fails_after = 0;  // So many writes succeed.
  Place place([&](std::string_view op) {
    if (op == "file.put" && fails_after-- == 0) return ResourceExhausted("the disk is full");
    return Ok();
  });
  Fill(place.journal, 0, 600);
  const auto log = *place.Open();
  for (const int writes :
       {0, 1, 0}) {  // The first tile, the second (the first is there), the state.
    fails_after = writes;
    EXPECT_THAT(log->Advance(), HasCode(kResourceExhausted));
    EXPECT_EQ(log->head().size, 0u);
  }
  fails_after = -1;
  EXPECT_EQ(log->Advance()->head, TreeOfFacts(600).Head(600));
  fails_after = 0;
  EXPECT_THAT(log->Publish(), HasCode(kResourceExhausted));
  EXPECT_EQ(log->checkpoint(), std::nullopt);
  EXPECT_THAT(log->Publish(), IsOk());
}

TEST(MerkleLog, AJournalThatWasRewoundIsRefusedWithTheLeafThatItLacks) {
  Place place;
  Build(place, 600);
  for (const std::uint64_t left : {0, 1, 256, 511, 512, 599}) {
    MemoryJournal shorter;
    if (left > 0) Fill(shorter, 0, left);
    const auto log = place.Open(shorter);
    ASSERT_THAT(log, Fails(kDataLoss, Reason::kLOG_REWOUND)) << left;
    EXPECT_THAT(MessageOf(log.status()),
                HasSubstr(fmt::format("leaf {}", std::max<std::uint64_t>(left, 512))));
  }
}

// A journal like the numbered one, but for one fact.
FactAt AlteredAt(std::uint64_t altered) {
  return [altered](std::uint64_t leaf) {
    return leaf == altered ? R"({"n":"altered"})" : NumberedFact(leaf);
  };
}

TEST(MerkleLog, AnAlteredFactAmongTheLastIsRefusedAtTheStartByItsLeaf) {
  Place place;
  Build(place, 600);
  for (const std::uint64_t leaf : {512, 555, 599}) {
    MemoryJournal altered;
    Fill(altered, 0, 700, AlteredAt(leaf));
    const auto log = place.Open(altered);
    ASSERT_THAT(log, Fails(kDataLoss, Reason::kLOG_ALTERED));
    EXPECT_THAT(MessageOf(log.status()), HasSubstr(fmt::format("leaf {} ", leaf)));
  }
}

TEST(MerkleLog, AnAlteredFactAnywhereIsFoundByTheFullCheckAndNeverServed) {
  Place place;
  Build(place, 600);
  for (const std::uint64_t leaf : {0, 255, 256, 300, 511}) {
    MemoryJournal altered;
    Fill(altered, 0, 600, AlteredAt(leaf));
    const auto log = *place.Open(altered);
    const Status found = log->CheckHistory();
    EXPECT_THAT(found, Fails(kDataLoss, Reason::kLOG_ALTERED));
    EXPECT_THAT(MessageOf(found), HasSubstr(fmt::format("leaf {} ", leaf)));
    EXPECT_THAT(log->Leaves({kEntries, leaf / 256, 256}), Fails(kDataLoss, Reason::kLOG_ALTERED));
    EXPECT_THAT(log->Leaves({kEntries, 2, 88}), IsOk());
  }
}

TEST(MerkleLog, FactsThatChangedPlacesAreFoundAsAltered) {
  Place place;
  Build(place, 600);
  MemoryJournal swapped;
  Fill(swapped, 0, 600, [](std::uint64_t leaf) {
    return NumberedFact(leaf == 100 ? 101 : leaf == 101 ? 100 : leaf);
  });
  EXPECT_THAT((*place.Open(swapped))->CheckHistory(), Fails(kDataLoss, Reason::kLOG_ALTERED));
}

TEST(MerkleLog, AnyBitOfAnyFileThatFlipsIsFound) {
  Place place;
  Build(place, 600);
  const auto kept = place.Kept();
  ASSERT_EQ(kept.size(), 4u);
  for (const auto& [name, bytes] : kept)
    for (std::size_t i = 0; i < bytes.size(); i += name == "log/checkpoint" ? 1 : 37) {
      Bytes flipped = bytes;
      flipped[i] ^= static_cast<std::byte>(1u << i % 8);
      place.Keep(name, flipped);
      const auto log = place.Open();
      Status found = log.ok() ? (*log)->CheckHistory() : log.status();
      if (found.ok()) found = (*log)->Advance().status();  // Misses what a checkpoint has more.
      // What is behind the root in a checkpoint is a signature, which the world verifies.
      if (found.ok()) ASSERT_EQ(name, "log/checkpoint") << i;
      if (name == "log/checkpoint" && i < kOrigin.size() + 5) ASSERT_FALSE(found.ok()) << i;
      place.Keep(name, bytes);
    }
  for (const std::string_view cut : {"log/tile/0/000", "log/tile/0/001", "log/state"}) {
    Bytes bytes = kept.find(cut)->second;
    bytes.pop_back();
    place.Keep(std::string(cut), bytes);
    const auto log = place.Open();
    EXPECT_THAT(log.ok() ? (*log)->CheckHistory() : log.status(),
                Fails(kDataLoss, Reason::kLOG_ALTERED));
    place.Keep(std::string(cut), kept.find(cut)->second);
  }
  EXPECT_THAT((*place.Open())->CheckHistory(), IsOk());
}

TEST(MerkleLog, AMissingTileIsFound) {
  Place place;
  Build(place, 600);
  place.Lose("log/tile/0/000");
  EXPECT_THAT((*place.Open())->CheckHistory(), Fails(kDataLoss, Reason::kLOG_ALTERED));
  place.Lose("log/tile/0/001");
  EXPECT_THAT(place.Open(), Fails(kDataLoss, Reason::kLOG_ALTERED));
}

TEST(MerkleLog, WhatIsLostIsBuiltAgainFromTheJournal) {
  Place place;
  Build(place, 1000);
  const auto wanted = place.Kept();
  for (const std::string_view lost : {"log/state", "log/t", "log/"}) {
    place.Lose(lost);
    if (lost == "log/t") place.Lose("log/state");
    const auto log = *place.Open();
    EXPECT_EQ(log->head().size, 0u);
    ASSERT_THAT(CatchUp(*log, 300), IsOk());
    ASSERT_THAT(log->Publish(), IsOk());
    EXPECT_TRUE(place.Kept() == wanted) << lost;
  }
}

TEST(MerkleLog, BuildingAgainOverAnAlteredJournalIsRefusedByTheTileOrTheCheckpoint) {
  Place place;
  Build(place, 1000);
  const auto kept = place.Kept();
  const auto built_over = [&](const FactAt& facts, std::uint64_t size, std::string_view lost) {
    for (const auto& [name, bytes] : kept) place.Keep(name, bytes);
    place.Lose(lost);
    place.Lose("log/state");
    MemoryJournal other;
    Fill(other, 0, size, facts);
    const auto log = place.Open(other);
    return log.ok() ? CatchUp(**log, 100) : log.status();
  };
  const Status by_tile = built_over(AlteredAt(300), 2000, "log/state");
  EXPECT_THAT(by_tile, Fails(kDataLoss, Reason::kLOG_ALTERED));
  EXPECT_THAT(MessageOf(by_tile), HasSubstr("leaf 300 "));
  EXPECT_THAT(built_over(AlteredAt(300), 2000, "log/tile"), Fails(kDataLoss, Reason::kLOG_FORKED));
  EXPECT_THAT(built_over(AlteredAt(999), 2000, "log/state"), Fails(kDataLoss, Reason::kLOG_FORKED));
  const Status rewound = built_over(NumberedFact, 999, "log/tile");
  EXPECT_THAT(rewound, Fails(kDataLoss, Reason::kLOG_REWOUND));
  EXPECT_THAT(MessageOf(rewound), HasSubstr("leaf 999"));
  EXPECT_THAT(built_over(AlteredAt(1000), 2000, "log/state"), IsOk())
      << "what comes after the checkpoint was never told";
}

TEST(MerkleLog, ACheckpointThatIsNotOfThisLogIsRefused) {
  Place place;
  Build(place, 600);
  const auto put = [&](const std::string& origin, const TreeHead& head) {
    const std::string note = *SignCheckpoint({origin, head, {}}, kSigner, kHasher);
    place.Keep("log/checkpoint", Bytes(AsBytes(note).begin(), AsBytes(note).end()));
  };
  put(kOrigin, {300, TreeOfFacts(300).Root(300)});
  EXPECT_THAT(place.Open(), IsOk());
  put(kOrigin, {300, TreeOfFacts(300).Root(299)});
  EXPECT_THAT(place.Open(), Fails(kDataLoss, Reason::kLOG_FORKED));
  put("example.org/other", {300, TreeOfFacts(300).Root(300)});
  EXPECT_THAT(place.Open(), HasCode(kFailedPrecondition));
  place.Keep("log/checkpoint", Bytes(10));
  EXPECT_THAT(place.Open(), Fails(kDataLoss, Reason::kLOG_ALTERED));
  put(kOrigin, {700, TreeOfFacts(700).Root(700)});
  EXPECT_THAT((*place.Open())->Advance(), Fails(kDataLoss, Reason::kLOG_REWOUND));
  Fill(place.journal, 600, 700);
  EXPECT_THAT(CatchUp(**place.Open()), IsOk());
}

TEST(MerkleLog, AnOriginThatCannotNameAKeyIsRefused) {
  Place place;
  for (const std::string origin : {"", "a b", "a+b", "a\n"})
    EXPECT_THAT(MerkleLog::Open({place.journal, place.files, kHasher, kSigner, origin}),
                Fails(kInvalidArgument, Reason::kNOTE_INVALID));
}

TEST(MerkleLog, IsReadFromManyThreadsWhileItGrows) {
  constexpr std::uint64_t kSize = 3000;
  Place place;
  const auto log = *place.Open();
  std::atomic<bool> done{false};
  const auto read = [&] {
    NaiveTree tree = TreeOfFacts(kSize);
    do {
      const TreeHead head = log->head();
      EXPECT_EQ(head, tree.Head(head.size));
      if (head.size == 0) continue;
      const std::uint64_t index = head.size / 2;
      const auto proof = ProveInclusion(kHasher, *log, index, head.size);
      ASSERT_THAT(proof, IsOk());
      EXPECT_THAT(Verify(kHasher, *proof, tree.leaf(index), head), IsOk());
      EXPECT_THAT(log->Leaves({kEntries, index / 256, index % 256 + 1}), IsOk());
      (void)log->checkpoint();
    } while (!done);
  };
  {
    const std::jthread first(read), second(read);
    for (std::uint64_t size = 0; size < kSize; size += 60) {
      Fill(place.journal, size, size + 60);
      EXPECT_THAT(log->Advance(), IsOk());
      EXPECT_THAT(log->Publish(), IsOk());
    }
    done = true;
  }
  EXPECT_EQ(log->head().size, kSize);
}

}  // namespace
}  // namespace muster::registry::audit
