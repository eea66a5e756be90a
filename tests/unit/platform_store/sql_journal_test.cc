#include "platform/sql_journal.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "platform/sqlite.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace muster::platform {
namespace {
using muster::testing::Fails;
using muster::testing::HasCode;
using muster::testing::IsOk;
using muster::testing::TempDir;
using enum absl::StatusCode;

const std::vector<std::string> kOne = {"{}"};

class SqlJournalTest : public ::testing::Test {
 protected:
  void Tamper(std::string_view text) {
    ASSERT_THAT(Sqlite::Open(path).value()->Exec(text), IsOk());
  }
  TempDir dir;
  const std::string path = dir / "journal.db";
};

TEST_F(SqlJournalTest, AJournalOfANewerProgramIsRefused) {
  ASSERT_THAT(SqlJournal::OpenSqlite(path), IsOk());
  Tamper("update journal_meta set value = value + 1 where name = 'schema'");
  EXPECT_THAT(SqlJournal::OpenSqlite(path), HasCode(kFailedPrecondition));
}

TEST_F(SqlJournalTest, AJournalThatLostItsEndIsDataLoss) {
  ASSERT_THAT((*SqlJournal::OpenSqlite(path))->Append("a", 0, kOne, false), IsOk());
  Tamper("delete from facts");
  EXPECT_THAT(SqlJournal::OpenSqlite(path), HasCode(kDataLoss));
}

TEST_F(SqlJournalTest, AJournalThatLostAFactInTheMiddleIsDataLossWhenRead) {
  const std::vector<std::string> three(3, "{}");
  ASSERT_THAT((*SqlJournal::OpenSqlite(path))->Append("a", 0, three, false), IsOk());
  Tamper("delete from facts where seq = 1");
  const auto journal = SqlJournal::OpenSqlite(path);
  ASSERT_THAT(journal, IsOk());
  const auto visit = [](const JournalRow&) { return Ok(); };
  EXPECT_THAT((*journal)->Read("a", 0, visit), HasCode(kDataLoss));
  EXPECT_THAT((*journal)->Replay("", false, visit), HasCode(kDataLoss));
}

TEST_F(SqlJournalTest, AFileThatIsNoJournalIsRefused) {
  std::ofstream(path) << std::string(4096, 'x');
  EXPECT_THAT(SqlJournal::OpenSqlite(path), HasCode(kDataLoss));
  EXPECT_THAT(SqlJournal::OpenSqlite(dir / "missing/journal.db"),
              Fails(kFailedPrecondition, Reason::kREAD_ONLY));
}

TEST_F(SqlJournalTest, AJournalThatCannotBeWrittenSaysSoAndStillReads) {
  ASSERT_THAT((*SqlJournal::OpenSqlite(path))->Append("a", 0, kOne, false), IsOk());
  auto writer = Sqlite::Open(path).value();
  ASSERT_THAT(PrepareJournalTables(*writer), IsOk());
  Sqlite* const same = writer.get();
  const auto journal = SqlJournal::Open(std::move(writer), Sqlite::Open(path).value());
  ASSERT_THAT(same->Exec("pragma query_only = on"), IsOk());
  EXPECT_THAT((*journal)->Append("a", 1, kOne, false),
              Fails(kFailedPrecondition, Reason::kREAD_ONLY));
  int facts = 0;
  EXPECT_THAT((*journal)->Read("a", 0,
                               [&facts](const JournalRow&) {
                                 ++facts;
                                 return Ok();
                               }),
              IsOk());
  EXPECT_EQ(facts, 1);
}

TEST_F(SqlJournalTest, ATokenMayOutliveTheJournalAndEndItselfInItsObserver) {
  std::shared_ptr<void> token;
  std::atomic<int> heard{0};
  {
    const auto journal = SqlJournal::OpenSqlite(path);
    const auto kept = (*journal)->Subscribe([](std::uint64_t) {});
    token = (*journal)->Subscribe([&](std::uint64_t) {
      ++heard;
      token.reset();
    });
    for (std::uint64_t i = 0; i < 3; ++i)
      ASSERT_THAT((*journal)->Append("a", i, kOne, false), IsOk());
    token = kept;
  }
  EXPECT_EQ(heard, 1);
}

}  // namespace
}  // namespace muster::platform
