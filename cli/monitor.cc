// muster monitor feedback: what a person says of an alarm.
#include <muster/v1/monitor.grpc.pb.h>

#include "cli/commands.h"
#include "cli/text.h"
#include "cli/views.h"

namespace muster::cli {
namespace {

struct Arguments {
  std::string name;
  bool false_positive = false;
  bool missed = false;
  bool confirmed = false;
  std::string rule;
  std::string outcome;
  std::uint64_t epoch = 0;
};

Status GiveFeedback(Shell& shell, const Arguments& arguments) {
  v1::GiveFeedbackRequest request;
  request.set_monitor(arguments.name);
  request.set_rule(arguments.rule);
  request.set_verdict(arguments.false_positive ? "false_positive"
                      : arguments.missed       ? "missed"
                                               : "confirmed");
  request.set_outcome(arguments.outcome);
  request.set_epoch(arguments.epoch);
  MUSTER_ASSIGN(const auto view, shell.Ask(&v1::MonitorService::Stub::GiveFeedback, request));
  return shell.Show(view, [&] {
    const std::string rule = arguments.rule.empty() ? "fleet" : arguments.rule;
    std::string out = fmt::format("monitor/{}: ", Clean(view.monitor().name()));
    for (const v1::RuleRecord& record : view.rules())
      if (record.rule() == rule)
        out +=
            fmt::format("{} alarms of {}, {} false, {} confirmed, {} missed", record.alarms(),
                        Clean(rule), record.false_positives(), record.confirmed(), record.missed());
    if (rule == "fleet" && view.monitor().has_fleet())
      out += fmt::format("; windows alarm at {} now", Real(view.level()));
    return out + "\n";
  });
}

}  // namespace

void AddMonitor(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* monitor = app.add_subcommand("monitor", "Say what was right or wrong about an alarm");
  monitor->require_subcommand(1);
  CLI::App* feedback = monitor->add_subcommand(
      "feedback", "Say that an alarm was false, right or missing; the rule learns from it");
  feedback->add_option("NAME", arguments->name, "The monitor")->required();
  CLI::Option_group* verdict = feedback->add_option_group("Verdict", "One of these");
  verdict->add_flag("--false-positive", arguments->false_positive,
                    "It alarmed and nothing was wrong: the rule alarms half as often from now on");
  verdict->add_flag("--missed", arguments->missed,
                    "Something was wrong and it did not alarm: undoes one such lesson");
  verdict->add_flag("--confirmed", arguments->confirmed, "It alarmed, rightly");
  verdict->require_option(1);
  feedback->add_option("--rule", arguments->rule, "The edge rule; the fleet's own test if left out")
      ->type_name("RULE");
  feedback->add_option("--outcome", arguments->outcome, "What came of it; kept with the fact")
      ->type_name("TEXT");
  feedback->add_option("--window", arguments->epoch, "The fleet's window; the last if left out")
      ->type_name("EPOCH");
  feedback->footer(
      "\nExamples:\n  muster monitor feedback turbofan --false-positive\n"
      "  muster monitor feedback turbofan --confirmed --rule shape --outcome \"sensor replaced\"");
  shell.On(feedback, [&shell, arguments] { return GiveFeedback(shell, *arguments); });
}

}  // namespace muster::cli
