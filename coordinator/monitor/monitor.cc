#include "coordinator/monitor/monitor.h"

#include <algorithm>

#include "base/nearest.h"
#include "base/time_text.h"
#include "drift/fleet/shard_plan.h"

namespace muster::coordinator {
namespace {
constexpr Duration kLongestPause{3'600'000};
constexpr std::uint64_t kTooLarge = std::uint64_t{1} << 53;
constexpr std::uint64_t kMostRowsTold = std::uint64_t{1} << 40;  // In one record.

// A fleet that is too small for the test may still sum what it measures.
std::uint32_t NeededDevices(const FleetSpec& fleet) {
  return std::max(fleet.campaign.plan.selection.enrolled_at_least,
                  HasMeasures(fleet) ? fleet.window().shard : TestableDevices(fleet));
}

Duration PauseAfter(const MonitorState& s) {
  Duration pause = s.spec.fleet->campaign.plan.report_window;
  for (std::uint32_t i = 1; i < s.failures && pause < kLongestPause; ++i) pause *= 2;
  return std::min(pause, kLongestPause);
}
bool Pauses(const MonitorState& s, Timestamp now) {
  return s.failures > 0 && now < s.failed_at + PauseAfter(s);
}

bool IsDue(const MonitorState& s, Timestamp now) {
  const double rows = s.NewRows(now);
  if (rows >= s.spec.fleet->after_rows) return true;
  return s.spec.fleet->every.count() > 0 && rows > 0 && now >= s.last_begun + s.spec.fleet->every;
}

CampaignName CampaignOf(const MonitorState& s, std::uint64_t epoch) {
  return CampaignName(fmt::format("{}.{}-{}", s.spec.name.value(), s.version.value(), epoch));
}

// Whether windows of one are windows of the other: else references and sums do not fit.
bool SameWindows(const MonitorSpec& a, const MonitorSpec& b) {
  if (a.fleet.has_value() != b.fleet.has_value()) return false;
  return a.labels == b.labels &&
         (!a.fleet || ToJson(a.fleet->campaign) == ToJson(b.fleet->campaign));
}

WindowJudged Unjudged(const Window& open, std::string why) {
  WindowJudged out{open.epoch, open.version, open.campaign, open.reference, {}};
  out.outcome.why = std::move(why);
  return out;
}

// --- What telemetry says ---

std::uint64_t MarkOf(const MonitorState& s, const DeviceId& device, const std::string& spool,
                     TelemetryClass cls) {
  const auto known = s.devices.find(device);
  if (known == s.devices.end()) return 0;
  const auto marks = known->second.marks.find(spool);
  if (marks == known->second.marks.end()) return 0;
  const auto mark = marks->second.find(cls);
  return mark == marks->second.end() ? 0 : mark->second;
}

std::int64_t HourOf(Timestamp at) { return UnixMillis(at) / 3'600'000; }

std::uint32_t AllowanceOf(const MonitorState& s, const DeviceId& device, Timestamp now) {
  const auto known = s.devices.find(device);
  if (known == s.devices.end() || known->second.hour != HourOf(now)) return kMostFactsOfDevice;
  return kMostFactsOfDevice - std::min(kMostFactsOfDevice, known->second.facts);
}

// The lesson of what was said about a rule, if it is one. A device that taught last teaches no more
// before somebody else has, so that none turns a rule off alone.
std::optional<LevelTaught> LessonOf(const MonitorState& s, const std::string& rule,
                                    Feedback::Verdict verdict, const std::string& source) {
  const auto known = s.rules.find(rule);
  const RuleRecord record = known == s.rules.end() ? RuleRecord() : known->second;
  if (!source.empty() && record.taught_by == source) return std::nullopt;
  if (verdict == Feedback::Verdict::kFalsePositive && record.halvings < kMostHalvings)
    return LevelTaught{rule, record.halvings + 1, source};
  if (verdict == Feedback::Verdict::kMissed && record.halvings > 0)
    return LevelTaught{rule, record.halvings - 1, source};
  return std::nullopt;
}

bool Knows(const MonitorSpec& spec, std::string_view rule) {
  return rule == kFleetRule || spec.FindRule(rule) != nullptr;
}

// Turns the records of one call into facts, against the state and what the call said before.
class TelemetryReader {
 public:
  TelemetryReader(const MonitorState& s, const TelemetryHeard& e, Timestamp now)
      : s_(s), e_(e), allowance_(AllowanceOf(s, e.device, now)) {
    for (const Finding& f : s.findings)
      if (f.device == e.device) open_.insert({f.rule, f.field});
  }

