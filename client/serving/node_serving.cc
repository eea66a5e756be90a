#include "client/serving/node_serving.h"

#include <algorithm>

namespace muster::client {

std::shared_ptr<NodeServing> NodeServing::Make(NodeServingConfig config,
                                               std::unique_ptr<ServingCore> core,
                                               const Clock& clock, Executor& threads,
                                               ArtefactCache& artefacts, Logger& log) {
  return std::shared_ptr<NodeServing>(
      new NodeServing(std::move(config), std::move(core), clock, threads, artefacts, log));
}

NodeServing::NodeServing(NodeServingConfig config, std::unique_ptr<ServingCore> core,
                         const Clock& clock, Executor& threads, ArtefactCache& artefacts,
                         Logger& log)
    : config_(std::move(config)),
      clock_(clock),
      threads_(threads),
      artefacts_(artefacts),
      log_(log),
      core_(std::move(core)),
      served_(core_->rows()) {}

void NodeServing::Publish() {
  const ServingState now = core_->State();
  absl::MutexLock lock(&state_mu_);
  state_ = now;
}

std::optional<ServingState> NodeServing::State() const {
  absl::MutexLock lock(&state_mu_);
  return state_;
}

void NodeServing::Start() {
  threads_.Post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Load();
  });
}

// Detectors are calibrated anew, which may take seconds.
void NodeServing::Load() {
  if (stopped_) return;
  {
    absl::MutexLock lock(&core_mu_);
    core_->Load();
    Publish();
  }
  LookAgain(Duration(0));
}

void NodeServing::Stop() {
  stopped_ = true;
  absl::MutexLock lock(&core_mu_);
  if (State()) static_cast<void>(core_->Save().ok());  // It says itself what is wrong.
}

void NodeServing::LookAgain(Duration wait) {
  const auto look = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Look();
  };
  if (wait == Duration(0))
    threads_.Post(look);
  else
    threads_.PostAt(clock_.Now() + wait, look);
}

// One batch a turn, so that other nodes get theirs in between.
void NodeServing::Look() {
  if (stopped_) return;
  Duration wait = config_.poll;
  {
    absl::MutexLock lock(&core_mu_);
    const StatusOr<std::size_t> rows = core_->Step();
    if (rows.ok() && *rows == ServingCore::kBatch) wait = Duration(0);
    const std::string trouble(MessageOf(rows.status()));
    if (trouble != trouble_) {
      if (!rows.ok())
        log_.Warn("rows_not_served", {{"node", config_.name}, {"error", trouble}});
      else
        log_.Info("rows_served_again", {{"node", config_.name}});
      trouble_ = trouble;
    }
    Publish();
  }
  LookAgain(wait);
}

Status NodeServing::Trusts(const ServingOffer& offer) const {
  if (offer.certified && std::ranges::count(*offer.certified, config_.hardware) == 0)
    return WithReason(
        FailedPrecondition("model {} version {} is not certified for this agent's hardware '{}'",
                           offer.model.value(), offer.version.value(), config_.hardware),
        Reason::kHARDWARE_NOT_CERTIFIED);
  if (!witness_) return Ok();
  std::vector<Digest> files{offer.params.digest};
  if (offer.module) files.push_back(offer.module->digest);
  return witness_->CheckSigned(offer.signed_artefacts, files);
}

void NodeServing::Offered(const Offer& offer, const std::shared_ptr<CoordinatorLink>& link,
                          Done done) {
  if (const Status trusted = Trusts(*offer); !trusted.ok()) return Install(offer, trusted, done);
  const std::optional<ServingState> state = State();
  if (state && state->version == offer->version) return Install(offer, Ok(), done);
  artefacts_.Fetch(link, offer->params,
                   [weak = weak_from_this(), offer, link, done](const Status& fetched) {
                     const auto self = weak.lock();
                     if (!self) return;
                     if (!fetched.ok()) return done(fetched);
                     self->FetchModule(offer, link, done);
                   });
}

void NodeServing::FetchModule(const Offer& offer, const std::shared_ptr<CoordinatorLink>& link,
                              const Done& done) {
  if (!offer->module) return Install(offer, Ok(), done);
  artefacts_.Fetch(link, *offer->module,
                   [weak = weak_from_this(), offer, done](const Status& fetched) {
                     const auto self = weak.lock();
                     if (!self) return;
                     if (!fetched.ok()) return done(fetched);
                     self->Install(offer, Ok(), done);
                   });
}

// On the threads that may block: a self-test takes its time.
void NodeServing::Install(const Offer& offer, const Status& verdict, const Done& done) {
  threads_.Post([weak = weak_from_this(), offer, verdict, done] {
    const auto self = weak.lock();
    if (!self || self->stopped_) return;
    Status installed;
    {
      absl::MutexLock lock(&self->core_mu_);
      installed =
          verdict.ok() ? self->core_->Install(*offer) : self->core_->Refuse(*offer, verdict);
      self->Publish();
    }
    done(installed);
  });
}

}  // namespace muster::client
