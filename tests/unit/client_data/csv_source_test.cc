#include "client/pipeline/csv_source.h"

#include <gmock/gmock.h>

#include <sstream>

namespace muster::client {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;

// What a pass gave: the cells of whole rows one after another, and the broken rows.
struct Seen {
  std::vector<Cell> cells;
  std::vector<double> numbers;  // Of the cells that are numbers.
  std::vector<std::uint64_t> lines;
  std::vector<std::string> broken;  // "3: 1 fields; the header has 2".
  std::vector<std::string> texts;   // Of all rows.
};

StatusOr<Seen> Parse(const std::string& text, std::vector<std::string> columns,
                     const CsvLimits& limits = {}) {
  std::istringstream in(text);
  Seen seen;
  MUSTER_TRY(ParseCsv(
      in, "e.csv", columns,
      [&](const Row& row) {
        seen.texts.emplace_back(row.text);
        if (!row.broken.empty()) {
          EXPECT_TRUE(row.cells.empty());
          seen.broken.push_back(fmt::format("{}: {}", row.line, row.broken));
          return Ok();
        }
        EXPECT_EQ(row.cells.size(), columns.size());
        seen.lines.push_back(row.line);
        for (const Cell& cell : row.cells) {
          seen.cells.push_back({cell.kind, cell.number, {}});
          if (cell.kind == CellKind::kNumber) seen.numbers.push_back(cell.number);
        }
        return Ok();
      },
      limits));
  return seen;
}

TEST(Csv, GivesTheColumnsAskedForInTheOrderAskedForAndLeavesTheOthersUnread) {
  const auto table =
      Parse("cycle,note,T30,rul\n1,ok,1589.7,191\n2,also ok,1591.82,190\n", {"rul", "T30"});
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->lines.size(), 2u);
  EXPECT_THAT(table->numbers, ElementsAre(191, 1589.7, 190, 1591.82));
}

TEST(Csv, ReadsWhatSpreadsheetsWrite) {
  const std::string text =
      "\xef\xbb\xbf\"a\", b ,\"c \"\"x\"\", d\"\r\n\"1.5\", -2e-3 ,0\r\n\r\n3,4,5";
  const auto table = Parse(text, {"a", "b", "c \"x\", d"});
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->numbers, ElementsAre(1.5, -0.002, 0, 3, 4, 5));
}

TEST(Csv, ReadsAColumnAskedForTwiceTwice) {
  const auto table = Parse("a\n7\n", {"a", "a"});
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->numbers, ElementsAre(7, 7));
}

TEST(Csv, SaysOfEachCellHowItReads) {
  const struct {
    CellKind kind;
    std::vector<std::string> texts;
  } kinds[] = {
      {CellKind::kNumber, {"1", "-2.5e-3", " 7 ", "0"}},
      {CellKind::kNull, {"", "  ", "NA", "nan", "Null"}},
      {CellKind::kNotFinite, {"inf", "-INF", "Infinity", "1e999", "-1e999"}},
      {CellKind::kText, {"oops", "n/a", "1x", "nanx", "+-1", "0x10", "1 2"}},
  };
  for (const auto& [kind, texts] : kinds)
    for (const std::string& text : texts) {
      const auto seen = Parse("a,b\n" + text + ",1\n", {"a"});
      ASSERT_TRUE(seen.ok()) << seen.status();
      ASSERT_EQ(seen->cells.size(), 1u) << text;
      EXPECT_EQ(seen->cells[0].kind, kind) << text;
    }
}

