// However events fall: a monitor has at most one window open, epochs count up, a record counts
// once, levels stay within their bounds, and the rows of the journal alone rebuild the state,
// wherever a restart comes.
#include "base/seeded.h"
#include "tests/unit/coordinator_monitors/monitor_world.h"

namespace muster::coordinator {
namespace {

// What a state is to anybody who looks.
std::string Seen(const MonitorState& s) {
  std::string out = fmt::format("{} {} {} {} {} {} {} {}", s.next_seq, s.version.value(),
                                s.last_epoch, s.failures, s.rows_served, s.findings.size(),
                                s.closed.size(), UnixMillis(s.last_begun));
  if (s.open) out += fmt::format(" open {}", s.open->campaign.value());
  for (const auto& [version, reference] : s.references)
    out += fmt::format(" ref {} {}", version.value(), reference.window.epoch);
  for (const auto& [version, baseline] : s.baselines)
    out += fmt::format(" base {} {}", version.value(), baseline.epoch);
  for (const Window& w : s.windows) out += fmt::format(" w {} {}", w.epoch, w.outcome.drifted);
  for (const auto& [id, d] : s.devices) {
    out += fmt::format(" {} v{} r{} f{} h{}", id.value(), d.version.value(), d.rows, d.facts,
                       UnixMillis(d.heard));
    for (const auto& [spool, marks] : d.marks)
      for (const auto& [cls, mark] : marks)
        out += fmt::format(" {}/{}={}", spool, static_cast<int>(cls), mark);
  }
  for (const Finding& f : s.findings)
    out += fmt::format(" {} {} {} {}", f.device.value(), f.rule, f.field, f.seq);
  for (const auto& [rule, r] : s.rules)
    out += fmt::format(" {} {} {} {} {}", rule, r.alarms, r.false_positives, r.missed, r.halvings);
  for (const std::string& id : s.feedback_ids) out += " " + id;
  return out;
}

MonitorState Replayed(const std::vector<std::string>& rows) {
  MonitorState state;
  for (const std::string& row : rows)
    Apply(state, DecodeMonitorFact(MonitorName("fleet"), state.next_seq, row).value());
  return state;
}

class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : rng_(seed) {}

  void Step() {
    m.now += Duration(static_cast<std::int64_t>(rng_.Below(600'000)));
    switch (rng_.Below(8)) {
      case 0: return m.Watch(1 + rng_.Below(3));
      case 1: return m.Do(OpenWindow{rng_.Below(1000)});
      case 2:
        return m.Do(WindowSummed{m.state.last_epoch - rng_.Below(2), Judged(rng_.Below(2) == 0),
                                 Digest(), rng_.Below(2) == 0});
      case 3: return m.Do(WindowFailed{m.state.last_epoch, "too few"});
      case 4: return Tap();
      case 5: return Change();
      default: return Hear();
    }
  }

  Monitored m;
  std::uint64_t rows_told = 0;  // Each once.

 private:
  void Tap() {
    const auto verdict =
        rng_.Below(2) == 0 ? Feedback::Verdict::kFalsePositive : Feedback::Verdict::kMissed;
    m.Do(GiveFeedback{"fleet", verdict, "", 0, fmt::format("{}", rng_.Below(20)), "operator/ann"},
         "operator/ann");
  }
  void Change() {
    MonitorSpec spec = SmallMonitor();
    spec.fleet->level = 0.01 * static_cast<double>(1 + rng_.Below(3));
    if (rng_.Below(3) == 0) spec.fleet->campaign.statistics->bins = 30;
    if (rng_.Below(3) == 0) spec.edge.pop_back();
    m.Do(ApplyMonitor{spec});
  }
  void Hear() {
    const int device = static_cast<int>(rng_.Below(5));
    std::vector<TelemetryRecord> records;
    for (std::uint64_t i = rng_.Below(4); i > 0; --i) {
      std::uint64_t& sequence = sequences_[device];
      ++sequence;
      const TelemetryRecord record = One(sequence);
      if (const auto* served = std::get_if<Served>(&record.what)) rows_told += served->predictions;
      records.push_back(record);
      sent_[device].push_back(record);
    }
    // And some of what was sent before, in the order it had.
    std::vector<TelemetryRecord> again = sent_[device];
    again.erase(again.begin(),
                again.begin() + static_cast<std::ptrdiff_t>(rng_.Below(again.size() + 1)));
    m.Hear(device, rng_.Below(2) == 0 ? sent_[device] : records);
    m.Hear(device, again);
    m.Hear(device, records);
  }
  TelemetryRecord One(std::uint64_t sequence) {
    switch (rng_.Below(4)) {
      case 0: return Alarm(sequence, m.now, rng_.Below(2) == 0, "fleet.shape", "s1");
      case 1:
        return Said(sequence, Feedback::Verdict::kFalsePositive, fmt::format("{}", rng_.Below(50)),
                    m.now);
      case 2: {
        TelemetryRecord out = Record(TelemetryClass::kState, sequence, m.now);
        out.version = VersionNumber(1 + rng_.Below(3));
        out.what = Loaded{"serving", "", ""};
        return out;
      }
      default: {
        TelemetryRecord out = Rows(sequence, rng_.Below(100), m.now);
        out.version = VersionNumber(1 + rng_.Below(3));
        return out;
      }
    }
  }

  SeededRng rng_;
  std::map<int, std::uint64_t> sequences_;
  std::map<int, std::vector<TelemetryRecord>> sent_;
};

TEST(MonitorProperty, CountsOnceKeepsOneWindowAndReplays) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    Chaos chaos(seed);
    std::uint64_t epoch = 0;
    for (int step = 0; step < 150; ++step) {
      chaos.Step();
      const MonitorState& s = chaos.m.state;
      ASSERT_GE(s.last_epoch, epoch);
      epoch = s.last_epoch;
      ASSERT_EQ(s.rows_served, chaos.rows_told);
      for (const auto& [version, baseline] : s.baselines)
        for (const Window& w : s.windows)
          if (w.epoch == baseline.epoch) ASSERT_TRUE(w.version == version && !w.outcome.drifted);
      ASSERT_LE(s.Level(), s.spec.fleet->level);
      ASSERT_GE(s.Level(), s.spec.fleet->level / 64);
      if (step % 10 == 0) ASSERT_EQ(Seen(Replayed(chaos.m.rows)), Seen(s));
    }
  }
}

}  // namespace
}  // namespace muster::coordinator
