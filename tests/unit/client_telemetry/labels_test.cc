#include "client/pipeline/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "client/pipeline/labelled_source.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_telemetry/events.h"

namespace muster::testing {
namespace {
using client::Cell;
using client::CellKind;
using client::LabelledSource;
using client::Labels;

TEST(Labels, AreThereAfterARestartAndTheLastWordCounts) {
  MemoryFiles files;
  const auto labels = *Labels::Open(files, "labels.json");
  const std::uint64_t stamp = labels->stamp();
  ASSERT_THAT(labels->Put("rul", kThen, 17), IsOk());
  ASSERT_THAT(labels->Put("rul", kThen, 18.25), IsOk());
  ASSERT_THAT(labels->Put("", kThen + Duration(1), 3), IsOk());
  EXPECT_NE(labels->stamp(), stamp);
  const auto again = *Labels::Open(files, "labels.json");
  EXPECT_EQ(again->size(), 2U);
  EXPECT_EQ(again->Find("rul", kThen), 18.25);
  EXPECT_EQ(again->Find("rul", kThen + Duration(1)), 3) << "of no field: of whichever is asked for";
  EXPECT_EQ(again->Find("rul", kThen + Duration(2)), std::nullopt);
  EXPECT_EQ(again->Find("other", kThen), std::nullopt);
}

TEST(Labels, AreNotChangedByWhatCouldNotBeWritten) {
  bool fails = false;
  MemoryFiles files(
      [&](std::string_view op) { return fails && op == "file.put" ? Unavailable("no") : Ok(); });
  const auto labels = *Labels::Open(files, "labels.json");
  fails = true;
  EXPECT_THAT(labels->Put("rul", kThen, 17), HasCode(absl::StatusCode::kUnavailable));
  EXPECT_EQ(labels->Find("rul", kThen), std::nullopt);
  EXPECT_THAT(labels->Put("rul", kThen, std::nan("")),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kPAYLOAD_INVALID));
}

TEST(Labels, WhatIsNoLabelsFileIsSaid) {
  MemoryFiles files;
  const std::array<ByteView, 1> parts = {AsBytes(R"({"labels":[{"at":1}]})")};
  ASSERT_THAT(files.Put("labels.json", parts), IsOk());
  EXPECT_THAT(Labels::Open(files, "labels.json"), HasCode(absl::StatusCode::kDataLoss));
}

// Three rows: the second without a label, the third without either.
class Rows final : public client::Source {
 public:
  std::string_view name() const override { return "rows"; }
  Status Read(std::span<const std::string> columns, const Take& take) override {
    asked.assign(columns.begin(), columns.end());
    for (int i = 0; i < 3; ++i) {
      std::vector<Cell> cells;
      for (const std::string& column : columns) {
        const double ms = static_cast<double>(UnixMillis(kThen)) + i;
        if (column == "t")
          cells.push_back(i == 2 ? Cell{} : Cell{CellKind::kNumber, ms, ""});
        else if (column == "y")
          cells.push_back(i == 0 ? Cell{CellKind::kNumber, 5, ""} : Cell{});
        else
          cells.push_back({CellKind::kNumber, 1, ""});
      }
      MUSTER_TRY(take(
          {.line = static_cast<std::uint64_t>(i + 1), .cells = cells, .text = "", .broken = ""}));
    }
    return take({.line = 4, .cells = {}, .text = "", .broken = "no row"});
  }
  std::vector<std::string> asked;
};

class LabelledSourceTest : public ::testing::Test {
 protected:
  std::vector<std::string> Read(const std::string& time_field, std::vector<std::string> fields) {
    LabelledSource source(rows_, *labels_, "y", time_field);
    std::vector<std::string> out;
    EXPECT_THAT(source.Read(fields,
                            [&](const client::Row& row) {
                              std::string text;
                              for (const Cell& cell : row.cells)
                                text += cell.kind == CellKind::kNumber && cell.number < 100
                                            ? fmt::format("{} ", cell.number)
                                        : cell.kind == CellKind::kNull ? "- "
                                                                       : "t ";
                              out.push_back(text);
                              return Ok();
                            }),
                IsOk());
    return out;
  }
  MemoryFiles files_;
  std::shared_ptr<Labels> labels_ = *Labels::Open(files_, "labels.json");
  Rows rows_;
};

TEST_F(LabelledSourceTest, ARowWithoutALabelGetsTheOneOfItsTimeAndNoOther) {
  ASSERT_THAT(labels_->Put("y", kThen, 9), IsOk());
  ASSERT_THAT(labels_->Put("y", kThen + Duration(1), 7), IsOk());
  EXPECT_THAT(Read("t", {"x", "y"}), ::testing::ElementsAre("1 5 ", "1 7 ", "1 - ", ""));
  EXPECT_THAT(rows_.asked, ::testing::ElementsAre("x", "y", "t"));
  EXPECT_THAT(Read("t", {"t", "y"}), ::testing::ElementsAre("t 5 ", "t 7 ", "- - ", ""));
}

TEST_F(LabelledSourceTest, WithoutTimesOrLabelsRowsAreAsTheyWere) {
  EXPECT_THAT(Read("t", {"x", "y"}), ::testing::ElementsAre("1 5 ", "1 - ", "1 - ", ""));
  EXPECT_THAT(rows_.asked, ::testing::ElementsAre("x", "y"));
  ASSERT_THAT(labels_->Put("y", kThen + Duration(1), 7), IsOk());
  EXPECT_THAT(Read("", {"x", "y"}), ::testing::ElementsAre("1 5 ", "1 - ", "1 - ", ""));
  EXPECT_THAT(Read("t", {"x"}), ::testing::ElementsAre("1 ", "1 ", "1 ", ""));
}

}  // namespace
}  // namespace muster::testing
