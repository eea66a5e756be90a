// What a coordinator does about monitors: their runners, what devices and people tell them, and the
// rules that devices run for them.
#include <algorithm>
#include <array>

#include "base/nearest.h"
#include "coordinator/campaign/spec_window.h"
#include "coordinator/runner/coordinator.h"

namespace muster::coordinator {
namespace {
constexpr std::size_t kMostFindingsShown = 200;
// What rules may watch beside the fields of the contract.
constexpr std::array<std::string_view, 4> kPseudoFields{"$error", "$prediction", "$latency",
                                                        "$power"};

template <typename Name>
Status NoSuch(const char* kind, const std::string& name, const Name& runners) {
  std::vector<std::string> known;
  for (const auto& [other, runner] : runners) known.push_back(other.value());
  return WithReason(
      NotFound("no {} is called '{}'{}", kind, name.substr(0, 80), DidYouMean(name, known)),
      Reason::kRESOURCE_NOT_FOUND);
}

// That the contract of the model has the fields that rules on devices watch.
Status CheckFields(const MonitorSpec& spec, const registry::ContractVersion& contract) {
  std::vector<std::string> known(kPseudoFields.begin(), kPseudoFields.end());
  for (const registry::FieldSpec& field : contract.spec.fields)
    if (registry::IsNumeric(field.type)) known.push_back(field.name);
  for (std::size_t i = 0; i < spec.edge.size(); ++i)
    for (std::size_t j = 0; j < spec.edge[i].fields.size(); ++j) {
      const std::string& field = spec.edge[i].fields[j];
      if (std::find(known.begin(), known.end(), field) != known.end()) continue;
      return InvalidField(fmt::format("edge[{}].fields[{}]", i, j),
                          "contract {} version {} has no number '{}'{}", contract.spec.name.value(),
                          contract.version.value(), field.substr(0, 80), DidYouMean(field, known));
    }
  return Ok();
}

// An error of a window's campaign, at the path of the monitor.
Status AtFleet(const Status& status) {
  if (status.ok()) return status;
  std::string field = FieldOf(status);
  if (field.starts_with("statistics.window."))
    field = "fleet." + field.substr(18);
  else if (field.starts_with("statistics."))
    field = "fleet." + field.substr(11);
  else
    field = "fleet." + field;
  return WithField(Prefixed(status, "fleet"), field);
}
}  // namespace

MonitorWorld Coordinator::MakeMonitorWorld() {
  return {
      .journal = ports_.journal,
      .clock = ports_.clock,
      .blobs = ports_.blobs,
      .pool = ports_.pool,
      .control = control_,
      .log = ports_.log,
      .fleet = fleet_,
      .registry = ports_.registry,
      .rng = ports_.rng,
      .metrics = monitor_metrics_,
      .apply_campaign = [this](const CampaignSpec& spec,
                               const Caller& by) { return ApplyNow(spec, false, {}, by).status(); },
      .campaign = [this](const CampaignName& name) -> const CampaignState* {
        const CampaignRunner* runner = Find(name);
        return runner == nullptr ? nullptr : &runner->state();
      },
      .control_campaign = [this](const CampaignName& name, const CampaignEvent& event) -> Status {
        MUSTER_ASSIGN(CampaignRunner* const runner, Require(name));
        return runner->Control(event, Caller::System());
      },
      .monitor_changed =
          [this](const MonitorName&) {
            monitor_news_ = true;
            rules_.clear();
          }};
}

Status Coordinator::RecoverMonitors() {
  MUSTER_TRY(ports_.journal.Replay(kMonitorStreams, false, [&](const JournalRow& row) {
    const MonitorName name(row.stream.substr(kMonitorStreams.size()));
    auto& runner = monitors_[name];
    if (!runner) runner = std::make_unique<MonitorRunner>(name, monitor_world_);
    return runner->Believe(row);
  }));
  return ports_.journal.Replay(kTriggerStreams, false, [&](const JournalRow& row) {
    const TriggerName name(row.stream.substr(kTriggerStreams.size()));
    auto& runner = triggers_[name];
    if (!runner) runner = std::make_unique<TriggerRunner>(name, trigger_world_);
    return runner->Believe(row);
  });
}

void Coordinator::TickMonitors() {
  for (const auto& [name, runner] : monitors_) runner->Tick();
  const bool news = std::exchange(monitor_news_, false);
  for (const auto& [name, runner] : triggers_) runner->Tick(news);
}

std::map<MonitorName, const MonitorState*> Coordinator::MonitorStates() const {
  std::map<MonitorName, const MonitorState*> out;
  for (const auto& [name, runner] : monitors_) out[name] = &runner->state();
  return out;
}

// --- Operators ---

void Coordinator::ApplyMonitor(MonitorSpec spec, bool dry_run,
                               std::vector<std::string> pending_models, Caller by,
                               Done<AppliedMonitor> done) {
  control_.Post([this, spec = std::move(spec), dry_run, pending = std::move(pending_models),
                 by = std::move(by),
                 done = std::move(done)] { done(ApplyMonitorNow(spec, dry_run, pending, by)); });
}

// What only the model says: the contract that its windows are about.
StatusOr<MonitorSpec> Coordinator::WithContract(MonitorSpec spec,
                                                const registry::ModelSpec& model) const {
  const auto contract = ports_.registry.GetContract(model.contract, model.contract_version);
  if (!contract.ok()) return WithField(contract.status(), "model");
  MUSTER_TRY(CheckFields(spec, *contract));
  if (!spec.fleet) return spec;
  CampaignSpec& campaign = spec.fleet->campaign;
  campaign.statistics->contract = model.contract;
  MUSTER_TRY(AtFleet(Validate(campaign)));
  MUSTER_TRY(AtFleet(WindowQueryOf(*campaign.statistics, *contract, model).status()));
  return spec;
}

StatusOr<Coordinator::AppliedMonitor> Coordinator::ApplyMonitorNow(
    MonitorSpec spec, bool dry_run, const std::vector<std::string>& pending, const Caller& by) {
  MUSTER_TRY(Validate(spec));
  const auto model = ports_.registry.GetModel(spec.model);
  const bool is_pending =
      std::find(pending.begin(), pending.end(), spec.model.value()) != pending.end();
  if (!model.ok() && !(dry_run && is_pending))
    return WithField(Prefixed(model.status(), "model"), "model");
  if (model.ok()) {
    MUSTER_ASSIGN(spec, WithContract(std::move(spec), model->spec));
  }
  const auto known = monitors_.find(spec.name);
  if (dry_run) {
    if (known != monitors_.end())
      MUSTER_TRY(Decide(known->second->state(), coordinator::ApplyMonitor{spec}, ports_.clock.Now())
                     .status());
    return AppliedMonitor{{}, known == monitors_.end(), known != monitors_.end()};
  }
  if (known != monitors_.end()) {
    MUSTER_ASSIGN(const bool changed, known->second->ApplySpec(spec, by));
    return AppliedMonitor{SnapshotOf(*known->second), false, changed};
  }
  auto created = std::make_unique<MonitorRunner>(spec.name, monitor_world_);
  MUSTER_TRY(created->ApplySpec(spec, by).status());
  const MonitorRunner& runner = *(monitors_[spec.name] = std::move(created));
  ports_.log.Info("monitor_applied", {{"monitor", spec.name}, {"by", by.Text()}});
  return AppliedMonitor{SnapshotOf(runner), true, false};
}

void Coordinator::GetMonitor(MonitorName name, Done<MonitorSnapshot> done) {
  control_.Post([this, name = std::move(name), done = std::move(done)] {
    const StatusOr<MonitorRunner*> runner = Require(name);
    if (!runner.ok()) return done(runner.status());
    done(SnapshotOf(**runner));
  });
}

void Coordinator::ListMonitors(Done<std::vector<MonitorSnapshot>> done) {
  control_.Post([this, done = std::move(done)] {
    std::vector<MonitorSnapshot> out;
    for (const auto& [name, runner] : monitors_) out.push_back(SnapshotOf(*runner));
    done(std::move(out));
  });
}

void Coordinator::HearFeedback(MonitorName name, GiveFeedback feedback, Caller by,
                               Done<MonitorSnapshot> done) {
  control_.Post([this, name = std::move(name), feedback = std::move(feedback), by = std::move(by),
                 done = std::move(done)] {
    const StatusOr<MonitorRunner*> runner = Require(name);
    if (!runner.ok()) return done(runner.status());
    if (const Status s = (*runner)->OnFeedback(feedback, by); !s.ok()) return done(s);
    done(SnapshotOf(**runner));
  });
}

StatusOr<MonitorRunner*> Coordinator::Require(const MonitorName& name) {
  const auto known = monitors_.find(name);
  if (known != monitors_.end()) return known->second.get();
  return NoSuch("monitor", name.value(), monitors_);
}

MonitorSnapshot Coordinator::SnapshotOf(const MonitorRunner& runner) const {
  const MonitorState& state = runner.state();
  MonitorSnapshot out;
  out.spec = state.spec;
  out.phase = PhaseOf(state);
  out.why = WhyOf(state, runner.Look());
  out.version = state.version;
  if (const auto known = state.references.find(state.version); known != state.references.end())
    out.reference = known->second.window;
  if (const auto known = state.baselines.find(state.version); known != state.baselines.end())
    out.baseline = known->second;
  out.windows = {state.windows.begin(), state.windows.end()};
  out.findings.assign(state.findings.begin(),
                      state.findings.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                   state.findings.size(), kMostFindingsShown)));
  for (auto it = state.closed.rbegin();
       it != state.closed.rend() && out.findings.size() < kMostFindingsShown; ++it)
    out.findings.push_back(*it);
  out.rules = state.rules;
  out.level = state.Level();
  out.updated_at = state.updated_at;
  out.applied_by = state.applied_by;
  return out;
}

