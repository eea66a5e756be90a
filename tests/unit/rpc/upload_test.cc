#include <absl/synchronization/notification.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

#include "base/crc32c.h"
#include "base/seeded.h"
#include "rpc/raw_message.h"
#include "tests/unit/rpc/call_fixture.h"
#include "tests/unit/rpc/raw_client.h"

namespace muster::rpc {
namespace {

using ::muster::testing::Fails;
using ::muster::testing::HasCode;
using ::muster::testing::IsOk;
using enum absl::StatusCode;

Bytes SomeBytes(std::size_t size) {
  SeededRng rng(size);
  Bytes bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(rng.Below(256));
  return bytes;
}

grpc::ByteBuffer ChunkOf(std::uint64_t offset, const std::string& data, std::uint32_t flip = 0) {
  return EncodeChunk(offset, Crc32c(AsBytes(data)) ^ flip, grpc::Slice(data));
}

// What happened to one upload; outlives its sink.
struct Story {
  absl::Mutex mu;
  Bytes taken ABSL_GUARDED_BY(mu);
  int finished ABSL_GUARDED_BY(mu) = 0;
  std::vector<Status> broken ABSL_GUARDED_BY(mu);
  std::function<void(StatusOr<UploadRange>)> admitted ABSL_GUARDED_BY(mu);
  absl::Notification gone;
};

struct Script {
  UploadRange range;
  bool hold_admission = false;
  Status take = Ok();
  StatusOr<std::string> reply = v1::UploadReply().SerializeAsString();
  bool throw_in_take = false;
};

class ScriptedSink final : public ChunkSink {
 public:
  ScriptedSink(Script script, Story& story) : script_(std::move(script)), story_(story) {}
  ~ScriptedSink() override { story_.gone.Notify(); }

  void Start(std::function<void(StatusOr<UploadRange>)> admitted) override {
    if (!script_.hold_admission) return admitted(script_.range);
    absl::MutexLock lock(&story_.mu);
    story_.admitted = std::move(admitted);
  }
  Status Take(std::uint64_t offset, const ChunkData& data) override {
    if (script_.throw_in_take) throw std::runtime_error("x");
    absl::MutexLock lock(&story_.mu);
    EXPECT_EQ(offset, script_.range.begin + story_.taken.size());
    const Bytes bytes = data.Copy();
    story_.taken.insert(story_.taken.end(), bytes.begin(), bytes.end());
    return script_.take;
  }
  void Finish(std::function<void(StatusOr<std::string>)> done) override {
    {
      absl::MutexLock lock(&story_.mu);
      ++story_.finished;
    }
    done(script_.reply);
  }
  void Broken(const Status& why) override {
    absl::MutexLock lock(&story_.mu);
    story_.broken.push_back(why);
  }

