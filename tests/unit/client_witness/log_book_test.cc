#include "client/witness/log_book.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "platform/dir_files.h"
#include "registry/audit/fork.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/client_witness/two_histories.h"

namespace muster::testing {
namespace {
using namespace std::chrono_literals;
using client::LogBook;
using client::LogHead;
using enum absl::StatusCode;

constexpr Timestamp kNow{Duration(1'700'000'000'000)};
constexpr char kFile[] = "log/c.json";
constexpr char kEvidence[] = "log/c.evidence.json";

class LogBookTest : public ::testing::Test {
 protected:
  std::shared_ptr<LogBook> Open(const std::string& key = "") {
    return *LogBook::Open({.name = "c", .folder = "state", .key = key}, files, log.crypto);
  }
  Status See(LogBook& book, audit::NaiveTree& tree, std::uint64_t size) {
    return book.See(book.remembered(), log.Head(tree, book.remembered(), size), kNow);
  }
  bool Has(const std::string& name) { return files.Get(name).ok(); }
  audit::ForkFile Evidence() { return *audit::ParseForkFile(AsText(*files.Get(kEvidence))); }
  Status Proven() {
    const audit::ForkFile file = Evidence();
    return audit::ProveFork(file.evidence, *audit::NoteKey::Parse(log.Key(), log.crypto),
                            log.crypto);
  }

