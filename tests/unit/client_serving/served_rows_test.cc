#include "client/serving/served_rows.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"

namespace muster::client {
namespace {
using absl::StatusCode;
using muster::testing::Fails;
using muster::testing::IsOk;
using muster::testing::MemoryFiles;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const ModelName kModel("m");

class ServedRowsTest : public ::testing::Test {
 protected:
  ServedRowsTest() { rows_.Begin({kModel, {"a", "b"}, "y", 100.0}); }
  static void Append(ServedRows& rows, double x, std::uint64_t version = 1) {
    rows.Append({VersionNumber(version),
                 FromUnixMillis(static_cast<std::int64_t>(x)),
                 {x, -x},
                 x / 10,
                 std::nan("")});
  }
  static std::vector<double> Newest(const ServedRows& rows, const char* monitor, std::size_t most,
                                    std::uint64_t version = 1) {
    const std::vector<std::string> fields = {"a"};
    const auto window = rows.Newest(kModel, VersionNumber(version), monitor, fields, most);
    EXPECT_THAT(window, IsOk());
    return window->cells;
  }
  std::size_t FilesOnDisk() { return (*files_.List("n/")).size(); }

  MemoryFiles files_;
  ServedRows rows_{files_, "n", {.most = 8, .segment = 4}};
};

TEST_F(ServedRowsTest, GivesTheNewestRowsOldestFirst) {
  for (int i = 1; i <= 5; ++i) Append(rows_, i);
  EXPECT_THAT(Newest(rows_, "w", 3), ElementsAre(3, 4, 5));
  const std::vector<std::string> fields = {"b", "a"};
  const auto window = rows_.Newest(kModel, VersionNumber(1), "w", fields, 2);
  ASSERT_THAT(window, IsOk());
  EXPECT_THAT(window->cells, ElementsAre(-4, 4, -5, 5));
  EXPECT_THAT(window->predictions, ElementsAre(0.4, 0.5));
  EXPECT_EQ(window->last, 5u);
}

TEST_F(ServedRowsTest, ARowIsInOneWindowOfAMonitorOnly) {
  for (int i = 1; i <= 3; ++i) Append(rows_, i);
  ASSERT_THAT(rows_.Given("w", 3), IsOk());
  EXPECT_THAT(Newest(rows_, "w", 10), IsEmpty());
  Append(rows_, 4);
  EXPECT_THAT(Newest(rows_, "w", 10), ElementsAre(4));
  EXPECT_THAT(Newest(rows_, "other", 10), ElementsAre(1, 2, 3, 4));
  // Also after a restart, and an older mark does not give rows back.
  ASSERT_THAT(rows_.Given("w", 1), IsOk());
  ASSERT_THAT(rows_.Flush(), IsOk());
  ServedRows again(files_, "n", {.most = 8, .segment = 4});
  EXPECT_THAT(again.Load(4), IsOk());
  EXPECT_THAT(Newest(again, "w", 10), ElementsAre(4));
}

TEST_F(ServedRowsTest, ARowBelongsToTheVersionThatServedIt) {
  Append(rows_, 1, 1);
  Append(rows_, 2, 2);
  Append(rows_, 3, 1);
  EXPECT_THAT(Newest(rows_, "w", 10, 1), ElementsAre(1, 3));
  EXPECT_THAT(Newest(rows_, "w", 10, 2), ElementsAre(2));
}

TEST_F(ServedRowsTest, AFieldThatTheRowsDoNotHaveIsRefused) {
  Append(rows_, 1);
  const std::vector<std::string> fields = {"c"};
  EXPECT_THAT(rows_.Newest(kModel, VersionNumber(1), "w", fields, 1),
              Fails(StatusCode::kFailedPrecondition, Reason::kCONTRACT_MISMATCH));
}

TEST_F(ServedRowsTest, OldRowsGoWithTheirFiles) {
  for (int i = 1; i <= 40; ++i) {
    Append(rows_, i);
    ASSERT_THAT(rows_.Flush(), IsOk());
  }
  EXPECT_LE(FilesOnDisk(), 4u);
  EXPECT_EQ(Newest(rows_, "w", 8).size(), 8u);
  EXPECT_LE(Newest(rows_, "w", 100).size(), 12u);
}

TEST_F(ServedRowsTest, WhatTheStateDoesNotCountIsForgottenAndTakenAgain) {
  for (int i = 1; i <= 6; ++i) Append(rows_, i);
  ASSERT_THAT(rows_.Flush(), IsOk());
  ServedRows again(files_, "n", {.most = 8, .segment = 4});
  ASSERT_THAT(again.Load(3), IsOk());
  EXPECT_EQ(again.last(), 3u);
  EXPECT_THAT(Newest(again, "w", 10), ElementsAre(1, 2, 3));
  Append(again, 44);
  Append(again, 55);
  ASSERT_THAT(again.Flush(), IsOk());
  ServedRows third(files_, "n", {.most = 8, .segment = 4});
  ASSERT_THAT(third.Load(5), IsOk());
  EXPECT_THAT(Newest(third, "w", 10), ElementsAre(1, 2, 3, 44, 55));
}

TEST_F(ServedRowsTest, ADamagedFileCostsItsRowsAndThoseBeforeIt) {
  for (int i = 1; i <= 8; ++i) Append(rows_, i);
  ASSERT_THAT(rows_.Flush(), IsOk());
  const std::string garbage = "garbage";
  const std::array parts = {AsBytes(garbage)};
  ASSERT_THAT(files_.Put("n/rows-0000000000000001", parts), IsOk());
  ServedRows again(files_, "n", {.most = 8, .segment = 4});
  const auto lost = again.Load(8);
  ASSERT_THAT(lost, IsOk());
  EXPECT_EQ(*lost, 1u);
  EXPECT_THAT(Newest(again, "w", 10), ElementsAre(5, 6, 7, 8));
  Append(again, 9);
  EXPECT_EQ(again.last(), 9u);
}

TEST_F(ServedRowsTest, ALabelThatIsSaidLaterIsInTheWindowsAfterIt) {
  std::map<std::int64_t, double> said;
  ServedRows rows(files_, "n", {.most = 8, .segment = 4},
                  [&said](const std::string& field, Timestamp at) -> std::optional<double> {
                    const auto it = said.find(UnixMillis(at));
                    return field == "y" && it != said.end() ? std::optional(it->second)
                                                            : std::nullopt;
                  });
  rows.Begin({kModel, {"a", "b"}, "y", 100.0});
  for (int i = 1; i <= 3; ++i) Append(rows, i);
  ASSERT_THAT(rows.Flush(), IsOk());
  ASSERT_THAT(rows.Load(3), IsOk());  // Times are kept.
  said = {{2, 55}, {3, 500}};
  const std::vector<std::string> fields = {"a"};
  const auto window = rows.Newest(kModel, VersionNumber(1), "w", fields, 10);
  ASSERT_THAT(window, IsOk());
  EXPECT_TRUE(std::isnan(window->labels[0]));
  EXPECT_EQ(window->labels[1], 55);
  EXPECT_EQ(window->labels[2], 100);  // Larger ones count as the cap.
}

TEST_F(ServedRowsTest, OtherFieldsBeginAnew) {
  Append(rows_, 1);
  rows_.Begin({kModel, {"a"}, "y", {}});
  rows_.Append({VersionNumber(2), {}, {7}, 0, 0});
  EXPECT_THAT(Newest(rows_, "w", 10, 2), ElementsAre(7));
  EXPECT_EQ(rows_.last(), 2u);
  ASSERT_THAT(rows_.Flush(), IsOk());
  ServedRows again(files_, "n", {.most = 8, .segment = 4});
  ASSERT_THAT(again.Load(2), IsOk());
  EXPECT_THAT(Newest(again, "w", 10, 2), ElementsAre(7));
}

}  // namespace
}  // namespace muster::client
