#include "coordinator/app/log_keeper.h"

#include <gmock/gmock.h>

#include "base/seeded.h"
#include "platform/openssl_crypto.h"
#include "registry/audit/checkpoint.h"
#include "tests/support/manual_executor.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/memory_journal.h"
#include "tests/support/status_matchers.h"

namespace muster::coordinator {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;
using registry::audit::MerkleLog;
using std::chrono::milliseconds;
constexpr Duration kLatest{1000};  // How late a fact may be under a checkpoint.

class LogKeeping : public ::testing::Test {
 protected:
  // A process over what the last one left.
  void Start() {
    auto opened = MerkleLog::Open({journal_, files_, crypto_, signer_, "example.org/log"});
    ASSERT_THAT(opened, IsOk());
    log_ = *std::move(opened);
    executor_.emplace();
    keeper_ =
        std::make_unique<LogKeeper>(LogKeeper::Ports{journal_, *log_, clock_, *executor_, logger_});
  }
  void Stop() {
    keeper_.reset();
    executor_.reset();
    log_.reset();
  }
  void Record(int facts = 1) {
    for (int i = 0; i < facts; ++i) {
      const std::vector<std::string> rows{fmt::format(R"({{"n":{}}})", recorded_)};
      ASSERT_THAT(journal_.Append("s", recorded_, rows), IsOk());
      ++recorded_;
    }
  }
  void Pass(Duration time) {
    clock_.Advance(time);
    executor_->RunUntil(clock_.Now());
  }
  // The leaves under the last signed checkpoint.
  std::uint64_t Signed() {
    const auto note = log_->checkpoint();
    if (!note) return 0;
    const auto parsed = registry::audit::ParseNote(*note);
    EXPECT_THAT(parsed, IsOk());
    return registry::audit::ParseCheckpoint(parsed->text)->tree.size;
  }

  ManualClock clock_{FromUnixMillis(1'790'000'000'000)};
  NullLogger logger_;
  platform::OpenSslCrypto crypto_;
  platform::OpenSslSigner signer_{
      *platform::Ed25519PrivateKey::FromSeed(Secret(Bytes(32, std::byte{7})))};
  std::shared_ptr<muster::testing::MemoryJournal::Disk> disk_ =
      muster::testing::MemoryJournal::NewDisk();
  muster::testing::MemoryJournal journal_{disk_};
  std::shared_ptr<muster::testing::MemoryFiles::Disk> files_disk_ =
      muster::testing::MemoryFiles::NewDisk();
  muster::testing::MemoryFiles files_{files_disk_};
  std::uint64_t recorded_ = 0;
  std::unique_ptr<MerkleLog> log_;
  std::optional<muster::testing::ManualExecutor> executor_;
  std::unique_ptr<LogKeeper> keeper_;
};

TEST_F(LogKeeping, AFactIsUnderASignedCheckpointAtOnceWhenAllIsQuiet) {
  Start();
  Record(3);
  executor_->Run();
  EXPECT_EQ(Signed(), 3u);
  Pass(LogKeeper::kRest);
  Record();
  executor_->Run();
  EXPECT_EQ(Signed(), 4u);
}

TEST_F(LogKeeping, FactsThatFollowOneAnotherShareASignature) {
  Start();
  executor_->Run();
  std::set<std::uint64_t> checkpoints;
  for (int i = 0; i < 1000; ++i) {  // One a millisecond.
    Record();
    Pass(milliseconds(1));
    checkpoints.insert(Signed());
  }
  EXPECT_LE(checkpoints.size(), 7u);
}

// However facts come, none waits longer than it may.
TEST_F(LogKeeping, NoFactIsEverOlderThanASecondWithoutACheckpoint) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    Start();
    std::map<std::uint64_t, Timestamp> waiting;  // By the number of facts with it.
    for (int i = 0; i < 400; ++i) {
      if (rng.Below(3) == 0) {
        Record(1 + static_cast<int>(rng.Below(20)));
        waiting.emplace(recorded_, clock_.Now());
      }
      Pass(milliseconds(rng.Below(120)));
      std::erase_if(waiting, [&](const auto& fact) { return fact.first <= Signed(); });
      ASSERT_TRUE(waiting.empty() || clock_.Now() - waiting.begin()->second < kLatest);
    }
    Stop();
  }
}

TEST_F(LogKeeping, ARestartTakesUpWhatWasRecordedMeanwhile) {
  Start();
  Record(5);
  executor_->Run();
  Stop();
  Record(7);
  Start();
  executor_->Run();
  EXPECT_EQ(Signed(), 12u);
  EXPECT_THAT(keeper_->status(), IsOk());
}

TEST_F(LogKeeping, AtItsEndWhatIsRecordedIsUnderACheckpoint) {
  Start();
  executor_->Run();
  Record(4);  // While it rests.
  keeper_.reset();
  EXPECT_EQ(Signed(), 4u);
  Record();
  executor_->RunUntil(clock_.Now() + kLatest);  // What it left behind does nothing.
  EXPECT_EQ(Signed(), 4u);
}

TEST_F(LogKeeping, AClockThatWasSetBackDelaysNothing) {
  Start();
  executor_->Run();
  clock_.Advance(-std::chrono::hours(1));
  Record();
  executor_->Run();
  EXPECT_EQ(Signed(), 1u);
}

TEST_F(LogKeeping, OverAJournalThatWasAlteredNothingIsSigned) {
  Start();
  Record(10);
  executor_->Run();
  ASSERT_EQ(Signed(), 10u);
  // Another history under the same log: the state is lost, so that all is built anew.
  {
    absl::MutexLock lock(&files_disk_->mu);
    std::erase_if(files_disk_->files, [](const auto& f) { return f.first == "log/state"; });
  }
  Stop();
  muster::testing::MemoryJournal altered;
  for (std::uint64_t i = 0; i < 12; ++i) {
    const std::vector<std::string> rows{fmt::format(R"({{"n":{}}})", i == 4 ? 99 : i)};
    ASSERT_THAT(altered.Append("s", i, rows), IsOk());
  }
  auto opened = MerkleLog::Open({altered, files_, crypto_, signer_, "example.org/log"});
  ASSERT_THAT(opened, IsOk());
  log_ = *std::move(opened);
  executor_.emplace();
  keeper_ =
      std::make_unique<LogKeeper>(LogKeeper::Ports{altered, *log_, clock_, *executor_, logger_});
  EXPECT_THAT(keeper_->status(), IsOk()) << "not looked at yet";
  executor_->Run();
  EXPECT_THAT(keeper_->status(), Fails(absl::StatusCode::kDataLoss, Reason::kLOG_FORKED));
  EXPECT_EQ(Signed(), 10u);
  // Facts are still recorded, and it stays at that.
  const std::vector<std::string> more{R"({"n":12})"};
  ASSERT_THAT(altered.Append("s", 12, more), IsOk());
  executor_->RunUntil(clock_.Now() + kLatest);
  keeper_.reset();
  EXPECT_EQ(Signed(), 10u);
}

}  // namespace
}  // namespace muster::coordinator