  MonitorFacts Read() {
    for (const TelemetryRecord& record : e_.records) {
      if (record.model != s_.spec.model || !Holds(record) || !IsNew(record)) continue;
      std::visit([&](const auto& what) { On(record, what); }, record.what);
    }
    if (served_) facts_.emplace_back(*std::move(served_));
    return std::move(facts_);
  }

 private:
  // Whether a fact can hold its numbers; the border lets no others in.
  static bool Holds(const TelemetryRecord& record) {
    return record.sequence < kTooLarge && record.version.value() < kTooLarge;
  }
  bool IsNew(const TelemetryRecord& record) {
    const auto [it, first] = through_.try_emplace(record.cls, 0);
    if (first) it->second = MarkOf(s_, e_.device, e_.spool, record.cls);
    if (record.sequence <= it->second) return false;
    it->second = record.sequence;
    return true;
  }
  TelemetryPlace PlaceOf(const TelemetryRecord& record) const {
    return {e_.device, e_.spool, record.sequence};
  }
  // Whether the device may cause another fact in this hour.
  bool Spend() { return allowance_ > 0 && allowance_-- > 0; }

  void On(const TelemetryRecord& record, const DriftFinding& f) {
    const std::string rule(RuleOf(s_.spec.name, f.monitor));
    if (rule.empty()) return;
    const std::pair key(rule, f.field);
    const Timestamp told = f.to.value_or(record.time);
    if (!f.began) {
      if (open_.erase(key) != 0)
        facts_.emplace_back(FindingEnded{PlaceOf(record), rule, f.field, told, f.text});
      return;
    }
    if (s_.spec.FindRule(rule) == nullptr || open_.contains(key) ||
        open_.size() >= kMostOpenOfDevice || !Spend())
      return;
    open_.insert(key);
    facts_.emplace_back(FindingBegan{
        PlaceOf(record),
        {e_.device, rule, f.field, f.alarm, record.version, told, std::nullopt, f.text, 0},
        f.statistic,
        f.threshold,
        f.p});
  }
  void On(const TelemetryRecord& record, const Feedback& f) {
    const std::string rule(f.monitor.empty() ? kFleetRule : RuleOf(s_.spec.name, f.monitor));
    if (rule.empty() || !Knows(s_.spec, rule)) return;
    const std::string source = e_.device.value();
    const std::string id = source + " " + f.id;
    if (std::find(s_.feedback_ids.begin(), s_.feedback_ids.end(), id) != s_.feedback_ids.end() ||
        !ids_.insert(id).second || !Spend())
      return;
    facts_.emplace_back(FeedbackHeard{PlaceOf(record), rule, f.verdict, f.id, f.field, f.about, 0,
                                      f.outcome, f.by});
    if (!taught_.insert(rule).second) return;
    if (auto lesson = LessonOf(s_, rule, f.verdict, source))
      facts_.emplace_back(*std::move(lesson));
  }
  void On(const TelemetryRecord& record, const Loaded& f) {
    if (!Spend()) return;
    facts_.emplace_back(
        VersionLoaded{PlaceOf(record), record.version, f.state, f.reason, f.detail, record.time});
  }
  void On(const TelemetryRecord& record, const Served& f) {
    if (!served_) served_.emplace();
    served_->place = PlaceOf(record);
    served_->version = record.version;
    served_->rows[record.version] += std::min(f.predictions, kMostRowsTold);
    served_->labelled += std::min(f.labelled, kMostRowsTold);
    served_->failed += std::min(f.failed, kMostRowsTold);
    if (f.from && (!served_->from || *f.from < *served_->from)) served_->from = f.from;
    if (f.to && (!served_->to || *f.to > *served_->to)) served_->to = f.to;
  }

