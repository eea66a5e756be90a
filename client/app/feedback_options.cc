#include "client/app/feedback_options.h"

#include "base/canonical_json.h"

namespace muster::client {
namespace {
constexpr char kMore[] =
    "\nOne call says it: the node keeps it on its disk until the coordinator has it, whether or "
    "not "
    "the\nagent runs and the network is there. A label stays on this machine: rows of that time "
    "that "
    "have\nnone get it, for training, evaluation and serving.\n\n"
    "Examples:\n"
    "  muster-edge feedback --config edge.yaml --node press-3 --false-positive --monitor "
    "rul.level\n"
    "  muster-edge feedback --config edge.yaml --node press-3 --missed --about "
    "2026-05-03T12:00Z \\\n      --outcome 'bearing replaced' --by ann\n"
    "  muster-edge feedback --config edge.yaml --node press-3 --label 112 --field rul \\\n"
    "      --about 2026-05-03T12:00:00.250Z\n\n"
    "Programs send the same as JSON: POST /v1/feedback, at the address in STATE_DIR/"
    "local-api.json.\nExit codes: 0 taken, 1 failed, 2 wrong usage.";
}  // namespace

FeedbackOptions::FeedbackOptions(CLI::App& app)
    : command_(*app.add_subcommand("feedback", "Say that an alarm was false, or what was true")) {
  command_.fallthrough();
  command_.footer(kMore);
  FeedbackArguments& a = arguments_;
  command_.add_option("--node", a.node, "Which node; may be left out where there is one");
  command_.add_flag("--false-positive", a.false_positive, "An alarm, and nothing was wrong");
  command_.add_flag("--missed", a.missed, "Something was wrong, and no alarm");
  command_.add_flag("--confirmed", a.confirmed, "An alarm, rightly");
  command_.add_option("--label", a.label, "What was true, in the label's unit; needs --about");
  command_.add_option("--monitor", a.monitor, "The rule that it is about, as the alarm names it");
  command_.add_option("--field", a.field, "The field that it is about");
  command_.add_option("--about", a.about, "The time of the row or alarm (default now)")
      ->type_name("TIME");
  command_.add_option("--outcome", a.outcome, "What came of what was done");
  command_.add_option("--by", a.by, "Who says it");
  command_.add_option("--id", a.id, "Saying it twice under one id says it once");
  command_.add_option("-o", output_, "table or json")->check(CLI::IsMember({"table", "json"}));
}

Status FeedbackOptions::Run(const AgentSettings& settings, Logger& log) {
  MUSTER_ASSIGN(FeedbackRequest request, FeedbackFrom(arguments_));
  MUSTER_ASSIGN(const FeedbackDesk::Answer answer, GiveFeedback(settings, std::move(request), log));
  if (output_ == "json") {
    MUSTER_ASSIGN(const std::string text,
                  CanonicalJson({{"id", answer.id}, {"taken", answer.taken}}));
    fmt::print("{}\n", text);
  } else {
    fmt::print("{} {}\n", answer.taken ? "Taken:" : "Said before:", answer.id);
  }
  return Ok();
}

}  // namespace muster::client
