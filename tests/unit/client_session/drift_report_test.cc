#include "client/app/drift_report.h"

#include <gmock/gmock.h>

#include "base/canonical_json.h"
#include "tests/support/status_matchers.h"

namespace muster::client {
namespace {
using muster::testing::Fails;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(DriftRowRange, IsFromOneAndBothEndsAreMeant) {
  EXPECT_EQ(ParseRowRange("3:7")->first, 3u);
  EXPECT_EQ(ParseRowRange("3:7")->last, 7u);
  EXPECT_EQ(ParseRowRange("3:")->last, std::nullopt);
  EXPECT_EQ(ParseRowRange(":7")->first, 1u);
  for (const char* text :
       {"", ":", "7", "0:3", "7:3", "a:b", "1:2:3", "-1:3", "1: 2", "99999999999999999999:"})
    EXPECT_THAT(ParseRowRange(text), Fails(kInvalid, Reason::kFIELD_INVALID)) << text;
}

// A site whose second field froze, and whose contract has a name that no page may run.
class DriftReport : public ::testing::Test {
 protected:
  DriftReport() {
    rows_.front().times.resize(20);
    for (int i = 0; i < 20; ++i) {
      rows_.front().cells.insert(rows_.front().cells.end(), {static_cast<double>(i), 7});
      EXPECT_TRUE(set_.Feed({std::nullopt, "node-1",
                             std::span(rows_.front().cells).last(contract_.fields.size())},
                            findings_)
                      .ok());
    }
  }

  DriftContract contract_{
      .name = "a<b>", .fields = {{"a", 0, 9}, {"<script>&\"", 0, 9}}, .time_field = {}};
  std::vector<DriftRows> rows_{{.node = "node-1", .first = 101, .times = {}, .cells = {}}};
  drift::MonitorSet set_ =
      drift::MonitorSet::Make({{.name = "frozen", .rule = drift::StuckRule{.rows = 5}}},
                              contract_.fields, std::nullopt, 1)
          .value();
  std::vector<drift::Finding> findings_;
  DriftOutcome outcome_{contract_, rows_, set_, nullptr, findings_};
};

TEST_F(DriftReport, CountsRowsAsTheFileDoes) {
  ASSERT_EQ(findings_.size(), 1u);
  EXPECT_EQ(WhereText(outcome_, findings_[0], findings_[0].to), "row 105");
  EXPECT_THAT(DriftText(outcome_), HasSubstr("row 105"));
  const Json json = *ParseJson(DriftJson(outcome_));
  EXPECT_EQ(json["findings"][0]["from"]["row"], 101);
  EXPECT_EQ(json["monitors"][0]["alarms"], 1);
  EXPECT_EQ(json["rows"], 20);
}

TEST_F(DriftReport, IsAPageInWhichNamesAreText) {
  const std::string page = DriftHtml(outcome_);
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;&amp;&quot;"));
  EXPECT_THAT(page, HasSubstr("<svg"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("a<b>")));
  EXPECT_THAT(page, Not(HasSubstr("http")));
}

}  // namespace
}  // namespace muster::client
