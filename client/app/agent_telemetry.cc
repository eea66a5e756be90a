#include "client/app/agent_telemetry.h"

#include <algorithm>

#include "client/app/dir_segments.h"

namespace muster::client {

StatusOr<std::unique_ptr<AgentTelemetry>> AgentTelemetry::Make(const AgentSettings& settings,
                                                               const World& world) {
  std::uint64_t seed = 0;
  world.rng.Fill(std::as_writable_bytes(std::span(&seed, 1)));
  std::unique_ptr<AgentTelemetry> out(new AgentTelemetry(world, seed));
  for (const NodeSettings& node : settings.nodes) MUSTER_TRY(out->Open(settings, node));
  return out;
}

Status AgentTelemetry::Open(const AgentSettings& settings, const NodeSettings& node) {
  const DeviceName& name = node.name;
  const std::string folder = fmt::format("nodes/{}", name.value());
  const SpoolLimits limits{
      .most_bytes =
          std::max(settings.telemetry.most_bytes / settings.nodes.size(), kLeastSpoolBytes)};
  MUSTER_ASSIGN(std::shared_ptr<TelemetrySpool> spool,
                TelemetrySpool::Open(name.value(),
                                     std::make_unique<DirSegments>(
                                         (settings.state_dir / folder / "telemetry").string()),
                                     limits, world_.rng, world_.log));
  StatusOr<std::shared_ptr<Labels>> labels = Labels::Open(world_.files, folder + "/labels.json");
  if (absl::IsDataLoss(labels.status())) {
    world_.log.Error("labels_unreadable", {{"node", name}, {"error", MessageOf(labels.status())}});
    MUSTER_TRY(world_.files.Remove(folder + "/labels.json"));
    labels = Labels::Open(world_.files, folder + "/labels.json");
  }
  MUSTER_TRY(labels.status());
  MUSTER_TRY(desk_.AddNode(name, spool, *labels));
  if (node.serve)  // Which version, only an agent that runs can say.
    desk_.SetServes(name, [model = node.serve->model] { return FeedbackDesk::Serves{model, {}}; });
  nodes_[name] = {std::move(spool), *std::move(labels), nullptr};
  return Ok();
}

void AgentTelemetry::Connect(const DeviceName& node,
                             std::shared_ptr<TelemetryTransport> transport) {
  strand_.Post([this, &at = nodes_.at(node), node, transport = std::move(transport)] {
    if (at.session) at.session->Stop();
    at.session = TelemetrySession::Make(node, {world_.clock, strand_, jitter_, world_.log},
                                        at.spool, transport);
    at.session->Start();
  });
}

void AgentTelemetry::Disconnect(const DeviceName& node) {
  strand_.Post([&at = nodes_.at(node)] {
    if (at.session) at.session->Stop();
    at.session.reset();
  });
}

}  // namespace muster::client
