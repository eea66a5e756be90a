// The small parts under a session.
#include <gtest/gtest.h>

#include <cmath>

#include "base/seeded.h"
#include "client/pipeline/csv_source.h"
#include "client/session/backoff.h"
#include "client/session/held_update.h"
#include "client/session/limited_executor.h"
#include "client/session/renamed_source.h"
#include "client/session/rules.h"
#include "client/session/screen.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_session/sim_executor.h"

namespace muster::testing {
namespace {
using namespace std::chrono_literals;
using client::Backoff;
using client::ErrorVerdict;
using client::HeldUpdate;
using client::ScreenDelta;

TEST(Backoff, StaysWithinItsDoublingBoundsAndUsesThem) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    Backoff backoff(rng);
    Duration bound = 100ms, longest = 0ms;
    for (int i = 0; i < 200; ++i) {
      const Duration wait = backoff.Next();
      ASSERT_GE(wait, 1ms);
      ASSERT_LE(wait, bound);
      longest = std::max(longest, wait);
      bound = std::min<Duration>(30s, 2 * bound);
    }
    EXPECT_GT(longest, 25s);
    backoff.Reset();
    EXPECT_LE(backoff.Next(), 100ms);
  }
}

TEST(Screen, ClipsThenScalesAndNeverPassesALimit) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    std::vector<float> delta(1 + rng.Below(300));
    for (float& x : delta)
      x = static_cast<float>((static_cast<double>(rng.Below(2'000'001)) - 1e6) / 1e4);
    const client::ScreenRule rule{.bound = 0.1 + static_cast<double>(rng.Below(1000)) / 10,
                                  .max_norm = static_cast<double>(rng.Below(3)) * 7.7,
                                  .example_cap = 0};
    ASSERT_THAT(ScreenDelta(delta, rule), IsOk());
    double squares = 0;
    for (const float x : delta) {
      ASSERT_LE(std::abs(static_cast<double>(x)), rule.bound);
      squares += static_cast<double>(x) * x;
    }
    if (rule.max_norm > 0) {
      ASSERT_LE(std::sqrt(squares), rule.max_norm);
    }
  }
}

TEST(Screen, LeavesAnUpdateWithinTheLimitsAsItIs) {
  std::vector<float> delta = {0.5F, -0.25F, 0.0F};
  const auto report = ScreenDelta(delta, {.bound = 16, .max_norm = 1, .example_cap = 0});
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(delta, (std::vector<float>{0.5F, -0.25F, 0.0F}));
  EXPECT_EQ(report->clipped, 0U);
  EXPECT_NEAR(report->norm, std::sqrt(0.3125), 1e-12);
}

TEST(Screen, RefusesWhatIsNoNumber) {
  for (const float bad : {std::nanf(""), HUGE_VALF, -HUGE_VALF}) {
    std::vector<float> delta = {1, bad};
    EXPECT_THAT(ScreenDelta(delta, {.bound = 1, .max_norm = 0, .example_cap = 0}),
                Fails(absl::StatusCode::kInvalidArgument, Reason::kUPDATE_NON_FINITE));
  }
}

TEST(Screen, ClampsTheWeightOnlyWhereThePlanCapsIt) {
  EXPECT_EQ(client::ClampWeight(1'000'000'000'000'000, {1, 0, 500}), 500U);
  EXPECT_EQ(client::ClampWeight(499, {1, 0, 500}), 499U);
  EXPECT_EQ(client::ClampWeight(501, {1, 0, 0}), 501U);
}

TEST(HeldStore, GivesBackWhatItWasGiven) {
  MemoryFiles files;
  client::HeldStore store(files, "nodes/a/held");
  EXPECT_EQ(*store.Load(), std::nullopt);
  const HeldUpdate held{{CampaignName("c\"\n"), RoundNumber(12), 3}, 42, 0.1, Bytes(1000)};
  ASSERT_THAT(store.Save(held), IsOk());
  const auto found = store.Load();
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ((*found)->round, held.round);
  EXPECT_EQ((*found)->examples, 42U);
  EXPECT_EQ((*found)->loss, 0.1);
  EXPECT_EQ((*found)->file, held.file);
  ASSERT_THAT(store.Remove(), IsOk());
  EXPECT_EQ(*store.Load(), std::nullopt);
}

TEST(HeldStore, NoticesEveryFlippedBitAndEveryTruncation) {
  const auto disk = std::make_shared<MemoryFiles::Disk>();
  MemoryFiles files(disk);
  client::HeldStore store(files, "held");
  const HeldUpdate held{{CampaignName("c"), RoundNumber(1), 1}, 42, 0.5, Bytes(20, std::byte{5})};
  ASSERT_THAT(store.Save(held), IsOk());
  const Bytes good = *files.Get("held");
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(i));
    const std::array<ByteView, 1> parts = {bad};
    ASSERT_THAT(files.Put("held", parts), IsOk());
    EXPECT_THAT(store.Load(), HasCode(absl::StatusCode::kDataLoss)) << i;
    if (i + 20 < good.size()) continue;  // A flip in the header may still read as a header.
    bad = good;
    bad[i] ^= std::byte{1};
    const std::array<ByteView, 1> flipped = {bad};
    ASSERT_THAT(files.Put("held", flipped), IsOk());
    EXPECT_THAT(store.Load(), HasCode(absl::StatusCode::kDataLoss)) << i;
  }
}

