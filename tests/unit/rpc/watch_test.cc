#include "rpc/watch.h"

#include <absl/synchronization/notification.h>

#include <optional>

#include "tests/unit/rpc/call_fixture.h"

namespace muster::rpc {
namespace {

using ::muster::testing::Fails;
using ::muster::testing::HasCode;
using ::muster::testing::IsOk;

v1::CampaignView View(std::uint64_t version) {
  v1::CampaignView view;
  view.set_latest_version(version);
  return view;
}

class WatchTest : public CallTest {
 protected:
  template <typename Starter>
  void ShowWith(Starter starter) {
    campaigns_.watch = [this, starter](auto* context, auto* request) {
      return Watch<v1::CampaignView>(*border_, Who::kOperator, context, request, starter);
    };
  }
  // The versions seen, and how it ended.
  std::pair<std::vector<std::uint64_t>, Status> Read(grpc::ClientContext& context) {
    const auto stub = v1::CampaignService::NewStub(channel_);
    const auto reader = stub->WatchCampaign(&context, {});
    std::vector<std::uint64_t> seen;
    v1::CampaignView view;
    while (reader->Read(&view)) {
      seen.push_back(view.latest_version());
      if (on_view) on_view(view);
    }
    return {seen, FromGrpc(reader->Finish())};
  }
  std::function<void(const v1::CampaignView&)> on_view;
};

TEST_F(WatchTest, ShowsTheLastViewBeforeTheEnd) {
  ShowWith([](const Caller&, const v1::GetCampaignRequest&, Watcher<v1::CampaignView> watcher) {
    watcher.Show(View(1));
    watcher.End(Ok());
    watcher.Show(View(9));
  });
  const auto [seen, status] = Read(*ContextOf("operator/ann"));
  EXPECT_THAT(status, IsOk());
  EXPECT_THAT(seen, ::testing::ElementsAre(1));
}

TEST_F(WatchTest, PassesOverViewsThatASlowReaderCannotTake) {
  constexpr std::uint64_t kViews = 200'000;
  ShowWith([](const Caller&, const v1::GetCampaignRequest&, Watcher<v1::CampaignView> watcher) {
    for (std::uint64_t i = 1; i <= kViews; ++i) watcher.Show(View(i));
    watcher.End(Ok());
  });
  const auto [seen, status] = Read(*ContextOf("operator/ann"));
  EXPECT_THAT(status, IsOk());
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back(), kViews);
  EXPECT_TRUE(std::ranges::is_sorted(seen));
  EXPECT_LT(seen.size(), kViews);
}

TEST_F(WatchTest, IsForOperatorsAlone) {
  ShowWith([](const Caller&, const v1::GetCampaignRequest&, Watcher<v1::CampaignView>) {
    ADD_FAILURE() << "the starter ran";
  });
  EXPECT_THAT(Read(*ContextOf("device/00ff")).second,
              Fails(absl::StatusCode::kPermissionDenied, Reason::kCALLER_NOT_ALLOWED));
  ASSERT_EQ(Denials().size(), 1u);
}

TEST_F(WatchTest, HearsThatTheReaderLeft) {
  absl::Notification cancelled;
  std::optional<Watcher<v1::CampaignView>> kept;
  ShowWith([&](const Caller&, const v1::GetCampaignRequest&, Watcher<v1::CampaignView> watcher) {
    kept = watcher;
    watcher.OnCancel([&] { cancelled.Notify(); });
    watcher.Show(View(1));
  });
  const auto context = ContextOf("operator/ann");
  on_view = [&](const v1::CampaignView&) { context->TryCancel(); };
  EXPECT_THAT(Read(*context).second, HasCode(absl::StatusCode::kCancelled));
  cancelled.WaitForNotification();
  kept->Show(View(2));  // Harmless.
}

TEST_F(WatchTest, EndsWhenItsWatcherIsDropped) {
  ShowWith([](const Caller&, const v1::GetCampaignRequest&, Watcher<v1::CampaignView>) {});
  EXPECT_THAT(Read(*ContextOf("operator/ann")).second,
              Fails(absl::StatusCode::kUnavailable, Reason::kSHUTTING_DOWN));
}

}  // namespace
}  // namespace muster::rpc
