// What a scalar may and may not be, by type of field.
#include "expect.h"

namespace muster::config {
namespace {

struct Case {
  std::string_view yaml;  // Under "kind: Campaign".
  std::string_view field;
  std::string_view text;  // Part of the error.
};

TEST(Values, OfTheWrongTypeOrOutOfRangeAreRefusedWithTheirPlace) {
  const Case cases[] = {
      {"plan: {rounds: 4294967296}", "plan.rounds", "from 0 to 4294967295, not '4294967296'"},
      {"plan: {rounds: -1}", "plan.rounds", "not '-1'"},
      {"plan: {rounds: 1.0}", "plan.rounds", "not '1.0'"},
      {"plan: {rounds: 1e2}", "plan.rounds", "not '1e2'"},
      {"plan: {rounds: 0x10}", "plan.rounds", "not '0x10'"},
      {"plan: {rounds: \"5\"}", "plan.rounds", "not '5'"},
      {"plan: {rounds: }", "plan.rounds", "not nothing"},
      {"plan: {rounds: [1]}", "plan.rounds", "not a list"},
      {"plan: {rounds: {a: 1}}", "plan.rounds", "not a map"},
      {"base_version: 18446744073709551616", "base_version", "not '18446744073709551616'"},
      {"aggregation: {bound: .nan}", "aggregation.bound", "expected a finite number, not '.nan'"},
      {"aggregation: {bound: nan}", "aggregation.bound", "not 'nan'"},
      {"aggregation: {bound: .inf}", "aggregation.bound", "not '.inf'"},
      {"aggregation: {bound: inf}", "aggregation.bound", "not 'inf'"},
      {"aggregation: {bound: -infinity}", "aggregation.bound", "not '-infinity'"},
      {"aggregation: {bound: 1e999}", "aggregation.bound", "not '1e999'"},
      {"aggregation: {bound: 1,5}", "aggregation", "unknown field"},
      {"aggregation: {bound: 16 cm}", "aggregation.bound", "not '16 cm'"},
      {"aggregation: {weights: {uniform: 1}}", "aggregation.weights.uniform", "true or false"},
      {"aggregation: {weights: {uniform: 'true'}}", "aggregation.weights.uniform", "not 'true'"},
      {"aggregation: {weights: {uniform: yes}}", "aggregation.weights.uniform", "not 'yes'"},
      {"aggregation: 5", "aggregation", "expected a map of fields, not a single value"},
      {"aggregation: [1]", "aggregation", "expected a map of fields, not a list"},
      {"evaluation: {metrics: rmse}", "evaluation.metrics", "expected a list, not a single value"},
      {"evaluation: {metrics: [rmse, 3]}", "evaluation.metrics[1]", "put it in quotes: \"3\""},
      {"evaluation: {metrics: [rmse, [x]]}", "evaluation.metrics[1]", "expected text, not a list"},
      {"evaluation: {labels: [x]}", "evaluation.labels", "expected a map, not a list"},
      {"evaluation: {labels: {site: 7}}", "evaluation.labels.site", "not the number 7"},
      {"evaluation: {labels: {[a]: x}}", "evaluation.labels", "a key must be text, not a list"},
      {"plan: {selection: {from: 1}}", "plan.selection.from", "one of AVAILABLE, ENROLLED"},
      {"plan: {selection: {from: enroled}}", "plan.selection.from", "did you mean 'ENROLLED'?"},
      {"name: true", "name", "expected text, not the truth value true"},
      {"name: 017", "name", "not the number 017; put it in quotes: \"017\""},
      {"name: \"a\\x07b\"", "name", "control characters"},
      {"name: ~", "name", "expected text, not nothing"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.yaml);
    const Status status =
        ParseResources(fmt::format("kind: Campaign\n{}\n", c.yaml), "f.yaml").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(MessageOf(status)), testing::HasSubstr(std::string(c.text)));
    EXPECT_THAT(std::string(MessageOf(status)), testing::StartsWith("f.yaml:2:"));
    if (c.text == "unknown field") continue;  // "1,5" in a flow map is the key 5.
    EXPECT_EQ(FieldOf(status), c.field);
    EXPECT_EQ(ReasonOf(status), Reason::kFIELD_INVALID);
  }
}

TEST(Values, OfEachTypeArriveUnchanged) {
  const auto r = ParseResources(
      "kind: Campaign\nname: \"017\"\ndescription: |\n  two\n  lines\n"
      "plan: {seed: 18446744073709551615}\n"
      "aggregation: {bound: 0.1, max_norm: -1.5e-3, weights: {uniform: TRUE}}\n"
      "evaluation: {labels: {017: 'on'}, metrics: []}\n",
      "f.yaml");
  ASSERT_TRUE(r.ok()) << r.status();
  const auto& c = std::get<v1::Campaign>(r->front().message);
  EXPECT_EQ(c.name(), "017");
  EXPECT_EQ(c.description(), "two\nlines\n");
  EXPECT_EQ(c.plan().seed(), 18446744073709551615u);
  EXPECT_EQ(c.aggregation().bound(), 0.1);
  EXPECT_EQ(c.aggregation().max_norm(), -0.0015);
  EXPECT_TRUE(c.aggregation().weights().uniform());
  EXPECT_EQ(c.evaluation().labels().at("017"), "on");
  EXPECT_EQ(c.evaluation().metrics_size(), 0);
}

}  // namespace
}  // namespace muster::config
