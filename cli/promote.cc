// muster promote and rollback.
#include <muster/v1/promotion.grpc.pb.h>

#include "cli/commands.h"
#include "cli/promotion_view.h"

namespace muster::cli {
namespace {

struct Arguments {
  std::string model, alias = "champion", override_reason;
  std::uint64_t version = 0;
  bool dry_run = false;
};

// Both requests have the same fields.
template <typename Request>
Request RequestFrom(const Arguments& arguments) {
  Request request;
  request.set_model(arguments.model);
  request.set_version(arguments.version);
  request.set_alias(arguments.alias);
  request.set_dry_run(arguments.dry_run);
  request.set_override_reason(arguments.override_reason);
  return request;
}

template <typename Request>
Status Move(Shell& shell, const Arguments& arguments,
            grpc::Status (v1::PromotionService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                               v1::PromoteReply*)) {
  MUSTER_ASSIGN(const v1::PromoteReply reply, shell.Ask(method, RequestFrom<Request>(arguments)));
  if (reply.outcome() == v1::PromoteReply::REFUSED) shell.exit_code = 1;
  return shell.Show(reply, [&] { return PromotionText(reply, arguments.dry_run); });
}

void AddOptions(CLI::App* command, Arguments& arguments) {
  command->add_option("--alias", arguments.alias, "The alias to move")
      ->type_name("ALIAS")
      ->capture_default_str();
  command->add_flag("--dry-run", arguments.dry_run, "Show what the gates say, change nothing");
  command
      ->add_option("--override", arguments.override_reason,
                   "Move it although gates refuse, for this reason; needs the role that the model "
                   "names, and is recorded")
      ->type_name("REASON");
}
}  // namespace

void AddPromote(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* promote = app.add_subcommand("promote", "Point an alias at a version, past its gates");
  promote->add_option("MODEL", arguments->model, "The model")->required();
  promote->add_option("VERSION", arguments->version, "The version")
      ->required()
      ->check(CLI::PositiveNumber);
  AddOptions(promote, *arguments);
  promote->footer(
      "\nGates are declared in the model's YAML (gates:). Each is shown with its verdict and why; "
      "exit code 1\nwhen one refuses. Refusals and overrides are recorded. Roles come from the "
      "file of musterd --roles;\nwithout it every operator holds every role, and who made a "
      "version still cannot approve it.\n\nExamples:\n"
      "  muster promote rul-net 7 --dry-run\n  muster promote rul-net 7\n"
      "  muster promote rul-net 7 --override 'line 3 stands still, see incident 42'");
  shell.On(promote, [&shell, arguments] {
    return Move(shell, *arguments, &v1::PromotionService::Stub::Promote);
  });

  auto back = std::make_shared<Arguments>();
  CLI::App* rollback =
      app.add_subcommand("rollback", "Point an alias back at a version that it pointed at before");
  rollback->add_option("MODEL", back->model, "The model")->required();
  rollback
      ->add_option("--to", back->version,
                   "A version that the alias pointed at; default: the one before")
      ->type_name("VERSION")
      ->check(CLI::PositiveNumber);
  AddOptions(rollback, *back);
  rollback->footer(
      "\nA rollback asks the gates contract, freeze and hardware, unless the model's "
      "gates.rollback says\notherwise.\n\nExamples:\n  muster rollback rul-net\n"
      "  muster rollback rul-net --to 5 --dry-run");
  shell.On(rollback,
           [&shell, back] { return Move(shell, *back, &v1::PromotionService::Stub::Rollback); });
}

}  // namespace muster::cli