TEST(Rules, AnUploadIsGivenUpOnlyWhenScreeningRefusedIt) {
  EXPECT_EQ(client::JudgeUploadError(Unavailable("")), ErrorVerdict::kRetry);
  EXPECT_EQ(client::JudgeUploadError(InvalidArgument("")), ErrorVerdict::kRetry);
  for (const Reason reason :
       {Reason::kCHUNK_CORRUPT, Reason::kUPLOAD_TRUNCATED, Reason::kUPLOAD_BUSY,
        Reason::kROUND_CLOSED, Reason::kUNKNOWN_ROUND, Reason::kALREADY_COUNTED})
    EXPECT_EQ(client::JudgeUploadError(WithReason(FailedPrecondition(""), reason)),
              ErrorVerdict::kRetry);
  for (const Reason reason : {Reason::kUPDATE_NON_FINITE, Reason::kUPDATE_OVER_NORM,
                              Reason::kUPDATE_UNREADABLE, Reason::kUPLOAD_TOO_LARGE})
    EXPECT_EQ(client::JudgeUploadError(WithReason(InvalidArgument(""), reason)),
              ErrorVerdict::kGiveUp);
}

TEST(Rules, ADownloadThatCameDamagedIsTriedAgainAndAFullDiskIsNot) {
  EXPECT_EQ(client::JudgeFetchError(WithReason(InvalidArgument(""), Reason::kCHUNK_CORRUPT)),
            ErrorVerdict::kRetry);
  EXPECT_EQ(client::JudgeFetchError(WithReason(DataLoss(""), Reason::kDIGEST_MISMATCH)),
            ErrorVerdict::kRetry);
  EXPECT_EQ(client::JudgeFetchError(WithReason(ResourceExhausted(""), Reason::kDISK_FULL)),
            ErrorVerdict::kGiveUp);
  EXPECT_EQ(client::JudgeFetchError(WithReason(NotFound(""), Reason::kBLOB_NOT_FOUND)),
            ErrorVerdict::kGiveUp);
  EXPECT_EQ(client::JudgeFetchError(ResourceExhausted("busy")), ErrorVerdict::kRetry);
}

// A pool that begins closures when the test says so, to hold several open at once.
class HandExecutor final : public Executor {
 public:
  void Post(std::function<void()> work) override { queue.push_back(std::move(work)); }
  void PostAt(Timestamp, std::function<void()> work) override { Post(std::move(work)); }
  std::deque<std::function<void()>> queue;
};

TEST(LimitedExecutor, NeverHasMoreUnderWayThanItMayAndForgetsNone) {
  HandExecutor pool;
  client::LimitedExecutor limited(pool, 2);
  int done = 0;
  for (int i = 0; i < 5; ++i) limited.Post([&done] { ++done; });
  while (!pool.queue.empty()) {
    EXPECT_LE(pool.queue.size(), 2U);
    const auto work = std::move(pool.queue.front());
    pool.queue.pop_front();
    work();
  }
  EXPECT_EQ(done, 5);
}

TEST(LimitedExecutor, UsesAPlaceThatIsFreeWhileAnotherIsHeld) {
  HandExecutor pool;
  client::LimitedExecutor limited(pool, 2);
  int done = 0;
  // The first closure stays open while the others come and go.
  limited.Post([&] {
    for (int i = 0; i < 3; ++i) limited.Post([&done] { ++done; });
    while (!pool.queue.empty()) {
      const auto work = std::move(pool.queue.front());
      pool.queue.pop_front();
      work();
    }
    EXPECT_EQ(done, 3);
  });
  const auto first = std::move(pool.queue.front());
  pool.queue.pop_front();
  first();
  EXPECT_EQ(done, 3);
}

class ListSource final : public client::Source {
 public:
  std::string_view name() const override { return "list"; }
  Status Read(std::span<const std::string> columns, const Take& take) override {
    asked.assign(columns.begin(), columns.end());
    const std::array cells = {client::ParseCell("1"), client::ParseCell("2")};
    return take({2, cells, "1,2", {}});
  }
  std::vector<std::string> asked;
};

TEST(RenamedSource, AsksForTheFilesNamesInTheOrderOfTheContracts) {
  auto list = std::make_unique<ListSource>();
  const ListSource& inner = *list;
  client::RenamedSource source(std::move(list), {{"T30", "sensor_3"}});
  const std::vector<std::string> fields = {"T30", "cycle"};
  std::vector<double> numbers;
  ASSERT_THAT(source.Read(fields,
                          [&](const client::Row& row) {
                            for (const client::Cell& cell : row.cells)
                              numbers.push_back(cell.number);
                            return Ok();
                          }),
              IsOk());
  EXPECT_THAT(inner.asked, ::testing::ElementsAre("sensor_3", "cycle"));
  EXPECT_THAT(numbers, ::testing::ElementsAre(1, 2));
}

}  // namespace
}  // namespace muster::testing
