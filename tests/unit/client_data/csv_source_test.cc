#include "client/pipeline/csv_source.h"

#include <gmock/gmock.h>

#include <sstream>

namespace muster::client {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

StatusOr<Table> Parse(const std::string& text, std::vector<std::string> columns,
                      const CsvLimits& limits = {}) {
  std::istringstream in(text);
  return ParseCsv(in, "e.csv", columns, limits);
}

TEST(Csv, GivesTheColumnsAskedForInTheOrderAskedForAndLeavesTheOthersUnread) {
  const auto table =
      Parse("cycle,note,T30,rul\n1,ok,1589.7,191\n2,also ok,1591.82,190\n", {"rul", "T30"});
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->rows(), 2u);
  EXPECT_THAT(table->cells, ElementsAre(191, 1589.7, 190, 1591.82));
}

TEST(Csv, ReadsWhatSpreadsheetsWrite) {
  const std::string text =
      "\xef\xbb\xbf\"a\", b ,\"c \"\"x\"\", d\"\r\n\"1.5\", -2e-3 ,0\r\n\r\n3,4,5";
  const auto table = Parse(text, {"a", "b", "c \"x\", d"});
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->cells, ElementsAre(1.5, -0.002, 0, 3, 4, 5));
}

TEST(Csv, ReadsAColumnAskedForTwiceTwice) {
  const auto table = Parse("a\n7\n", {"a", "a"});
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->cells, ElementsAre(7, 7));
}

TEST(Csv, CellsWithoutAValueAreNaNWhereTheyAreAllowedAndInNoOtherForm) {
  std::istringstream in("a,b\n1,\n ,NA\nnan,Null\n2,3\n");
  const auto table = ParseCsv(in, "e.csv", std::vector<std::string>{"a", "b"}, {}, Nulls::kAllow);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->cells, ElementsAre(1, testing::IsNan(), testing::IsNan(), testing::IsNan(),
                                        testing::IsNan(), testing::IsNan(), 2, 3));
  for (const std::string cell : {"inf", "none", "-", "nanx", "1e999"}) {
    std::istringstream bad("a\n" + cell + "\n");
    EXPECT_EQ(
        ReasonOf(ParseCsv(bad, "e.csv", std::vector<std::string>{"a"}, {}, Nulls::kAllow).status()),
        Reason::kDATA_NOT_A_NUMBER)
        << cell;
  }
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
        BadCsv{"Text", "a,b\n1,2\n3,oops\n", Reason::kDATA_NOT_A_NUMBER, "e.csv:3: column 'b'"},
        BadCsv{"Nothing", "a,b\n1,\n", Reason::kDATA_NOT_A_NUMBER, "e.csv:2: column 'b'"},
        BadCsv{"Nan", "a,b\nnan,1\n", Reason::kDATA_NOT_A_NUMBER, "column 'a'"},
        BadCsv{"Infinity", "a,b\n1,-inf\n", Reason::kDATA_NOT_A_NUMBER, "column 'b'"},
        BadCsv{"TooBigForADouble", "a,b\n1,1e999\n", Reason::kDATA_NOT_A_NUMBER, "column 'b'"},
        BadCsv{"TrailingText", "a,b\n1,2x\n", Reason::kDATA_NOT_A_NUMBER, "column 'b'"},
        BadCsv{"NulByte", std::string("a,b\n1,2\0\n", 9), Reason::kDATA_NOT_A_NUMBER, "column 'b'"},
        BadCsv{"TooFewFields", "a,b\n1\n", Reason::kDATA_UNREADABLE,
               "e.csv:2: 1 fields; the header has 2"},
        BadCsv{"TooManyFields", "a,b\n1,2,3\n", Reason::kDATA_UNREADABLE, "3 fields"},
        BadCsv{"TooManyColumns", "a,b,c,d,e\n", Reason::kDATA_UNREADABLE, "more than 4 columns"},
        BadCsv{"LongLine", "a,b\n1," + std::string(60, '2'), Reason::kDATA_UNREADABLE,
               "e.csv:2: the line is longer than 40 bytes"},
        BadCsv{"TooManyRows", "a,b\n1,2\n3,4\n5,6\n7,8\n", Reason::kDATA_UNREADABLE,
               "e.csv:5: more than 6 values"},
        BadCsv{"OpenQuote", "a,b\n\"1,2\n3\",4\n", Reason::kDATA_UNREADABLE,
               "e.csv:2: the quoted field 1 does not end"},
        BadCsv{"TextAfterQuote", "a,b\n\"1\"2,3\n", Reason::kDATA_UNREADABLE,
               "text after the closing quote"}),
    [](const auto& info) { return std::string(info.param.what); });

TEST(Csv, NeverRepeatsAPrivateValueInAMessage) {
  const auto table = Parse("a,b\n1,patient-4711\n", {"a", "b"});
  EXPECT_THAT(std::string(MessageOf(table.status())), Not(HasSubstr("4711")));
}

TEST(Csv, ALineOfExactlyTheLimitIsRead) {
  const auto table = Parse("a\n12345\n", {"a"}, {.max_line_bytes = 5});
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->cells, ElementsAre(12345));
  EXPECT_FALSE(Parse("a\n123456\n", {"a"}, {.max_line_bytes = 5}).ok());
}

TEST(CsvSource, SaysThatAFileIsMissingOrAFolder) {
  for (const std::string& path : {testing::TempDir() + "no-such.csv", testing::TempDir()}) {
    CsvSource source(path);
    const auto table = source.Read(std::vector<std::string>{"a"}, client::Nulls::kRefuse);
    ASSERT_FALSE(table.ok());
    EXPECT_EQ(ReasonOf(table.status()), Reason::kDATA_UNREADABLE) << table.status();
    EXPECT_THAT(std::string(MessageOf(table.status())), HasSubstr(path));
  }
}

}  // namespace
}  // namespace muster::client