  TwoHistories log;
  std::shared_ptr<MemoryFiles::Disk> disk = MemoryFiles::NewDisk();
  FaultHook fault;
  MemoryFiles files{disk, [this](std::string_view op) { return AskFault(fault, op); }};
};

TEST_F(LogBookTest, BelievesALogThatGrowsAndRemembersItInItsNextLife) {
  auto book = Open();
  EXPECT_TRUE(book->Due(kNow));
  for (const std::uint64_t size : {5, 5, 9, 33}) {
    ASSERT_THAT(See(*book, log.first, size), IsOk());
    EXPECT_FALSE(book->Due(kNow + 4min));
    EXPECT_TRUE(book->Due(kNow + 5min));
    book = Open();  // As a kill -9 would have it.
    EXPECT_EQ(book->remembered(), size);
    EXPECT_TRUE(book->Due(kNow)) << "the next life looks first";
  }
  EXPECT_FALSE(Has(kEvidence));
}

TEST_F(LogBookTest, RefusesALogThatShrankAndKeepsBothCheckpoints) {
  auto book = Open();
  ASSERT_THAT(See(*book, log.first, 30), IsOk());
  EXPECT_THAT(See(*book, log.first, 29), Fails(kFailedPrecondition, Reason::kLOG_REWOUND));
  EXPECT_THAT(book->verdict(), Fails(kFailedPrecondition, Reason::kLOG_REWOUND));
  EXPECT_EQ(Evidence().finding, Reason::kLOG_REWOUND);
  EXPECT_EQ(Evidence().evidence.first, log.Note(log.first, 30));
  EXPECT_EQ(Evidence().evidence.second, log.Note(log.first, 29));
  EXPECT_EQ(Evidence().key, log.Key());
  EXPECT_EQ(Evidence().seen, kNow);
  // What it was is not forgotten, and its newest data make it good again.
  book = Open();
  EXPECT_EQ(book->remembered(), 30U);
  EXPECT_THAT(See(*book, log.first, 31), IsOk());
}

TEST_F(LogBookTest, LooksAgainSoonAtALogThatHasNoCheckpointYet) {
  auto book = Open(log.Key());
  ASSERT_THAT(book->See(0, {}, kNow), IsOk());
  EXPECT_FALSE(book->Due(kNow + 4s));
  EXPECT_TRUE(book->Due(kNow + 5s));
}

TEST_F(LogBookTest, RefusesALogThatIsEmptyNow) {
  auto book = Open();
  ASSERT_THAT(See(*book, log.first, 3), IsOk());
  EXPECT_THAT(book->See(3, {}, kNow), Fails(kFailedPrecondition, Reason::kLOG_REWOUND));
}

TEST_F(LogBookTest, RefusesAForkOfAnySizeAndItsEvidenceProvesIt) {
  for (const std::uint64_t size : {30, 31, 40}) {
    disk->mu.Lock();
    disk->files.clear();
    disk->mu.Unlock();
    auto book = Open();
    ASSERT_THAT(See(*book, log.first, 30), IsOk());
    EXPECT_THAT(See(*book, log.second, size), Fails(kFailedPrecondition, Reason::kLOG_FORKED));
    EXPECT_EQ(Evidence().finding, Reason::kLOG_FORKED);
    EXPECT_THAT(Proven(), IsOk()) << size;
    // A fork that is proven stays one, even if the coordinator shows the first story again.
    EXPECT_THAT(Open()->verdict(), Fails(kFailedPrecondition, Reason::kLOG_FORKED));
  }
}

TEST_F(LogBookTest, AProofThatProvesNothingIsRefusedAndIsNoEvidenceOfAFork) {
  auto book = Open();
  ASSERT_THAT(See(*book, log.first, 30), IsOk());
  LogHead head = log.Head(log.first, 30, 35);
  head.proof.pop_back();
  EXPECT_THAT(book->See(30, head, kNow), Fails(kInvalidArgument, Reason::kPROOF_INVALID));
  EXPECT_FALSE(book->verdict().ok());
  EXPECT_FALSE(Proven().ok());
  EXPECT_TRUE(Open()->verdict().ok());
}

TEST_F(LogBookTest, PinsTheKeyThatEnrolmentGaveElseTheFirst) {
  TwoHistories other(2);
  auto enrolled = Open(log.Key());
  EXPECT_THAT(enrolled->See(0, other.Head(other.first, 0, 5), kNow),
              Fails(kUnauthenticated, Reason::kNOTE_INVALID));
  auto first = Open();
  ASSERT_THAT(See(*first, log.first, 5), IsOk());
  EXPECT_THAT(first->See(5, other.Head(other.first, 5, 6), kNow),
              Fails(kUnauthenticated, Reason::kNOTE_INVALID));
  // What was pinned outlives what a later enrolment says.
  EXPECT_EQ(Open(other.Key())->remembered(), 5U);
}

TEST_F(LogBookTest, AnAnswerThatCameSecondIsAskedForAgain) {
  auto book = Open();
  const LogHead slow = log.Head(log.first, 0, 7);
  ASSERT_THAT(See(*book, log.first, 9), IsOk());
  EXPECT_THAT(book->See(0, slow, kNow), HasCode(kAborted));
  EXPECT_TRUE(book->verdict().ok());
  book->Doubt();
  EXPECT_TRUE(book->Due(kNow));
}

TEST_F(LogBookTest, WhatCouldNotBeKeptIsNotBelievedYet) {
  auto book = Open();
  fault = [](std::string_view op) -> Status {
    return op == "file.put" ? WithReason(ResourceExhausted("full"), Reason::kDISK_FULL) : Ok();
  };
  EXPECT_THAT(See(*book, log.first, 5), Fails(kResourceExhausted, Reason::kDISK_FULL));
  EXPECT_TRUE(book->Due(kNow));
  EXPECT_TRUE(book->verdict().ok()) << "the disk's trouble is no verdict";
  fault = {};
  EXPECT_THAT(See(*book, log.first, 5), IsOk());
  EXPECT_EQ(Open()->remembered(), 5U);
}

TEST_F(LogBookTest, AFileThatWasCutShortIsNeitherBelievedNorForgotten) {
  ASSERT_THAT(See(*Open(), log.first, 30), IsOk());
  const Bytes whole = *files.Get(kFile);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::array<ByteView, 1> part{ByteView(whole).first(size)};
    ASSERT_THAT(files.Put(kFile, part), IsOk());
    ASSERT_THAT(LogBook::Open({.name = "c", .folder = "state", .key = ""}, files, log.crypto),
                HasCode(kDataLoss))
        << size;
  }
}

// Over the very files that the agent has: a Put that was killed leaves its temporary beside.
TEST_F(LogBookTest, AKillInTheMiddleOfWritingLeavesWhatWasRemembered) {
  TempDir dir;
  auto on_disk = *platform::DirFiles::Open(dir.path());
  const auto open = [&] {
    return *LogBook::Open({.name = "c", .folder = dir.path(), .key = ""}, *on_disk, log.crypto);
  };
  auto book = open();
  ASSERT_THAT(See(*book, log.first, 12), IsOk());
  on_disk.reset();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir.path()))
    if (entry.is_regular_file() && entry.path().filename() == "c.json")
      std::filesystem::copy_file(entry.path(), entry.path().string() + ".tmp");
  on_disk = *platform::DirFiles::Open(dir.path());
  EXPECT_EQ(open()->remembered(), 12U);
}

}  // namespace
}  // namespace muster::testing
