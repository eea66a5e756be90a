#include "coordinator/secure/secure_sum.h"

#include <gtest/gtest.h>

#include <limits>
#include <thread>

#include "aggregation/accumulator.h"
#include "aggregation/secagg/quantiser.h"
#include "aggregation/secagg/update_layout.h"
#include "coordinator/secure/update_form.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"

namespace muster::coordinator {
namespace {
namespace secagg = aggregation::secagg;

constexpr double kClip = 16;

TEST(UpdateLayout, BoundsEachDeviceSoThatNoHonestSumWraps) {
  for (const secagg::LaneBits bits :
       {secagg::LaneBits::k16, secagg::LaneBits::k24, secagg::LaneBits::k32}) {
    const secagg::Segments layout = secagg::UpdateLayout(10, bits, kClip, 100).value();
    EXPECT_EQ(layout[0].limit, secagg::Quantiser::Make(kClip, bits, 100)->limit());
    EXPECT_EQ(layout[0].count, 10U);
    EXPECT_EQ(layout[1].limit, ((std::int64_t{1} << 31) - 1) / 100);
    EXPECT_EQ(layout[1].count, 1U);
  }
  EXPECT_EQ(ReasonOf(secagg::UpdateLayout(10, secagg::LaneBits::k16, kClip, 1024).status()),
            Reason::kFIELD_INVALID);
}

TEST(UpdateLayout, GivesEveryDeviceAtLeastOneUnitOfWeightAndNoneMoreThanTheCap) {
  const secagg::Segments layout =
      secagg::UpdateLayout(1, secagg::LaneBits::k32, kClip, 1000).value();
  const auto limit = static_cast<std::int32_t>(layout[1].limit);
  EXPECT_EQ(secagg::WeightUnits(1, 1, layout), limit);
  EXPECT_EQ(secagg::WeightUnits(5, 1, layout), limit);
  EXPECT_EQ(secagg::WeightUnits(1, 2, layout), (limit + 1) / 2);
  EXPECT_EQ(secagg::WeightUnits(1, 1e30, layout), 1);
  EXPECT_EQ(secagg::WeightUnits(std::numeric_limits<double>::quiet_NaN(), 1, layout), 1);
}

// A spool that counts what is read of it, and can refuse to keep, or take its time.
class WatchedSpool final : public Spool {
 public:
  explicit WatchedSpool(Spool& real) : real_(real) {}
  void Append(std::uint32_t tag, ByteView record, std::function<void(Status)> done) override {
    if (full) return done(ResourceExhausted("the disk is full"));
    if (slow) return;
    real_.Append(tag, record, std::move(done));
  }
  StatusOr<std::uint64_t> SizeOf(std::uint32_t tag) const override { return real_.SizeOf(tag); }
  Status Read(std::uint32_t tag, std::uint64_t offset, std::span<std::byte> out) const override {
    ++reads;
    return real_.Read(tag, offset, out);
  }
  bool full = false;
  bool slow = false;  // Nothing that comes now is there yet.
  mutable int reads = 0;

 private:
  Spool& real_;
};

class Sum : public ::testing::Test {
 protected:
  // What a device sends, here without masks.
  Bytes Vector(std::int32_t q, std::int32_t units) const {
    secagg::LaneVector vector(layout);
    EXPECT_TRUE(vector.Set(0, 0, std::vector<std::int32_t>(3, q)).ok());
    EXPECT_TRUE(vector.Set(1, 0, std::span(&units, 1)).ok());
    Bytes wire(layout.wire_bytes());
    EXPECT_TRUE(vector.WriteWire(vector.AllTiles(), wire).ok());
    return wire;
  }
  void Put(secagg::Member member, const Bytes& vector) {
    sum.Put(member, vector, [](const Status& kept) { ASSERT_THAT(kept, testing::IsOk()); });
  }
  static secagg::MemberSet Of(std::initializer_list<secagg::Member> members) {
    secagg::MemberSet set(4);
    for (const secagg::Member m : members) set.Insert(m);
    return set;
  }
  std::vector<float> MeanOf(std::uint32_t contributors) const {
    const auto file = form.Open(sum.sum(), contributors);
    EXPECT_TRUE(file.ok()) << file.status();
    if (!file.ok()) return std::vector<float>(3, std::numeric_limits<float>::quiet_NaN());
    return MeanOf(*file);
  }
  static std::vector<float> MeanOf(const Bytes& file) {
    const auto opened = aggregation::Accumulator::Restore(file);
    EXPECT_TRUE(opened.ok()) << opened.status();
    std::vector<float> mean(3);
    EXPECT_TRUE(opened->Mean(mean).ok());
    return mean;
  }

