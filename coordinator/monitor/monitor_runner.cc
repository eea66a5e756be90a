#include "coordinator/monitor/monitor_runner.h"

#include <algorithm>

namespace muster::coordinator {
namespace statistics = aggregation::statistics;
namespace {
// Between looks at what only time changes.
constexpr Duration kLook{1'000};
constexpr std::size_t kMostVersionsTimed = 8;

std::uint64_t DrawSeed(SecureRng& rng) {
  std::uint64_t seed = 0;
  rng.Fill(std::as_writable_bytes(std::span(&seed, 1)));
  return seed >> 11;  // Below 2^53, as facts hold it.
}

StatusOr<statistics::WindowTally> ReadTally(Blobs& blobs, const Digest& digest) {
  MUSTER_ASSIGN(const Bytes file, blobs.Get(digest));
  return statistics::ParseWindowTally(AsText(file));
}
}  // namespace

bool MayPass(const Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted: return true;
    default: return ReasonOf(status) == Reason::kREAD_ONLY;
  }
}

MonitorRunner::MonitorRunner(MonitorName name, MonitorWorld& world)
    : name_(std::move(name)), world_(world) {}

// --- Facts ---

StatusOr<bool> MonitorRunner::ApplySpec(const MonitorSpec& spec, const Caller& by) {
  const std::uint64_t before = state_.next_seq;
  MUSTER_TRY(Handle(ApplyMonitor{spec}, by));
  return state_.next_seq != before;
}

Status MonitorRunner::Believe(const JournalRow& row) {
  MUSTER_ASSIGN(const Recorded<MonitorFact> fact, DecodeMonitorFact(name_, row.seq, row.fact));
  Apply(state_, fact);
  return Ok();
}

Status MonitorRunner::Handle(const MonitorEvent& event, const Caller& by) {
  StatusOr<MonitorFacts> facts = HandleOnce(event, by);
  if (facts.status().code() == absl::StatusCode::kAborted) {
    // The answer to an earlier append was lost: believe what it wrote, then decide again.
    MUSTER_TRY(CatchUp());
    dirty_ = true;
    world_.monitor_changed(name_);
    facts = HandleOnce(event, by);
  }
  MUSTER_TRY(facts.status());
  if (facts->empty()) return Ok();
  dirty_ = true;
  Count(*facts);
  world_.monitor_changed(name_);
  return Ok();
}

StatusOr<MonitorFacts> MonitorRunner::HandleOnce(const MonitorEvent& event, const Caller& by) {
  MUSTER_ASSIGN(MonitorFacts facts, Decide(state_, event, world_.clock.Now()));
  if (!facts.empty()) MUSTER_TRY(Record(facts, by));
  return facts;
}

Status MonitorRunner::CatchUp() {
  return world_.journal.Read(MonitorStream(name_), state_.next_seq,
                             [this](const JournalRow& row) { return Believe(row); });
}

Status MonitorRunner::Record(const MonitorFacts& facts, const Caller& by) {
  const Timestamp now = world_.clock.Now();
  std::vector<std::string> rows;
  for (const MonitorFact& fact : facts) {
    MUSTER_ASSIGN(rows.emplace_back(), EncodeMonitorFact(fact, by.Text(), now));
  }
  MUSTER_TRY(world_.journal.Append(MonitorStream(name_), state_.next_seq, rows));
  for (const MonitorFact& fact : facts) Apply(state_, {fact, state_.next_seq, now, by.Text()});
  return Ok();
}

void MonitorRunner::Count(const MonitorFacts& facts) {
  for (const MonitorFact& fact : facts) {
    if (const auto* judged = std::get_if<WindowJudged>(&fact); judged && judged->outcome.judged)
      world_.metrics.WindowsJudged(name_.value(), judged->outcome.drifted).Add();
    if (const auto* loaded = std::get_if<VersionLoaded>(&fact);
        loaded && loaded->state != "serving")
      world_.metrics.VersionsFailed(name_.value(), loaded->state, loaded->reason).Add();
    if (const auto* heard = std::get_if<FeedbackHeard>(&fact))
      world_.metrics.FeedbackHeard(name_.value(), std::string(NameOf(heard->verdict))).Add();
  }
}

// --- Time ---

MonitorWorldView MonitorRunner::Look() const {
  return {world_.clock.Now(),
          static_cast<std::uint32_t>(world_.fleet.Matching(state_.spec.labels).size())};
}

void MonitorRunner::Tick() {
  const Timestamp now = world_.clock.Now();
  if (!dirty_ && !state_.open && now < looked_at_ + kLook) return;
  looked_at_ = now;
  dirty_ = false;
  FollowAlias();
  world_.metrics.FindingsOpen(name_.value()).Set(static_cast<double>(state_.findings.size()));
  for (const MonitorEffect& effect : Pending(state_, Look()))
    std::visit([this](const auto& e) { Perform(e); }, effect);
}

void MonitorRunner::FollowAlias() {
  const auto version = world_.registry.Resolve(state_.spec.model, state_.spec.alias);
  const VersionNumber number = version.ok() ? version->version : VersionNumber();
  if (number == state_.version) return;
  if (const Status s = Handle(VersionInService{number}, Caller::System()); !s.ok())
    world_.log.Error("version_not_watched", {{"monitor", name_}, {"error", MessageOf(s)}});
}

void MonitorRunner::Perform(const DrawWindow&) {
  if (const Status s = Handle(OpenWindow{DrawSeed(world_.rng)}, Caller::System()); !s.ok())
    world_.log.Error("window_not_opened", {{"monitor", name_}, {"error", MessageOf(s)}});
}

void MonitorRunner::Perform(const DropCampaign& effect) {
  const CampaignState* campaign = world_.campaign(effect.campaign);
  if (campaign == nullptr || IsOver(*campaign)) return;
  const Status s =
      world_.control_campaign(effect.campaign, CancelCampaign{"its window is not wanted any more"});
  if (!s.ok())
    world_.log.Error("window_campaign_not_cancelled",
                     {{"campaign", effect.campaign}, {"error", MessageOf(s)}});
}

void MonitorRunner::Perform(const SumWindow& effect) {
  const Window& window = effect.window;
  const CampaignState* campaign = world_.campaign(window.campaign);
  if (campaign == nullptr) {
    const StatusOr<CampaignSpec> spec = CampaignFor(window);
    const Status applied =
        spec.ok() ? world_.apply_campaign(*spec, Caller::System()) : spec.status();
    if (!applied.ok() && !MayPass(applied)) Fail(window, std::string(MessageOf(applied)));
    return;
  }
  if (std::holds_alternative<Completed>(campaign->phase)) return Judge(window, campaign->params);
  if (IsOver(*campaign) || std::holds_alternative<Paused>(campaign->phase))
    Fail(window, fmt::format("campaign {} is {}: {}", window.campaign.value(), PhaseOf(*campaign),
                             WhyOf(*campaign)));
}

StatusOr<CampaignSpec> MonitorRunner::CampaignFor(const Window& window) const {
  if (!state_.spec.fleet) return Internal("monitor {} has no windows", name_.value());
  MUSTER_ASSIGN(const registry::ModelVersion version,
                world_.registry.Resolve(state_.spec.model, window.version));
  CampaignSpec spec = state_.spec.fleet->campaign;
  spec.name = window.campaign;
  spec.description = fmt::format("{} of version {} for monitor {}",
                                 window.reference ? "the reference" : "a window",
                                 window.version.value(), name_.value());
  spec.plan.seed = window.seed;
  spec.statistics->contract = version.contract;
  spec.statistics->contract_version = version.contract_version;
  WindowSpec& asked = *spec.statistics->window;
  asked.epoch = window.epoch;
  asked.version = window.version;
  asked.reference = window.reference;
  return spec;
}

void MonitorRunner::Fail(const Window& window, const std::string& why) {
  world_.log.Warn("window_not_judged",
                  {{"monitor", name_}, {"campaign", window.campaign}, {"why", why}});
  if (const Status s = Handle(WindowFailed{window.epoch, why}, Caller::System()); !s.ok())
    world_.log.Error("window_not_closed", {{"monitor", name_}, {"error", MessageOf(s)}});
}

JudgeRule MonitorRunner::RuleNow() const {
  const FleetSpec& fleet = *state_.spec.fleet;
  return {.shard = fleet.campaign.secure->least,
          .level = state_.Level(),
          .drill = fleet.window().drill,
          .measures_only = Look().matching < TestableDevices(fleet)};
}

void MonitorRunner::Judge(const Window& window, const Digest& tally) {
  if (judging_ == window.epoch || !state_.spec.fleet) return;
  judging_ = window.epoch;
  Held held{tally, Digest(), std::nullopt, RuleNow(), state_.spec.model};
  if (const auto known = state_.references.find(window.version); known != state_.references.end())
    held.reference = known->second.digest;
  if (const auto known = state_.baselines.find(window.version); known != state_.baselines.end())
    held.baseline = known->second.digest;
  world_.pool.Post([this, window, held = std::move(held)] {
    world_.control.Post(
        [this, window, summed = window.reference ? Refer(window, held) : Compare(window, held)] {
          Close(window, summed);
        });
  });
}

StatusOr<WindowSummed> MonitorRunner::Refer(const Window& window, const Held& held) const {
  MUSTER_ASSIGN(const statistics::WindowTally now, ReadTally(world_.blobs, held.tally));
  WindowOutcome outcome = DescribeReference(now, held.rule);
  if (outcome.judged)
    MUSTER_TRY(world_.registry
                   .Refer(held.model, window.version, name_, held.tally,
                          {outcome.rows, outcome.devices, outcome.shards}, Caller::System())
                   .status());
  return WindowSummed{window.epoch, std::move(outcome), held.tally};
}

StatusOr<WindowSummed> MonitorRunner::Compare(const Window& window, const Held& held) const {
  MUSTER_ASSIGN(const statistics::WindowTally now, ReadTally(world_.blobs, held.tally));
  MUSTER_ASSIGN(const statistics::WindowTally reference, ReadTally(world_.blobs, held.reference));
  std::optional<statistics::WindowTally> baseline;
  if (held.baseline) {
    MUSTER_ASSIGN(baseline, ReadTally(world_.blobs, *held.baseline));
  }
  WindowOutcome outcome = JudgeWindow(now, reference, held.rule, baseline ? &*baseline : nullptr);
  const bool fit = IsBaseline(now, outcome, held.rule);
  return WindowSummed{window.epoch, std::move(outcome), held.tally, fit};
}

void MonitorRunner::Close(const Window& window, const StatusOr<WindowSummed>& summed) {
  judging_ = 0;
  if (!summed.ok()) {
    if (MayPass(summed.status())) return;  // The next tick tries again.
    return Fail(window, std::string(MessageOf(summed.status())));
  }
  if (const Status s = Handle(*summed, Caller::System()); !s.ok())
    world_.log.Error("window_not_closed", {{"monitor", name_}, {"error", MessageOf(s)}});
}

bool MonitorRunner::Names(const Digest& blob) const {
  const auto is_of = [&](const auto& entry) { return entry.second.digest == blob; };
  return std::any_of(state_.references.begin(), state_.references.end(), is_of) ||
         std::any_of(state_.baselines.begin(), state_.baselines.end(), is_of);
}

// --- Devices and people ---

Status MonitorRunner::OnTelemetry(const DeviceId& device, const std::string& spool,
                                  std::span<const TelemetryRecord> records, bool counts) {
  std::uint64_t mark = 0;
  if (const auto known = state_.devices.find(device); known != state_.devices.end())
    if (const auto marks = known->second.marks.find(spool); marks != known->second.marks.end())
      if (const auto at = marks->second.find(TelemetryClass::kSummary); at != marks->second.end())
        mark = at->second;
  MUSTER_TRY(Handle(TelemetryHeard{device, spool, records}, Caller::Device(device)));
  if (!counts) return Ok();
  for (const TelemetryRecord& record : records) {
    const auto* served = std::get_if<Served>(&record.what);
    if (served == nullptr || record.model != state_.spec.model || record.sequence <= mark) continue;
    mark = record.sequence;
    world_.metrics.RowsServed(record.model.value()).Add(static_cast<double>(served->predictions));
    Time(record.version, served->latency);
  }
  return Ok();
}

void MonitorRunner::Time(VersionNumber version, const std::string& latency) {
  if (latency.empty()) return;
  const auto sketch = drift::DdSketch::Parse(latency);
  if (!sketch.ok()) return;
  const auto [it, first] = latency_.try_emplace(version, *sketch);
  if (!first && !it->second.Merge(*sketch).ok()) return;
  for (const auto& [text, q] : {std::pair("0.5", 0.5), std::pair("0.99", 0.99)})
    if (const auto ms = it->second.Quantile(q); ms.ok())
      world_.metrics
          .PredictionSeconds(state_.spec.model.value(), fmt::format("{}", version.value()), text)
          .Set(*ms / 1000);
  if (latency_.size() > kMostVersionsTimed) latency_.erase(latency_.begin());
}

Status MonitorRunner::OnFeedback(GiveFeedback feedback, const Caller& by) {
  feedback.by = by.Text();
  if (feedback.id.empty())
    feedback.id = fmt::format("{:013x}{:013x}", DrawSeed(world_.rng), DrawSeed(world_.rng));
  return Handle(feedback, by);
}

std::vector<drift::MonitorSpec> MonitorRunner::EdgeRules(
    const std::vector<std::string>& features) const {
  std::vector<drift::MonitorSpec> out;
  for (const drift::MonitorSpec& rule : state_.spec.edge) {
    const auto record = state_.rules.find(rule.name);
    drift::MonitorSpec told =
        Taught(rule, record == state_.rules.end() ? 0 : record->second.halvings);
    told.name = EdgeName(name_, rule.name);
    if (told.fields.empty() && !drift::IsOfRows(told.rule)) told.fields = features;
    out.push_back(std::move(told));
  }
  return out;
}

}  // namespace muster::coordinator
