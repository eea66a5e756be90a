#include "coordinator/serving/serving_book.h"

#include "platform/sha256.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/registry/fixture.h"

namespace muster::coordinator {
namespace {
using muster::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ServingBookTest : public ::testing::Test {
 protected:
  ServingBookTest() {
    EXPECT_THAT(registry_.ApplyContract(registry::EngineContract(), false, by_), IsOk());
    EXPECT_THAT(registry_.ApplyModel(registry::EngineModel(), {}, by_), IsOk());
    for (const float first : {1.0F, 2.0F, 3.0F})
      EXPECT_THAT(registry_.CreateVersion(
                      {kModel, *blobs_.Put(registry::ParamsFile(first)), std::nullopt, {}}, by_),
                  IsOk());
    device_.record.id = DeviceId("d1");
    device_.record.labels = {{"site", "lyon"}};
    book_.SetRules([this](const ModelName&, std::string_view, const LabelMap& labels) {
      return labels.contains("site") ? rules_ : std::string();
    });
  }
  void Point(std::uint64_t version) {
    EXPECT_THAT(registry_.SetAlias({kModel, "champion", VersionNumber(version)}, by_), IsOk());
  }
  std::optional<Serving> Offer(std::uint64_t version = 0, std::uint64_t refused = 0,
                               const std::string& digest = "") {
    device_.serving =
        ServingState{kModel, "champion", VersionNumber(version), VersionNumber(refused), digest};
    return book_.OfferFor(device_, *device_.serving);
  }
  std::vector<DeviceId> Moved() { return book_.Moved({{device_.record.id, device_}}); }

  const ModelName kModel{"turbofan"};
  const Caller by_ = Caller::Operator("a");
  testing::MemoryJournal journal_;
  testing::MemoryBlobs blobs_;
  ManualClock clock_{registry::Noon()};
  NullLogger log_;
  registry::Registry registry_{journal_, blobs_, clock_, log_};
  ContractAdmission admission_{registry_};
  platform::OpenSslHasher hasher_;
  std::string rules_;
  Device device_;
  ServingBook book_{{.registry = registry_,
                     .blobs = blobs_,
                     .admission = admission_,
                     .hasher = hasher_,
                     .log = log_,
                     .sign = [](const ModelName& model, VersionNumber version, const Digest&,
                                const std::optional<Digest>&) -> StatusOr<std::string> {
                       return fmt::format("signed {} {}", model.value(), version.value());
                     }}};
};

TEST_F(ServingBookTest, OffersWhatTheAliasPointsAtUntilItIsServed) {
  EXPECT_FALSE(Offer());  // It points nowhere.
  Point(2);
  const auto offer = Offer();
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->version.value(), 2u);
  EXPECT_EQ(offer->model.name, kModel);
  EXPECT_EQ(offer->contract.version.value(), 1u);
  EXPECT_GT(offer->params_bytes, 0u);
  EXPECT_EQ(offer->signed_artefacts, "signed turbofan 2");
  EXPECT_FALSE(Offer(2));
}

TEST_F(ServingBookTest, AMoveWakesThoseItIsAbout) {
  Point(1);
  Offer();
  EXPECT_THAT(Moved(), IsEmpty());
  Point(3);
  EXPECT_THAT(Moved(), ElementsAre(DeviceId("d1")));
  EXPECT_THAT(Moved(), IsEmpty());
  EXPECT_EQ(Offer(1)->version.value(), 3u);
}

TEST_F(ServingBookTest, AnAliasThatIsMadeLaterWakesThoseThatWaitForIt) {
  Offer();
  Point(1);
  EXPECT_THAT(Moved(), ElementsAre(DeviceId("d1")));
}

TEST_F(ServingBookTest, WhatWasRefusedIsNotOfferedAgainUntilThereIsAnother) {
  Point(2);
  EXPECT_FALSE(Offer(1, 2));
  EXPECT_FALSE(Offer(0, 2));
  Point(3);
  EXPECT_EQ(Offer(1, 2)->version.value(), 3u);
}

TEST_F(ServingBookTest, RulesComeWithTheVersionAndWhenTheyChange) {
  Point(2);
  rules_ = R"({"monitors":[]})";
  const auto offer = Offer();
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->monitors, rules_);
  EXPECT_EQ(offer->monitors_digest, hasher_.Sha256(AsBytes(rules_)).Hex());
  EXPECT_FALSE(Offer(2, 0, offer->monitors_digest));
  EXPECT_EQ(Offer(2, 0, "other")->version.value(), 2u);
  // Also for the version that a device goes on with after it refused another.
  EXPECT_EQ(Offer(1, 2, "other")->version.value(), 1u);
  EXPECT_FALSE(Offer(1, 2, offer->monitors_digest));
  device_.record.labels.clear();
  EXPECT_EQ(Offer(2, 0, offer->monitors_digest)->monitors, "");
}

TEST_F(ServingBookTest, WhoCannotReadTheModelsContractIsNotOfferedIt) {
  Point(2);
  device_.produces = Produced{ContractName("other"), VersionNumber(1)};
  EXPECT_FALSE(Offer());
  device_.produces = Produced{ContractName("engine"), VersionNumber(1)};
  EXPECT_TRUE(Offer());
}

TEST_F(ServingBookTest, WhereTheModelHasAHardwareGateOnlyCertifiedDevicesAreOfferedIt) {
  registry::ModelSpec gated = registry::EngineModel();
  gated.gates.emplace();
  gated.gates->aliases = {"blessed"};
  gated.gates->hardware.emplace();
  gated.gates->hardware->certified = {"jetson"};
  ASSERT_THAT(registry_.ApplyModel(gated, {}, by_), IsOk());
  Point(2);
  device_.hardware = "jetson";
  EXPECT_FALSE(Offer());
  ASSERT_THAT(registry_.Certify(kModel, VersionNumber(2), "jetson", by_), IsOk());
  EXPECT_TRUE(Offer());  // Though the version was asked for before.
  device_.hardware = "other";
  EXPECT_FALSE(Offer());
}

}  // namespace
}  // namespace muster::coordinator
