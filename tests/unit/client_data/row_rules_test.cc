#include "client/pipeline/row_rules.h"

#include <gmock/gmock.h>

#include <sstream>

#include "base/seeded.h"
#include "client/pipeline/csv_source.h"
#include "client/pipeline/pipeline.h"
#include "client/pipeline/row_time.h"

namespace muster::client {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

const Timestamp kNow = FromUnixMillis(1'700'000'000'000);  // 2023-11-14T22:13:20Z

ContractView Contract() {
  return {.name = "engine",
          .version = 3,
          .fields = {{"t", 0, 10, "K"},
                     {.name = "n", .lo = -5, .hi = 5, .type = FieldType::kInteger},
                     {.name = "o", .lo = 0, .hi = 1, .nullable = true},
                     {.name = "on", .type = FieldType::kBoolean},
                     {.name = "note", .type = FieldType::kText},
                     {.name = "free"},
                     {.name = "at", .type = FieldType::kTimestamp}},
          .time_field = "at"};
}

// The faults of one cell of `field`, as names.
std::vector<std::string> Faults(const ContractView& contract, const std::string& field,
                                std::string_view text) {
  const auto rules = RowRules::Make(contract, std::vector<std::string>{field});
  EXPECT_TRUE(rules.ok()) << rules.status();
  const std::array cells = {ParseCell(text)};
  RowVerdict verdict;
  rules->Judge({2, cells, text, {}}, kNow, verdict);
  std::vector<std::string> out;
  for (const RowFault& fault : verdict.faults) out.emplace_back(NameOf(fault.rule));
  return out;
}

TEST(RowRules, JudgeEachCellByWhatItsFieldDeclares) {
  const struct {
    const char* field;
    std::vector<std::string> good;
    std::map<std::string, std::vector<std::string>> bad;
  } cases[] = {
      {"t",
       {"0", "10", "3.5", "-0"},
       {{"type", {"x", "n/a", "1,5"}},
        {"null", {"", "NA", "nan", "null"}},
        {"not_finite", {"inf", "-Infinity", "1e999"}},
        {"range", {"-0.001", "10.001", "1e300"}}}},
      {"n",
       {"3", "-5", "2.0", "1e0"},
       {{"type", {"2.5", "three"}}, {"null", {""}}, {"not_finite", {"inf"}}, {"range", {"6"}}}},
      {"o", {"", "NA", "0.5"}, {{"type", {"x"}}, {"range", {"2"}}}},
      {"on", {"0", "1", "true", "FALSE"}, {{"type", {"2", "yes", "inf"}}, {"null", {""}}}},
      {"note", {"anything", "12", "inf"}, {{"null", {""}}}},
      {"free", {"1e30", "-1e30"}, {{"type", {"x"}}, {"range", {"1e39"}}}},
      {"at",
       {"2023-11-14T22:13:20Z", "2023-11-14", "2023-11-15 22:13:20", "1700000000"},
       {{"type", {"yesterday", "2023-13-01", "-5", "2023-11-14X22:13"}},
        {"null", {""}},
        {"future", {"2023-11-15T22:13:21Z", "1800000000"}}}},
  };
  for (const auto& [field, good, bad] : cases) {
    for (const std::string& text : good)
      EXPECT_THAT(Faults(Contract(), field, text), IsEmpty()) << field << ": " << text;
    for (const auto& [rule, texts] : bad)
      for (const std::string& text : texts)
        EXPECT_THAT(Faults(Contract(), field, text), ElementsAre(rule)) << field << ": " << text;
  }
}

TEST(RowRules, UnderKeepOnlyWhatCannotBeScaledIsOutOfRange) {
  ContractView contract = Contract();
  contract.rows.out_of_range = OutOfRange::kKeep;
  EXPECT_THAT(Faults(contract, "t", "11"), IsEmpty());
  EXPECT_THAT(Faults(contract, "t", "-1e30"), IsEmpty());
  EXPECT_THAT(Faults(contract, "t", "1e300"), ElementsAre("range"));
}

TEST(RowRules, NamesAreStableAndReadBack) {
  std::vector<std::string> names;
  for (const RowRule rule : kRowRules) {
    names.emplace_back(NameOf(rule));
    EXPECT_EQ(ParseRowRule(NameOf(rule)), rule);
  }
  EXPECT_THAT(names, ElementsAre("shape", "type", "null", "not_finite", "range", "future"));
  EXPECT_EQ(ParseRowRule("odd"), std::nullopt);
}

TEST(RowRules, RefuseAFieldThatTheContractLacks) {
  const auto rules = RowRules::Make(Contract(), std::vector<std::string>{"t", "wear"});
  EXPECT_EQ(ReasonOf(rules.status()), Reason::kCONTRACT_MISMATCH);
}

TEST(RowTime, ReadsWhatSourcesWrite) {
  for (const char* text :
       {"2023-11-14T22:13:20Z", "2023-11-14T22:13:20.000Z", "2023-11-14 22:13:20",
        "2023-11-14T22:13:20.0000004Z", "2023-11-15T00:13:20+02:00", "2023-11-14 17:43:20-0430",
        "1700000000", "1.7e9", "1700000000000"})
    EXPECT_EQ(TimeOf(ParseCell(text)), kNow) << text;
  EXPECT_EQ(TimeOf(ParseCell("2023-11-14T22:13Z")), kNow - std::chrono::seconds(20));
  for (const char* text : {"", "14.11.2023", "2023-11-14T", "2023-11-14T22:13:20.Z",
                           "2023-11-14T22:13:20.5x", "2023-11-14T25:00Z", "2023-11-14T22:13+2",
                           "1969-12-31", "1970-01-01T00:30+01:00", "-1", "1e30", "inf"})
    EXPECT_EQ(TimeOf(ParseCell(text)), std::nullopt) << text;
}

class TextSource final : public Source {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  std::string_view name() const override { return "e.csv"; }
  Status Read(std::span<const std::string> columns, const Take& take) override {
    std::istringstream in(text_);
    return ParseCsv(in, name(), columns, take);
  }

