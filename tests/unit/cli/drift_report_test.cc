#include "cli/drift_report.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "cli/drift_plots.h"
#include "cli/html.h"
#include "fake_loop.h"
#include "loop_fixture.h"

namespace muster::cli {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;
using State = DriftHeadline::State;

DriftReport Turbofan() {
  return {.monitor = TurbofanMonitor(),
          .triggers = {TurbofanTrigger()},
          .model = TurbofanModel(),
          .moves = TurbofanHistory(),
          .made = TurbofanNow()};
}
// As it stood after so many windows.
DriftReport After(int windows) {
  DriftReport r = Turbofan();
  r.monitor.mutable_windows()->DeleteSubrange(windows, r.monitor.windows_size() - windows);
  return r;
}

// The page, kept for people to look at where MUSTER_PAGES says.
std::string Page(const DriftReport& report, const std::string& name) {
  const std::string page = DriftPage(report);
  if (const char* dir = std::getenv("MUSTER_PAGES"))
    std::ofstream(fmt::format("{}/{}.html", dir, name)) << page;
  return page;
}

std::size_t CountOf(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size())
    ++count;
  return count;
}

TEST(DriftReport, SaysSinceWhenTheFleetHasDrifted) {
  const DriftReport report = After(12);
  const DriftHeadline h = HeadlineOf(report);
  EXPECT_EQ(h.state, State::kDrifted);
  EXPECT_EQ(h.since_unix_ms, kStart + 10 * kHour);
  EXPECT_EQ(h.run, 3);
  EXPECT_EQ(h.window->epoch(), 12);
  EXPECT_EQ(LastDrift(report), nullptr);
}

TEST(DriftReport, AfterTheCureShowsTheLastDriftBesideTheNewestWindow) {
  const DriftReport report = Turbofan();
  const DriftHeadline h = HeadlineOf(report);
  EXPECT_EQ(h.state, State::kSteady);
  EXPECT_EQ(h.run, 2);
  ASSERT_NE(LastDrift(report), nullptr);
  EXPECT_EQ(LastDrift(report)->epoch(), 12);
}

TEST(DriftReport, OfAWindowThatWasNotJudgedSaysWhyAndWhatWasLastJudged) {
  const DriftReport report = After(4);
  const DriftHeadline h = HeadlineOf(report);
  EXPECT_EQ(h.state, State::kNotJudged);
  EXPECT_THAT(h.why, HasSubstr("TOO_FEW_DEVICES"));
  EXPECT_EQ(h.window->epoch(), 3);
  EXPECT_THAT(Page(report, "unjudged"), HasSubstr("Last judged: no drift since"));
}

TEST(DriftReport, SaysWhichWindowIsTheBaselineOfPredictions) {
  DriftReport report = After(12);
  EXPECT_THAT(DriftText(report), Not(HasSubstr("baseline")));
  for (auto& f : *report.monitor.mutable_windows(11)->mutable_features())
    if (f.name() == "$prediction") f.set_baseline(2);
  EXPECT_THAT(DriftText(report), HasSubstr("drifted (baseline: window 2)"));
  EXPECT_EQ(CountOf(Page(report, "baseline"), "(baseline: window 2)"), 1);
}

TEST(DriftReport, WithoutAWindowSaysWhatTheMonitorWaitsFor) {
  DriftReport report;
  report.monitor.mutable_monitor()->set_name("turbofan");
  report.monitor.set_phase("waiting");
  report.monitor.set_why("champion points at no version yet");
  EXPECT_EQ(HeadlineOf(report).state, State::kNoWindow);
  EXPECT_EQ(DriftText(report), "turbofan: No window yet: champion points at no version yet\n");
  const std::string page = Page(report, "empty");
  EXPECT_THAT(page, HasSubstr("champion points at no version yet"));
  EXPECT_THAT(page, HasSubstr("No window has been judged yet."));
  EXPECT_THAT(page, HasSubstr("No trigger listens to this monitor"));
  EXPECT_THAT(page, Not(HasSubstr("<svg")));
}

TEST(DriftReport, PageHasEveryPart) {
  const std::string page = Page(Turbofan(), "cured");
  for (const char* title : {"Distributions then and now: window 14", "At the last drift: window 12",
                            "Windows over time", "Error over time", "Where: cohorts",
                            "What moved with the prediction", "Rules", "Triggers", "Versions"})
    EXPECT_THAT(page, HasSubstr(fmt::format("<h2>{}</h2>", title)));
  // Fifteen features now, and three at the last drift.
  EXPECT_EQ(CountOf(page, "class=\"bars\""), 18);
  // s11 and the prediction in windows 10 to 12, s4 in 11 and 12; a firing and a move of the alias.
  EXPECT_EQ(CountOf(page, "<path class=\"alarm\""), 8);
  EXPECT_EQ(CountOf(page, "<path class=\"firing\""), 2);
  EXPECT_EQ(CountOf(page, "<path class=\"version\""), 2);
  EXPECT_THAT(page, HasSubstr("site=hamburg"));
  EXPECT_THAT(page, HasSubstr("9 of 11 judged (82 %; 95 % interval 52 to 95 %)"));
  EXPECT_THAT(page, HasSubstr("lowered from 0.01 by what people said"));
  EXPECT_THAT(page, HasSubstr("2 of 2 windows in a row: s11 p=1.2e-05 &lt; 0.01<br><code>"
                              "trigger/rul-drift#2</code>"));
  EXPECT_THAT(page, HasSubstr("drifted: rmse=15.2"));
  EXPECT_THAT(page,
              ::testing::ContainsRegex("0\\.56 \\(PSI 2\\.6\\), r 0\\.9[0-9] over 13 windows"));
}

