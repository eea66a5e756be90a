#include "cli/gather_loop.h"

#include <muster/v1/campaign.grpc.pb.h>
#include <muster/v1/model.grpc.pb.h>
#include <muster/v1/monitor.grpc.pb.h>

namespace muster::cli {
namespace {
constexpr Duration kTimeout = std::chrono::seconds(20);

// The reply, or nothing when there is no such thing.
template <typename Stub, typename Request, typename Reply>
StatusOr<std::optional<Reply>> Find(const Link& link,
                                    grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                                 const Request&, Reply*),
                                    const Request& request) {
  Stub stub(link.channel);
  StatusOr<Reply> reply = rpc::Call(stub, method, request, kTimeout);
  if (reply.ok()) return std::optional<Reply>(*std::move(reply));
  if (reply.status().code() == absl::StatusCode::kNotFound) return std::optional<Reply>();
  return reply.status();
}

Status GatherMonitors(const Link& link, Loop& loop) {
  for (const std::string& name : MonitorsOf(loop.trigger.trigger().when())) {
    v1::GetMonitorRequest request;
    request.set_name(name);
    MUSTER_ASSIGN(auto view, Find(link, &v1::MonitorService::Stub::GetMonitor, request));
    if (view) loop.monitors.push_back(*std::move(view));
  }
  return Ok();
}

Status GatherVersion(const Link& link, std::uint64_t number, const Loop* known, Loop& loop) {
  if (number == 0) return Ok();
  const v1::Firing* firing = NewestFiring(loop.trigger);
  if (known != nullptr && firing != nullptr && IsOver(*firing)) {
    const auto it = known->versions.find(number);
    if (it != known->versions.end()) {
      loop.versions.insert(*it);
      return Ok();
    }
  }
  v1::GetVersionRequest request;
  request.set_model(loop.trigger.trigger().model());
  request.set_version(number);
  MUSTER_ASSIGN(auto version, Find(link, &v1::ModelService::Stub::GetVersion, request));
  if (version) loop.versions.emplace(number, *std::move(version));
  return Ok();
}

}  // namespace

StatusOr<Loop> GatherLoop(const Link& link, v1::TriggerView trigger, const Loop* known) {
  Loop loop;
  loop.trigger = std::move(trigger);
  MUSTER_TRY(GatherMonitors(link, loop));
  const v1::Firing* firing = NewestFiring(loop.trigger);
  if (firing == nullptr) return loop;
  if (!firing->campaign().empty()) {
    v1::GetCampaignRequest request;
    request.set_name(firing->campaign());
    MUSTER_ASSIGN(loop.campaign, Find(link, &v1::CampaignService::Stub::GetCampaign, request));
  }
  MUSTER_TRY(GatherVersion(link, firing->base_version(), known, loop));
  MUSTER_TRY(GatherVersion(link, firing->version(), known, loop));
  return loop;
}

}  // namespace muster::cli
