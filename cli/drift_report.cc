#include "cli/drift_report.h"

#include <muster/v1/model.grpc.pb.h>
#include <muster/v1/monitor.grpc.pb.h>
#include <muster/v1/promotion.grpc.pb.h>
#include <muster/v1/trigger.grpc.pb.h>

#include <algorithm>

#include "base/time_text.h"
#include "cli/loop.h"
#include "cli/table.h"
#include "cli/text.h"

namespace muster::cli {
namespace {
using Json = nlohmann::ordered_json;

std::string AliasOf(const v1::Monitor& monitor) {
  return monitor.alias().empty() ? "champion" : monitor.alias();
}

// The model's versions and the alias' moves; none of them when there is no such model.
Status GatherVersions(Shell& shell, DriftReport& report) {
  v1::GetModelRequest model;
  model.set_name(report.monitor.monitor().model());
  auto view = shell.Ask(&v1::ModelService::Stub::GetModel, model);
  if (view.status().code() == absl::StatusCode::kNotFound) return Ok();
  MUSTER_TRY(view.status());
  report.model = *std::move(view);
  v1::GetAliasHistoryRequest history;
  history.set_model(model.name());
  history.set_alias(AliasOf(report.monitor.monitor()));
  MUSTER_ASSIGN(report.moves, shell.Ask(&v1::PromotionService::Stub::GetAliasHistory, history));
  return Ok();
}

std::string NameOf(DriftHeadline::State state) {
  switch (state) {
    case DriftHeadline::State::kNoWindow: return "no_window";
    case DriftHeadline::State::kNotJudged: return "not_judged";
    case DriftHeadline::State::kSteady: return "steady";
    case DriftHeadline::State::kDrifted: return "drifted";
  }
  return "";
}

Json JsonOf(const google::protobuf::Message& message) {
  return Json::parse(ToJson(message), nullptr, false);
}

}  // namespace

StatusOr<DriftReport> GatherDriftReport(Shell& shell, const std::string& monitor) {
  DriftReport report;
  report.made = shell.world.clock.Now();
  v1::GetMonitorRequest request;
  request.set_name(monitor);
  MUSTER_ASSIGN(report.monitor, shell.Ask(&v1::MonitorService::Stub::GetMonitor, request));
  MUSTER_ASSIGN(const auto list, shell.Ask(&v1::TriggerService::Stub::ListTriggers, {}));
  for (const v1::TriggerView& view : list.triggers()) {
    const auto names = MonitorsOf(view.trigger().when());
    if (std::ranges::find(names, monitor) != names.end()) report.triggers.push_back(view);
  }
  MUSTER_TRY(GatherVersions(shell, report));
  return report;
}

DriftHeadline HeadlineOf(const DriftReport& report) {
  DriftHeadline out;
  const v1::WindowView* const newest = NewestWindow(report.monitor);
  if (newest == nullptr) {
    out.text = "No window yet";
    out.why = report.monitor.why().empty() ? "the monitor is " + report.monitor.phase()
                                           : report.monitor.why();
    return out;
  }
  const auto& windows = report.monitor.windows();
  for (auto w = windows.rbegin(); w != windows.rend(); ++w) {
    if (w->reference() || !w->judged()) continue;
    if (out.window == nullptr) out.window = &*w;
    if (w->drifted() != out.window->drifted()) break;
    out.since_unix_ms = w->ended_unix_ms();
    ++out.run;
  }
  if (!newest->judged()) {
    out.state = DriftHeadline::State::kNotJudged;
    out.text = "Not judged";
    out.why = newest->why();
    return out;
  }
  out.state = newest->drifted() ? DriftHeadline::State::kDrifted : DriftHeadline::State::kSteady;
  out.text = newest->drifted() ? "Drifted" : "No drift";
  return out;
}

const v1::WindowView* LastDrift(const DriftReport& report) {
  const v1::WindowView* const newest = HeadlineOf(report).window;
  const auto& windows = report.monitor.windows();
  for (auto w = windows.rbegin(); w != windows.rend(); ++w)
    if (!w->reference() && w->judged() && w->drifted()) return &*w == newest ? nullptr : &*w;
  return nullptr;
}

std::string DriftText(const DriftReport& report) {
  const DriftHeadline headline = HeadlineOf(report);
  std::string out = fmt::format("{}: {}", Clean(report.monitor.monitor().name()), headline.text);
  if (!headline.why.empty()) out += ": " + Clean(headline.why);
  out += "\n";
  if (headline.window == nullptr) return out;
  const v1::WindowView& w = *headline.window;
  out += fmt::format(
      "{} since {}, {} judged window(s) in a row; window {} of version {}: {} devices in {} "
      "shards\n\n",
      w.drifted() ? "drifted" : "no drift", FormatTime(FromUnixMillis(headline.since_unix_ms)),
      headline.run, w.epoch(), w.version(), w.devices(), w.shards());
  Table table({"FEATURE", "VERDICT", "P", "PSI", "DISTANCE"});
  for (const auto* f : ByEvidence(w.features())) {
    if (!f->why().empty())
      table.Add({f->name(), "not tested: " + f->why(), "-", "-", "-"});
    else
      table.Add({f->name(), (f->drifted() ? "drifted" : "-") + BaselineText(*f), Rough(f->p()),
                 Rough(f->psi()), Rough(f->distance())});
  }
  return out + table.Text();
}

Json DriftJson(const DriftReport& report) {
  const DriftHeadline headline = HeadlineOf(report);
  Json out = {{"made", FormatTime(report.made)},
              {"headline",
               {{"state", NameOf(headline.state)},
                {"text", headline.text},
                {"why", headline.why},
                {"since_unix_ms", headline.since_unix_ms},
                {"windows_in_a_row", headline.run},
                {"epoch", headline.window == nullptr ? 0 : headline.window->epoch()}}},
              {"monitor", JsonOf(report.monitor)},
              {"triggers", Json::array()},
              {"versions", Json::array()},
              {"moves", Json::array()}};
  for (const auto& view : report.triggers) out["triggers"].push_back(JsonOf(view));
  for (const auto& version : report.model.versions()) out["versions"].push_back(JsonOf(version));
  for (const auto& move : report.moves.moves()) out["moves"].push_back(JsonOf(move));
  return out;
}

}  // namespace muster::cli
