#include <gmock/gmock.h>

#include <limits>

#include "base/canonical_json.h"
#include "base/seeded.h"
#include "drift/detectors/detector.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/drift_detectors/streams.h"

namespace muster::drift {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;

auto IsRefused() { return Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID); }

// However often the agent restarts, the verdicts are those of one that never did.
TEST(DetectorState, ARestartAtAnyPointChangesNoLaterVerdict) {
  for (const DetectorSpec& spec : testing::AllSpecs())
    for (std::uint64_t seed = 500; seed < 506; ++seed) {
      SCOPED_TRACE(fmt::format("{} seed={}", NameOf(spec), seed));
      SeededRng rng(seed);
      const auto steady = *MakeDetector(spec);
      auto restarted = *MakeDetector(spec);
      for (const double x : testing::Stretches(testing::KindFor(spec), seed)) {
        if (rng.Below(40) == 0) {
          const std::string text = restarted->Save();
          ASSERT_EQ(text, steady->Save());
          restarted = *MakeDetector(spec);
          ASSERT_THAT(restarted->Restore(text), IsOk());
          ASSERT_EQ(restarted->Save(), text);
        }
        ASSERT_EQ(restarted->Update(x), steady->Update(x));
      }
    }
}

TEST(DetectorState, IsOneCanonicalLineOfKnownForm) {
  const auto detector = *MakeDetector(PageHinkleyConfig{});
  detector->Update(0.5);
  detector->Update(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(detector->Save(),
            R"({"config":{"alpha":"0.9999","delta":"0.005","min_instances":30,"mode":"both",)"
            R"("threshold":"50"},"detector":"page_hinkley","ignored":1,"state":{"count":1,)"
            R"("fall":"0.005","least_rise":"-0.005","mean":"0.5","most_fall":"0.005",)"
            R"("rise":"-0.005"},"version":1})");
}

TEST(DetectorState, TheLargestIsWithinTheBound) {
  const auto detector = *MakeDetector(KswinConfig{.window_size = 10'000});
  SeededRng rng(1);
  for (int i = 0; i < 10'000; ++i)
    detector->Update(-1.0 / static_cast<double>(rng.Next() >> 11) * 1e-100);
  const std::string text = detector->Save();
  EXPECT_LE(text.size(), kMostStateBytes / 2);
  EXPECT_THAT(detector->Restore(text), IsOk());
}

TEST(DetectorState, AnotherConfigurationsStateIsRefused) {
  const std::vector<DetectorSpec> specs = testing::AllSpecs();
  for (const DetectorSpec& from : specs)
    for (const DetectorSpec& to : specs)
      if (from != to)
        EXPECT_THAT((*MakeDetector(to))->Restore((*MakeDetector(from))->Save()), IsRefused());
  const auto wider = *MakeDetector(KswinConfig{.window_size = 200});
  EXPECT_THAT((*MakeDetector(KswinConfig{}))->Restore(wider->Save()), IsRefused());
}

// A detector in the middle of a stream, and what it would write.
struct Running {
  std::unique_ptr<Detector> detector;
  std::string text;
};

Running Midway(const DetectorSpec& spec) {
  Running out{*MakeDetector(spec), ""};
  for (const double x : testing::Stretches(testing::KindFor(spec), 600)) out.detector->Update(x);
  for (int i = 0; i < 40; ++i) out.detector->Update(i % 3 == 0);  // A state, drift or none.
  out.text = out.detector->Save();
  return out;
}

void ExpectRefused(const Running& running, const std::string& text) {
  EXPECT_THAT(running.detector->Restore(text), IsRefused()) << text.substr(0, 400);
  EXPECT_EQ(running.detector->Save(), running.text) << "a refused state left a trace";
}

TEST(DetectorState, TextThatIsNoStateIsRefusedAndLeavesNoTrace) {
  for (const DetectorSpec& spec : testing::AllSpecs()) {
    SCOPED_TRACE(NameOf(spec));
    const Running running = Midway(spec);
    for (const std::string& text :
         {std::string(), std::string("null"), std::string("[]"), std::string("{}"),
          running.text + "x", running.text.substr(0, running.text.size() / 2),
          std::string(kMostStateBytes + 1, ' '), std::string(100, '[')})
      ExpectRefused(running, text);
  }
}

// Every member of a state, replaced by each of these, dropped, or with another beside it.
TEST(DetectorState, EveryMemberIsCheckedAndARefusalLeavesNoTrace) {
  const Json foreign[] = {nullptr,
                          -1,
                          1.5,
                          "x",
                          "nan",
                          "inf",
                          "1e300",
                          "-1e300",
                          Json::array(),
                          Json::object(),
                          true,
                          Json(1ull << 53),
                          Json::array({Json::array({"1e200", "1"})})};
  for (const DetectorSpec& spec : testing::AllSpecs()) {
    SCOPED_TRACE(NameOf(spec));
    const Running running = Midway(spec);
    const Json good = *ParseJson(running.text);
    ASSERT_TRUE(good.at("state").is_object());
    for (const auto& member : good.at("state").items()) {
      Json bad = good;
      bad["state"].erase(member.key());
      ExpectRefused(running, bad.dump());
      for (const Json& value : foreign) {
        if (value.type() == member.value().type() && value.is_boolean()) continue;
        bad["state"][member.key()] = value;
        ExpectRefused(running, bad.dump());
      }
    }
    Json bad = good;
    bad["state"]["more"] = 1;
    ExpectRefused(running, bad.dump());
    bad = good;
    bad["version"] = 2;
    ExpectRefused(running, bad.dump());
  }
}

TEST(DetectorState, StatesThatNoStreamLeadsToAreRefused) {
  const auto refuse = [](const DetectorSpec& spec, auto&& change) {
    const Running running = Midway(spec);
    Json json = *ParseJson(running.text);
    change(json["state"]);
    ExpectRefused(running, json.dump());
  };
  refuse(AdwinConfig{}, [](Json& s) { s["width"] = s["width"].get<std::uint64_t>() + 1; });
  refuse(AdwinConfig{}, [](Json& s) { s["since_check"] = 32; });
  refuse(AdwinConfig{}, [](Json& s) { s["rows"][0] = Json(std::vector<Json>(7, {"0", "0"})); });
  refuse(AdwinConfig{}, [](Json& s) { s["rows"] = Json(std::vector<Json>(60, Json::array())); });
  refuse(DdmConfig{}, [](Json& s) { s["rate"] = "1.01"; });
  refuse(EddmConfig{}, [](Json& s) { s["errors"] = s["count"].get<std::uint64_t>() + 1; });
  refuse(HddmAConfig{}, [](Json& s) { s["low_count"] = 0; });
  refuse(HddmWConfig{}, [](Json& s) { s["mean"] = "-0.01"; });
  refuse(KswinConfig{}, [](Json& s) { s["window"] = Json(std::vector<std::string>(101, "1")); });
  refuse(PageHinkleyConfig{}, [](Json& s) { s["least_rise"] = "1e9"; });
}

}  // namespace
}  // namespace muster::drift
