// A node's serving from the offer to the prediction: over the agent's own cache, a line to a
// coordinator that may break, and threads that are one clock's.
#include "client/serving/node_serving.h"

#include <gtest/gtest.h>

#include "base/seeded.h"
#include "platform/sha256.h"
#include "tests/unit/client_serving/serving_harness.h"
#include "tests/unit/client_session/fake_coordinator.h"

namespace muster::testing {
namespace {
using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

class NodeServingTest : public ServingHarness, public ::testing::Test {
 protected:
  NodeServingTest() {
    real[0] = Publish("module");
    Version(1, [](std::span<const float> x) { return x.back(); });
    Begin();
  }
  ~NodeServingTest() override { serving_->Stop(); }

  client::Artefact Publish(const std::string& text) {
    const ByteView bytes = AsBytes(text);
    const Digest digest = platform::OpenSslHasher().Sha256(bytes);
    coordinator_.blobs[digest] = Bytes(bytes.begin(), bytes.end());
    return {digest, bytes.size()};
  }
  void Version(std::uint64_t version, FakePredictor::Model model) {
    Model(version, std::move(model));
    real[version] = Publish("params-" + std::to_string(version));
  }
  // The agent's process begins on what is on the disk.
  void Begin() {
    if (serving_) serving_->Stop();
    serving_.reset();
    executor_.Forget();
    Boot();
    serving_ = client::NodeServing::Make({.name = DeviceName("engine-1"), .hardware = "x86-64"},
                                         std::move(core), clock, executor_, cache_, log);
    serving_->Start();
    executor_.RunFor(1s);
  }
  // What came of an offer; nothing: it is still under way.
  std::optional<Status> Offered(client::ServingOffer offer) {
    std::optional<Status> answer;
    serving_->Offered(std::make_shared<const client::ServingOffer>(std::move(offer)),
                      std::make_shared<FakeLink>(coordinator_, executor_, clock, rng_, faults_),
                      [&answer](const Status& status) { answer = status; });
    executor_.RunFor(1s);
    return answer;
  }
  void Rows(const std::string& text) {
    Append(text);
    executor_.RunFor(1s);
  }
  // Whole numbers go through the unit of the label and back.
  std::vector<long> Served() const {
    std::vector<long> out;
    for (const double prediction : Predictions()) out.push_back(std::lround(prediction));
    return out;
  }
  std::uint64_t Serves() const { return serving_->State()->version.value(); }
  std::uint64_t Refused() const { return serving_->State()->refused.value(); }

  SimExecutor executor_{clock};
  SeededRng rng_{1};
  FakeCoordinator coordinator_{1};
  LineFaults faults_;
  MemoryBlobs blobs_;
  MemoryFiles cache_files_;
  client::ByteBudget budget_{cache_files_, clock, 0};
  client::ArtefactCache cache_{blobs_, cache_files_, budget_, executor_, log};
  std::shared_ptr<client::NodeServing> serving_;
};

TEST_F(NodeServingTest, WhatIsOfferedIsFetchedTestedAndServed) {
  EXPECT_EQ(Serves(), 0u);
  ASSERT_THAT(Offered(Offer(1)).value(), IsOk());
  EXPECT_EQ(Serves(), 1u);
  EXPECT_TRUE(*blobs_.Has(real.at(1).digest));
  EXPECT_TRUE(*blobs_.Has(real.at(0).digest));
  EXPECT_GT(predictor.calls, 0);  // The self-test.
  Rows("5,\n7,\n");
  EXPECT_THAT(Served(), ElementsAre(5, 7));
}

TEST_F(NodeServingTest, ALineThatBreaksIsTriedAgainAndTheOldVersionGoesOn) {
  ASSERT_THAT(Offered(Offer(1)).value(), IsOk());
  Version(2, [](std::span<const float> x) { return 2 * x.back(); });
  faults_.lose_request = 1000;
  EXPECT_THAT(Offered(Offer(2)).value(), HasCode(absl::StatusCode::kUnavailable));
  EXPECT_EQ(Serves(), 1u);
  EXPECT_EQ(Refused(), 0u);
  faults_ = {.corrupt_download = 1000};
  EXPECT_THAT(Offered(Offer(2)).value(),
              Fails(absl::StatusCode::kDataLoss, Reason::kDIGEST_MISMATCH));
  Rows("5,\n");
  faults_ = {};
  ASSERT_THAT(Offered(Offer(2)).value(), IsOk());
  Rows("5,\n");
  EXPECT_THAT(Served(), ElementsAre(5, 10));
}

TEST_F(NodeServingTest, AVersionThatFailsItsSelfTestIsRefusedForGood) {
  ASSERT_THAT(Offered(Offer(1)).value(), IsOk());
  Version(2, [](std::span<const float>) { return kNan; });
  ASSERT_THAT(Offered(Offer(2)).value(), IsOk());  // There is nothing left to try.
  EXPECT_EQ(Serves(), 1u);
  EXPECT_EQ(Refused(), 2u);
  Rows("5,\n");
  EXPECT_THAT(Served(), ElementsAre(5));
}

TEST_F(NodeServingTest, AVersionThatFailsInServiceGivesWayToTheOneBefore) {
  ASSERT_THAT(Offered(Offer(1)).value(), IsOk());
  bool broken = false;
  Version(2, [&broken](std::span<const float> x) -> StatusOr<float> {
    return broken ? kNan : 2 * x.back();
  });
  ASSERT_THAT(Offered(Offer(2)).value(), IsOk());
  Rows("5,\n");
  broken = true;
  for (int i = 0; i < 3; ++i) Rows("6,\n");
  EXPECT_EQ(Serves(), 1u);
  EXPECT_EQ(Refused(), 2u);
  Rows("7,\n");
  EXPECT_EQ(Served().front(), 10);
  EXPECT_EQ(Served().back(), 7);
}

TEST_F(NodeServingTest, AfterARestartItServesWithoutTheCoordinator) {
  ASSERT_THAT(Offered(Offer(1)).value(), IsOk());
  Rows("5,\n");
  coordinator_.connected = false;
  Begin();
  EXPECT_EQ(Serves(), 1u);
  Rows("6,\n");
  EXPECT_THAT(Served(), ElementsAre(5, 6));
}

TEST_F(NodeServingTest, WhatItServesAlreadyIsNotFetchedAgain) {
  ASSERT_THAT(Offered(Offer(1)).value(), IsOk());
  const auto downloaded = coordinator_.downloaded_bytes;
  ASSERT_THAT(Offered(Offer(1)).value(), IsOk());
  EXPECT_EQ(coordinator_.downloaded_bytes, downloaded);
}

TEST_F(NodeServingTest, WhatIsNotCertifiedForItsHardwareIsRefusedUnfetched) {
  client::ServingOffer offer = Offer(1);
  offer.certified = {"jetson-nano"};
  ASSERT_THAT(Offered(offer).value(), IsOk());
  EXPECT_EQ(Serves(), 0u);
  EXPECT_EQ(Refused(), 1u);
  EXPECT_EQ(coordinator_.downloaded_bytes, 0u);
  offer.certified->push_back("x86-64");
  ASSERT_THAT(Offered(offer).value(), IsOk());
}

TEST_F(NodeServingTest, WhatIsStoppedAnswersNobody) {
  serving_->Stop();
  EXPECT_EQ(Offered(Offer(1)), std::nullopt);
  Rows("5,\n");
  EXPECT_TRUE(Served().empty());
}

}  // namespace
}  // namespace muster::testing
