#include "cli/root.h"

#include <algorithm>

#include "base/nearest.h"
#include "cli/commands.h"
#include "cli/text.h"

namespace muster::cli {
namespace {
constexpr int kUsage = 2;
constexpr char kVersion[] = "muster 0.1.0";

constexpr char kFooter[] = R"(
Start here:
  muster up                                 a coordinator and an enrolment authority on this machine
  muster apply -f contract.yaml -f model.yaml
  muster model create rul-net --module net.pt
  muster token create --uses 100 --out join.token
  muster apply -f campaign.yaml
  muster watch campaign turbofan
  muster promote rul-net 2                  champion, if the model's gates let it
  muster schema check rows-value rows.avsc  what a new schema would break
  muster stats --contract turbofan          what the rows are like, without seeing them
  muster watch trigger rul-drift            drift, trigger, rounds, version, promotion, live
  muster drift report turbofan --html drift.html

Every command has --help with examples. Exit codes: 0 ok, 1 refused or failed, 2 usage,
3 unreachable.)";

// The deepest command that the arguments did name.
const CLI::App* Deepest(const CLI::App* app) {
  for (const auto chosen = app->get_subcommands(); !chosen.empty();) return Deepest(chosen.front());
  return app;
}

// "; did you mean …?" for the first of `words` that `app` does not know.
std::string Suggestion(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty()) return "";
  std::vector<std::string> names;
  const bool flag = words.front().starts_with("-");
  if (flag) {
    for (const CLI::App* at = &app; at != nullptr; at = at->get_parent())
      for (const CLI::Option* option : at->get_options())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  } else {
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
      names.push_back(command->get_name());
  }
  return DidYouMean(words.front().substr(0, words.front().find('=')), names);
}

std::string UsageError(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& at = *Deepest(&app);
  std::vector<std::string> unknown = app.remaining(true);
  std::string text = error.what();
  if (!unknown.empty() && error.get_exit_code() != 0) {
    const bool flag = unknown.front().starts_with("-");
    text = fmt::format("unknown {} '{}'{}", flag ? "option" : "command or argument",
                       unknown.front(), Suggestion(at, unknown));
  }
  std::string name = at.get_name();
  for (const CLI::App* up = at.get_parent(); up != nullptr; up = up->get_parent())
    name = up->get_name() + " " + name;
  return fmt::format("error: {}\nSee '{} --help'.\n", Clean(text), name);
}

// The help of the command that the arguments name.
std::string HelpText(const CLI::App& app) {
  std::string text = app.help();  // Delegates to the command, with its whole name.
  for (std::size_t at; (at = text.find("\n\n\n")) != std::string::npos;) text.erase(at, 1);
  while (text.ends_with("\n\n")) text.pop_back();
  if (!text.ends_with('\n')) text += '\n';
  if (Deepest(&app) != &app)
    text +=
        "\n--context, --server, --data-dir and -o json|yaml go with every command: see 'muster "
        "--help'.\n";
  return text;
}

void AddGlobals(CLI::App& app, Shell& shell) {
  const std::string group = "Global options";
  app.add_option("--context", shell.target.context, "Context to use instead of the current one")
      ->type_name("NAME")
      ->group(group);
  app.add_option("--server", shell.target.server, "Coordinator's address, over the context's")
      ->type_name("HOST:PORT")
      ->group(group);
  app.add_option("--data-dir", shell.target.data_dir,
                 "Use the operator's keys in this data directory of musterd or 'muster up'")
      ->type_name("DIR")
      ->group(group);
  app.add_option("--authority-dir", shell.target.authority_dir,
                 "Use the operator's keys in this directory of the enrolment authority")
      ->type_name("DIR")
      ->group(group);
  app.add_option_function<std::string>(
         "-o,--output",
         [&shell](const std::string& text) {
           if (const auto format = ParseFormat(text)) shell.format = *format;
         },
         "Form of answers: table, json or yaml")
      ->check(CLI::IsMember({"table", "json", "yaml"}))
      ->type_name("FORM")
      ->group(group);
}

}  // namespace

int RunMuster(const std::vector<std::string>& arguments, World& world) {
  Shell shell(world);
  CLI::App app("Coordinates fleets of devices that learn together and keep their data at home.",
               "muster");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();  // Global options may stand behind the command.
  app.set_version_flag("--version", kVersion);
  AddGlobals(app, shell);
  AddUp(app, shell);
  AddApply(app, shell);
  AddGet(app, shell);
  AddWatch(app, shell);
  AddDrift(app, shell);
  AddStats(app, shell);
  AddCampaign(app, shell);
  AddMonitor(app, shell);
  AddTrigger(app, shell);
  AddDevice(app, shell);
  AddContract(app, shell);
  AddModel(app, shell);
  AddPromote(app, shell);
  AddSchema(app, shell);
  AddAudit(app, shell);
  AddFsck(app, shell);
  AddToken(app, shell);
  AddContexts(app, shell);
  shell.On(app.add_subcommand("version", "Print this program's version"), [&world] {
    world.screen.Out(std::string(kVersion) + "\n");
    return Ok();
  });
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    world.screen.Out(HelpText(app));
    return 0;
  } catch (const CLI::CallForVersion&) {
    world.screen.Out(std::string(kVersion) + "\n");
    return 0;
  } catch (const CLI::RequiredError& error) {
    const bool command =
        app.remaining(true).empty() && Deepest(&app)->get_require_subcommand_min() > 0;
    world.screen.Err(command ? HelpText(app) : UsageError(app, error));
    return kUsage;
  } catch (const CLI::ParseError& error) {
    world.screen.Err(UsageError(app, error));
    return kUsage;
  }
  const Status done = shell.chosen();
  if (!done.ok()) world.screen.Err(ErrorText(done, shell.format));
  return done.ok() ? shell.exit_code : ExitCodeOf(done);
}

}  // namespace muster::cli
