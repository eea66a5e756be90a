#include "cli/follow.h"

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <muster/v1/campaign.grpc.pb.h>

#include <optional>
#include <thread>

namespace muster::cli {
namespace {
using Enough = std::function<bool(const v1::CampaignView&)>;
constexpr Duration kTick = std::chrono::seconds(1);  // The clock on the screen goes on.
constexpr Duration kLongestOutage = std::chrono::minutes(5);
constexpr Duration kRetryEvery = std::chrono::milliseconds(500);

// One stream of views, read on a thread of its own; only the newest view is kept.
class Feed {
 public:
  Feed(const Link& link, const std::string& name)
      : stub_(link.channel), reader_([this, name] { Read(name); }) {}
  ~Feed() {
    context_.TryCancel();
    reader_.join();
  }

  // The newest view that was not given yet, or nullopt after `wait` or at the end.
  std::optional<v1::CampaignView> Next(Duration wait) {
    absl::MutexLock lock(&mu_);
    const auto something = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return newest_.has_value() || end_.has_value();
    };
    mu_.AwaitWithTimeout(absl::Condition(&something), absl::Milliseconds(wait.count()));
    return std::exchange(newest_, std::nullopt);
  }
  // Why the stream ended, once it has and all views were given.
  std::optional<Status> end() {
    absl::MutexLock lock(&mu_);
    return newest_ ? std::nullopt : end_;
  }

 private:
  void Read(const std::string& name) {
    v1::GetCampaignRequest request;
    request.set_name(name);
    const auto stream = stub_.WatchCampaign(&context_, request);
    for (v1::CampaignView view; stream->Read(&view);) {
      absl::MutexLock lock(&mu_);
      newest_ = view;
    }
    const Status status = rpc::FromGrpc(stream->Finish());
    absl::MutexLock lock(&mu_);
    end_ = status;
  }

  v1::CampaignService::Stub stub_;
  grpc::ClientContext context_;
  absl::Mutex mu_;
  std::optional<v1::CampaignView> newest_ ABSL_GUARDED_BY(mu_);
  std::optional<Status> end_ ABSL_GUARDED_BY(mu_);
  std::thread reader_;  // Last: it uses all of the above.
};

// Shows one stream to its end: the view that was enough, else why it broke off.
StatusOr<v1::CampaignView> FollowOnce(const Link& link, const std::string& name, Viewer& viewer,
                                      const Enough& enough, bool& seen) {
  Feed feed(link, name);
  while (true) {
    if (const auto view = feed.Next(kTick)) {
      seen = true;
      viewer.Show(*view);
      if (enough(*view)) return *view;
    } else if (const auto end = feed.end()) {
      return end->ok() ? Unavailable("the stream ended before the campaign") : *end;
    } else {
      viewer.Tick();
    }
  }
}

}  // namespace

StatusOr<v1::CampaignView> FollowCampaign(Shell& shell, const std::string& name, Viewer& viewer,
                                          const Enough& enough) {
  bool ever_seen = false;
  for (Timestamp lost = shell.world.clock.Now();;) {
    // A new connection each time: an old one would sit out its backoff, and a server that came back
    // may have another address.
    MUSTER_ASSIGN(Link* const link, shell.CoordinatorAnew());
    bool seen = false;
    StatusOr<v1::CampaignView> last = FollowOnce(*link, name, viewer, enough, seen);
    if (last.ok()) return last;
    const Timestamp now = shell.world.clock.Now();
    if (seen) lost = now;
    const bool first_note = seen;
    ever_seen = ever_seen || seen;
    if (ExitCodeOf(last.status()) != 3 || !ever_seen || now - lost > kLongestOutage)
      return Explained(last.status(), *link);
    if (first_note) viewer.Note("the coordinator went away; trying to reach it again …");
    shell.world.sleep(kRetryEvery);
  }
}

Status EndOf(const v1::CampaignView& view) {
  if (view.phase() == "completed") return Ok();
  const std::string why = view.why().empty() ? "" : ": " + view.why();
  const Status status =
      FailedPrecondition("campaign {} {}{}", view.campaign().name(),
                         view.phase() == "cancelled" ? "was cancelled" : "failed", why);
  return WithReason(
      status, view.phase() == "cancelled" ? Reason::kCAMPAIGN_CANCELLED : Reason::kCAMPAIGN_STATE);
}

}  // namespace muster::cli