TEST(DriftReport, PageOfADriftBeginsWithWhatDrifted) {
  const std::string page = Page(After(12), "drifted");
  EXPECT_THAT(page, HasSubstr("<div class=\"head drifted\"><strong>Drifted</strong>"));
  EXPECT_LT(page.find("<span>s11</span>"), page.find("<span>s4</span>"));
  EXPECT_LT(page.find("<span>s4</span>"), page.find("<span>s12</span>"));
  EXPECT_THAT(page, Not(HasSubstr("At the last drift")));
}

TEST(DriftReport, PageLoadsNothingAndRunsNothing) {
  const std::string page = DriftPage(Turbofan());
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char* bad :
       {"<script", "src=", "href=", "@import", "url(", "http:", "https:", "onload"})
    EXPECT_THAT(page, Not(HasSubstr(bad))) << bad;
}

TEST(DriftReport, NoNameBecomesMarkup) {
  const std::string evil = "<b onload=\"x\">&'\x1b[2J";
  DriftReport r = Turbofan();
  r.monitor.mutable_monitor()->set_name(evil);
  r.monitor.mutable_monitor()->set_model(evil);
  r.monitor.mutable_monitor()->set_alias(evil);
  r.monitor.mutable_monitor()->set_description(evil);
  r.monitor.set_phase(evil);
  for (auto& w : *r.monitor.mutable_windows()) {
    if (!w.judged()) w.set_why(evil);
    w.set_fact(evil);
    if (w.features_size() > 3) w.mutable_features(3)->set_name(evil);
    if (w.features_size() > 4) w.mutable_features(4)->set_why(evil);
    for (auto& g : *w.mutable_groups()) (*g.mutable_labels())[evil] = evil;
  }
  r.monitor.mutable_findings(0)->set_rule(evil);
  r.monitor.mutable_findings(1)->set_field(evil);
  r.monitor.mutable_rules(1)->set_rule(evil);
  auto& t = r.triggers[0];
  t.mutable_trigger()->set_name(evil);
  t.set_phase(evil);
  t.set_why(evil);
  t.mutable_explanation()->set_what(evil);
  t.mutable_explanation()->set_why(evil);
  t.mutable_explanation()->add_facts(evil);
  auto& f = *t.mutable_firings(0);
  f.set_state(evil);
  f.set_why(evil);
  f.set_campaign(evil);
  f.set_fact(evil);
  f.mutable_evidence()->set_why(evil);
  f.mutable_verdicts(0)->set_gate(evil);
  f.mutable_verdicts(0)->set_reason(evil);
  auto& v = *r.model.mutable_versions(1);
  v.set_campaign(evil);
  v.set_params_digest(evil);
  (*v.mutable_metrics())[evil] = 1;
  (*(*v.mutable_slices())[evil].mutable_metrics())[evil] = 1;
  const std::string page = DriftPage(r);
  EXPECT_THAT(page, Not(HasSubstr("<b onload")));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
  EXPECT_THAT(page, HasSubstr("&lt;b onload=&quot;x&quot;&gt;&amp;&#39; [2J"));
  EXPECT_THAT(DriftText(r), Not(HasSubstr("\x1b")));
}

TEST(DriftReport, NumbersThatAreNoneAreNotDrawn) {
  DriftReport r = After(12);
  auto& w = *r.monitor.mutable_windows(11);
  w.mutable_features(0)->set_p(NAN);
  w.mutable_features(1)->set_distance(INFINITY);
  w.mutable_features(1)->set_psi(NAN);
  w.mutable_features(2)->set_now(3, NAN);
  w.mutable_features(3)->mutable_now()->RemoveLast();
  w.mutable_features(4)->set_p(0);
  w.mutable_features(5)->set_p(-1);
  w.mutable_measures(0)->set_mean(NAN);
  w.mutable_measures(2)->set_mean(-1);
  const std::string page = DriftPage(r);
  for (const char* attribute : {"d=", "x=", "y=", "width=", "height=", "cx=", "cy="})
    for (std::size_t at = 0;
         (at = page.find(fmt::format(" {}\"", attribute), at)) != std::string::npos; ++at) {
      const std::string value =
          page.substr(at, page.find('"', at + std::strlen(attribute) + 2) - at);
      EXPECT_THAT(value, Not(HasSubstr("nan")));
      EXPECT_THAT(value, Not(HasSubstr("inf")));
    }
}

