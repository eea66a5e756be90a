// muster drift: what monitors have seen.
#include "cli/artefacts.h"
#include "cli/commands.h"
#include "cli/drift_report.h"

namespace muster::cli {
namespace {

struct Arguments {
  std::string monitor, html;
};

Status Report(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(const DriftReport report, GatherDriftReport(shell, arguments.monitor));
  if (!arguments.html.empty()) {
    const std::string page = DriftPage(report);
    MUSTER_TRY(WriteBytes(arguments.html, AsBytes(page)));
    shell.world.screen.Err(fmt::format("wrote {}\n", arguments.html));
  }
  Screen& screen = shell.world.screen;
  switch (shell.format) {
    case Format::kJson:
      screen.Out(
          DriftJson(report).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
          "\n");
      break;
    case Format::kYaml: screen.Out(ToYaml(DriftJson(report))); break;
    case Format::kTable:
      if (arguments.html.empty()) screen.Out(DriftText(report));
      break;
  }
  return Ok();
}

}  // namespace

void AddDrift(CLI::App& app, Shell& shell) {
  CLI::App* drift = app.add_subcommand("drift", "What monitors have seen");
  drift->require_subcommand(1);
  auto arguments = std::make_shared<Arguments>();
  CLI::App* report =
      drift->add_subcommand("report", "Then and now, over time, where, and what came of it");
  report->add_option("MONITOR", arguments->monitor, "The monitor")->required();
  report->add_option("--html", arguments->html, "Write a page that needs nothing else")
      ->type_name("FILE");
  report->footer(
      "\nThe page has no script and loads nothing: it can be mailed, printed and kept. It shows "
      "sums "
      "over\nshards of devices, as the coordinator has them, and never a row.\n\nExamples:\n"
      "  muster drift report turbofan\n  muster drift report turbofan --html drift.html\n"
      "  muster drift report turbofan -o json | jq .headline");
  shell.On(report, [&shell, arguments] { return Report(shell, *arguments); });
}

}  // namespace muster::cli
