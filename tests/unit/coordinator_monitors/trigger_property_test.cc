// However events fall: one firing goes on at a time, numbers count up, none comes before the last
// has cooled down, no window is evidence twice, and the rows of the journal alone rebuild the
// state, wherever a restart comes.
#include "base/seeded.h"
#include "tests/unit/coordinator_monitors/monitor_world.h"

namespace muster::coordinator {
namespace {

std::string Seen(const TriggerState& s) {
  std::string out = fmt::format("{} {} {} {}", s.next_seq, s.last_number, UnixMillis(s.seen_at),
                                UnixMillis(s.updated_at));
  for (const FiringRecord& f : s.firings)
    out += fmt::format(" {} {} {} {} {} {} {} {}", f.number, NameOf(f.phase), f.why,
                       f.campaign.value(), f.version.value(), f.drifted, f.verdicts.size(),
                       f.ended_at ? UnixMillis(*f.ended_at) : 0);
  for (const auto& [monitor, seen] : s.seen)
    out +=
        fmt::format(" {} {} {} {}", monitor.value(), seen.facts, seen.rows, seen.version.value());
  for (const auto& [at, campaign] : s.started) out += " " + campaign.value();
  return out + ToJson(s.spec).dump();
}

TriggerState Replayed(const std::vector<std::string>& rows) {
  TriggerState state;
  for (const std::string& row : rows)
    Apply(state, DecodeTriggerFact(TriggerName("retrain"), state.next_seq, row).value());
  return state;
}

TriggerSpec Drawn(SeededRng& rng) {
  Condition condition{AnyOf{{{DriftBy("fleet")},
                             {DevicesCondition{MonitorName("fleet"), "", "", 2}},
                             {VolumeCondition{500}}}}};
  TriggerSpec spec = SmallTrigger(std::move(condition));
  spec.budget.campaigns = static_cast<std::uint32_t>(rng.Below(2) * 5);
  if (rng.Below(2) == 0) spec.ask = AskSpec{"", Duration(600'000)};
  return spec;
}

class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : rng_(seed), t_(m_, Drawn(rng_)) {}

  void Step() {
    m_.now += Duration(static_cast<std::int64_t>(rng_.Below(300'000)));
    switch (rng_.Below(8)) {
      case 0: return m_.Watch(1 + rng_.Below(2));
      case 1: return Close();
      case 2: return Hear();
      case 3: return (void)t_.Try(AnswerFiring{0, rng_.Below(2) == 0, "", true}, "operator/ann");
      case 4: return t_.Do(TimePassed{});
      case 5: return t_.Do(CampaignBegan{t_.state.last_number});
      case 6: return End();
      default: return Look();
    }
  }
  void Check() {
    for (std::size_t i = 0; i + 1 < t_.state.firings.size(); ++i)
      ASSERT_TRUE(IsOver(t_.state.firings[i].phase));
    ASSERT_EQ(Seen(Replayed(t_.rows)), Seen(t_.state));
  }

 private:
  void Close() {
    if (m_.state.version.value() == 0) return;
    m_.Close(Judged(rng_.Below(2) == 0));
  }
  void Hear() {
    const int device = static_cast<int>(rng_.Below(4));
    std::uint64_t& sequence = sequences_[device];
    TelemetryRecord alarm = Alarm(sequence + 1, m_.now, rng_.Below(3) != 0);
    alarm.version = m_.state.version;
    TelemetryRecord rows = Rows(sequence + 1, rng_.Below(100), m_.now);
    rows.version = m_.state.version;
    ++sequence;
    m_.Hear(device, {alarm, rows});
  }
  void End() {
    if (rng_.Below(3) == 0) return t_.Do(FiringBroke{t_.state.last_number, "it paused"});
    t_.Do(CandidateFound{t_.state.last_number, VersionNumber(2), FiringPhase::kHeld, {}, "held"});
  }
  void Look() {
    const FiringRecord* last = t_.state.Last();
    const bool cooling = last && m_.now < last->fired_at + t_.state.spec.cool_down;
    const bool open = t_.state.Open() != nullptr;
    const std::uint64_t number = t_.state.last_number;
    const CampaignLookup none = [](const CampaignName&) { return nullptr; };
    const Spending spent = SpentBy(t_.state, m_.now, none);
    const std::uint64_t before = t_.state.seen.at(MonitorName("fleet")).facts;
    const bool fired = t_.Look(spent);
    if (!fired) return;
    ASSERT_FALSE(cooling);
    ASSERT_FALSE(open);
    ASSERT_EQ(t_.state.last_number, number + 1);
    const BudgetSpec& budget = t_.state.spec.budget;
    ASSERT_TRUE(budget.campaigns == 0 || spent.campaigns < budget.campaigns);
    if (number > 0) CheckFresh(t_.state.Open()->evidence, before);
  }
  static void CheckFresh(const Explanation& e, std::uint64_t before) {
    for (const std::string& fact : e.facts)
      if (e.met) ASSERT_GE(std::stoull(fact.substr(fact.find('#') + 1)), before);
    for (const Explanation& part : e.parts) CheckFresh(part, before);
  }

  SeededRng rng_;
  Monitored m_;
  Triggered t_;
  std::map<int, std::uint64_t> sequences_;
};

TEST(TriggerProperty, FiresOneAtATimeOnFreshEvidenceAndReplays) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    Chaos chaos(seed);
    for (int step = 0; step < 150; ++step) {
      chaos.Step();
      if (step % 10 == 0) chaos.Check();
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace muster::coordinator
