#include "client/serving/csv_tail.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace muster::client {
namespace {
using absl::StatusCode;
using muster::testing::Fails;
using muster::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CsvTailTest : public ::testing::Test {
 protected:
  void Write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
  void Append(const std::string& text) {
    std::ofstream(path_, std::ios::binary | std::ios::app) << text;
  }
  // What comes with one call: the text of each row.
  StatusOr<std::vector<std::string>> Next(std::size_t most = 100) {
    std::vector<std::string> out;
    lines_.clear();
    MUSTER_TRY(tail_
                   .Read(columns_, most, 0, at_,
                         [&](const Row& row) {
                           out.emplace_back(row.text);
                           lines_.push_back(row.line);
                           broken_ += !row.broken.empty();
                           cells_.assign(row.cells.begin(), row.cells.end());
                         })
                   .status());
    return out;
  }
  std::vector<std::string> Rows(std::size_t most = 100) {
    const auto rows = Next(most);
    EXPECT_THAT(rows, IsOk());
    return rows.value_or(std::vector<std::string>{"?"});
  }

  muster::testing::TempDir dir_;
  std::string path_ = dir_ / "rows.csv";
  CsvTail tail_{path_, {{"t", "temperature"}}};
  std::vector<StreamColumn> columns_ = {{"t", true}, {"y", false}};
  StreamPosition at_;
  std::vector<std::uint64_t> lines_;
  std::vector<Cell> cells_;
  int broken_ = 0;
};

TEST_F(CsvTailTest, GivesEachRowOnceAsTheyCome) {
  EXPECT_THAT(Rows(), IsEmpty());  // The file is not there yet.
  Write("temperature,y\n");
  EXPECT_THAT(Rows(), IsEmpty());
  Append("1,2\n3,4\n");
  EXPECT_THAT(Rows(), ElementsAre("1,2", "3,4"));
  EXPECT_THAT(lines_, ElementsAre(2, 3));
  EXPECT_THAT(Rows(), IsEmpty());
  Append("5,6\n");
  EXPECT_THAT(Rows(), ElementsAre("5,6"));
  EXPECT_THAT(lines_, ElementsAre(4));
}

TEST_F(CsvTailTest, ARowIsNotReadBeforeItsLineEnds) {
  Write("temperature,y\n1,2\n3,");
  EXPECT_THAT(Rows(), ElementsAre("1,2"));
  Append("45");
  EXPECT_THAT(Rows(), IsEmpty());
  Append("6\n");
  EXPECT_THAT(Rows(), ElementsAre("3,456"));
}

TEST_F(CsvTailTest, GivesAtMostAsManyRowsAsAskedFor) {
  Write("temperature,y\n1,1\n2,2\n3,3\n");
  EXPECT_THAT(Rows(2), ElementsAre("1,1", "2,2"));
  EXPECT_THAT(Rows(2), ElementsAre("3,3"));
}

TEST_F(CsvTailTest, AFileThatBeganAnewIsReadFromItsBeginning) {
  Write("temperature,y\n1,2\n3,4\n");
  EXPECT_THAT(Rows(), ElementsAre("1,2", "3,4"));
  Write("y,temperature\n8,7\n");
  EXPECT_THAT(Rows(), ElementsAre("8,7"));
  EXPECT_EQ(cells_[0].number, 7);
  // And one that has grown beyond the place meanwhile.
  Write("temperature,y\n10,20\n30,40\n50,60\n70,80\n");
  EXPECT_THAT(Rows(), ElementsAre("10,20", "30,40", "50,60", "70,80"));
}

TEST_F(CsvTailTest, AFileWhoseOldRowsWereDroppedGoesOnAtItsPlace) {
  std::string old = "temperature,y\n", rest;
  for (int i = 0; i < 200; ++i) (i < 100 ? old : rest) += fmt::format("{},{}\n", i, i);
  Write(old + rest);
  EXPECT_EQ(Rows(200).size(), 200u);
  Write("temperature,y\n" + rest + "200,200\n");
  EXPECT_THAT(Rows(), ElementsAre("200,200"));
}

TEST_F(CsvTailTest, AnEqualFileThatWasMovedIntoPlaceGoesOn) {
  Write("temperature,y\n1,2\n");
  EXPECT_THAT(Rows(), ElementsAre("1,2"));
  std::ofstream(dir_ / "new") << "temperature,y\n1,2\n3,4\n";
  std::filesystem::rename(dir_ / "new", path_);
  EXPECT_THAT(Rows(), ElementsAre("3,4"));
}

TEST_F(CsvTailTest, BrokenRowsAreRowsWithoutCells) {
  Write("temperature,y\n1,2,3\n\n\"4\n5,6\n");
  EXPECT_EQ(Rows().size(), 3u);
  EXPECT_EQ(broken_, 2);
  EXPECT_EQ(cells_[1].number, 6);
}

TEST_F(CsvTailTest, AnEndlessLineIsPassedOver) {
  Write("temperature,y\n" + std::string(3 << 20, 'x'));
  for (int i = 0; i < 5; ++i) Rows();
  Append("\n1,2\n");
  std::vector<std::string> last;
  for (int i = 0; i < 5; ++i)
    if (const auto rows = Rows(); !rows.empty()) last = rows;
  ASSERT_FALSE(last.empty());
  EXPECT_EQ(last.back(), "1,2");
}

TEST_F(CsvTailTest, AColumnThatMayBeMissingHasNoValuesAndOneThatMustBeThereIsAnError) {
  Write("temperature\n1\n");
  EXPECT_THAT(Rows(), ElementsAre("1"));
  EXPECT_EQ(cells_[0].number, 1);
  EXPECT_EQ(cells_[1].kind, CellKind::kNull);
  Write("y\n1\n");
  const StreamPosition before = at_;
  EXPECT_THAT(Next(), Fails(StatusCode::kInvalidArgument, Reason::kDATA_COLUMN_MISSING));
  EXPECT_EQ(at_, before);
}

TEST_F(CsvTailTest, StopsWhereItIsTold) {
  Write("temperature,y\n1,2\n3,4\n");
  EXPECT_THAT(Rows(), ElementsAre("1,2", "3,4"));
  Append("5,6\n");
  StreamPosition from;
  int rows = 0;
  EXPECT_THAT(tail_.Read(columns_, 100, at_.offset, from, [&](const Row&) { ++rows; }), IsOk());
  EXPECT_EQ(rows, 2);
  EXPECT_EQ(from, at_);
}

TEST_F(CsvTailTest, APlaceIsTheSameAfterItsText) {
  Write("temperature,y\n1,2\n");
  Rows();
  const auto read = ReadPosition(PositionJson(at_));
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(*read, at_);
}

}  // namespace
}  // namespace muster::client
