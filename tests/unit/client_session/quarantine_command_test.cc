#include "client/app/quarantine_command.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "base/canonical_json.h"
#include "platform/dir_files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace muster::client {
namespace {
using ::muster::testing::Fails;
using ::muster::testing::IsOk;
using ::muster::testing::TempDir;
using ::testing::HasSubstr;
using ::testing::Not;

// A state directory with three bad rows of two contract versions.
struct Site {
  Site() {
    const auto files = platform::DirFiles::Open(dir.path());
    Quarantine quarantine(**files, clock);
    const auto row = [](std::uint64_t line, const char* field, RowRule rule) {
      return BadRow{line, {{field, rule}}, "1,x\x1b[31m"};
    };
    EXPECT_THAT(quarantine.Add({"turbofan", 3}, DeviceName("engine-1"), "e.csv",
                               {row(2, "t", RowRule::kType), row(7, "p", RowRule::kRange)}),
                IsOk());
    clock.Advance(Duration(1000));
    EXPECT_THAT(
        quarantine.Add({"pump", 1}, DeviceName("pump-1"), "p.csv", {row(4, "", RowRule::kShape)}),
        IsOk());
  }
  TempDir dir;
  ManualClock clock{FromUnixMillis(1'700'000'000'000)};
};

TEST(QuarantineCommand, ListsByContractVersionAndRule) {
  const Site site;
  const auto text = ListQuarantine(site.dir.path(), {});
  ASSERT_THAT(text, IsOk());
  EXPECT_THAT(*text, HasSubstr("2023-11-14T22:13:20.000Z  type 1, range 1\n"));
  EXPECT_LT(text->find("pump"), text->find("turbofan"));
  const auto json =
      ParseJson(*ListQuarantine(site.dir.path(), {.which = "turbofan", .json = true}));
  ASSERT_THAT(json, IsOk());
  EXPECT_EQ((*json)["quarantine"].size(), 1u);
  EXPECT_EQ((*json)["quarantine"][0]["rows"], 2);
  EXPECT_EQ((*json)["quarantine"][0]["rules"]["range"], 1);
}

TEST(QuarantineCommand, ShowsTheNewestRowsThatAreAskedFor) {
  const Site site;
  const auto all = ShowQuarantine(site.dir.path(), {});
  ASSERT_THAT(all, IsOk());
  EXPECT_THAT(*all, HasSubstr("turbofan/3  engine-1  e.csv:7  p: range"));
  EXPECT_THAT(*all, HasSubstr("pump/1  pump-1  p.csv:4  shape"));
  EXPECT_THAT(*all, Not(HasSubstr("\x1b")));  // A row is foreign text.
  EXPECT_THAT(*ShowQuarantine(site.dir.path(), {.limit = 1}), HasSubstr("1 of 3 rows"));
  for (const QuarantineArguments& asked : {QuarantineArguments{.rule = "range"},
                                           {.field = "p"},
                                           {.which = "turbofan/3", .rule = "range"}})
    EXPECT_THAT(*ShowQuarantine(site.dir.path(), asked), HasSubstr("1 of 1 rows"));
  EXPECT_THAT(*ShowQuarantine(site.dir.path(), {.node = "pump-1"}), HasSubstr("1 of 1 rows"));
  const auto json = ParseJson(*ShowQuarantine(site.dir.path(), {.rule = "type", .json = true}));
  ASSERT_THAT(json, IsOk());
  EXPECT_EQ((*json)["rows"][0]["line"], 2);
  EXPECT_EQ((*json)["rows"][0]["row"], "1,x\x1b[31m");
}

TEST(QuarantineCommand, ClearsWhatIsNamedAndNothingElse) {
  const Site site;
  EXPECT_THAT(ClearQuarantine(site.dir.path(), {}),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
  EXPECT_THAT(*ClearQuarantine(site.dir.path(), {.which = "turbofan/3"}),
              HasSubstr("turbofan/3: 2 rows removed"));
  EXPECT_THAT(*ShowQuarantine(site.dir.path(), {}), HasSubstr("1 of 1 rows"));
  EXPECT_THAT(ClearQuarantine(site.dir.path(), {.all = true}), IsOk());
  EXPECT_THAT(*ListQuarantine(site.dir.path(), {}), HasSubstr("Nothing is in quarantine"));
}

TEST(QuarantineCommand, SaysWhatIsNotThere) {
  const Site site;
  EXPECT_THAT(ShowQuarantine(site.dir.path(), {.which = "valve"}),
              Fails(absl::StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND));
  EXPECT_THAT(ListQuarantine(site.dir / "no-such-directory", {}),
              Fails(absl::StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND));
  EXPECT_THAT(ShowQuarantine(site.dir.path(), {.which = "turbofan/x"}),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
  EXPECT_THAT(ShowQuarantine(site.dir.path(), {.rule = "odd"}),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
}

TEST(QuarantineCommand, FilesAreTheirOwnersAlone) {
  const Site site;
  const auto status = std::filesystem::status(site.dir / "quarantine/turbofan/3.jsonl");
  EXPECT_EQ(status.permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace
}  // namespace muster::client
