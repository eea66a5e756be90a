#include "drift/monitors/spec.h"

#include <gmock/gmock.h>

#include "drift/monitors/monitor_set.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/drift_monitors/sensors.h"

namespace muster::drift {
namespace {
using namespace testing;
using ::muster::testing::Fails;
using ::muster::testing::IsOk;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

struct Mistake {
  std::string json;
  std::string field;
  Reason reason = Reason::kFIELD_INVALID;
};

TEST(MonitorSpec, HasOneTextWithEveryParameter) {
  EXPECT_EQ(
      *CanonicalJson(SpecJson(Spec(R"({"name":"m","kind":"stuck","field":"s1","rows":9})"))),
      R"({"fields":["s1"],"kind":"stuck","name":"m","rows":9,"severity":"alarm","time":"0s"})");
  EXPECT_EQ(*CanonicalJson(SpecJson(Spec(R"({"name":"m","kind":"input"})"))),
            R"({"fields":[],"kind":"input","name":"m","rate":"0.001","severity":"alarm",)"
            R"("test":"ks","window":500})");
}

TEST(MonitorSpec, OfEachKindReadsBackAsItWasWritten) {
  for (const char* json :
       {R"({"name":"a","kind":"change","detector":"adwin","config":{"delta":"0.01"}})",
        R"({"name":"b","kind":"change","one_false_alarm_in":10000,"fields":["x","y"]})",
        R"({"name":"c","kind":"input","test":"psi","window":100,"rate":"1e-5"})",
        R"({"name":"d","kind":"stuck","time":"90s","severity":"warning"})",
        R"({"name":"e","kind":"spike","k":5,"window":31})",
        R"({"name":"f","kind":"dropout","share":"0.25"})",
        R"({"name":"g","kind":"range","share":"0.5"})",
        R"({"name":"j","kind":"range","fields":["$latency"],"max":"200"})",
        R"({"name":"k","kind":"range","min":-1,"max":"0.5"})",
        R"({"name":"h","kind":"rate","limit":7})",
        R"({"name":"i","kind":"freshness","time":"1h"})"}) {
    const MonitorSpec spec = Spec(json);
    EXPECT_THAT(Validate(spec), IsOk());
    const auto again = ReadMonitor(SpecJson(spec), "m");
    ASSERT_THAT(again, IsOk()) << json;
    EXPECT_EQ(*again, spec) << json;
  }
}

TEST(MonitorSpec, IsRefusedAtTheParameterThatIsWrong) {
  const auto unknown = Reason::kFIELD_UNKNOWN;
  for (const Mistake& m : std::vector<Mistake>{
           {R"([])", "m"},
           {R"({"kind":"range"})", "m.name"},
           {R"({"name":"a b","kind":"range"})", "m.name"},
           {R"({"name":"a"})", "m.kind"},
           {R"({"name":"a","kind":"rang"})", "m.kind"},
           {R"({"name":"a","kind":"range","severity":"bad"})", "m.severity"},
           {R"({"name":"a","kind":"range","windw":40})", "m.windw", unknown},
           {R"({"name":"a","kind":"range","k":40})", "m.k", unknown},
           {R"({"name":"a","kind":"range","window":29})", "m.window"},
           {R"({"name":"a","kind":"range","window":10001})", "m.window"},
           {R"({"name":"a","kind":"range","window":-1})", "m.window"},
           {R"({"name":"a","kind":"range","window":"40"})", "m.window"},
           {R"({"name":"a","kind":"range","share":"nan"})", "m.share"},
           {R"({"name":"a","kind":"range","share":1})", "m.share"},
           {R"({"name":"a","kind":"range","min":2,"max":1})", "m.max"},
           {R"({"name":"a","kind":"range","max":"1e200"})", "m.max"},
           {R"({"name":"a","kind":"range","min":"much"})", "m.min"},
           {R"({"name":"a","kind":"range","field":"x","fields":["y"]})", "m.field"},
           {R"({"name":"a","kind":"range","fields":["x","x"]})", "m.fields[1]"},
           {R"({"name":"a","kind":"range","fields":[""]})", "m.fields[0]"},
           {R"({"name":"a","kind":"range","fields":"x"})", "m.fields"},
           {R"({"name":"a","kind":"input","rate":0})", "m.rate"},
           {R"({"name":"a","kind":"input","test":"t"})", "m.test"},
           {R"({"name":"a","kind":"stuck"})", "m.rows"},
           {R"({"name":"a","kind":"stuck","rows":1})", "m.rows"},
           {R"({"name":"a","kind":"stuck","time":"soon"})", "m.time"},
           {R"({"name":"a","kind":"stuck","time":"400d"})", "m.time"},
           {R"({"name":"a","kind":"spike","k":"0.5"})", "m.k"},
           {R"({"name":"a","kind":"rate"})", "m.limit"},
           {R"({"name":"a","kind":"freshness"})", "m.time"},
           {R"({"name":"a","kind":"freshness","time":"1s","field":"x"})", "m.fields"},
           {R"({"name":"a","kind":"change","detector":"adwim"})", "m.detector"},
           {R"({"name":"a","kind":"change","config":{"deltta":1}})", "m.config.deltta", unknown},
           {R"({"name":"a","kind":"change","config":{"delta":-1}})", "m.config.delta"},
           {R"({"name":"a","kind":"change","config":7})", "m.config"},
       }) {
    const auto read = ReadMonitor(*ParseJson(m.json), "m");
    EXPECT_THAT(read, Fails(kInvalid, m.reason)) << m.json;
    EXPECT_EQ(FieldOf(read.status()), m.field) << m.json;
  }
}

TEST(MonitorSpec, ListsAreBoundedAndNoNameStandsTwice) {
  const auto read = [](const std::string& json) { return ReadMonitors(*ParseJson(json)); };
  const std::string one = R"({"name":"a","kind":"range"})";
  EXPECT_EQ(read(R"({"monitors":[)" + one + "]}")->size(), 1u);
  for (const auto& [json, field] : std::vector<std::pair<std::string, std::string>>{
           {"{}", "monitors"},
           {R"({"monitors":[]})", "monitors"},
           {R"({"monitors":{}})", "monitors"},
           {R"({"monitors":[)" + one + "," + one + "]}", "monitors[1].name"}}) {
    EXPECT_THAT(read(json), Fails(kInvalid, Reason::kFIELD_INVALID)) << json;
    EXPECT_EQ(FieldOf(read(json).status()), field);
  }
  EXPECT_THAT(read(R"({"monitors":[)" + one + R"(],"more":1})"),
              Fails(kInvalid, Reason::kFIELD_UNKNOWN));
  EXPECT_THAT(read(R"({"monitors":)" + Json(std::vector<Json>(65, Json())).dump() + "}"),
              Fails(kInvalid, Reason::kFIELD_INVALID));
}

// What a contract or a reference lacks is told of the monitor that asks for it.
TEST(MonitorSpec, IsHeldAgainstTheContractAndTheReference) {
  const auto make = [](const std::string& json, std::optional<TrainingReference> reference) {
    return MonitorSet::Make({Spec(json)}, Fields(), std::move(reference), 1).status();
  };
  const auto expect = [](const Status& status, const std::string& field) {
    EXPECT_THAT(status, Fails(kInvalid, Reason::kFIELD_INVALID));
    EXPECT_EQ(FieldOf(status), field);
  };
  expect(make(R"({"name":"a","kind":"spike","fields":["s1","t30"]})", std::nullopt),
         "monitors[0].fields[1]");
  expect(make(R"({"name":"a","kind":"input"})", std::nullopt), "monitors[0].kind");
  expect(make(R"({"name":"a","kind":"change","one_false_alarm_in":1000})", std::nullopt),
         "monitors[0].kind");
  expect(
      make(R"({"name":"a","kind":"change","one_false_alarm_in":3,"field":"s1"})", SomeReference()),
      "monitors[0].fields[0]");
  SeededRng rng(1);
  const std::vector<MonitoredField> other = {{"s0", 0, 20}};
  const auto narrow = *TrainingReference::Make(other, std::vector<double>(40, 1), rng);
  expect(make(R"({"name":"a","kind":"input","field":"s1"})", narrow), "monitors[0].fields[0]");
  EXPECT_THAT(make(R"({"name":"a","kind":"input"})", narrow), IsOk());  // Of what it knows: s0.
  expect(make(R"({"name":"a","kind":"input","test":"psi"})", narrow), "monitors[0].fields");
}

}  // namespace
}  // namespace muster::drift
