#pragma once
// What all nodes of an agent tell outside of rounds: their spools and labels on the disk, the desk
// for feedback, and what sends. Works without a coordinator, and without an agent that runs.
#include <map>
#include <memory>

#include "base/blobs.h"
#include "base/executor.h"
#include "base/seeded.h"
#include "base/strand.h"
#include "client/app/settings.h"
#include "client/pipeline/labels.h"
#include "client/telemetry/feedback_desk.h"
#include "client/telemetry/telemetry_session.h"

namespace muster::client {

// Safe from any thread.
class AgentTelemetry {
 public:
  struct World {
    Clock& clock;
    Executor& pool;  // Where spools are read and written to send.
    Files& files;    // Of the state directory.
    SecureRng& rng;
    Logger& log;
  };
  // Opens what there is of each node. Labels that cannot be read are left out, with a line in the
  // log; a spool that cannot is an error.
  static StatusOr<std::unique_ptr<AgentTelemetry>> Make(const AgentSettings& settings,
                                                        const World& world);

  // Where a node's events go, and its labels. The node is one of the settings'.
  TelemetrySink& SinkOf(const DeviceName& node) { return *nodes_.at(node).spool; }
  std::shared_ptr<const Labels> LabelsOf(const DeviceName& node) const {
    return nodes_.at(node).labels;
  }
  FeedbackDesk& desk() { return desk_; }

  // Begins to send a node's events, and ends it; what is on disk stays.
  void Connect(const DeviceName& node, std::shared_ptr<TelemetryTransport> transport);
  void Disconnect(const DeviceName& node);

 private:
  struct Node {
    std::shared_ptr<TelemetrySpool> spool;
    std::shared_ptr<Labels> labels;
    std::shared_ptr<TelemetrySession> session;  // The strand's.
  };
  AgentTelemetry(const World& world, std::uint64_t seed)
      : world_(world),
        strand_(world.pool),
        jitter_(seed),
        desk_(world.files, world.clock, world.rng, world.log) {}
  Status Open(const AgentSettings& settings, const NodeSettings& node);

  const World world_;
  Strand strand_;
  SeededRng jitter_;  // The strand's.
  FeedbackDesk desk_;
  std::map<DeviceName, Node> nodes_;
};

}  // namespace muster::client
