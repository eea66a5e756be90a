#include <absl/synchronization/notification.h>

#include <algorithm>

#include "base/seeded.h"
#include "rpc/raw_message.h"
#include "tests/unit/rpc/call_fixture.h"
#include "tests/unit/rpc/raw_client.h"

namespace muster::rpc {
namespace {

using ::muster::testing::Fails;
using ::muster::testing::HasCode;
using ::muster::testing::IsOk;

Bytes SomeBytes(std::size_t size) {
  SeededRng rng(size);
  Bytes bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(rng.Below(256));
  return bytes;
}

// A blob whose bytes from `bad` on the disk has lost.
class FailingBlob final : public BlobReader {
 public:
  FailingBlob(ByteView bytes, std::uint64_t bad) : whole_(bytes), bad_(bad) {}
  std::uint64_t size() const override { return whole_.size(); }
  Status Read(std::uint64_t offset, std::span<std::byte> out) const override {
    if (offset + out.size() > bad_) return DataLoss("sector 17 is gone");
    return whole_.Read(offset, out);
  }

 private:
  const MemoryBlob whole_;
  const std::uint64_t bad_;
};

class DownloadTest : public CallTest {
 protected:
  ~DownloadTest() override { StopServing(); }
  void ServeBytes(Bytes bytes, Duration idle = std::chrono::seconds(30)) {
    bytes_ = std::move(bytes);
    ServeWith(
        [this](const Caller&,
               const v1::DownloadRequest& request) -> StatusOr<std::unique_ptr<BlobReader>> {
          if (request.digest() != "it") {
            return WithReason(NotFound("no such blob"), Reason::kBLOB_NOT_FOUND);
          }
          return std::make_unique<MemoryBlob>(bytes_);
        },
        idle);
  }
  void ServeWith(OpenBlob open, Duration idle = std::chrono::seconds(30)) {
    // A cache of its own: here the same name may stand for other bytes later.
    auto chunks = std::make_shared<ChunkCache>(2 * kMaxChunkBytes);
    edge_.download = [this, open, idle, chunks](auto* context, auto* request) {
      return ServeDownload(*border_, Who::kDevice, "Download", context, request, Limits(idle),
                           *chunks, open);
    };
  }
  // What arrived, and where it ended.
  StatusOr<std::uint64_t> Fetch(std::uint64_t offset, Bytes& out, const std::string& digest = "it",
                                const std::string& caller = "device/00ff") {
    v1::DownloadRequest request;
    request.set_digest(digest);
    request.set_offset(offset);
    return Download(channel_, kEdgeDownload, request, *ContextOf(caller),
                    [&out](std::uint64_t, const ChunkData& data) {
                      const Bytes bytes = data.Copy();
                      out.insert(out.end(), bytes.begin(), bytes.end());
                      return Ok();
                    });
  }
  Bytes bytes_;
};

TEST_F(DownloadTest, BringsEverySizeFromEveryOffsetUnchanged) {
  for (const std::size_t size : {0u, 1u, 262'143u, 262'144u, 262'145u, 1'000'003u}) {
    ServeBytes(SomeBytes(size));
    for (const std::uint64_t offset :
         {std::uint64_t{0}, std::uint64_t{size / 2}, std::uint64_t{size}}) {
      SCOPED_TRACE(::testing::Message() << size << " from " << offset);
      Bytes got;
      const auto end = Fetch(offset, got);
      ASSERT_THAT(end, IsOk());
      EXPECT_EQ(*end, size);
      EXPECT_TRUE(std::ranges::equal(got, ByteView(bytes_).subspan(offset)));
    }
  }
}

TEST_F(DownloadTest, RefusesOffsetsBeyondTheEndUnknownBlobsAndStrangers) {
  ServeBytes(SomeBytes(10));
  Bytes got;
  EXPECT_THAT(Fetch(11, got),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kCHUNK_OUT_OF_ORDER));
  EXPECT_THAT(Fetch(~0ull, got),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kCHUNK_OUT_OF_ORDER));
  EXPECT_THAT(Fetch(0, got, "other"), Fails(absl::StatusCode::kNotFound, Reason::kBLOB_NOT_FOUND));
  EXPECT_THAT(Fetch(0, got, "it", "operator/ann"),
              Fails(absl::StatusCode::kPermissionDenied, Reason::kCALLER_NOT_ALLOWED));
  EXPECT_TRUE(got.empty());
  EXPECT_EQ(Denials().size(), 1u);
}

TEST_F(DownloadTest, RefusesARequestThatIsNoMessage) {
  ServeBytes(SomeBytes(10));
  const auto context = ContextOf("device/00ff");
  RawClient client(channel_, kEdgeDownload, *context);
  client.Write(RawBuffer("\xff\xff\xff"));
  client.WritesDone();
  EXPECT_THAT(client.Finish(), Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
}

TEST_F(DownloadTest, DeliversWhatItCouldReadAndThenSaysThatSomethingBroke) {
  const Bytes bytes = SomeBytes(1'000'000);
  ServeWith(
      [&](const Caller&, const v1::DownloadRequest&) -> StatusOr<std::unique_ptr<BlobReader>> {
        return std::make_unique<FailingBlob>(bytes, 600'000);
      });
  Bytes got;
  const auto end = Fetch(0, got);
  EXPECT_THAT(end, HasCode(absl::StatusCode::kDataLoss));
  EXPECT_EQ(MessageOf(end.status()).find("sector"), std::string_view::npos);
  EXPECT_EQ(got.size(), 2 * kMaxChunkBytes);
}

TEST_F(DownloadTest, AnOpenerThatThrowsFailsItsCall) {
  ServeWith([](const Caller&, const v1::DownloadRequest&) -> StatusOr<std::unique_ptr<BlobReader>> {
    throw std::bad_alloc();
  });
  Bytes got;
  EXPECT_THAT(Fetch(0, got), HasCode(absl::StatusCode::kInternal));
}

TEST_F(DownloadTest, EndsWithTheSinksErrorWhenItHasHadEnough) {
  ServeBytes(SomeBytes(5'000'000));
  v1::DownloadRequest request;
  request.set_digest("it");
  int chunks = 0;
  const auto end = Download(
      channel_, kEdgeDownload, request, *ContextOf("device/00ff"),
      [&](std::uint64_t, const ChunkData&) {
        return ++chunks < 2 ? Ok() : WithReason(ResourceExhausted("full"), Reason::kDISK_FULL);
      });
  EXPECT_THAT(end, Fails(absl::StatusCode::kResourceExhausted, Reason::kDISK_FULL));
  EXPECT_EQ(chunks, 2);
}

TEST_F(DownloadTest, DoesNotWaitForeverForAReaderThatTakesNothing) {
  ServeBytes(SomeBytes(50'000'000), Duration(100));
  const auto context = ContextOf("device/00ff");
  RawClient client(channel_, kEdgeDownload, *context);
  v1::DownloadRequest request;
  request.set_digest("it");
  client.Write(RawBuffer(request.SerializeAsString()));
  client.WritesDone();
  // Reads nothing: the in-process transport holds one message, so the server's second one waits.
  EXPECT_THAT(client.Finish(), HasCode(absl::StatusCode::kCancelled));
}

TEST_F(DownloadTest, TheReaderTrustsNoChunkThatIsCorruptOrOutOfPlace) {
  v1::Chunk corrupt;
  corrupt.set_data("data");
  v1::Chunk misplaced;
  misplaced.set_offset(7);
  for (const auto& [chunk, reason] : {std::pair(corrupt, Reason::kCHUNK_CORRUPT),
                                      std::pair(misplaced, Reason::kCHUNK_OUT_OF_ORDER)}) {
    edge_.download = [message = chunk](auto*, auto*) { return new OneMessage(message); };
    Bytes got;
    EXPECT_THAT(Fetch(0, got), Fails(absl::StatusCode::kInvalidArgument, reason));
    EXPECT_TRUE(got.empty());
  }
}

TEST_F(DownloadTest, TheReaderGivesUpOnAServerThatSendsNothing) {
  absl::Notification asked;
  ServeWith(
      [&](const Caller&, const v1::DownloadRequest&) -> StatusOr<std::unique_ptr<BlobReader>> {
        asked.WaitForNotification();
        return NotFound("late");
      });
  v1::DownloadRequest request;
  const auto end = Download(
      channel_, kEdgeDownload, request, *ContextOf("device/00ff"),
      [](std::uint64_t, const ChunkData&) { return Ok(); }, Duration(50));
  EXPECT_THAT(end, Fails(absl::StatusCode::kDeadlineExceeded, Reason::kUPLOAD_IDLE));
  asked.Notify();
  StopServing();  // The opener still looks at `asked`.
}

}  // namespace
}  // namespace muster::rpc