  const secagg::Segments layout = secagg::UpdateLayout(3, secagg::LaneBits::k24, kClip, 4).value();
  const UpdateForm form{kClip, aggregation::FixedPoint::Make(4, kClip).value()};
  const std::int32_t whole = static_cast<std::int32_t>(layout[1].limit);
  testing::MemoryFiles files;
  const std::unique_ptr<Spool> disk = files.OpenSpool("secure/c/1-1.spool").value();
  WatchedSpool spool{*disk};
  SecureSum sum{layout, spool};
};

TEST_F(Sum, IsOfExactlyThoseItIsToHold) {
  const auto limit = static_cast<std::int32_t>(layout[0].limit);
  Put(0, Vector(limit, whole));
  Put(1, Vector(-limit, whole));
  Put(2, Vector(limit / 2, whole));
  ASSERT_THAT(sum.Hold(Of({0, 1})), testing::IsOk());
  EXPECT_EQ(MeanOf(2), std::vector<float>(3, 0.0F));
  ASSERT_THAT(sum.Hold(Of({0, 1, 2})), testing::IsOk());
  EXPECT_NEAR(MeanOf(3)[0], kClip / 2 / 3, 1e-4);
  ASSERT_THAT(sum.Hold(Of({0})), testing::IsOk());
  EXPECT_FLOAT_EQ(MeanOf(1)[2], static_cast<float>(kClip));
}

TEST_F(Sum, ReadsOnlyTheVectorsOfThoseWhoArePruned) {
  const auto limit = static_cast<std::int32_t>(layout[0].limit);
  for (const secagg::Member member : {0u, 1u, 2u, 3u}) Put(member, Vector(limit, whole));
  ASSERT_THAT(sum.Hold(Of({0, 2, 3})), testing::IsOk());
  EXPECT_EQ(spool.reads, 1);
  EXPECT_FLOAT_EQ(MeanOf(3)[0], static_cast<float>(kClip));
}

TEST_F(Sum, TakesVectorsFromManyThreadsAtOnce) {
  const auto limit = static_cast<std::int32_t>(layout[0].limit);
  {
    std::vector<std::jthread> threads;
    for (const secagg::Member member : {0u, 1u, 2u, 3u})
      threads.emplace_back([&, member] { Put(member, Vector(limit / 2, whole)); });
  }
  ASSERT_THAT(sum.Hold(Of({0, 1, 2, 3})), testing::IsOk());
  EXPECT_EQ(spool.reads, 0);
  EXPECT_NEAR(MeanOf(4)[1], kClip / 2, 1e-3);
}

TEST_F(Sum, IsMadeOfTheSpoolAfterARestart) {
  const auto limit = static_cast<std::int32_t>(layout[0].limit);
  Put(0, Vector(limit, whole));
  Put(1, Vector(limit, whole));
  SecureSum restarted(layout, spool);
  restarted.Put(2, Vector(-limit, whole), [](const Status&) {});
  ASSERT_THAT(restarted.Hold(Of({0, 1, 2})), testing::IsOk());
  EXPECT_EQ(spool.reads, 2);
  EXPECT_NEAR(MeanOf(form.Open(restarted.sum(), 3).value())[0], kClip / 3, 1e-3);
}

TEST_F(Sum, HasNothingThatTheSpoolDidNotKeep) {
  const auto limit = static_cast<std::int32_t>(layout[0].limit);
  Put(0, Vector(limit, whole));
  spool.full = true;
  Status kept;
  sum.Put(1, Vector(limit, whole), [&](Status status) { kept = std::move(status); });
  EXPECT_THAT(kept, testing::HasCode(absl::StatusCode::kResourceExhausted));
  ASSERT_THAT(sum.Hold(Of({0})), testing::IsOk());
  EXPECT_FLOAT_EQ(MeanOf(1)[0], static_cast<float>(kClip));
}

TEST_F(Sum, IsMadeAnewWhereTheRecordOfOneThatIsToComeOffIsNotThereYet) {
  const auto limit = static_cast<std::int32_t>(layout[0].limit);
  Put(0, Vector(limit, whole));
  spool.slow = true;
  Put(1, Vector(limit, whole));
  spool.slow = false;
  Put(2, Vector(limit, whole));
  ASSERT_THAT(sum.Hold(Of({0})), testing::IsOk());
  EXPECT_FLOAT_EQ(MeanOf(1)[0], static_cast<float>(kClip));
}

TEST_F(Sum, CountsTheLastVectorOfADeviceThatSentTwo) {
  const auto limit = static_cast<std::int32_t>(layout[0].limit);
  Put(0, Vector(limit, whole));
  Put(0, Vector(-limit, whole));
  ASSERT_THAT(sum.Hold(Of({0})), testing::IsOk());
  EXPECT_FLOAT_EQ(MeanOf(1)[0], static_cast<float>(-kClip));
}

TEST_F(Sum, IsNotChangedByAVectorThatComesTooLate) {
  const auto limit = static_cast<std::int32_t>(layout[0].limit);
  Put(0, Vector(limit, whole));
  ASSERT_THAT(sum.Hold(Of({0})), testing::IsOk());
  Put(1, Vector(limit, whole));
  EXPECT_FLOAT_EQ(MeanOf(1)[0], static_cast<float>(kClip));
  sum.Reset();
  Put(2, Vector(limit, whole));
  ASSERT_THAT(sum.Hold(Of({0})), testing::IsOk());
  EXPECT_FLOAT_EQ(MeanOf(1)[0], static_cast<float>(kClip));
}

TEST_F(Sum, OfSeveralSessionsIsThatOfAllTheirDevices) {
  const auto limit = static_cast<std::int32_t>(layout[0].limit);
  Put(0, Vector(limit, whole));
  Put(1, Vector(-limit / 2, whole));
  ASSERT_THAT(sum.Hold(Of({0})), testing::IsOk());
  std::vector<Bytes> files_of_parts = {form.Open(sum.sum(), 1).value()};
  sum.Reset();
  ASSERT_THAT(sum.Hold(Of({1})), testing::IsOk());
  files_of_parts.push_back(form.Open(sum.sum(), 1).value());
  EXPECT_NEAR(MeanOf(form.Add(files_of_parts).value())[0], kClip / 4, 1e-3);
  files_of_parts.back().pop_back();
  EXPECT_THAT(form.Add(files_of_parts), testing::HasCode(absl::StatusCode::kDataLoss));
  EXPECT_THAT(form.Add({}), testing::HasCode(absl::StatusCode::kInvalidArgument));
}

TEST_F(Sum, WeighsEachDeviceByItsUnits) {
  const auto limit = static_cast<std::int32_t>(layout[0].limit);
  // w / W of 1 and 1/4: updates come multiplied by it.
  Put(0, Vector(limit, whole));
  Put(1, Vector(-limit / 4, whole / 4));
  ASSERT_THAT(sum.Hold(Of({0, 1})), testing::IsOk());
  EXPECT_NEAR(MeanOf(2)[1], kClip * 0.75 / 1.25, 1e-3);
}

TEST_F(Sum, IsRefusedWhenNoHonestDevicesCanHaveGivenIt) {
  const auto limit = static_cast<std::int32_t>(layout[0].limit);
  Put(0, Vector(limit, whole));
  Put(1, Vector(limit, -whole));
  ASSERT_THAT(sum.Hold(Of({0, 1})), testing::IsOk());
  // Two devices' sum as if of one, and a weight of nothing.
  for (const std::uint32_t contributors : {1u, 2u})
    EXPECT_EQ(ReasonOf(form.Open(sum.sum(), contributors).status()), Reason::kUPDATE_OVER_BOUND)
        << contributors;
}

TEST_F(Sum, IsNotMadeOfASpoolThatIsGoneOrCutShort) {
  EXPECT_THAT(sum.Hold(Of({3})), testing::HasCode(absl::StatusCode::kNotFound));
  Bytes cut = Vector(1, whole);
  cut.pop_back();
  Put(3, cut);
  EXPECT_EQ(ReasonOf(sum.Hold(Of({3}))), Reason::kUPDATE_WRONG_LAYOUT);
}

}  // namespace
}  // namespace muster::coordinator
