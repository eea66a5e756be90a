#include "client/session/artefact_cache.h"

#include <gtest/gtest.h>

#include "base/seeded.h"
#include "platform/sha256.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_session/fake_coordinator.h"

namespace muster::testing {
namespace {
using namespace std::chrono_literals;
using client::Artefact;
using client::ArtefactCache;
using client::ByteBudget;

struct Harness {
  explicit Harness(std::uint64_t max_bytes = 10'000, std::uint64_t bytes_a_day = 0)
      : budget(files, clock, bytes_a_day), cache(blobs, files, budget, executor, log, max_bytes) {}
  Artefact Publish(std::size_t size, int fill) {
    const Bytes bytes(size, static_cast<std::byte>(fill));
    const Digest digest = platform::OpenSslHasher().Sha256(bytes);
    coordinator.blobs[digest] = bytes;
    return {digest, size};
  }
  std::shared_ptr<client::CoordinatorLink> Link() {
    return std::make_shared<FakeLink>(coordinator, executor, clock, rng, faults);
  }
  Status Fetch(const Artefact& artefact) {
    std::optional<Status> result;
    cache.Fetch(Link(), artefact, [&result](const Status& status) { result = status; });
    executor.RunFor(1s);
    return result.value_or(Internal("no answer"));
  }
  bool Has(const Artefact& artefact) { return *blobs.Has(artefact.digest); }
  // As another life of the agent does on the same disk.
  Status FetchAnew(const Artefact& artefact, std::uint64_t max_bytes = 10'000) {
    ArtefactCache again(blobs, files, budget, executor, log, max_bytes);
    std::optional<Status> result;
    again.Fetch(Link(), artefact, [&result](const Status& status) { result = status; });
    executor.RunFor(1s);
    return result.value_or(Internal("no answer"));
  }
  std::string Index() { return std::string(AsText(files.Get("artefacts.json").value())); }
  void WriteIndex(std::string_view text) {
    ASSERT_THAT(files.Put("artefacts.json", std::array{AsBytes(text)}), IsOk());
  }
  static std::string LineOf(const Artefact& artefact) {
    return fmt::format("{{\"bytes\":{},\"digest\":\"{}\"}}\n", artefact.bytes,
                       artefact.digest.ToString());
  }

  ManualClock clock{FromUnixMillis(1'700'000'000'000)};
  SimExecutor executor{clock};
  SeededRng rng{1};
  FakeCoordinator coordinator{1};
  LineFaults faults;
  NullLogger log;
  FaultHook fault;
  MemoryFiles files{[this](std::string_view op) { return AskFault(fault, op); }};
  MemoryBlobs blobs;
  ByteBudget budget;
  ArtefactCache cache;
};

TEST(ArtefactCache, SeveralNodesThatWantOneBlobCostOneDownload) {
  Harness h;
  const Artefact a = h.Publish(1000, 1);
  int done = 0;
  for (int node = 0; node < 10; ++node)
    h.cache.Fetch(h.Link(), a, [&done](const Status& s) { done += s.ok() ? 1 : 0; });
  h.executor.RunFor(1s);
  EXPECT_EQ(done, 10);
  EXPECT_EQ(h.coordinator.downloaded_bytes, 1000U);
}

TEST(ArtefactCache, ABrokenDownloadGoesOnWhereItWas) {
  Harness h;
  const Artefact a = h.Publish(5000, 1);
  h.faults.break_transfer = 1000;
  int tries = 0;
  while (!h.Fetch(a).ok() && ++tries < 100) h.faults.break_transfer = tries < 5 ? 1000 : 0;
  EXPECT_GE(tries, 5);
  EXPECT_TRUE(h.Has(a));
  EXPECT_EQ(h.coordinator.downloaded_bytes, 5000U);  // Not one byte came twice.
}

TEST(ArtefactCache, WhenOneNodesLineBreaksTheNextNodeGoesOn) {
  Harness h;
  const Artefact a = h.Publish(1000, 1);
  std::vector<Status> results;
  LineFaults dead{.lose_request = 1000};
  const auto broken = std::make_shared<FakeLink>(h.coordinator, h.executor, h.clock, h.rng, dead);
  h.cache.Fetch(broken, a, [&results](const Status& s) { results.push_back(s); });
  h.cache.Fetch(h.Link(), a, [&results](const Status& s) { results.push_back(s); });
  h.executor.RunFor(1s);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_THAT(results[0], HasCode(absl::StatusCode::kUnavailable));
  EXPECT_THAT(results[1], IsOk());
}

TEST(ArtefactCache, BytesOfAnotherDigestAreThrownAwayAndFetchedFromTheStart) {
  Harness h;
  const Artefact a = h.Publish(1000, 1);
  h.faults.corrupt_download = 1000;
  EXPECT_THAT(h.Fetch(a), Fails(absl::StatusCode::kDataLoss, Reason::kDIGEST_MISMATCH));
  EXPECT_FALSE(h.Has(a));
  h.faults.corrupt_download = 0;
  EXPECT_THAT(h.Fetch(a), IsOk());
  EXPECT_EQ(h.coordinator.downloaded_bytes, 2000U);
}

TEST(ArtefactCache, MoreBytesThanWereAnnouncedAreRefused) {
  Harness h;
  Artefact a = h.Publish(1000, 1);
  a.bytes = 900;
  EXPECT_THAT(h.Fetch(a), Fails(absl::StatusCode::kDataLoss, Reason::kDIGEST_MISMATCH));
  EXPECT_FALSE(h.Has(a));
}

TEST(ArtefactCache, StaysWithinItsBoundByLettingTheOldestGo) {
  Harness h(2500);
  const Artefact a = h.Publish(1000, 1), b = h.Publish(1000, 2), c = h.Publish(1000, 3);
  ASSERT_THAT(h.Fetch(a), IsOk());
  ASSERT_THAT(h.Fetch(b), IsOk());
  ASSERT_THAT(h.Fetch(a), IsOk());  // Wanted again: now b is the oldest.
  ASSERT_THAT(h.Fetch(c), IsOk());
  EXPECT_TRUE(h.Has(a));
  EXPECT_FALSE(h.Has(b));
  EXPECT_TRUE(h.Has(c));
  EXPECT_THAT(h.Fetch(h.Publish(2501, 4)),
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kARTEFACT_INVALID));
}

TEST(ArtefactCache, RemembersAcrossRestartsWhatItMayLetGo) {
  Harness h(2500);
  const Artefact a = h.Publish(1000, 1), b = h.Publish(1000, 2), c = h.Publish(1000, 3);
  ASSERT_THAT(h.Fetch(a), IsOk());
  ASSERT_THAT(h.Fetch(b), IsOk());
  EXPECT_THAT(h.FetchAnew(c, 2500), IsOk());
  EXPECT_FALSE(h.Has(a));
  EXPECT_TRUE(h.Has(b));
}

TEST(ArtefactCache, AnArtefactIsALineMoreOfItsIndexUntilAnotherGoes) {
  Harness h(2500);
  const Artefact a = h.Publish(1000, 1), b = h.Publish(1000, 2), c = h.Publish(1000, 3);
  ASSERT_THAT(h.Fetch(a), IsOk());
  EXPECT_EQ(h.Index(), h.LineOf(a));
  h.WriteIndex("what is there stays\n");
  ASSERT_THAT(h.Fetch(b), IsOk());
  EXPECT_EQ(h.Index(), "what is there stays\n" + h.LineOf(b));
  ASSERT_THAT(h.Fetch(c), IsOk());
  EXPECT_EQ(h.Index(), h.LineOf(b) + h.LineOf(c));
}

TEST(ArtefactCache, AnotherDigestsBytesLeaveNoNameInTheIndex) {
  Harness h;
  const Artefact a = h.Publish(1000, 1), b = h.Publish(1000, 2);
  ASSERT_THAT(h.Fetch(a), IsOk());
  h.faults.corrupt_download = 1000;
  EXPECT_THAT(h.Fetch(b), HasCode(absl::StatusCode::kDataLoss));
  h.faults.corrupt_download = 0;
  EXPECT_THAT(h.Fetch(b), IsOk());
  EXPECT_EQ(h.Index(), h.LineOf(a) + h.LineOf(b));
}

TEST(ArtefactCache, ALineOfItsIndexThatACrashCutShortIsNoName) {
  Harness h;
  const Artefact a = h.Publish(1000, 1), b = h.Publish(1000, 2);
  ASSERT_THAT(h.Fetch(a), IsOk());
  for (std::size_t cut = 0; cut + 1 < h.LineOf(b).size(); ++cut) {
    h.WriteIndex(h.LineOf(a) + h.LineOf(b).substr(0, cut));
    const Artefact next = h.Publish(1, static_cast<int>(cut));
    ASSERT_THAT(h.FetchAnew(next), IsOk());
    EXPECT_EQ(h.Index(), h.LineOf(a) + h.LineOf(next)) << cut;
    ASSERT_THAT(h.blobs.Remove(next.digest), IsOk());
  }
}

TEST(ArtefactCache, ReadsTheIndexOfOlderVersions) {
  Harness h;
  const Artefact a = h.Publish(1000, 1), b = h.Publish(1000, 2), c = h.Publish(1000, 3);
  for (const Artefact& old : {a, b}) ASSERT_THAT(h.Fetch(old), IsOk());
  const auto row = [&h](const Artefact& of) {
    return h.LineOf(of).substr(0, h.LineOf(of).size() - 1);
  };
  h.WriteIndex(fmt::format("[{},{}]", row(a), row(b)));
  EXPECT_THAT(h.FetchAnew(c, 2500), IsOk());
  EXPECT_FALSE(h.Has(a));
  EXPECT_TRUE(h.Has(b));
  EXPECT_EQ(h.Index(), h.LineOf(b) + h.LineOf(c));
}

TEST(ArtefactCache, WithoutADiskForItsNameNoBlobIsKept) {
  Harness h;
  const Artefact a = h.Publish(1000, 1), b = h.Publish(1000, 2);
  ASSERT_THAT(h.Fetch(a), IsOk());
  h.fault = [](std::string_view op) -> Status {
    return op == "file.put" ? WithReason(ResourceExhausted("full"), Reason::kDISK_FULL) : Ok();
  };
  EXPECT_THAT(h.Fetch(b), Fails(absl::StatusCode::kResourceExhausted, Reason::kDISK_FULL));
  EXPECT_FALSE(h.Has(b));
  h.fault = nullptr;
  EXPECT_THAT(h.Fetch(b), IsOk());
  EXPECT_EQ(h.Index(), h.LineOf(a) + h.LineOf(b));
}

TEST(ArtefactCache, PaysForWhatMovedAndGetsTheRestBack) {
  Harness h(10'000, 1'000'000);
  const Artefact a = h.Publish(5000, 1);
  h.faults.break_transfer = 1000;
  EXPECT_THAT(h.Fetch(a), HasCode(absl::StatusCode::kUnavailable));
  EXPECT_EQ(h.budget.Used(), h.coordinator.downloaded_bytes);
  h.faults.break_transfer = 0;
  EXPECT_THAT(h.Fetch(a), IsOk());
  EXPECT_EQ(h.budget.Used(), 5000U);
  EXPECT_EQ(h.cache.Missing(a), 0U);
}

TEST(ArtefactCache, ADayWithoutBytesLeftStopsTheDownloadBeforeItBegins) {
  Harness h(10'000, 999);
  EXPECT_THAT(h.Fetch(h.Publish(1000, 1)),
              Fails(absl::StatusCode::kPermissionDenied, Reason::kPOLICY_BYTES));
  EXPECT_EQ(h.coordinator.downloaded_bytes, 0U);
}

}  // namespace
}  // namespace muster::testing