TEST(DriftReport, ManyFeaturesAreDrawnUpToABoundAndListedBeyond) {
  DriftReport r = After(12);
  auto& w = *r.monitor.mutable_windows(11);
  for (int i = 0; i < 300; ++i) {
    auto& f = *w.add_features();
    f = w.features(0);
    f.set_name(fmt::format("extra{:03}", i));
  }
  const std::string page = Page(r, "many");
  EXPECT_EQ(CountOf(page, "class=\"bars\""), 24);
  EXPECT_THAT(page, HasSubstr("<h3>More features</h3>"));
  EXPECT_THAT(page, HasSubstr("<td>extra299"));
  EXPECT_LT(page.size(), 600'000);
}

TEST(DriftReport, CountsNoFewDevices) {
  DriftReport r = Turbofan();
  const std::string page = DriftPage(r);
  EXPECT_THAT(page, HasSubstr(">7<"));       // Seven with level of s11.
  EXPECT_THAT(page, HasSubstr(">&lt; 5<"));  // Three with bounds of s4.
  EXPECT_THAT(page, Not(HasSubstr(r.monitor.findings(0).device())));
}

TEST(PText, TellsTinyOnesByABound) {
  EXPECT_EQ(PText(0.00213), "0.0021");
  EXPECT_EQ(PText(1e-30), "< 1e-12");
  EXPECT_EQ(PText(NAN), "-");
}

class DriftCommand : public LoopTest {
 protected:
  DriftCommand() {
    *loops_.monitors.add_monitors() = TurbofanMonitor();
    *loops_.triggers.add_triggers() = TurbofanTrigger();
    *loops_.triggers.add_triggers() = TurbofanTrigger();
    auto& other = *loops_.triggers.mutable_triggers(1)->mutable_trigger();
    other.set_name("weekly");
    other.mutable_when()->mutable_schedule()->set_every("7d");
    services_.model = TurbofanModel();
    services_.history = TurbofanHistory();
  }
};

TEST_F(DriftCommand, WritesThePage) {
  const std::string file = dir_ / "drift.html";
  EXPECT_EQ(Run({"drift", "report", "turbofan", "--html", file}), 0) << err();
  EXPECT_EQ(out(), "");
  EXPECT_EQ(err(), fmt::format("wrote {}\n", file));
  std::ifstream in(file);
  std::stringstream page;
  page << in.rdbuf();
  EXPECT_THAT(page.str(), ::testing::StartsWith("<!doctype html>"));
  EXPECT_THAT(page.str(), ::testing::EndsWith("</html>\n"));
  EXPECT_THAT(page.str(), HasSubstr("rul-drift"));
  EXPECT_THAT(page.str(), Not(HasSubstr("weekly")));
  EXPECT_EQ(services_.history_asked.alias(), "champion");
}

TEST_F(DriftCommand, GivesProgramsTheWholeView) {
  EXPECT_EQ(Run({"drift", "report", "turbofan", "-o", "json"}), 0) << err();
  const auto json = nlohmann::json::parse(out());
  EXPECT_EQ(json["headline"]["state"], "steady");
  EXPECT_EQ(json["headline"]["windows_in_a_row"], 2);
  EXPECT_EQ(json["monitor"]["windows"].size(), 14);
  EXPECT_EQ(json["triggers"].size(), 1);
  EXPECT_EQ(json["versions"].size(), 2);
  EXPECT_EQ(json["moves"].size(), 2);
}

TEST_F(DriftCommand, SaysItInATableToo) {
  EXPECT_EQ(Run({"drift", "report", "turbofan"}), 0) << err();
  EXPECT_THAT(out(), ::testing::StartsWith("turbofan: No drift\nno drift since "));
  EXPECT_THAT(out(), HasSubstr("FEATURE"));
}

TEST_F(DriftCommand, GoesWithoutTheModelWhenItIsGone) {
  services_.model.Clear();
  EXPECT_EQ(Run({"drift", "report", "turbofan", "-o", "json"}), 0) << err();
  EXPECT_EQ(nlohmann::json::parse(out())["versions"].size(), 0);
}

TEST_F(DriftCommand, AnUnknownMonitorIsExitOne) {
  EXPECT_EQ(Run({"drift", "report", "turbo"}), 1);
  EXPECT_EQ(Run({"drift", "report"}), 2);
  EXPECT_EQ(Run({"drift"}), 2);
}

TEST_F(DriftCommand, WhatCannotBeWrittenIsExitOne) {
  EXPECT_EQ(Run({"drift", "report", "turbofan", "--html", dir_ / "none/drift.html"}), 1);
  EXPECT_THAT(err(), HasSubstr("cannot be written"));
}

}  // namespace
}  // namespace muster::cli
