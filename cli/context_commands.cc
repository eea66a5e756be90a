// muster context list, show, use, add.
#include "cli/commands.h"
#include "cli/table.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

struct Arguments {
  std::string name;
  v1::Access coordinator, authority;
};

Status List(Shell& shell) {
  MUSTER_ASSIGN(const v1::Contexts contexts, LoadContexts(shell.world));
  return shell.Show(contexts, [&] {
    Table table({"CURRENT", "NAME", "COORDINATOR", "AUTHORITY"});
    for (const auto& c : contexts.contexts())
      table.Add({c.name() == contexts.current() ? "*" : "", c.name(), c.coordinator().server(),
                 c.has_authority() ? c.authority().server() : "-"});
    return table.Text();
  });
}

Status ShowOne(Shell& shell, const std::string& name) {
  Target target = shell.target;
  if (!name.empty()) target.context = name;
  MUSTER_ASSIGN(const v1::Contexts::Context context, ChooseContext(shell.world, target));
  return shell.Show(context, [&] { return ToSparseYaml(context); });
}

Status Use(Shell& shell, const std::string& name) {
  MUSTER_ASSIGN(v1::Contexts contexts, LoadContexts(shell.world));
  MUSTER_ASSIGN(const v1::Contexts::Context context, FindContext(contexts, name));
  contexts.set_current(context.name());
  MUSTER_TRY(SaveContexts(shell.world, contexts));
  shell.world.screen.Out(fmt::format("now using context {} ({})\n", Clean(context.name()),
                                     Clean(context.coordinator().server())));
  return Ok();
}

// From --data-dir, or from the paths given one by one.
StatusOr<v1::Contexts::Context> Described(const Shell& shell, const Arguments& arguments) {
  v1::Contexts::Context context;
  if (!shell.target.data_dir.empty()) {
    MUSTER_ASSIGN(context, ContextOfDataDir(shell.target.data_dir));
  }
  context.set_name(arguments.name);
  context.mutable_coordinator()->MergeFrom(arguments.coordinator);
  if (!shell.target.server.empty()) context.mutable_coordinator()->set_server(shell.target.server);
  if (arguments.authority.ByteSizeLong() > 0)
    context.mutable_authority()->MergeFrom(arguments.authority);
  MUSTER_TRY(Endpoint::Parse(context.coordinator().server()).status());
  if (context.has_authority()) MUSTER_TRY(Endpoint::Parse(context.authority().server()).status());
  return context;
}

Status Add(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(v1::Contexts contexts, LoadContexts(shell.world));
  MUSTER_ASSIGN(const v1::Contexts::Context context, Described(shell, arguments));
  PutContext(contexts, context);
  if (contexts.current().empty()) contexts.set_current(context.name());
  MUSTER_TRY(SaveContexts(shell.world, contexts));
  shell.world.screen.Out(fmt::format("context {} points at {}{}\n", Clean(context.name()),
                                     Clean(context.coordinator().server()),
                                     contexts.current() == context.name() ? ", in use" : ""));
  return Ok();
}

void AddPaths(CLI::App* command, const std::string& prefix, v1::Access& access) {
  const auto path = [&](const std::string& name, std::string* value, const std::string& help) {
    command->add_option("--" + prefix + name, *value, help)->type_name("FILE");
  };
  path("ca", access.mutable_ca(), "PEM of the CA");
  path("cert", access.mutable_certificate(), "PEM of the operator's certificate");
  path("key", access.mutable_key(), "PEM of its private key (the path is kept, not the key)");
}

}  // namespace

void AddContexts(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* context =
      app.add_subcommand("context", "Which coordinators there are, and which is used");
  context->require_subcommand(1);
  context->footer(
      "\nContexts are kept in ~/.config/muster/contexts.yaml, or in $MUSTER_CONFIG.\n\n"
      "Examples:\n  muster context add plant --data-dir ./muster-data\n"
      "  muster context add hq --server hq:7443 --ca ca.pem --cert me.pem --key me.key\n"
      "  muster context use hq");
  shell.On(context->add_subcommand("list", "List all contexts"), [&shell] { return List(shell); });
  CLI::App* show = context->add_subcommand("show", "Show one context, or the current one");
  show->add_option("NAME", arguments->name, "The context");
  shell.On(show, [&shell, arguments] { return ShowOne(shell, arguments->name); });
  CLI::App* use = context->add_subcommand("use", "Use this context from now on");
  use->add_option("NAME", arguments->name, "The context")->required();
  shell.On(use, [&shell, arguments] { return Use(shell, arguments->name); });
  CLI::App* add = context->add_subcommand("add", "Add a context, or change the one of that name");
  add->add_option("NAME", arguments->name, "The context")->required();
  AddPaths(add, "", arguments->coordinator);
  add->add_option("--authority", *arguments->authority.mutable_server(),
                  "Address of the enrolment authority")
      ->type_name("HOST:PORT");
  AddPaths(add, "authority-", arguments->authority);
  shell.On(add, [&shell, arguments] { return Add(shell, *arguments); });
}

}  // namespace muster::cli
