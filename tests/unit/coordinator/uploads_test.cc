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
  Status Receive(const char* device, std::uint64_t received) {
    return uploads.Progress(Key(device), *admitted.at(device), received);
  }
  ManualClock clock{Timestamp(Duration(1'000'000))};
  Uploads uploads{{.memory_bytes = 100, .idle = Duration(1000), .turn = Duration(5000)}, clock};
  std::map<std::string, StatusOr<std::shared_ptr<UploadBuffer>>> admitted;
};

TEST_F(UploadTable, AnUploadThatBrokeOffGoesOnWhereItStopped) {
  Begin("ann", 80);
  EXPECT_TRUE(Receive("ann", 30).ok());
  uploads.Pause(Key("ann"), *admitted.at("ann"));
  EXPECT_EQ(uploads.Offset(Key("ann"), 80), 30u);
  admitted.clear();
  Begin("ann", 80);
  EXPECT_EQ((*admitted.at("ann"))->received, 30u);
}

TEST_F(UploadTable, AnotherFileStartsFromTheBeginning) {
  Begin("ann", 80);
  EXPECT_TRUE(Receive("ann", 30).ok());
  uploads.Pause(Key("ann"), *admitted.at("ann"));
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
  uploads.Pause(Key("ann"), *admitted.at("ann"));
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
  EXPECT_TRUE(Receive("ann", 10).ok());
  EXPECT_EQ(uploads.LastProgress(CampaignName("c")), clock.Now());
  EXPECT_EQ(uploads.LastProgress(CampaignName("other")), Timestamp());
}

TEST_F(UploadTable, OnlySixteenthsNeverReachedBeforeKeepARoundOpen) {
  Begin("ann", 80);
  const auto opens = [this](std::uint64_t received) {
    clock.Advance(Duration(10));
    EXPECT_TRUE(Receive("ann", received).ok());
    return uploads.LastProgress(CampaignName("c")) == clock.Now();
  };
  EXPECT_FALSE(opens(0));
  EXPECT_FALSE(opens(4));
  EXPECT_TRUE(opens(5));
  EXPECT_FALSE(opens(6));
  EXPECT_TRUE(opens(80));
  uploads.Drop(Key("ann"));
  Begin("ann", 80);
  EXPECT_FALSE(opens(80)) << "the same bytes again are no progress";
  Begin("bob", 10);
  EXPECT_TRUE(Receive("bob", 1).ok());
  EXPECT_EQ(uploads.LastProgress(CampaignName("c")), clock.Now()) << "another device's are";
}

TEST_F(UploadTable, ASlowUploadKeepsItsPlaceUntilOthersWait) {
  Begin("ann", 80);
  clock.Advance(Duration(100'000));
  uploads.Expire();
  EXPECT_TRUE(Receive("ann", 1).ok());
  Begin("bob", 80);
  uploads.Expire();
  EXPECT_TRUE(admitted.contains("bob"));
  EXPECT_EQ(ReasonOf(Receive("ann", 2)), Reason::kUPLOAD_BUSY);
}

TEST_F(UploadTable, AStreamThatLostItsPlaceCannotTouchTheUploadThatCameAfter) {
  Begin("ann", 80);
  const std::shared_ptr<UploadBuffer> old = *admitted.at("ann");
  Begin("bob", 80);
  clock.Advance(Duration(5000));
  uploads.Expire();
  uploads.Drop(Key("bob"));
  Begin("ann", 80);
  EXPECT_EQ(ReasonOf(uploads.Progress(Key("ann"), old, 70)), Reason::kUPLOAD_BUSY);
  uploads.Pause(Key("ann"), old);
  EXPECT_EQ(uploads.Offset(Key("ann"), 80), 0u);
  EXPECT_TRUE(Receive("ann", 10).ok());
}

TEST_F(UploadTable, EachLostPlaceDoublesTheNextTurnSoThatSlowDevicesGetThrough) {
  Begin("ann", 80);
  Begin("bob", 80);
  clock.Advance(Duration(5000));
  uploads.Expire();  // Ann's turn is over; bob's begins.
  Begin("ann", 80);
  clock.Advance(Duration(5000));
  uploads.Expire();  // Bob's is over; ann's second begins.
  Begin("bob", 80);
  clock.Advance(Duration(9999));
  uploads.Expire();
  EXPECT_TRUE(Receive("ann", 80).ok());
  clock.Advance(Duration(1));
  uploads.Expire();
  EXPECT_FALSE(Receive("ann", 80).ok());
}

}  // namespace
}  // namespace muster::coordinator
