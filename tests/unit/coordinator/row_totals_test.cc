#include <gmock/gmock.h>

#include "coordinator/checkin/types.h"
#include "tests/support/status_matchers.h"

namespace muster::coordinator {
namespace {
using ::muster::testing::Fails;
using ::muster::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::Pair;

TEST(RowTotals, AreReadAsAgentsWriteThem) {
  const auto totals = ParseRowTotals("rows=40 bad=3 range=2 type=1");
  ASSERT_THAT(totals, IsOk());
  EXPECT_EQ(totals->devices, 1u);
  EXPECT_EQ(totals->rows, 40u);
  EXPECT_EQ(totals->bad, 3u);
  EXPECT_THAT(totals->by_rule, ElementsAre(Pair("range", 2), Pair("type", 1)));
}

TEST(RowTotals, ARuleOfALaterReleaseCountsAsOther) {
  EXPECT_THAT(ParseRowTotals("rows=9 bad=9 odd=4 odder=5")->by_rule, ElementsAre(Pair("other", 9)));
}

TEST(RowTotals, AreSumsOverDevices) {
  RowTotals sum;
  sum.Add(*ParseRowTotals("rows=40 bad=3 range=3"));
  sum.Add(*ParseRowTotals("rows=10 bad=1 range=1 type=1"));
  EXPECT_EQ(sum.devices, 2u);
  EXPECT_EQ(sum.rows, 50u);
  EXPECT_EQ(sum.bad, 4u);
  EXPECT_THAT(sum.by_rule, ElementsAre(Pair("range", 4), Pair("type", 1)));
}

TEST(RowTotals, AreRefusedWhenTheyAreNone) {
  for (const std::string text : {"rows", "rows=", "=4", "rows=-1", "rows=x", "rows=1 bad=2",
                                 "rows=1  bad=0", "rows=1099511627777", "rows=4 bad=1 range=1x"})
    EXPECT_THAT(ParseRowTotals(text),
                Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID))
        << text;
  EXPECT_THAT(ParseRowTotals(std::string(513, ' ')),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
}

}  // namespace
}  // namespace muster::coordinator