// --- Devices ---

std::string Coordinator::RulesFor(const ModelName& model, std::string_view alias,
                                  const LabelMap& labels) {
  std::string key = fmt::format("{} {}", model.value(), alias);
  std::vector<const MonitorRunner*> about;
  for (const auto& [name, runner] : monitors_) {
    const MonitorSpec& spec = runner->state().spec;
    if (spec.model != model || spec.alias != alias || !Matches(labels, spec.labels)) continue;
    about.push_back(runner.get());
    key += " " + name.value();
  }
  if (about.empty()) return {};
  if (const auto known = rules_.find(key); known != rules_.end()) return known->second;
  const auto version = ports_.registry.GetModel(model);
  const std::vector<std::string> features =
      version.ok() ? version->spec.input.features : std::vector<std::string>();
  Json rules = Json::array();
  for (const MonitorRunner* runner : about)
    for (const drift::MonitorSpec& rule : runner->EdgeRules(features))
      if (rules.size() < drift::kMostMonitors) rules.push_back(drift::SpecJson(rule));
  const StatusOr<std::string> text =
      rules.empty() ? std::string() : CanonicalJson({{"monitors", std::move(rules)}});
  return rules_[key] = text.value_or("");
}

Status Coordinator::OnTelemetry(const DeviceId& device, const std::string& spool,
                                std::span<const TelemetryRecord> records) {
  MUSTER_ASSIGN(const Device* const known, fleet_.Find(device));
  std::set<ModelName> counted;  // By one monitor each.
  for (const auto& [name, runner] : monitors_) {
    const MonitorSpec& spec = runner->state().spec;
    const bool about = std::any_of(records.begin(), records.end(),
                                   [&](const auto& r) { return r.model == spec.model; });
    if (!about || !Matches(known->record.labels, spec.labels)) continue;
    MUSTER_TRY(runner->OnTelemetry(device, spool, records, counted.insert(spec.model).second));
  }
  return Ok();
}

}  // namespace muster::coordinator
