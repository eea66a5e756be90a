// What a scraper sees.
#include "platform/prometheus_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::platform {
namespace {
using testing::HasSubstr;

TEST(PrometheusSink, ExposesWhatWasCountedSetAndObserved) {
  PrometheusSink sink;
  Counter& refused = sink.MakeCounter("muster_updates_refused_total", "Updates refused.",
                                      {{"reason", "ROUND_CLOSED"}});
  refused.Add();
  refused.Add(2);
  sink.MakeGauge("muster_queue_length", "Closures waiting.", {}).Set(7);
  Histogram& seconds = sink.MakeHistogram("muster_round_seconds", "Length of rounds.", {1, 10}, {});
  seconds.Observe(0.5);
  seconds.Observe(5);
  const std::string text = sink.Expose();
  EXPECT_THAT(text, HasSubstr("# HELP muster_updates_refused_total Updates refused.\n"
                              "# TYPE muster_updates_refused_total counter\n"
                              "muster_updates_refused_total{reason=\"ROUND_CLOSED\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("\nmuster_queue_length 7\n"));
  EXPECT_THAT(text, HasSubstr("muster_round_seconds_count 2\n"));
  EXPECT_THAT(text, HasSubstr("muster_round_seconds_bucket{le=\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("muster_round_seconds_bucket{le=\"10\"} 2\n"));
}

TEST(PrometheusSink, TheSameNameAndLabelsAreTheSameMetricAndOthersAreNot) {
  PrometheusSink sink;
  const auto counter = [&](const Labels& labels) -> Counter& {
    return sink.MakeCounter("muster_x_total", "X.", labels);
  };
  EXPECT_EQ(&counter({{"a", "1"}}), &counter({{"a", "1"}}));
  EXPECT_NE(&counter({{"a", "1"}}), &counter({{"a", "2"}}));
  counter({{"a", "2"}}).Add(5);
  EXPECT_THAT(sink.Expose(), HasSubstr("muster_x_total{a=\"1\"} 0\n"));
  EXPECT_THAT(sink.Expose(), HasSubstr("muster_x_total{a=\"2\"} 5\n"));
}

TEST(PrometheusSink, LabelValuesCannotBreakOutOfTheirQuotes) {
  PrometheusSink sink;
  sink.MakeCounter("muster_x_total", "X.", {{"a", "\"} 9\nforged 1"}});
  EXPECT_THAT(sink.Expose(), HasSubstr("muster_x_total{a=\"\\\"} 9\\nforged 1\"} 0\n"));
}

TEST(PrometheusSinkDeathTest, WiringBugsEndTheProcess) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  PrometheusSink sink;
  sink.MakeCounter("muster_x_total", "X.", {});
  EXPECT_DEATH(sink.MakeGauge("muster_x_total", "X.", {}), "metric muster_x_total");
  EXPECT_DEATH(sink.MakeGauge("not a name", "X.", {}), "metric not a name");
  EXPECT_DEATH(sink.MakeHistogram("muster_h", "H.", {2, 1}, {}), "bounds do not ascend");
}

}  // namespace
}  // namespace muster::platform
