// muster trigger explain, approve, decline.
#include <muster/v1/trigger.grpc.pb.h>

#include "cli/commands.h"
#include "cli/text.h"
#include "cli/views.h"

namespace muster::cli {
namespace {

struct Arguments {
  std::string name;
  std::string comment;
  std::uint64_t firing = 0;
};

Status Explain(Shell& shell, const Arguments& arguments) {
  v1::GetTriggerRequest request;
  request.set_name(arguments.name);
  MUSTER_ASSIGN(const auto view, shell.Ask(&v1::TriggerService::Stub::GetTrigger, request));
  return shell.Show(view, [&] {
    std::string out = ExplanationText(view.explanation());
    if (view.firings().empty()) return out + "\nIt never fired.\n";
    const v1::Firing& last = view.firings(view.firings_size() - 1);
    out += fmt::format("\nFiring {}, {}, {}:\n", last.number(),
                       Ago(shell.world.clock.Now(), last.fired_unix_ms()), Clean(last.state()));
    return out + ExplanationText(last.evidence()) + ChangesText(last);
  });
}

Status Answer(Shell& shell, const Arguments& arguments, bool approve) {
  v1::AnswerTriggerRequest request;
  request.set_name(arguments.name);
  request.set_firing(arguments.firing);
  request.set_approve(approve);
  request.set_comment(arguments.comment);
  MUSTER_ASSIGN(const auto view, shell.Ask(&v1::TriggerService::Stub::AnswerTrigger, request));
  return shell.Show(view, [&] {
    const std::uint64_t number =
        view.firings().empty() ? 0 : view.firings(view.firings_size() - 1).number();
    return fmt::format("trigger/{} firing {}: {}\n", Clean(view.trigger().name()), number,
                       approve ? "approved, its campaign begins" : "declined");
  });
}

}  // namespace

void AddTrigger(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* trigger =
      app.add_subcommand("trigger", "Why a trigger fires or not; the answer to one that asks");
  trigger->require_subcommand(1);
  trigger->footer(
      "\nExamples:\n  muster trigger explain retrain\n"
      "  muster trigger approve retrain --comment \"line 3 has new sensors\"");
  CLI::App* explain = trigger->add_subcommand("explain", "Whether it would fire now, and why");
  explain->add_option("NAME", arguments->name, "The trigger")->required();
  shell.On(explain, [&shell, arguments] { return Explain(shell, *arguments); });
  const auto add = [&](const char* name, const char* help, bool approve) {
    CLI::App* command = trigger->add_subcommand(name, help);
    command->add_option("NAME", arguments->name, "The trigger")->required();
    command->add_option("--firing", arguments->firing, "Only if it is this one that asks")
        ->type_name("NUMBER");
    command->add_option("--comment", arguments->comment, "Kept with the fact, and shown")
        ->type_name("TEXT");
    shell.On(command, [&shell, arguments, approve] { return Answer(shell, *arguments, approve); });
  };
  add("approve", "Let the firing that asks train", true);
  add("decline", "End the firing that asks", false);
}

}  // namespace muster::cli
