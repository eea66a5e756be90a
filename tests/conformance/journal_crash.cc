// However the process dies: every acknowledged fact is in the journal when it is opened again.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <map>
#include <thread>

#include "platform/sql_journal.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace muster::testing {
namespace {
constexpr std::size_t kWriters = 4;

// An acknowledged append, as the child tells it through the pipe: smaller than PIPE_BUF, so whole.
struct Acknowledged {
  std::uint64_t writer = 0;
  std::uint64_t next_seq = 0;
};

std::string StreamOf(std::uint64_t writer) { return fmt::format("writer/{}", writer); }
std::string FactOf(const Acknowledged& a) {
  return fmt::format(R"({{"seq":{},"writer":{}}})", a.next_seq, a.writer);
}

using NextSeqs = std::array<std::uint64_t, kWriters>;

// Appends for ever, or until somebody kills it.
[[noreturn]] void AppendUntilKilled(const std::string& path, const NextSeqs& next_seqs, int pipe) {
  const auto journal = platform::SqlJournal::OpenSqlite(path);
  if (!journal.ok()) ::_exit(2);
  std::vector<std::jthread> writers;
  for (std::uint64_t w = 0; w < kWriters; ++w)
    writers.emplace_back([&, w] {
      for (Acknowledged a{w, next_seqs[w]};; ++a.next_seq) {
        const std::vector<std::string> fact = {FactOf(a)};
        if (!(*journal)->Append(StreamOf(w), a.next_seq, fact, false).ok()) ::_exit(3);
        const Acknowledged told{w, a.next_seq + 1};
        if (::write(pipe, &told, sizeof told) != sizeof told) ::_exit(4);
      }
    });
  for (;;) ::pause();
}

// Runs the child until `appends` are acknowledged, kills it with -9, and returns how far each
// writer was told that it had come, counting what was still in the pipe.
NextSeqs KillAfter(int appends, const std::string& path, NextSeqs acknowledged) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    AppendUntilKilled(path, acknowledged, ends[1]);
  }
  ::close(ends[1]);
  Acknowledged told;
  for (int n = 0; ::read(ends[0], &told, sizeof told) == sizeof told; ++n) {
    acknowledged[told.writer] = told.next_seq;
    if (n == appends) ::kill(child, SIGKILL);
  }
  ::close(ends[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
  return acknowledged;
}

TEST(JournalCrash, EveryAcknowledgedFactSurvivesKill9) {
  const TempDir dir;
  const std::string path = dir / "journal.db";
  NextSeqs next_seqs{};
  for (const int appends : {0, 1, 17, 100, 400, 1000}) {
    SCOPED_TRACE(::testing::Message() << "killed after " << appends);
    const NextSeqs acknowledged = KillAfter(appends, path, next_seqs);
    const auto journal = platform::SqlJournal::OpenSqlite(path);
    ASSERT_THAT(journal, IsOk());
    next_seqs = {};
    std::uint64_t leaves = 0;
    ASSERT_THAT((*journal)->Replay("", false,
                                   [&](const JournalRow& row) {
                                     EXPECT_EQ(row.leaf, leaves++);
                                     const std::uint64_t w = row.stream.back() - '0';
                                     EXPECT_EQ(row.seq, next_seqs[w]);
                                     EXPECT_EQ(row.fact, FactOf({w, next_seqs[w]++}));
                                     return Ok();
                                   }),
                IsOk());
    for (std::size_t w = 0; w < kWriters; ++w) EXPECT_GE(next_seqs[w], acknowledged[w]);
  }
}

}  // namespace
}  // namespace muster::testing