  const MonitorState& s_;
  const TelemetryHeard& e_;
  std::uint32_t allowance_;
  std::map<TelemetryClass, std::uint64_t> through_;
  std::set<std::pair<std::string, std::string>> open_;  // Findings of the device.
  std::set<std::string> ids_;
  std::set<std::string> taught_;
  std::optional<RowsServed> served_;
  MonitorFacts facts_;
};

// --- Events ---

StatusOr<MonitorFacts> On(const MonitorState& s, const ApplyMonitor& e, Timestamp) {
  MUSTER_TRY(Validate(e.spec));
  if (s.next_seq == 0) return MonitorFacts{MonitorApplied{e.spec}};
  if (e.spec.model != s.spec.model || e.spec.alias != s.spec.alias)
    return InvalidField(e.spec.model != s.spec.model ? "model" : "alias",
                        "monitor {} watches '{}' of {}; give the new one another name",
                        s.spec.name.value(), s.spec.alias, s.spec.model.value());
  if (ToJson(e.spec) == ToJson(s.spec)) return MonitorFacts{};
  MonitorFacts facts;
  if (s.open && !SameWindows(s.spec, e.spec))
    facts.emplace_back(Unjudged(*s.open, "the monitor has changed"));
  facts.emplace_back(MonitorApplied{e.spec});
  return facts;
}
StatusOr<MonitorFacts> On(const MonitorState& s, const VersionInService& e, Timestamp) {
  if (e.version == s.version) return MonitorFacts{};
  MonitorFacts facts;
  if (s.open)
    facts.emplace_back(Unjudged(
        *s.open, fmt::format("version {} came into service meanwhile", e.version.value())));
  facts.emplace_back(VersionWatched{e.version});
  return facts;
}
StatusOr<MonitorFacts> On(const MonitorState& s, const OpenWindow& e, Timestamp) {
  if (!s.spec.fleet || s.version.value() == 0 || s.open) return MonitorFacts{};
  const std::uint64_t epoch = s.last_epoch + 1;
  return MonitorFacts{WindowOpened{epoch, CampaignOf(s, epoch), s.version,
                                   !s.references.contains(s.version), e.seed}};
}
StatusOr<MonitorFacts> On(const MonitorState& s, const WindowSummed& e, Timestamp) {
  if (!s.open || s.open->epoch != e.epoch) return MonitorFacts{};
  const Window& open = *s.open;
  if (open.reference && e.outcome.judged)
    return MonitorFacts{
        ReferenceTaken{open.epoch, open.version, open.campaign, e.digest, e.outcome}};
  MonitorFacts facts{
      WindowJudged{open.epoch, open.version, open.campaign, open.reference, e.outcome}};
  if (!open.reference && e.baseline && e.outcome.judged && !e.outcome.drifted)
    facts.emplace_back(BaselineTaken{open.epoch, open.version, e.digest});
  return facts;
}
StatusOr<MonitorFacts> On(const MonitorState& s, const WindowFailed& e, Timestamp) {
  if (!s.open || s.open->epoch != e.epoch) return MonitorFacts{};
  return MonitorFacts{Unjudged(*s.open, e.why)};
}
StatusOr<MonitorFacts> On(const MonitorState& s, const TelemetryHeard& e, Timestamp now) {
  return TelemetryReader(s, e, now).Read();
}

Status CheckFeedback(const MonitorState& s, const GiveFeedback& e) {
  if (e.outcome.size() > 512) return InvalidField("outcome", "more than 512 characters");
  if (e.id.empty() || e.id.size() > 64) return InvalidField("id", "is not 1 to 64 characters");
  if (e.verdict == Feedback::Verdict::kLabel)
    return InvalidField("verdict", "name one of false_positive, missed, confirmed");
  if (!Knows(s.spec, e.rule)) {
    std::vector<std::string> known{std::string(kFleetRule)};
    for (const drift::MonitorSpec& rule : s.spec.edge) known.push_back(rule.name);
    return WithField(WithReason(NotFound("rule: monitor {} has no rule '{}'{}", s.spec.name.value(),
                                         e.rule.substr(0, 80), DidYouMean(e.rule, known)),
                                Reason::kRESOURCE_NOT_FOUND),
                     "rule");
  }
  if (e.epoch == 0) return Ok();
  const bool known = std::any_of(s.windows.begin(), s.windows.end(),
                                 [&](const Window& w) { return w.epoch == e.epoch; });
  if (known) return Ok();
  return WithField(
      WithReason(NotFound("epoch: monitor {} remembers no window {}", s.spec.name.value(), e.epoch),
                 Reason::kRESOURCE_NOT_FOUND),
      "epoch");
}

StatusOr<MonitorFacts> On(const MonitorState& s, const GiveFeedback& e, Timestamp) {
  MUSTER_TRY(CheckFeedback(s, e));
  const std::string id = e.by + " " + e.id;
  if (std::find(s.feedback_ids.begin(), s.feedback_ids.end(), id) != s.feedback_ids.end())
    return MonitorFacts{};
  FeedbackHeard heard;
  heard.rule = e.rule;
  heard.verdict = e.verdict;
  heard.id = e.id;
  heard.outcome = e.outcome;
  heard.said_by = e.by;
  if (e.rule == kFleetRule)
    heard.epoch = e.epoch != 0 || s.windows.empty() ? e.epoch : s.windows.back().epoch;
  MonitorFacts facts{std::move(heard)};
  if (auto lesson = LessonOf(s, e.rule, e.verdict, "")) facts.emplace_back(*std::move(lesson));
  return facts;
}

// --- Facts ---

// A device that is heard of, with the mark of what it told.
WatchedDevice& Mark(MonitorState& s, const TelemetryPlace& place, TelemetryClass cls,
                    Timestamp at) {
  WatchedDevice& device = s.devices[place.device];
  device.heard = std::max(device.heard, at);
  if (!device.marks.contains(place.spool)) {
    device.spools.push_back(place.spool);
    if (device.spools.size() > kMostSpoolsOfDevice) {
      device.marks.erase(device.spools.front());
      device.spools.pop_front();
    }
  }
  std::uint64_t& mark = device.marks[place.spool][cls];
  mark = std::max(mark, place.sequence);
  return device;
}
void Charge(WatchedDevice& device, Timestamp at) {
  if (device.hour != HourOf(at)) device.facts = 0;
  device.hour = HourOf(at);
  ++device.facts;
}

template <typename IsOne>
void Close(MonitorState& s, Timestamp ended, const IsOne& is_one) {
  for (Finding& f : s.findings) {
    if (!is_one(f)) continue;
    f.ended = ended;
    s.closed.push_back(f);
    if (s.closed.size() > kMostFindings) s.closed.pop_front();
  }
  std::erase_if(s.findings, [](const Finding& f) { return f.ended.has_value(); });
}

Window Ended(MonitorState& s, std::uint64_t seq, Timestamp at, const WindowOutcome& outcome) {
  Window window = s.open.value_or(Window());
  s.open.reset();
  window.ended = at;
  window.seq = seq;
  window.outcome = outcome;
  return window;
}

using Row = Recorded<MonitorFact>;

void Believe(MonitorState& s, const MonitorApplied& f, const Row& row) {
  if (row.seq != 0 && !SameWindows(s.spec, f.spec)) {
    s.references.clear();
    s.baselines.clear();
  }
  s.spec = f.spec;
  s.applied_by = row.by;
  if (row.seq == 0) s.applied_at = row.at;
  s.failures = 0;
  Close(s, row.at, [&](const Finding& finding) { return !f.spec.FindRule(finding.rule); });
}
void Believe(MonitorState& s, const VersionWatched& f, const Row& row) {
  s.version = f.version;
  s.watched_since = row.at;
  s.last_begun = row.at;
  s.failures = 0;
  for (auto& [id, device] : s.devices) device.rows = 0;
}
void Believe(MonitorState& s, const WindowOpened& f, const Row& row) {
  s.open = Window{f.epoch, f.campaign, f.version, f.reference, f.seed, row.at, {}, row.seq, {}};
  s.last_epoch = f.epoch;
  s.last_begun = row.at;
  s.dropped.reset();
  if (f.reference) return;
  for (auto& [id, device] : s.devices) device.rows = 0;
}
void Believe(MonitorState& s, const ReferenceTaken& f, const Row& row) {
  s.references[f.version] = {f.digest, Ended(s, row.seq, row.at, f.outcome)};
  s.failures = 0;
  s.last_begun = row.at;
}
void Believe(MonitorState& s, const WindowJudged& f, const Row& row) {
  Window window = Ended(s, row.seq, row.at, f.outcome);
  const bool measured = std::ranges::any_of(
      f.outcome.measures, [](const WindowMeasure& measure) { return measure.count > 0; });
  if (f.outcome.judged || measured) {
    s.failures = 0;
  } else {
    ++s.failures;
    s.failed_at = row.at;
    s.failure = f.outcome.why;
    s.dropped = f.campaign;
  }
  if (f.reference) return;
  if (f.outcome.drifted) ++s.rules[std::string(kFleetRule)].alarms;
  s.windows.push_back(std::move(window));
  if (s.windows.size() > kMostWindows) s.windows.pop_front();
}
void Believe(MonitorState& s, const BaselineTaken& f, const Row&) {
  s.baselines[f.version] = {f.epoch, f.digest};
}
void Believe(MonitorState& s, const FindingBegan& f, const Row& row) {
  Charge(Mark(s, f.place, TelemetryClass::kAlarm, row.at), row.at);
  Finding& finding = s.findings.emplace_back(f.finding);
  finding.seq = row.seq;
  if (finding.alarm) ++s.rules[finding.rule].alarms;
}
void Believe(MonitorState& s, const FindingEnded& f, const Row& row) {
  Mark(s, f.place, TelemetryClass::kAlarm, row.at);
  Close(s, f.ended, [&](const Finding& finding) {
    return finding.device == f.place.device && finding.rule == f.rule && finding.field == f.field;
  });
}
void Believe(MonitorState& s, const FeedbackHeard& f, const Row& row) {
  if (f.place) Charge(Mark(s, *f.place, TelemetryClass::kFeedback, row.at), row.at);
  const std::string& who = f.place ? f.place->device.value() : row.by;
  s.feedback_ids.push_back(who + " " + f.id);
  if (s.feedback_ids.size() > kMostFeedbackIds) s.feedback_ids.pop_front();
  ++s.feedback[std::string(NameOf(f.verdict))];
  RuleRecord& record = s.rules[f.rule];
  if (f.verdict == Feedback::Verdict::kFalsePositive) ++record.false_positives;
  if (f.verdict == Feedback::Verdict::kConfirmed) ++record.confirmed;
  if (f.verdict == Feedback::Verdict::kMissed) ++record.missed;
}
void Believe(MonitorState& s, const LevelTaught& f, const Row&) {
  s.rules[f.rule].halvings = f.halvings;
  s.rules[f.rule].taught_by = f.source;
}
void Believe(MonitorState& s, const VersionLoaded& f, const Row& row) {
  WatchedDevice& device = Mark(s, f.place, TelemetryClass::kState, row.at);
  Charge(device, row.at);
  if (f.state == "refused") return;
  device.version = f.version;
  Close(s, f.event, [&](const Finding& finding) {
    return finding.device == f.place.device && finding.version != f.version;
  });
}
void Believe(MonitorState& s, const RowsServed& f, const Row& row) {
  WatchedDevice& device = Mark(s, f.place, TelemetryClass::kSummary, row.at);
  device.version = f.version;
  for (const auto& [version, rows] : f.rows) {
    s.rows_served += rows;
    if (version == s.version) device.rows += rows;
  }
}
// Of devices that would serve, had they told anything lately; empty: of none.
std::string SilentText(const MonitorState& s, Timestamp now) {
  const auto silent = std::count_if(s.devices.begin(), s.devices.end(), [&](const auto& d) {
    return d.second.version == s.version && !s.Serves(d.second, now);
  });
  if (silent == 0) return {};
  return fmt::format("; {} more have told nothing for {}", silent,
                     FormatDuration(s.spec.silent_after));
}

}  // namespace

bool MonitorState::Serves(const WatchedDevice& device, Timestamp now) const {
  return version.value() != 0 && device.version == version &&
         now <= device.heard + spec.silent_after;
}

std::uint32_t MonitorState::Serving(Timestamp now) const {
  return static_cast<std::uint32_t>(std::count_if(
      devices.begin(), devices.end(), [&](const auto& d) { return Serves(d.second, now); }));
}

double MonitorState::NewRows(Timestamp now) const {
  const std::uint32_t serving = Serving(now);
  if (serving == 0) return 0;
  std::uint64_t rows = 0;
  for (const auto& [id, device] : devices)
    if (Serves(device, now)) rows += device.rows;
  return static_cast<double>(rows) / serving;
}

double MonitorState::Level() const {
  if (!spec.fleet) return 0;
  const auto known = rules.find(std::string(kFleetRule));
  const std::uint32_t halvings = known == rules.end() ? 0 : known->second.halvings;
  return spec.fleet->level / static_cast<double>(1u << halvings);
}

StatusOr<MonitorFacts> Decide(const MonitorState& state, const MonitorEvent& event, Timestamp now) {
  return std::visit([&](const auto& e) { return On(state, e, now); }, event);
}

void Apply(MonitorState& s, const Recorded<MonitorFact>& row) {
  std::visit([&](const auto& f) { Believe(s, f, row); }, row.fact);
  s.updated_at = row.at;
  s.next_seq = row.seq + 1;
}

std::vector<MonitorEffect> Pending(const MonitorState& s, const MonitorWorldView& world) {
  std::vector<MonitorEffect> effects;
  if (s.dropped) effects.emplace_back(DropCampaign{*s.dropped});
  if (s.open) effects.emplace_back(SumWindow{*s.open});
  if (s.open || !s.spec.fleet || s.version.value() == 0 || Pauses(s, world.now)) return effects;
  const std::uint32_t needed = NeededDevices(*s.spec.fleet);
  const bool referred = s.references.contains(s.version);
  if (referred ? s.Serving(world.now) >= needed && IsDue(s, world.now) : world.matching >= needed)
    effects.emplace_back(DrawWindow{});
  return effects;
}

std::string_view PhaseOf(const MonitorState& s) {
  if (s.version.value() == 0) return "waiting";
  if (s.open) return s.open->reference ? "referring" : "judging";
  return !s.spec.fleet || s.references.contains(s.version) ? "watching" : "waiting";
}

std::string WhyOf(const MonitorState& s, const MonitorWorldView& world) {
  if (s.version.value() == 0)
    return fmt::format("'{}' of {} points at no version", s.spec.alias, s.spec.model.value());
  if (!s.spec.fleet || s.open) return {};
  if (Pauses(s, world.now))
    return fmt::format("the last window was not judged, and the next try comes after a pause: {}",
                       s.failure);
  const std::uint32_t needed = NeededDevices(*s.spec.fleet);
  if (!s.references.contains(s.version))
    return world.matching < needed
               ? fmt::format("a reference of version {} needs {} devices, {} are enrolled",
                             s.version.value(), needed, world.matching)
               : "";
  if (s.Serving(world.now) < needed)
    return fmt::format("a window needs {} devices that serve version {}, {} do{}", needed,
                       s.version.value(), s.Serving(world.now), SilentText(s, world.now));
  if (IsDue(s, world.now)) return {};
  return fmt::format("the next window begins after {} new rows a device, {:.1f} have come",
                     s.spec.fleet->after_rows, s.NewRows(world.now));
}

}  // namespace muster::coordinator
