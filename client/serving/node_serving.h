#pragma once
// A node's serving as the agent runs it: looks for rows now and then on threads of its own, and
// fetches, checks and installs what the coordinator offers. Goes on without the coordinator.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <atomic>
#include <memory>

#include "base/executor.h"
#include "client/log_witness.h"
#include "client/serving/serving_core.h"
#include "client/serving/serving_port.h"
#include "client/session/artefact_cache.h"

namespace muster::client {

struct NodeServingConfig {
  DeviceName name;
  Duration poll = std::chrono::milliseconds(100);
  std::string hardware = {};  // This machine's class, as models are certified for it.
};

class NodeServing final : public ServingPort, public std::enable_shared_from_this<NodeServing> {
 public:
  //   threads    where it may block; no task of training runs there.
  //   artefacts  of the agent, on the strand that Offered is called on.
  static std::shared_ptr<NodeServing> Make(NodeServingConfig config,
                                           std::unique_ptr<ServingCore> core, const Clock& clock,
                                           Executor& threads, ArtefactCache& artefacts,
                                           Logger& log);

  // Takes up what an earlier life served and begins to look for rows. Once.
  void Start();
  // Takes no further step, and makes durable what was done. The predictor has to be stopped first:
  // this waits for a step that runs.
  void Stop();
  // Who vouches for artefacts; null: nobody is asked. On the strand, before an offer comes.
  void Believe(std::shared_ptr<LogWitness> witness) { witness_ = std::move(witness); }

  std::optional<ServingState> State() const override;
  void Offered(const std::shared_ptr<const ServingOffer>& offer,
               const std::shared_ptr<CoordinatorLink>& link,
               std::function<void(Status)> done) override;
  // The rows that were served, for tasks of statistics.
  const std::shared_ptr<ServedRows>& rows() const { return served_; }

 private:
  using Offer = std::shared_ptr<const ServingOffer>;
  using Done = std::function<void(Status)>;
  NodeServing(NodeServingConfig config, std::unique_ptr<ServingCore> core, const Clock& clock,
              Executor& threads, ArtefactCache& artefacts, Logger& log);
  Status Trusts(const ServingOffer& offer) const;
  void FetchModule(const Offer& offer, const std::shared_ptr<CoordinatorLink>& link,
                   const Done& done);
  void Install(const Offer& offer, const Status& verdict, const Done& done);
  void Load();
  void LookAgain(Duration wait);
  void Look();
  void Publish() ABSL_EXCLUSIVE_LOCKS_REQUIRED(core_mu_);

  const NodeServingConfig config_;
  const Clock& clock_;
  Executor& threads_;
  ArtefactCache& artefacts_;
  Logger& log_;
  std::shared_ptr<LogWitness> witness_;
  std::atomic<bool> stopped_ = false;
  absl::Mutex core_mu_;
  const std::unique_ptr<ServingCore> core_ ABSL_PT_GUARDED_BY(core_mu_);
  std::string trouble_ ABSL_GUARDED_BY(core_mu_);  // What the log was told last.
  mutable absl::Mutex state_mu_;
  std::optional<ServingState> state_ ABSL_GUARDED_BY(state_mu_);
  const std::shared_ptr<ServedRows> served_;
};

}  // namespace muster::client
