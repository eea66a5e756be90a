#include "cli/follow.h"

#include <muster/v1/campaign.grpc.pb.h>

#include "cli/feed.h"

namespace muster::cli {
namespace {
constexpr Duration kLongestOutage = std::chrono::minutes(5);
constexpr Duration kRetryEvery = std::chrono::milliseconds(500);
}  // namespace

Status ThroughRestarts(Shell& shell, const OverOneLink& once,
                       const std::function<void(const std::string&)>& note) {
  bool ever_seen = false;
  for (Timestamp lost = shell.world.clock.Now();;) {
    // A new connection each time: an old one would sit out its backoff, and a server that came back
    // may have another address.
    MUSTER_ASSIGN(Link* const link, shell.CoordinatorAnew());
    bool seen = false;
    const Status done = once(*link, seen);
    if (done.ok()) return done;
    const Timestamp now = shell.world.clock.Now();
    if (seen) lost = now;
    ever_seen = ever_seen || seen;
    if (ExitCodeOf(done) != 3 || !ever_seen || now - lost > kLongestOutage)
      return Explained(done, *link);
    if (seen) note("the coordinator went away; trying to reach it again …");
    shell.world.sleep(kRetryEvery);
  }
}

StatusOr<v1::CampaignView> FollowCampaign(
    Shell& shell, const std::string& name, Viewer& viewer,
    const std::function<bool(const v1::CampaignView&)>& enough) {
  v1::GetCampaignRequest request;
  request.set_name(name);
  v1::CampaignView last;
  const OverOneLink once = [&](Link& link, bool& seen) -> Status {
    v1::CampaignService::Stub stub(link.channel);
    Feed<v1::CampaignView> feed(
        [&](grpc::ClientContext* context) { return stub.WatchCampaign(context, request); });
    while (true) {
      if (const auto view = feed.Next(kTick)) {
        seen = true;
        viewer.Show(*view);
        last = *view;
        if (enough(last)) return Ok();
      } else if (const auto end = feed.end()) {
        return end->ok() ? Unavailable("the stream ended before the campaign") : *end;
      } else {
        viewer.Tick();
      }
    }
  };
  MUSTER_TRY(ThroughRestarts(shell, once, [&](const std::string& text) { viewer.Note(text); }));
  return last;
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