 private:
  const Script script_;
  Story& story_;
};

class UploadTest : public CallTest {
 protected:
  ~UploadTest() override { StopServing(); }
  void Accept(Script script, Duration idle = std::chrono::seconds(30)) {
    edge_.upload = [this, script, idle](auto* context, auto* reply) {
      return ServeUpload(*border_, Who::kDevice, "Upload", context, reply, Limits(idle),
                         [this, script](const Caller&, const grpc::CallbackServerContext&)
                             -> StatusOr<std::unique_ptr<ChunkSink>> {
                           made_ = true;
                           return std::make_unique<ScriptedSink>(script, story_);
                         });
    };
  }
  StatusOr<std::string> Send(const Bytes& bytes, std::uint64_t offset = 0,
                             const std::string& caller = "device/00ff") {
    return Upload(channel_, kEdgeUpload, MemoryBlob(bytes), offset, *ContextOf(caller));
  }
  // Sends these messages, closes, and gives the outcome.
  Status SendRaw(const std::vector<grpc::ByteBuffer>& messages, bool close = true) {
    const auto context = ContextOf("device/00ff");
    RawClient client(channel_, kEdgeUpload, *context);
    for (const auto& message : messages)
      if (!client.Write(message)) return client.Finish();
    if (close) client.WritesDone();
    return client.Finish();
  }
  void ExpectBrokenOnce(Reason reason) {
    story_.gone.WaitForNotification();
    absl::MutexLock lock(&story_.mu);
    EXPECT_EQ(story_.finished, 0);
    ASSERT_EQ(story_.broken.size(), 1u);
    EXPECT_EQ(ReasonOf(story_.broken[0]), reason);
  }
  std::string Taken() {
    absl::MutexLock lock(&story_.mu);
    return std::string(AsText(story_.taken));
  }
  Story story_;
  std::atomic<bool> made_{false};
};

TEST_F(UploadTest, BringsManyChunksInOrderAndAnswers) {
  const Bytes bytes = SomeBytes(1'300'000);
  Accept({.range = {0, bytes.size()}, .reply = "reply"});
  const auto reply = Send(bytes);
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(*reply, "reply");
  EXPECT_EQ(Taken(), AsText(bytes));
}

TEST_F(UploadTest, GoesOnWhereTheServerHasIt) {
  const Bytes bytes = SomeBytes(700'000);
  Accept({.range = {300'000, bytes.size()}});
  ASSERT_THAT(Send(bytes, 300'000), IsOk());
  EXPECT_EQ(Taken(), AsText(ByteView(bytes).subspan(300'000)));
}

TEST_F(UploadTest, OfNothingIsAnsweredToo) {
  Accept({.range = {0, 0}});
  EXPECT_THAT(Send({}), IsOk());
}

TEST_F(UploadTest, DeclaresItsWholeSize) {
  edge_.upload = [this](auto* context, auto* reply) {
    return ServeUpload(
        *border_, Who::kDevice, "Upload", context, reply, Limits(),
        [](const Caller&,
           const grpc::CallbackServerContext& c) -> StatusOr<std::unique_ptr<ChunkSink>> {
          MUSTER_ASSIGN(const std::uint64_t bytes, MetadataNumber(c, kBytesKey));
          return FailedPrecondition("{} bytes", bytes);
        });
  };
  EXPECT_EQ(MessageOf(Send(SomeBytes(12345)).status()), "12345 bytes");
}

TEST_F(UploadTest, RefusesAChunkWhoseSumIsWrongBeforeItIsTaken) {
  Accept({.range = {0, 8}});
  EXPECT_THAT(SendRaw({ChunkOf(0, "good"), ChunkOf(4, "evil", 1)}),
              Fails(kInvalidArgument, Reason::kCHUNK_CORRUPT));
  ExpectBrokenOnce(Reason::kCHUNK_CORRUPT);
  EXPECT_EQ(Taken(), "good");
}

TEST_F(UploadTest, RefusesARepeatedChunk) {
  Accept({.range = {0, 8}});
  EXPECT_THAT(SendRaw({ChunkOf(0, "good"), ChunkOf(0, "good")}),
              Fails(kInvalidArgument, Reason::kCHUNK_OUT_OF_ORDER));
  ExpectBrokenOnce(Reason::kCHUNK_OUT_OF_ORDER);
}

TEST_F(UploadTest, RefusesAChunkThatLeavesAHole) {
  Accept({.range = {0, 8}});
  EXPECT_THAT(SendRaw({ChunkOf(1, "good")}), Fails(kInvalidArgument, Reason::kCHUNK_OUT_OF_ORDER));
  ExpectBrokenOnce(Reason::kCHUNK_OUT_OF_ORDER);
}

TEST_F(UploadTest, RefusesAChunkThatIsTooLarge) {
  Accept({.range = {0, 1 << 20}});
  EXPECT_THAT(SendRaw({ChunkOf(0, std::string(kMaxChunkBytes + 1, 'x'))}),
              Fails(kInvalidArgument, Reason::kCHUNK_TOO_LARGE));
  ExpectBrokenOnce(Reason::kCHUNK_TOO_LARGE);
}

TEST_F(UploadTest, RefusesMoreThanWasAnnounced) {
  Accept({.range = {0, 6}});
  EXPECT_THAT(SendRaw({ChunkOf(0, "good"), ChunkOf(4, "more")}),
              Fails(kInvalidArgument, Reason::kUPLOAD_TOO_LARGE));
  ExpectBrokenOnce(Reason::kUPLOAD_TOO_LARGE);
}

TEST_F(UploadTest, RefusesLessThanWasAnnouncedButLeavesItForAResume) {
  Accept({.range = {0, 6}});
  EXPECT_THAT(SendRaw({ChunkOf(0, "good")}), Fails(kInvalidArgument, Reason::kUPLOAD_TRUNCATED));
  ExpectBrokenOnce(Reason::kUPLOAD_TRUNCATED);
  EXPECT_EQ(Taken(), "good");
}

TEST_F(UploadTest, RefusesWhatIsNoChunkAtAll) {
  Accept({.range = {0, 6}});
  EXPECT_THAT(SendRaw({RawBuffer("\xff\xfe")}), Fails(kInvalidArgument, Reason::kCHUNK_CORRUPT));
  ExpectBrokenOnce(Reason::kCHUNK_CORRUPT);
}

TEST_F(UploadTest, EndsWhenNothingComesAnyMore) {
  Accept({.range = {0, 8}}, Duration(80));
  EXPECT_THAT(SendRaw({ChunkOf(0, "good")}, /*close=*/false),
              Fails(kDeadlineExceeded, Reason::kUPLOAD_IDLE));
  ExpectBrokenOnce(Reason::kUPLOAD_IDLE);
}

TEST_F(UploadTest, ReadsNothingBeforeItIsAdmitted) {
  const Bytes bytes = SomeBytes(3'000'000);
  Accept({.range = {0, bytes.size()}, .hold_admission = true});
  std::thread admitter([&] {
    std::function<void(StatusOr<UploadRange>)> admitted;
    {
      absl::MutexLock lock(&story_.mu);
      story_.mu.Await(absl::Condition(
          +[](Story* story) ABSL_NO_THREAD_SAFETY_ANALYSIS { return !!story->admitted; }, &story_));
      EXPECT_TRUE(story_.taken.empty());
      admitted = std::move(story_.admitted);
    }
    admitted(UploadRange{0, bytes.size()});
    admitted(UploadRange{0, 1});  // Once is enough.
  });
  EXPECT_THAT(Send(bytes), IsOk());
  admitter.join();
  EXPECT_EQ(Taken(), AsText(bytes));
}

TEST_F(UploadTest, IsTurnedAwayByAdmissionWithAReasonAndAHint) {
  Accept({.hold_admission = true});
  std::thread refuser([&] {
    absl::MutexLock lock(&story_.mu);
    story_.mu.Await(absl::Condition(
        +[](Story* story) ABSL_NO_THREAD_SAFETY_ANALYSIS { return !!story->admitted; }, &story_));
    story_.admitted(
        WithRetryAfter(WithReason(ResourceExhausted("busy"), Reason::kUPLOAD_BUSY), Duration(70)));
  });
  const auto reply = Send(SomeBytes(5'000'000));
  refuser.join();
  EXPECT_THAT(reply, Fails(kResourceExhausted, Reason::kUPLOAD_BUSY));
  EXPECT_EQ(RetryAfterOf(reply.status()), Duration(70));
}

TEST_F(UploadTest, HearsTheSinksRefusalInTheMiddle) {
  Accept({.range = {0, 50'000'000},
          .take = WithReason(InvalidArgument("NaN"), Reason::kUPDATE_NON_FINITE)});
  EXPECT_THAT(Send(SomeBytes(50'000'000)), Fails(kInvalidArgument, Reason::kUPDATE_NON_FINITE));
  ExpectBrokenOnce(Reason::kUPDATE_NON_FINITE);
}

TEST_F(UploadTest, CarriesTheSinksErrorAtTheEnd) {
  Accept({.range = {0, 4}, .reply = WithReason(FailedPrecondition("x"), Reason::kROUND_CLOSED)});
  EXPECT_THAT(SendRaw({ChunkOf(0, "good")}), Fails(kFailedPrecondition, Reason::kROUND_CLOSED));
  story_.gone.WaitForNotification();
  absl::MutexLock lock(&story_.mu);
  EXPECT_EQ(story_.finished, 1);
  EXPECT_TRUE(story_.broken.empty());
}

TEST_F(UploadTest, SurvivesASinkThatThrows) {
  Accept({.range = {0, 4}, .throw_in_take = true});
  EXPECT_THAT(SendRaw({ChunkOf(0, "good")}), HasCode(kInternal));
}

TEST_F(UploadTest, TellsTheSinkThatTheSenderLeft) {
  Accept({.range = {0, 8}});
  {
    const auto context = ContextOf("device/00ff");
    RawClient client(channel_, kEdgeUpload, *context);
    client.Write(ChunkOf(0, "good"));
    context->TryCancel();
    EXPECT_THAT(client.Finish(), HasCode(kCancelled));
  }
  story_.gone.WaitForNotification();
  absl::MutexLock lock(&story_.mu);
  ASSERT_EQ(story_.broken.size(), 1u);
  EXPECT_EQ(story_.finished, 0);
}

TEST_F(UploadTest, IsRefusedToStrangersBeforeThereIsASink) {
  Accept({.range = {0, 4}});
  EXPECT_THAT(Send(SomeBytes(4), 0, "operator/ann"),
              Fails(kPermissionDenied, Reason::kCALLER_NOT_ALLOWED));
  EXPECT_FALSE(made_);
  EXPECT_EQ(Denials().size(), 1u);
}

TEST_F(UploadTest, CannotGoOnBeyondItsOwnEnd) {
  EXPECT_THAT(Send(SomeBytes(4), 5), Fails(kInvalidArgument, Reason::kCHUNK_OUT_OF_ORDER));
}

TEST_F(UploadTest, EightAtOnceKeepApart) {
  std::vector<Story> stories(8);
  const Bytes bytes = SomeBytes(2'000'000);
  edge_.upload = [&](auto* context, auto* reply) {
    return ServeUpload(
        *border_, Who::kDevice, "Upload", context, reply, Limits(),
        [&](const Caller& caller,
            const grpc::CallbackServerContext&) -> StatusOr<std::unique_ptr<ChunkSink>> {
          const auto i = static_cast<std::size_t>(std::stoi(caller.name));
          return std::make_unique<ScriptedSink>(Script{.range = {i, bytes.size()}}, stories[i]);
        });
  };
  std::vector<std::thread> senders;
  for (std::size_t i = 0; i < stories.size(); ++i) {
    senders.emplace_back(
        [&, i] { EXPECT_THAT(Send(bytes, i, fmt::format("device/{}", i)), IsOk()); });
  }
  for (std::thread& sender : senders) sender.join();
  for (std::size_t i = 0; i < stories.size(); ++i) {
    stories[i].gone.WaitForNotification();
    absl::MutexLock lock(&stories[i].mu);
    EXPECT_TRUE(std::ranges::equal(stories[i].taken, ByteView(bytes).subspan(i)));
  }
}

}  // namespace
}  // namespace muster::rpc