 private:
  const std::string text_;
};

TEST(ReadGoodRows, CountsARowOnceForEachRuleAndEachFieldThatItBreaks) {
  TextSource source("t,n\n1,1\nx,y\n11,7\n\"1\n2,2\n3,\n4,4\n5,5\n6,5\n7,5\n");
  RowFindings findings;
  const auto table =
      ReadGoodRows(source, Contract(), std::vector<std::string>{"t", "n"}, kNow, findings);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(findings.rows, 10u);
  EXPECT_EQ(findings.bad, 4u);
  EXPECT_THAT(findings.by_rule, ElementsAre(Pair(RowRule::kShape, 1), Pair(RowRule::kType, 1),
                                            Pair(RowRule::kNull, 1), Pair(RowRule::kRange, 1)));
  EXPECT_THAT(
      findings.by_field,
      ElementsAre(Pair("n", ElementsAre(Pair(RowRule::kType, 1), Pair(RowRule::kNull, 1),
                                        Pair(RowRule::kRange, 1))),
                  Pair("t", ElementsAre(Pair(RowRule::kType, 1), Pair(RowRule::kRange, 1)))));
  EXPECT_THAT(table->cells, ElementsAre(1, 1, 2, 2, 4, 4, 5, 5, 6, 5, 7, 5));
  EXPECT_THAT(table->cuts, ElementsAre(1, 2));
  EXPECT_EQ(findings.kept.size(), 4u);
  EXPECT_EQ(findings.kept[1].text, "11,7");
  EXPECT_EQ(findings.kept[2].line, 5u);
  EXPECT_EQ(findings.first, "e.csv:3: 't' (type)");
}

TEST(ReadGoodRows, TakesAsMuchBadAsTheContractSaysAndNoMore) {
  ContractView contract = Contract();
  contract.rows.max_bad_share = 0.25;
  RowFindings findings;
  const std::vector<std::string> columns = {"t"};
  TextSource quarter("t\n1\n2\n3\nx\n"), third("t\n1\n2\nx\n");
  EXPECT_TRUE(ReadGoodRows(quarter, contract, columns, kNow, findings).ok());
  const auto refused = ReadGoodRows(third, contract, columns, kNow, findings);
  EXPECT_EQ(ReasonOf(refused.status()), Reason::kDATA_BAD_ROWS);
  EXPECT_THAT(std::string(MessageOf(refused.status())),
              HasSubstr("1 of 3 rows of e.csv break contract engine version 3, at most 25% may: "
                        "type 1; the first is e.csv:4: 't' (type)"));
  contract.rows.max_bad_share = 1;  // Of nothing, nothing is learned.
  TextSource all("t\nx\n");
  EXPECT_EQ(ReasonOf(ReadGoodRows(all, contract, columns, kNow, findings).status()),
            Reason::kDATA_BAD_ROWS);
}

TEST(ReadGoodRows, NeverRepeatsAPrivateValueInAMessage) {
  TextSource source("t\npatient-4711\n");
  RowFindings findings;
  const auto table =
      ReadGoodRows(source, Contract(), std::vector<std::string>{"t"}, kNow, findings);
  EXPECT_EQ(std::string(MessageOf(table.status())).find("4711"), std::string::npos);
}

TEST(ReadGoodRows, KeepsTheNewestBadRowsWithinABound) {
  std::string text = "t\n";
  for (int i = 0; i < 6000; ++i) text += std::string(1500, 'x') + "\n" + "1\n1\n";
  TextSource source(text);
  RowFindings findings;
  ASSERT_TRUE(ReadGoodRows(source, Contract(), std::vector<std::string>{"t"}, kNow, findings).ok());
  EXPECT_EQ(findings.bad, 6000u);
  EXPECT_LT(findings.kept.size() * 1500, RowFindings::kMostKept);
  EXPECT_GT(findings.kept.size() * 1700, RowFindings::kMostKept);
  EXPECT_EQ(findings.kept.back().line, 3 * 5999u + 2);
}

// Whatever a file holds: a row is in the data if and only if a judgement by hand finds it good, and
// a window is there if and only if its rows are good and stand one after another in the file.
TEST(ReadGoodRowsProperty, GoodRowsAndTheirWindowsAreThoseOfTheFileAndNoOthers) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    const std::size_t rows = 1 + rng.Below(40), window = 1 + rng.Below(4);
    const char* const bad_cells[] = {"x", "", "inf", "99", "NA,1", "\"", "-1"};
    std::string text = "t,y\n";
    std::vector<bool> good;
    for (std::size_t r = 0; r < rows; ++r) {
      good.push_back(rng.Below(4) != 0);
      const std::string t =
          good.back() ? fmt::format("{}", rng.Below(11)) : bad_cells[rng.Below(7)];
      text += fmt::format("{},{}\n", t, r);
    }
    std::vector<float> wanted;  // Labels are row numbers.
    for (std::size_t first = 0; first + window <= rows; ++first)
      if (std::all_of(good.begin() + static_cast<std::ptrdiff_t>(first),
                      good.begin() + static_cast<std::ptrdiff_t>(first + window),
                      [](bool g) { return g; }))
        wanted.push_back(static_cast<float>(first + window - 1));
    ContractView contract{
        .name = "k", .version = 1, .fields = {{"t", 0, 10, ""}, {"y", 0, 100, ""}}};
    contract.rows.max_bad_share = 1;
    const auto pipeline = Pipeline::Make({.features = {"t"},
                                          .window = {static_cast<std::uint32_t>(window), 1},
                                          .label = {.field = "y", .cap = {}, .scale = 1}},
                                         contract);
    TextSource source(text);
    RowFindings findings;
    const auto data = pipeline->TrainingSet(source, kNow, findings);
    EXPECT_EQ(findings.rows, rows);
    EXPECT_EQ(findings.bad,
              static_cast<std::uint64_t>(std::count(good.begin(), good.end(), false)));
    if (wanted.empty())
      EXPECT_FALSE(data.ok());
    else
      EXPECT_THAT(data->y, testing::ElementsAreArray(wanted)) << text;
  }
}

}  // namespace
}  // namespace muster::client
