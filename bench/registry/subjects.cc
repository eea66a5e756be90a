#include "bench/registry/subjects.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <vector>

#include "bench/require.h"
#include "bench/timing.h"
#include "platform/openssl_crypto.h"
#include "registry/formats/parser.h"

namespace muster::bench {
namespace {
using namespace registry;
constexpr int kTimes = 300;
constexpr int kWriters = 16;  // They share commits.
constexpr std::size_t kRowsAnAppend = 500;

// Rows in memory, to be written elsewhere.
class ListJournal final : public Journal {
 public:
  std::map<std::string, std::vector<std::string>> streams;
  Status Append(std::string_view stream, std::uint64_t, std::span<const std::string> facts,
                bool) override {
    auto& rows = streams[std::string(stream)];
    rows.insert(rows.end(), facts.begin(), facts.end());
    return Ok();
  }
  Status Read(std::string_view, std::uint64_t, const Visitor&) override { return Ok(); }
  Status Replay(std::string_view, bool, const Visitor&) override { return Ok(); }
  Status ReadLeaves(std::uint64_t, std::uint64_t, const Visitor&) override { return Ok(); }
  std::shared_ptr<void> Subscribe(Observer) override { return nullptr; }
};

SubjectName Subject(std::uint64_t i) { return SubjectName(fmt::format("line-{}.rows-value", i)); }

// Twenty fields, and `more`.
SchemaDraft Draft(std::uint64_t i, const std::string& more = "") {
  std::string fields;
  for (int f = 0; f < 20; ++f)
    fields += fmt::format(R"({}{{"name":"f{}","type":["null","double"],"default":null}})",
                          f == 0 ? "" : ",", f);
  SchemaDraft out;
  out.text = fmt::format(R"({{"type":"record","name":"Rows{}","fields":[{}{}]}})", i, fields, more);
  return out;
}
}  // namespace

std::uint64_t WriteSubjects(Journal& journal, std::uint64_t subjects) {
  ListJournal list;
  const platform::OpenSslCrypto crypto;
  const formats::FormatsParser parser;
  const ManualClock clock(FromUnixMillis(1'790'000'000'000));
  NullLogger log;
  Schemas schemas(list, parser, crypto, clock, log);
  for (std::uint64_t i = 0; i < subjects; ++i)
    Require(
        schemas.Register({Subject(i), Draft(i), false, {}, {}}, Caller::Operator("ann")).status());
  std::vector<const std::pair<const std::string, std::vector<std::string>>*> all;
  std::uint64_t written = 0;
  for (const auto& stream : list.streams) {
    all.push_back(&stream);
    written += stream.second.size();
  }
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> writers;
  for (int w = 0; w < kWriters; ++w)
    writers.emplace_back([&] {
      for (std::size_t i = next++; i < all.size(); i = next++) {
        const auto& [name, rows] = *all[i];
        for (std::size_t at = 0; at < rows.size(); at += kRowsAnAppend)
          Require(journal.Append(
              name, at, std::span(rows).subspan(at, std::min(kRowsAnAppend, rows.size() - at))));
      }
    });
  writers.clear();
  return written;
}

void BenchSubjects(Report& report, Schemas& schemas, std::uint64_t subjects) {
  const auto some = [&](int i) { return Subject(static_cast<std::uint64_t>(i) * 31 % subjects); };
  const double list = P99Millis(kTimes, [&](int) {
    Require(schemas.ListSubjects("", Shown::kLive, {}).size() == subjects, "all are listed");
  });
  const double page = P99Millis(kTimes, [&](int) {
    const std::size_t offset = subjects > 1000 ? subjects - 1000 : 0;
    Require(!schemas.ListSchemas({"", Shown::kLive, true, {offset, 1000}}).empty(),
            "the last page");
  });
  const double get = P99Millis(kTimes, [&](int i) {
    const auto found = Require(schemas.GetVersion(some(i), VersionNumber(), false));
    Require(schemas.GetById(found.schema->id).status());
  });
  const double look_up = P99Millis(kTimes, [&](int i) {
    const std::uint64_t n = static_cast<std::uint64_t>(i) * 31 % subjects;
    Require(schemas.Lookup(Subject(n), Draft(n), {}).status());
  });
  const double added = P99Millis(kTimes, [&](int i) {
    const std::uint64_t n = static_cast<std::uint64_t>(i) * 31 % subjects;
    const std::string more = fmt::format(R"(,{{"name":"g{}","type":"string","default":""}})", i);
    Require(schemas.Register({Subject(n), Draft(n, more), false, {}, {}}, Caller::Operator("ann"))
                .status());
  });
  report.Add(
      {"subjects_p99", "ms", std::max({list, page, get, look_up, added}),
       fmt::format("of {} subjects: list {:.2f}, a page of 1,000 {:.2f}, get {:.2f}, look up "
                   "{:.2f}, register (durable) {:.2f}",
                   subjects, list, page, get, look_up, added),
       20});
}

}  // namespace muster::bench
