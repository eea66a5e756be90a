#include "client/app/drift_options.h"

namespace muster::client {
namespace {
constexpr char kMore[] =
    "\nHas this site's data changed since a model was trained on it? A reference is made of the "
    "data of\nthat time; later data are replayed through monitors. Nothing leaves the machine, and "
    "no\ncoordinator is needed. A reference and a page hold values of the site: keep them here.\n\n"
    "Examples:\n"
    "  muster-edge drift reference --config edge.yaml --contract contract.yaml --share 0.5 \\\n"
    "      --out ref.json\n"
    "  muster-edge drift check --config edge.yaml --contract contract.yaml --monitors "
    "monitors.yaml \\\n      --reference ref.json --rows 5001: --html drift.html\n\n"
    "Exit codes: 0 no alarm, 1 failed, 2 wrong usage, 4 there were alarms.";
constexpr char kCheckMore[] =
    "\nMonitors, as a file:\n"
    "  monitors:\n"
    "    - {name: level, kind: change, one_false_alarm_in: 100000}   # all numbers of the "
    "contract\n"
    "    - {name: shape, kind: input, fields: [s2, s3], window: 500, rate: 0.001}\n"
    "    - {name: frozen, kind: stuck, rows: 50}\n"
    "    - {name: peak, kind: spike, field: s4, k: 8, severity: warning}\n"
    "    - {name: silent, kind: dropout, share: 0.5}                 # or time: 5m, no row at all\n"
    "    - {name: bounds, kind: range, share: 0.05}\n"
    "    - {name: speed, kind: rate, field: s4, limit: 20}           # units a second\n"
    "    - {name: age, kind: freshness, time: 1h}\n"
    "change with one_false_alarm_in, and input, need --reference. Every parameter: docs/DRIFT.md.\n"
    "Exit codes: 0 no alarm, 1 failed, 2 wrong usage, 4 there were alarms.";
}  // namespace

DriftOptions::DriftOptions(CLI::App& app)
    : command_(*app.add_subcommand("drift", "Whether this site's data has changed")),
      reference_(Add("reference", "Remember what the data look like now")),
      check_(Add("check", "Replay data through monitors and tell what they find")) {
  command_.require_subcommand(1);
  command_.fallthrough();
  command_.footer(kMore);
  check_.footer(kCheckMore);
  reference_.add_option("--share", arguments_.share,
                        "Of each node's rows, from the first (default 1)");
  reference_.add_option("--out", arguments_.out, "The reference to write")->required();
  check_.add_option("--monitors", arguments_.monitors, "The monitors' YAML file")->required();
  check_.add_option("--reference", arguments_.reference, "What `reference` wrote");
  check_.add_option("--html", arguments_.html, "Write a page with pictures, too");
  check_.add_option("-o", output_, "table or json")->check(CLI::IsMember({"table", "json"}));
}

CLI::App& DriftOptions::Add(const char* name, const char* about) {
  CLI::App& command = *command_.add_subcommand(name, about);
  command.fallthrough();
  command
      .add_option("--contract", arguments_.contract, "A YAML file with the contract of the rows")
      ->required();
  command.add_option("--rows", arguments_.rows, "A:B, from 1, of each node (default all)");
  command.add_option("--node", arguments_.node, "Only this node (default all)");
  return command;
}

StatusOr<int> DriftOptions::Run(const std::string& config, Timestamp now) {
  arguments_.config = config;
  arguments_.json = output_ == "json";
  if (reference_.parsed()) {
    MUSTER_ASSIGN(const std::string text, WriteReference(arguments_));
    fmt::print("{}", text);
    return 0;
  }
  MUSTER_ASSIGN(const DriftCheck check, CheckDrift(arguments_, now));
  fmt::print("{}", check.text);
  return check.alarms ? kAlarmed : 0;
}

}  // namespace muster::client