TEST(Csv, ALineThatIsNoRowCostsThatRowAlone) {
  const auto seen =
      Parse("a,b\n1,2\n3\n4,5,6\n\"7,8\n\"9\"0,1\n" + std::string(60, '1') + "\n1,2,3,4,5\n10,11",
            {"b", "a"}, {.max_line_bytes = 40, .max_columns = 4});
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_THAT(seen->numbers, ElementsAre(2, 1, 11, 10));
  EXPECT_THAT(seen->lines, ElementsAre(2, 9));
  EXPECT_THAT(seen->broken,
              ElementsAre("3: 1 fields; the header has 2", "4: 3 fields; the header has 2",
                          "5: the quoted field 1 does not end on its line",
                          "6: text after the closing quote of field 1",
                          "7: the line is longer than 40 bytes", "8: more than 4 columns"));
  EXPECT_EQ(seen->texts[1], "3");
  EXPECT_EQ(seen->texts[5], std::string(40, '1'));
}

TEST(Csv, AnErrorOfWhoTakesTheRowsEndsTheReading) {
  std::istringstream in("a\n1\n2\n");
  int taken = 0;
  const Status status = ParseCsv(in, "e.csv", std::vector<std::string>{"a"}, [&](const Row&) {
    ++taken;
    return Unavailable("enough");
  });
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_EQ(taken, 1);
}

struct BadCsv {
  const char* what;
  std::string text;
  Reason reason;
  const char* message;
};

class BadCsvIsRefused : public testing::TestWithParam<BadCsv> {};

TEST_P(BadCsvIsRefused, NamingTheLineAndTheReason) {
  const auto table =
      Parse(GetParam().text, {"a", "b"}, {.max_line_bytes = 40, .max_columns = 4, .max_cells = 6});
  ASSERT_FALSE(table.ok());
  EXPECT_EQ(ReasonOf(table.status()), GetParam().reason) << table.status();
  EXPECT_THAT(std::string(MessageOf(table.status())), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadCsvIsRefused,
    testing::Values(
        BadCsv{"Empty", "", Reason::kDATA_EMPTY, "e.csv:1: the file is empty"},
        BadCsv{"OnlyBlankLines", "\n \r\n", Reason::kDATA_EMPTY, "is empty"},
        BadCsv{"HeaderAlone", "a,b\n", Reason::kDATA_EMPTY, "e.csv:1: there is a header"},
        BadCsv{"ColumnMissing", "a,c\n1,2\n", Reason::kDATA_COLUMN_MISSING,
               "column 'b' is missing; the header has a, c"},
        BadCsv{"HeaderMissing", "1,2\n3,4\n", Reason::kDATA_COLUMN_MISSING, "column 'a'"},
        BadCsv{"ColumnTwice", "a,b,b\n1,2,3\n", Reason::kDATA_UNREADABLE, "stands twice"},
        BadCsv{"TooManyColumns", "a,b,c,d,e\n", Reason::kDATA_UNREADABLE, "more than 4 columns"},
        BadCsv{"TooManyRows", "a,b\n1,2\n3,4\n5,6\n7,8\n", Reason::kDATA_UNREADABLE,
               "e.csv:5: more than 6 values"},
        BadCsv{"BrokenHeader", "a,\"b\n1,2\n", Reason::kDATA_UNREADABLE, "the quoted field 2"},
        BadCsv{"LongHeader", std::string(60, 'a'), Reason::kDATA_UNREADABLE,
               "e.csv:1: the line is longer than 40"}),
    [](const auto& info) { return std::string(info.param.what); });

TEST(Csv, ALineOfExactlyTheLimitIsRead) {
  const auto table = Parse("a\n12345\n", {"a"}, {.max_line_bytes = 5});
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->numbers, ElementsAre(12345));
  EXPECT_EQ(Parse("a\n123456\n", {"a"}, {.max_line_bytes = 5})->broken.size(), 1u);
}

TEST(CsvSource, SaysThatAFileIsMissingOrAFolder) {
  for (const std::string& path : {testing::TempDir() + "no-such.csv", testing::TempDir()}) {
    CsvSource source(path);
    const Status read = source.Read(std::vector<std::string>{"a"}, [](const Row&) { return Ok(); });
    EXPECT_EQ(ReasonOf(read), Reason::kDATA_UNREADABLE) << read;
    EXPECT_THAT(std::string(MessageOf(read)), HasSubstr(path));
  }
}

}  // namespace
}  // namespace muster::client
