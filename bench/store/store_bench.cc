// The journal under load: durable facts a second from 64 writers, and how fast a million facts are
// read back and parsed. `--dir DIR` (default: beside the program) is where the database lies: the
// figures are that disk's.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/canonical_json.h"
#include "bench/report.h"
#include "platform/sql_journal.h"
#include "platform/sqlite.h"

namespace muster::bench {
namespace {
namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kWriters = 64;
constexpr double kSingleSeconds = 3;
constexpr double kGroupSeconds = 8;
constexpr std::size_t kReplayFacts = 1'000'000;
constexpr std::size_t kReplayStreams = 100;
constexpr std::size_t kFactsPerAppend = 500;

double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

// About 135 bytes, as a counted update's fact is.
std::string FactOf(std::uint64_t n) {
  return fmt::format(
      R"({{"at":{},"by":"system","devices":["{:032x}"],"examples":{},"kind":"f32","round":{},"type":"UpdatesCounted"}})",
      1'790'000'000'000 + n, n * 0x9e3779b97f4a7c15, n % 500, n % 1000);
}

// A benchmark without its subject has nothing to say.
void Require(const Status& status) {
  if (status.ok()) return;
  fmt::print(stderr, "store_bench: {}\n", MessageOf(status));
  std::exit(1);
}

// The baseline, without any of the journal: one row a transaction, one transaction at a time.
double SingleCommitsPerSecond(const fs::path& dir) {
  auto sql = platform::Sqlite::Open(dir / "single.db");
  Require(sql.status());
  Require((*sql)->Exec("create table t (k bigint not null primary key, v text)").status());
  const auto start = SteadyClock::now();
  std::int64_t n = 0;
  for (; SecondsSince(start) < kSingleSeconds; ++n) {
    const std::string fact = FactOf(static_cast<std::uint64_t>(n));
    Require((*sql)->Transact([&] {
      return (*sql)
          ->Exec("insert into t (k, v) values ($1, $2)", {n, std::string_view(fact)})
          .status();
    }));
  }
  return static_cast<double>(n) / SecondsSince(start);
}

double FactsPerSecond(const fs::path& dir) {
  auto journal = platform::SqlJournal::OpenSqlite(dir / "facts.db");
  Require(journal.status());
  std::atomic<std::uint64_t> acknowledged{0};
  const auto start = SteadyClock::now();
  {
    std::vector<std::jthread> writers;
    for (std::size_t w = 0; w < kWriters; ++w)
      writers.emplace_back([&, stream = fmt::format("round/bench/{}/1", w)] {
        for (std::uint64_t seq = 0; SecondsSince(start) < kGroupSeconds; ++seq) {
          const std::vector<std::string> fact = {FactOf(seq)};
          Require((*journal)->Append(stream, seq, fact, false));
          ++acknowledged;
        }
      });
  }
  return static_cast<double>(acknowledged) / SecondsSince(start);
}

double ReplaySeconds(const fs::path& dir) {
  const std::string path = dir / "replay.db";
  {
    auto journal = platform::SqlJournal::OpenSqlite(path);
    Require(journal.status());
    std::vector<std::uint64_t> next_seq(kReplayStreams);
    for (std::size_t n = 0; n < kReplayFacts; n += kFactsPerAppend) {
      std::vector<std::string> facts;
      for (std::size_t i = 0; i < kFactsPerAppend; ++i) facts.push_back(FactOf(n + i));
      const std::size_t s = n / kFactsPerAppend % kReplayStreams;
      Require((*journal)->Append(fmt::format("round/bench/{}/1", s), next_seq[s], facts, false));
      next_seq[s] += facts.size();
    }
  }
  const auto start = SteadyClock::now();
  auto journal = platform::SqlJournal::OpenSqlite(path);
  Require(journal.status());
  std::size_t read = 0;
  Require((*journal)->Replay("", false, [&read](const JournalRow& row) -> Status {
    MUSTER_ASSIGN(const Json fact, ParseJson(row.fact));
    read += fact.size() == 7;
    return Ok();
  }));
  const double seconds = SecondsSince(start);
  if (read != kReplayFacts) Require(DataLoss("{} of {} facts came back", read, kReplayFacts));
  return seconds;
}

int Main(int argc, char** argv) {
  Report report(argc, argv);
  const fs::path parent = report.Option("--dir", fs::path(argv[0]).parent_path());
  const fs::path dir = parent / fmt::format("store_bench.{}", ::getpid());
  fs::create_directories(dir);
  const double single = SingleCommitsPerSecond(dir);
  const double budget = std::min(20'000.0, 0.5 * kWriters * single);
  report.Add({"facts", "per_s", FactsPerSecond(dir),
              fmt::format("{} writers; one alone commits {:.0f}/s", kWriters, single), budget,
              kAtLeast});
  report.Add({"replay_1m", "seconds", ReplaySeconds(dir),
              fmt::format("{} facts of {} bytes, read and parsed", kReplayFacts,
                          FactOf(kReplayFacts).size()),
              5, kAtMost});
  fs::remove_all(dir);
  return report.Finish();
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) { return muster::bench::Main(argc, argv); }
