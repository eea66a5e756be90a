#include "platform/journal_sequencer.h"

#include <gtest/gtest.h>

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

// A connection whose statements fail when they begin with what is set.
class FailingSql final : public Sql {
 public:
  explicit FailingSql(std::unique_ptr<Sql> inner) : inner_(std::move(inner)) {}
  std::string fail_on = "nothing";
  int statements = 0;

 protected:
  StatusOr<std::int64_t> Run(std::string_view text, SqlArgs args, const Visitor& visit) override {
    ++statements;
    if (text.starts_with(fail_on)) return WithReason(ResourceExhausted("full"), Reason::kDISK_FULL);
    if (text.starts_with("begin")) open_ = true;
    if (text == "commit" || text == "rollback") open_ = false;
    return inner_->Query(text, args, visit);
  }
  std::string_view BeginText() const override { return "begin immediate"; }
  bool InTransaction() const override { return open_; }

 private:
  const std::unique_ptr<Sql> inner_;
  bool open_ = false;
};

const std::vector<std::string> kOne = {"{}"};

class JournalSequencerTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(PrepareJournalTables(sql), IsOk()); }
  static JournalAppend Appending(std::string_view stream, std::uint64_t next_seq,
                                 bool close = false) {
    return {.stream = stream, .next_seq = next_seq, .facts = kOne, .close = close, .status = Ok()};
  }
  static Status CommitOne(JournalSequencer& to, JournalAppend append) {
    JournalAppend* group[] = {&append};
    to.Commit(group);
    return append.status;
  }

  TempDir dir;
  FailingSql sql{Sqlite::Open(dir / "journal.db").value()};
  JournalSequencer sequencer{sql};
};

TEST_F(JournalSequencerTest, AStaleAppendFailsAloneAndTheRestOfItsGroupIsCommitted) {
  JournalAppend a0 = Appending("a", 0), a0_again = Appending("a", 0), a1 = Appending("a", 1, true),
                a2 = Appending("a", 2), b0 = Appending("b", 0);
  JournalAppend* group[] = {&a0, &a0_again, &a1, &a2, &b0};
  EXPECT_EQ(sequencer.Commit(group), 3);
  EXPECT_THAT(a0.status, IsOk());
  EXPECT_THAT(a0_again.status, Fails(kAborted, Reason::kSTALE_WRITE));
  EXPECT_THAT(a1.status, IsOk());
  EXPECT_THAT(a2.status, HasCode(kFailedPrecondition)) << "closed within the group";
  EXPECT_THAT(b0.status, IsOk());
  EXPECT_EQ(*CountLeaves(sql), 3);
}

TEST_F(JournalSequencerTest, NobodyIsAcknowledgedWhenTheCommitFailsAndTheHeadsAreReadAgain) {
  ASSERT_THAT(CommitOne(sequencer, Appending("a", 0)), IsOk());
  for (const char* step :
       {"begin", "insert into facts", "insert into streams", "update", "commit"}) {
    SCOPED_TRACE(step);
    sql.fail_on = step;
    JournalAppend a1 = Appending("a", 1), stale = Appending("a", 7), b0 = Appending("b", 0);
    JournalAppend* group[] = {&a1, &stale, &b0};
    EXPECT_EQ(sequencer.Commit(group), std::nullopt);
    for (const JournalAppend* append : group)
      EXPECT_THAT(append->status, Fails(kResourceExhausted, Reason::kDISK_FULL));
    sql.fail_on = "nothing";
    EXPECT_EQ(*CountLeaves(sql), 1);
    EXPECT_THAT(CommitOne(sequencer, Appending("a", 2)), Fails(kAborted, Reason::kSTALE_WRITE));
  }
  EXPECT_THAT(CommitOne(sequencer, Appending("a", 1)), IsOk());
  EXPECT_THAT(CommitOne(sequencer, Appending("b", 0)), IsOk());
  EXPECT_EQ(*CountLeaves(sql), 3);
}

TEST_F(JournalSequencerTest, HeadsAreForgottenWhenSomebodyElseWrote) {
  JournalSequencer other(sql);
  ASSERT_THAT(CommitOne(sequencer, Appending("a", 0)), IsOk());
  ASSERT_THAT(CommitOne(other, Appending("a", 1)), IsOk());
  EXPECT_THAT(CommitOne(sequencer, Appending("a", 1)), Fails(kAborted, Reason::kSTALE_WRITE));
  EXPECT_THAT(CommitOne(sequencer, Appending("a", 2)), IsOk());
  EXPECT_EQ(*CountLeaves(sql), 3);
}

TEST_F(JournalSequencerTest, TheHeadOfAStreamIsReadOnceWhileItIsWritten) {
  ASSERT_THAT(CommitOne(sequencer, Appending("a", 0)), IsOk());
  sql.statements = 0;
  ASSERT_THAT(CommitOne(sequencer, Appending("a", 1)), IsOk());
  EXPECT_EQ(sql.statements, 6) << "begin, next leaf, fact, head, next leaf, commit";
}

}  // namespace
}  // namespace muster::platform
