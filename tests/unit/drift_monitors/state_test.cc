#include <gmock/gmock.h>

#include <array>
#include <functional>
#include <limits>
#include <set>

#include "tests/support/status_matchers.h"
#include "tests/unit/drift_monitors/sensors.h"

namespace muster::drift {
namespace {
using namespace testing;
using ::muster::testing::Fails;
using ::muster::testing::IsOk;

auto IsRefused() { return Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID); }

constexpr std::size_t kMonitors = 10;

MonitorSet OfEachKind() {
  std::vector<MonitorSpec> specs;
  for (const char* json :
       {R"({"name":"a","kind":"change","one_false_alarm_in":1000})",
        R"({"name":"b","kind":"change","detector":"kswin"})",
        R"({"name":"c","kind":"input","test":"psi","window":50,"rate":"0.3"})",
        R"({"name":"d","kind":"stuck","rows":2,"time":"30ms"})",
        R"({"name":"e","kind":"spike","window":40,"k":2})",
        R"({"name":"f","kind":"dropout","window":30,"share":"0.1"})",
        R"({"name":"g","kind":"range","window":30})", R"({"name":"h","kind":"rate","limit":100})",
        R"({"name":"i","kind":"freshness","time":"100ms"})",
        R"({"name":"j","kind":"dropout","time":"50ms"})"})
    specs.push_back(Spec(json));
  return SetOf(std::move(specs));
}

// Anything a device may see, at any pace.
class Stream {
 public:
  explicit Stream(std::uint64_t seed) : rng_(seed) {}
  void Next(std::vector<MonitorSet*> sets, std::vector<std::vector<Finding>>& out) {
    if (rng_.Below(10) == 0) time_ += Duration(rng_.Below(200));
    if (rng_.Below(20) == 0) time_ -= Duration(rng_.Below(50));
    time_ += Duration(rng_.Below(20));
    if (rng_.Below(4) > 0 || values_.empty()) values_ = Row(rng_);
    for (double& x : values_)
      if (rng_.Below(12) == 0) x = kOdd[rng_.Below(kOdd.size())];
    std::optional<Timestamp> time;
    if (rng_.Below(30) > 0) time = time_;
    const bool tick = rng_.Below(9) == 0;
    const std::string series = rng_.Below(3) == 0 ? "one" : "two";
    for (std::size_t i = 0; i < sets.size(); ++i) {
      ASSERT_THAT(sets[i]->Feed({time, series, values_}, out[i]), IsOk());
      if (tick) sets[i]->Tick(time_ + Duration(90), out[i]);
    }
  }
  SeededRng& rng() { return rng_; }

 private:
  static constexpr std::array<double, 6> kOdd = {std::numeric_limits<double>::quiet_NaN(),
                                                 std::numeric_limits<double>::infinity(),
                                                 1e99,
                                                 -3,
                                                 25,
                                                 10};
  SeededRng rng_;
  Timestamp time_ = kStart;
  std::vector<double> values_;
};

// However often the agent restarts, what is told is what one that never did tells.
TEST(MonitorState, ARestartAtAnyPointChangesNoLaterFinding) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    Stream stream(seed);
    MonitorSet steady = OfEachKind(), restarted = OfEachKind();
    std::vector<std::vector<Finding>> told(2);
    std::size_t kinds = 0;
    for (int row = 0; row < 1500; ++row) {
      stream.Next({&steady, &restarted}, told);
      ASSERT_EQ(told[0], told[1]) << "row " << row;
      if (stream.rng().Below(150) > 0) continue;
      const std::string text = steady.Save();
      ASSERT_EQ(restarted.Save(), text);
      restarted = OfEachKind();
      ASSERT_THAT(restarted.Restore(text), IsOk());
      ASSERT_EQ(restarted.Save(), text);
    }
    std::set<std::string> monitors;
    for (const Finding& f : told[0]) monitors.insert(f.monitor);
    kinds = monitors.size();
    EXPECT_GE(kinds, 8u) << "too quiet a stream to prove anything";
    EXPECT_EQ(steady.tally(), restarted.tally());
  }
}

// Each member at any depth, replaced and dropped: refused or taken, and never half of it.
void Walk(const Json& good, const std::function<void(const Json&)>& visit, Json& whole,
          const Json::json_pointer& at) {
  static const std::array<Json, 8> foreign = {
      nullptr, -1, 1.5, "x", "1e300", Json::array(), Json(1ull << 53), true};
  for (const Json& value : foreign) {
    whole[at] = value;
    visit(whole);
  }
  whole[at] = good;
  if (!good.is_structured()) return;
  std::size_t index = 0;
  for (const auto& [key, value] : good.items()) {
    // Of a list the first stands for all, but of the monitors, which differ.
    if (good.is_array() && index++ > 0 && good.size() != kMonitors) break;
    Walk(value, visit, whole, good.is_array() ? at / (index - 1) : at / key);
  }
}

TEST(MonitorState, ThatIsForeignIsRefusedAndLeavesNoTraceOrIsAStateThatGoesOn) {
  Stream stream(77);
  MonitorSet set = OfEachKind();
  std::vector<std::vector<Finding>> told(1);
  for (int row = 0; row < 80; ++row) stream.Next({&set}, told);
  const std::string text = set.Save();
  Json whole = *ParseJson(text);
  const Json good = whole;
  std::size_t refused = 0;
  MonitorSet other = OfEachKind();
  const std::string empty = other.Save();
  Walk(
      good,
      [&](const Json& bad) {
        const Status status = other.Restore(bad.dump());
        if (status.ok()) {
          const std::string taken = other.Save();
          MonitorSet again = OfEachKind();
          ASSERT_THAT(again.Restore(taken), IsOk()) << bad.dump().substr(0, 300);
          std::vector<std::vector<Finding>> later(1);
          Stream(5).Next({&other}, later);
          for (const Finding& f : later[0]) ExpectFinite(f);
          ASSERT_THAT(other.Restore(empty), IsOk());
        } else {
          ++refused;
          ASSERT_THAT(status, IsRefused());
          ASSERT_EQ(other.Save(), empty);
        }
      },
      whole, Json::json_pointer());
  EXPECT_GT(refused, 300u);
}

TEST(MonitorState, OfOtherMonitorsOrNoneIsRefused) {
  MonitorSet set = OfEachKind();
  MonitorSet one = SetOf({Spec(R"({"name":"d","kind":"stuck","rows":2})")});
  for (const std::string& text :
       {one.Save(), std::string(), std::string("null"), std::string("{}"), std::string(200, '['),
        set.Save() + "x", std::string(kMostSetBytes + 1, ' ')})
    EXPECT_THAT(set.Restore(text), IsRefused());
  EXPECT_EQ(set.Save(), OfEachKind().Save());
}

}  // namespace
}  // namespace muster::drift
