#include "client/secure/terms.h"

#include <gtest/gtest.h>

#include "aggregation/secagg/update_layout.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_secure/secure_room.h"

namespace muster::testing {
namespace {
using client::Assignment;
using client::TaskKind;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

Assignment With(const std::function<void(secagg::Task&)>& change,
                Assignment a = SecureAssignment(5, 20)) {
  secagg::Task task = TaskIn(a);
  change(task);
  a.secure_task = secagg::EncodeTask(task);
  return a;
}

StatusOr<secagg::Task> TaskOf(const Assignment& a, const secagg::LocalFloor& floor = {},
                              Timestamp now = kRoundStart) {
  return client::SecureTaskOf(a, floor, platform::OpenSslHasher(), now);
}

TEST(SecureTerms, ATaskOfThisAssignmentIsTaken) {
  const Assignment a = SecureAssignment(5, 20);
  const auto task = TaskOf(a);
  ASSERT_THAT(task, IsOk());
  EXPECT_EQ(*task, TaskIn(a));
}

TEST(SecureTerms, ATaskAboutAnythingElseIsALie) {
  const std::vector<std::function<void(secagg::Task&)>> lies = {
      [](secagg::Task& t) { t.query = "turbofan/3/2"; },
      [](secagg::Task& t) { t.model = Digest(); },
      [](secagg::Task& t) { t.clip = 5; },
      [](secagg::Task& t) { t.weight_cap = 1; },
      [](secagg::Task& t) {
        t.layout = *secagg::Segments::Make(5, {{"update", 20, secagg::LaneBits::k24, 100}});
      },
  };
  for (std::size_t i = 0; i < lies.size(); ++i)
    EXPECT_THAT(TaskOf(With(lies[i])), Fails(kInvalid, Reason::kSECURE_VIOLATION)) << i;
}

TEST(SecureTerms, GarbageIsALie) {
  Assignment a = SecureAssignment(5, 20);
  a.secure_task.pop_back();
  EXPECT_THAT(TaskOf(a), Fails(kInvalid, Reason::kSECURE_VIOLATION));
}

TEST(SecureTerms, AnEvaluationHasNoUpdateToMask) {
  Assignment a = SecureAssignment(5, 20);
  a.kind = client::TaskKind::kEvaluate;
  EXPECT_THAT(TaskOf(a), Fails(kInvalid, Reason::kSECURE_VIOLATION));
}

TEST(SecureTerms, ATaskOfTheSumsThatAreAskedForIsTaken) {
  for (const TaskKind kind : {TaskKind::kEvaluate, TaskKind::kStatistics}) {
    const Assignment a = SumsAssignment(kind, 5);
    const auto task = TaskOf(a);
    ASSERT_THAT(task, IsOk());
    EXPECT_EQ(task->query, fmt::format("turbofan/3/1/{}", client::NameOf(kind)));
  }
}

TEST(SecureTerms, ATaskOfOtherSumsIsALie) {
  const std::vector<std::function<void(secagg::Task&)>> lies = {
      [](secagg::Task& t) { t.query = "turbofan/3/1"; },
      [](secagg::Task& t) { t.model = Digest(); },
      [](secagg::Task& t) { t.clip = 2; },
      [](secagg::Task& t) { t.weight_cap = 2; },
      [](secagg::Task& t) {  // A name changed: the same numbers would go by another meaning.
        auto segments = t.layout.all();
        segments[0].name = "other";
        t.layout = *secagg::Segments::Make(5, segments);
      },
      [](secagg::Task& t) {
        auto segments = t.layout.all();
        segments.pop_back();
        t.layout = *secagg::Segments::Make(5, segments);
      },
  };
  for (const TaskKind kind : {TaskKind::kEvaluate, TaskKind::kStatistics})
    for (std::size_t i = 0; i < lies.size(); ++i)
      EXPECT_THAT(TaskOf(With(lies[i], SumsAssignment(kind, 5))),
                  Fails(kInvalid, Reason::kSECURE_VIOLATION))
          << client::NameOf(kind) << " " << i;
}

TEST(SecureTerms, StatisticsOfBytesThatAreNoQueryAreALie) {
  Assignment a = SumsAssignment(TaskKind::kStatistics, 5);
  a.statistics.push_back(std::byte{' '});
  const Digest model = platform::OpenSslHasher().Sha256(a.statistics);
  EXPECT_THAT(TaskOf(With([&model](secagg::Task& t) { t.model = model; }, a)),
              Fails(kInvalid, Reason::kSECURE_VIOLATION));
}

TEST(SecureTerms, WeakerTermsThanTheSitesAreRefusedForItsPolicy) {
  const Assignment a = SecureAssignment(5, 20);
  for (const secagg::LocalFloor& floor :
       {secagg::LocalFloor{.least = 4}, secagg::LocalFloor{.corrupt_ppm = 1},
        secagg::LocalFloor{.dropout_ppm = 1}})
    EXPECT_THAT(TaskOf(a, floor),
                Fails(absl::StatusCode::kPermissionDenied, Reason::kPOLICY_SECURE));
  const Assignment curious =
      With([](secagg::Task& t) { t.cohort.profile = secagg::Profile::kCurious; });
  EXPECT_THAT(TaskOf(curious), Fails(absl::StatusCode::kPermissionDenied, Reason::kPOLICY_SECURE));
  EXPECT_THAT(TaskOf(curious, {.allow_curious = true}), IsOk());
}

TEST(SecureTerms, AnExpiredTaskIsARoundThatIsOver) {
  EXPECT_THAT(TaskOf(SecureAssignment(5, 20), {}, kRoundStart + std::chrono::hours(24)),
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kROUND_CLOSED));
}

TEST(SecureTerms, UniformWeightsAreOneOfOne) {
  Assignment a;
  EXPECT_EQ(client::WeightOf(a, 700), 1);
  EXPECT_EQ(client::WeightCap(a), 1);
  a.example_cap = 10;
  EXPECT_EQ(client::WeightOf(a, 700), 10);
  EXPECT_EQ(client::WeightOf(a, 7), 7);
}

}  // namespace
}  // namespace muster::testing
