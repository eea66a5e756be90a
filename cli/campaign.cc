// muster campaign pause, resume, cancel.
#include <muster/v1/campaign.grpc.pb.h>

#include "cli/commands.h"
#include "cli/text.h"
#include "cli/views.h"

namespace muster::cli {
namespace {

struct Arguments {
  std::string name;
  std::string why;
};

Status Control(Shell& shell, const Arguments& arguments,
               v1::ControlCampaignRequest::Action action) {
  v1::ControlCampaignRequest request;
  request.set_name(arguments.name);
  request.set_action(action);
  request.set_why(arguments.why);
  MUSTER_ASSIGN(const auto view, shell.Ask(&v1::CampaignService::Stub::ControlCampaign, request));
  return shell.Show(view, [&] {
    return fmt::format("campaign/{} is {}, {} of {} rounds published\n",
                       Clean(view.campaign().name()), Clean(view.phase()), view.rounds_published(),
                       view.campaign().plan().rounds());
  });
}

}  // namespace

void AddCampaign(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* campaign = app.add_subcommand("campaign", "Pause, resume or cancel a campaign");
  campaign->require_subcommand(1);
  campaign->footer(
      "\nExamples:\n  muster campaign pause turbofan --why \"line 3 is down\"\n"
      "  muster campaign resume turbofan");
  const auto add = [&](const char* name, const char* help,
                       v1::ControlCampaignRequest::Action action) {
    CLI::App* command = campaign->add_subcommand(name, help);
    command->add_option("NAME", arguments->name, "The campaign")->required();
    command->add_option("--why", arguments->why, "Kept with the fact, and shown")
        ->type_name("TEXT");
    shell.On(command, [&shell, arguments, action] { return Control(shell, *arguments, action); });
  };
  add("pause", "Finish the round that is open, then start no other",
      v1::ControlCampaignRequest::PAUSE);
  add("resume", "Go on where it paused", v1::ControlCampaignRequest::RESUME);
  add("cancel", "End it for good; versions published so far stay",
      v1::ControlCampaignRequest::CANCEL);
}

}  // namespace muster::cli
