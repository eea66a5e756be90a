#include "client/pipeline/quarantine.h"

#include <gmock/gmock.h>

#include "base/canonical_json.h"
#include "base/seeded.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"

namespace muster::testing {
namespace {
using client::BadRow;
using client::ParseQuarantine;
using client::Quarantine;
using client::QuarantineEntry;
using client::QuarantineKey;
using client::RowRule;
using ::testing::ElementsAre;

const DeviceName kNode("engine-1");
const QuarantineKey kKey{"turbofan", 3};
constexpr char kFile[] = "quarantine/turbofan/3.jsonl";

BadRow RowAt(std::uint64_t line, std::string text = "1,x", RowRule rule = RowRule::kType) {
  return {line, {{"t", rule}}, std::move(text)};
}

// How many were new; far too many when it failed.
std::size_t Added(const StatusOr<std::size_t>& added) { return added.value_or(999); }

struct Harness {
  std::vector<QuarantineEntry> Entries() {
    const auto file = files.Get(kFile);
    return file.ok() ? ParseQuarantine(AsText(*file)) : std::vector<QuarantineEntry>();
  }
  std::vector<std::uint64_t> Lines() {
    std::vector<std::uint64_t> out;
    for (const QuarantineEntry& entry : Entries()) out.push_back(entry.line);
    return out;
  }
  MemoryFiles files;
  ManualClock clock{FromUnixMillis(1'700'000'000'000)};
  Quarantine quarantine{files, clock};
};

TEST(Quarantine, KeepsWhatIsWrongWithARowWhereItStoodAndWhen) {
  Harness h;
  BadRow row = RowAt(12, "1,\"x\"\t\xff");
  row.faults.push_back({"", RowRule::kShape});
  EXPECT_EQ(Added(h.quarantine.Add(kKey, kNode, "/data/e.csv", {row})), 1U);
  ASSERT_EQ(h.Entries().size(), 1U);
  const QuarantineEntry entry = h.Entries()[0];
  EXPECT_EQ(entry.at, "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(entry.node, "engine-1");
  EXPECT_EQ(entry.source, "/data/e.csv");
  EXPECT_EQ(entry.line, 12U);
  EXPECT_EQ(entry.faults, row.faults);
  EXPECT_EQ(entry.row, "1,\"x\"\t\xef\xbf\xbd");  // What is not UTF-8 is replaced.
}

TEST(Quarantine, ARowThatLiesThereIsNotAddedAgain) {
  Harness h;
  EXPECT_EQ(Added(h.quarantine.Add(kKey, kNode, "e.csv", {RowAt(2), RowAt(5)})), 2U);
  h.clock.Advance(Duration(60'000));
  EXPECT_EQ(Added(h.quarantine.Add(kKey, kNode, "e.csv", {RowAt(2), RowAt(5), RowAt(9), RowAt(9)})),
            1U);
  Quarantine restarted(h.files, h.clock);
  EXPECT_EQ(Added(restarted.Add(kKey, kNode, "e.csv", {RowAt(2), RowAt(5), RowAt(9)})), 0U);
  EXPECT_THAT(h.Lines(), ElementsAre(2, 5, 9));
  // Another row on that line, another file, another node: rows of their own.
  EXPECT_EQ(Added(restarted.Add(kKey, kNode, "e.csv", {RowAt(2, "2,y")})), 1U);
  EXPECT_EQ(Added(restarted.Add(kKey, kNode, "f.csv", {RowAt(2)})), 1U);
  EXPECT_EQ(Added(restarted.Add(kKey, DeviceName("engine-2"), "e.csv", {RowAt(2)})), 1U);
}

TEST(Quarantine, DropsTheOldestBeyondItsBound) {
  Harness h;
  Quarantine small(h.files, h.clock, {.bytes = 1000, .files = 32});
  for (std::uint64_t line = 1; line <= 50; ++line)
    ASSERT_THAT(small.Add(kKey, kNode, "e.csv", {RowAt(line)}), IsOk());
  EXPECT_LE(h.files.Get(kFile)->size(), 1000U);
  const std::vector<std::uint64_t> lines = h.Lines();
  ASSERT_GE(lines.size(), 5U);
  for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(lines[i], 50 - lines.size() + 1 + i);
}

TEST(Quarantine, OfMoreContractsThanItKeepsTheOneThatWaitsLongestGoes) {
  Harness h;
  Quarantine few(h.files, h.clock, {.bytes = 1000, .files = 3});
  for (std::uint64_t version = 1; version <= 3; ++version) {
    ASSERT_THAT(few.Add({"turbofan", version}, kNode, "e.csv", {RowAt(2)}), IsOk());
    h.clock.Advance(Duration(1000));
  }
  ASSERT_THAT(few.Add({"turbofan", 1}, kNode, "e.csv", {RowAt(3)}), IsOk());
  ASSERT_THAT(few.Add({"turbofan", 4}, kNode, "e.csv", {RowAt(2)}), IsOk());
  EXPECT_THAT(*h.files.List("quarantine/"),
              ElementsAre("quarantine/turbofan/1.jsonl", "quarantine/turbofan/3.jsonl",
                          "quarantine/turbofan/4.jsonl"));
}

TEST(Quarantine, AContractsNameLeadsNowhereElse) {
  Harness h;
  for (const char* name : {"", ".", "..", "../x", "a/b", "a b", "\n"})
    EXPECT_THAT(h.quarantine.Add({name, 1}, kNode, "e.csv", {RowAt(2)}),
                Fails(absl::StatusCode::kInvalidArgument, Reason::kNAME_INVALID))
        << name;
  EXPECT_TRUE(h.files.List("")->empty());
  EXPECT_EQ(client::QuarantineKeyOf(kFile), kKey);
  for (const char* file :
       {"quarantine/turbofan/03.jsonl", "quarantine/turbofan/x.jsonl", "quarantine/3.jsonl",
        "nodes/turbofan/3.jsonl", "quarantine/../3.jsonl", "quarantine/turbofan/3.json"})
    EXPECT_EQ(client::QuarantineKeyOf(file), std::nullopt) << file;
}

TEST(Quarantine, ADamagedLineCostsThatLine) {
  Harness h;
  ASSERT_THAT(h.quarantine.Add(kKey, kNode, "e.csv", {RowAt(2), RowAt(3)}), IsOk());
  Bytes file = *h.files.Get(kFile);
  file[10] = std::byte{'"'};
  const std::array parts = {ByteView(file)};
  ASSERT_THAT(h.files.Put(kFile, parts), IsOk());
  EXPECT_THAT(h.Lines(), ElementsAre(3));
  EXPECT_THAT(h.quarantine.Add(kKey, kNode, "e.csv", {RowAt(4)}), IsOk());
  EXPECT_THAT(h.Lines(), ElementsAre(3, 4));
}

// Whatever writes fail: what an Add acknowledged is there, no row is there twice, and a row that
// could not be added is added by a later pass.
TEST(QuarantineProperty, SurvivesADiskThatFails) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    const auto disk = MemoryFiles::NewDisk();
    const auto fault = [&](std::string_view) -> Status {
      return rng.Below(3) == 0 ? ResourceExhausted("full") : Ok();
    };
    const ManualClock clock{FromUnixMillis(1'700'000'000'000)};
    std::set<std::uint64_t> acknowledged;
    for (int pass = 0; pass < 20; ++pass) {
      MemoryFiles files(disk, fault);  // A process, until it is killed.
      Quarantine quarantine(files, clock);
      std::deque<BadRow> rows;
      for (std::uint64_t i = rng.Below(5); i > 0; --i) rows.push_back(RowAt(rng.Below(30) + 2));
      if (quarantine.Add(kKey, kNode, "e.csv", rows).ok())
        for (const BadRow& row : rows) acknowledged.insert(row.line);
    }
    MemoryFiles healthy(disk);
    std::multiset<std::uint64_t> there;
    if (const auto file = healthy.Get(kFile); file.ok())
      for (const auto& entry : ParseQuarantine(AsText(*file))) there.insert(entry.line);
    for (const std::uint64_t line : acknowledged) EXPECT_EQ(there.count(line), 1U) << line;
    for (const std::uint64_t line : there) EXPECT_EQ(there.count(line), 1U) << line;
  }
}

}  // namespace
}  // namespace muster::testing
