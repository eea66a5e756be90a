#include "coordinator/training/uploads.h"

#include <gtest/gtest.h>

namespace muster::coordinator {
namespace {

class UploadTable : public ::testing::Test {
 protected:
  Uploads::Key Key(const char* device) {
    return {DeviceId(device), {CampaignName("c"), RoundNumber(1), 1}};
  }
  // Begins an upload; the result lands in `admitted[device]` when it comes.
  void Begin(const char* device, std::uint64_t total) {
    uploads.Begin(Key(device), total, [this, device](StatusOr<std::shared_ptr<UploadBuffer>> b) {
      admitted.insert_or_assign(device, std::move(b));
    });
  }
  ManualClock clock{Timestamp(Duration(1'000'000))};
  Uploads uploads{{.memory_bytes = 100, .idle = Duration(1000)}, clock};
  std::map<std::string, StatusOr<std::shared_ptr<UploadBuffer>>> admitted;
};

TEST_F(UploadTable, AnUploadThatBrokeOffGoesOnWhereItStopped) {
  Begin("ann", 80);
  uploads.Progress(Key("ann"), 30);
  uploads.Pause(Key("ann"));
  EXPECT_EQ(uploads.Offset(Key("ann"), 80), 30u);
  admitted.clear();
  Begin("ann", 80);
  EXPECT_EQ((*admitted.at("ann"))->received, 30u);
}

TEST_F(UploadTable, AnotherFileStartsFromTheBeginning) {
  Begin("ann", 80);
  uploads.Progress(Key("ann"), 30);
  uploads.Pause(Key("ann"));
  EXPECT_EQ(uploads.Offset(Key("ann"), 60), 0u);
  Begin("ann", 60);
  EXPECT_EQ((*admitted.at("ann"))->bytes.size(), 60u);
}

TEST_F(UploadTable, TwoStreamsNeverWriteOneUpload) {
  Begin("ann", 80);
  admitted.clear();
  Begin("ann", 80);
  EXPECT_EQ(ReasonOf(admitted.at("ann").status()), Reason::kUPLOAD_BUSY);
}

TEST_F(UploadTable, UploadsBeyondTheMemoryWaitTheirTurn) {
  Begin("ann", 80);
  Begin("bob", 80);
  Begin("cy", 10);  // It would fit, but nobody overtakes.
  EXPECT_FALSE(admitted.contains("bob"));
  EXPECT_FALSE(admitted.contains("cy"));
  const Bytes bytes = uploads.Take(Key("ann"));
  EXPECT_FALSE(admitted.contains("bob")) << "taken is not yet folded";
  uploads.Release(bytes.size());
  EXPECT_TRUE(admitted.contains("bob"));
  EXPECT_TRUE(admitted.contains("cy"));
}

TEST_F(UploadTable, OneUploadIsAdmittedWhateverItsSize) {
  Begin("ann", 1000);
  EXPECT_TRUE(admitted.contains("ann"));
}

TEST_F(UploadTable, ARecycledBufferServesTheNextUploadOfItsSizeAndIsGivenUpWhenNobodyComes) {
  const auto recycle = [this](const char* device) {
    Bytes bytes = uploads.Take(Key(device));
    const std::byte* const place = bytes.data();
    const std::uint64_t size = bytes.size();
    uploads.Recycle(std::move(bytes));
    uploads.Release(size);
    return place;
  };
  Begin("ann", 64);
  const std::byte* const place = recycle("ann");
  Begin("bob", 64);
  ASSERT_EQ((*admitted.at("bob"))->bytes.data(), place);
  EXPECT_EQ((*admitted.at("bob"))->received, 0u);
  (*admitted.at("bob"))->bytes.assign(64, std::byte{7});
  recycle("bob");
  clock.Advance(Duration(1000));
  uploads.Expire();
  Begin("cy", 64);
  EXPECT_EQ((*admitted.at("cy"))->bytes, Bytes(64)) << "fresh memory, not bob's";
  recycle("cy");
  Begin("dan", 65);
  EXPECT_EQ((*admitted.at("dan"))->bytes.size(), 65u);
}

TEST_F(UploadTable, SilentUploadsAreForgottenAndTheirMemoryIsFree) {
  Begin("ann", 80);
  uploads.Pause(Key("ann"));
  Begin("bob", 80);
  clock.Advance(Duration(999));
  uploads.Expire();
  EXPECT_FALSE(admitted.contains("bob"));
  clock.Advance(Duration(1));
  uploads.Expire();
  EXPECT_TRUE(admitted.contains("bob"));
  EXPECT_EQ(uploads.Offset(Key("ann"), 80), 0u);
}

TEST_F(UploadTable, ChunksAreProgressOfTheirCampaignAlone) {
  Begin("ann", 80);
  clock.Advance(Duration(500));
  uploads.Progress(Key("ann"), 10);
  EXPECT_EQ(uploads.LastProgress(CampaignName("c")), clock.Now());
  EXPECT_EQ(uploads.LastProgress(CampaignName("other")), Timestamp());
}

}  // namespace
}  // namespace muster::coordinator
