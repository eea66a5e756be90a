// Sums that stay apart: a part is opened on its own, and what its devices cannot have given is not.
#include "coordinator/secure/part_totals.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace muster::coordinator {
namespace {
namespace secagg = aggregation::secagg;
namespace statistics = aggregation::statistics;
using testing::Fails;
using testing::HasCode;
using testing::IsOk;

const statistics::WindowQuery& Asked() {
  static const statistics::WindowQuery query{.monitor = "wear",
                                             .epoch = 1,
                                             .contract = "engine",
                                             .version = 1,
                                             .model = "rul",
                                             .model_version = 1,
                                             .reference = false,
                                             .rows = 50,
                                             .fields = {{"s", 0, 1, 2}},
                                             .measures = {},
                                             .binary = false};
  return query;
}
const std::vector<secagg::SumField>& Fields() {
  static const std::vector<secagg::SumField> fields = statistics::FieldsOf(Asked());
  return fields;
}
Status Judge(const PartTotals& part) { return CheckShard(Asked(), part); }

// The sum of devices that give these.
secagg::LaneVector SumOver(const std::vector<secagg::SumValues>& devices) {
  const secagg::Segments layout = secagg::SumsLayout(Fields(), 8).value();
  secagg::LaneVector sum(layout);
  for (const secagg::SumValues& values : devices) {
    secagg::LaneVector one(layout);
    EXPECT_THAT(secagg::SetSums(Fields(), values, one), IsOk());
    Bytes wire(layout.wire_bytes());
    EXPECT_THAT(one.WriteWire(one.AllTiles(), wire), IsOk());
    EXPECT_THAT(sum.AddWire(sum.AllTiles(), wire), IsOk());
  }
  return sum;
}

TEST(PartTotals, OfSeveralPartsStandOneBehindTheOtherUnderTheirGroups) {
  const PartTotalsForm north(Fields(), {"north"}, Judge), rest(Fields(), {}, Judge);
  const Bytes a = north.Open(SumOver({{{0, 50, 0, 0, 0}, {1}}, {{1, 2, 3, 4, 5}, {1}}}), 2).value();
  const Bytes b = rest.Open(SumOver({{{50, 0, 0, 0, 0}, {1}}}), 1).value();
  const std::vector<Bytes> files = {a, b};
  const auto parts = ReadPartTotals(Fields(), rest.Add(files).value());
  ASSERT_THAT(parts, IsOk());
  const std::vector<PartTotals> expected = {{{"north"}, 2, {{1, 52, 3, 4, 5}, {2}}},
                                            {{}, 1, {{50, 0, 0, 0, 0}, {1}}}};
  EXPECT_EQ(*parts, expected);
}

TEST(PartTotals, ADeviceThatCountsForMoreThanItsRowsCostsItsPartTheSum) {
  const PartTotalsForm form(Fields(), {}, Judge);
  const secagg::SumValues honest{{0, 50, 0, 0, 0}, {1}};
  const secagg::SumValues twice{{50, 50, 0, 0, 0}, {1}};  // Each count is one that may be.
  EXPECT_THAT(form.Open(SumOver({honest, honest, twice}), 3),
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kUPDATE_OVER_BOUND));
  EXPECT_THAT(form.Open(SumOver({honest, honest, honest}), 3), IsOk());
  // And whoever adds more than a device may have, beyond any count.
  EXPECT_THAT(form.Open(SumOver({honest, honest, honest}), 2),
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kUPDATE_OVER_BOUND));
}

TEST(PartTotals, FilesOfOtherFieldsAreNotRead) {
  const PartTotalsForm form(Fields(), {}, Judge);
  const Bytes file = form.Open(SumOver({{{0, 50, 0, 0, 0}, {1}}}), 1).value();
  const std::vector<secagg::SumField> other = {{"cells", 4, 50}, {"given", 1, 1}};
  EXPECT_THAT(ReadPartTotals(other, file), HasCode(absl::StatusCode::kDataLoss));
  EXPECT_THAT(ReadPartTotals(Fields(), AsBytes(std::string_view("{}"))),
              HasCode(absl::StatusCode::kDataLoss));
  EXPECT_THAT(ReadPartTotals(Fields(), AsBytes(std::string_view("no"))),
              HasCode(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace muster::coordinator
