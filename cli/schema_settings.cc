// muster schema config and mode.
#include <muster/v1/schema.grpc.pb.h>

#include "cli/commands.h"
#include "cli/schema_view.h"

namespace muster::cli {
namespace {

struct Arguments {
  std::string subject, level, group, mode;
  bool normalise = false, reset = false, force = false;
};

Status Show(Shell& shell, const StatusOr<v1::SchemaSettings>& settings) {
  MUSTER_TRY(settings.status());
  return shell.Show(*settings, [&] { return SettingsText(*settings); });
}

StatusOr<v1::SchemaSettings> Ask(Shell& shell, const std::string& subject) {
  v1::GetSchemaSettingsRequest request;
  request.set_subject(subject);
  return shell.Ask(&v1::SchemaService::Stub::GetSchemaSettings, request);
}

Status Config(Shell& shell, const Arguments& arguments, bool normalise, bool group) {
  v1::ConfigureSchemasRequest request;
  request.set_subject(arguments.subject);
  request.set_reset(arguments.reset);
  v1::SchemaSettings::Level level = v1::SchemaSettings::LEVEL_UNSPECIFIED;
  if (!arguments.level.empty()) v1::SchemaSettings::Level_Parse(arguments.level, &level);
  request.set_level(level);
  if (normalise) request.set_normalise(arguments.normalise);
  if (group) request.set_group(arguments.group);
  const bool changes = !arguments.level.empty() || normalise || group || arguments.reset;
  if (!changes) return Show(shell, Ask(shell, arguments.subject));
  return Show(shell, shell.Ask(&v1::SchemaService::Stub::ConfigureSchemas, request));
}

Status Mode(Shell& shell, const Arguments& arguments) {
  if (arguments.mode.empty() && !arguments.reset) {
    if (arguments.force) return InvalidArgument("--force goes with --set IMPORT");
    return Show(shell, Ask(shell, arguments.subject));
  }
  if (!arguments.mode.empty() && arguments.reset)
    return InvalidArgument("--set and --reset do not go together");
  v1::SetSchemaModeRequest request;
  request.set_subject(arguments.subject);
  request.set_force(arguments.force);
  v1::SchemaSettings::Mode mode = v1::SchemaSettings::MODE_UNSPECIFIED;
  if (!arguments.mode.empty()) v1::SchemaSettings::Mode_Parse(arguments.mode, &mode);
  request.set_mode(mode);
  return Show(shell, shell.Ask(&v1::SchemaService::Stub::SetSchemaMode, request));
}

void AddConfig(CLI::App* schema, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* config = schema->add_subcommand(
      "config", "Show or change how new versions are judged, of a subject or of all");
  config->add_option("SUBJECT", arguments->subject, "The subject; none: all that say nothing else");
  config->add_option("--level", arguments->level, "What a new version has to be compatible with")
      ->type_name("LEVEL")
      ->transform(CLI::IsMember({"NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD",
                                 "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"},
                                CLI::ignore_case));
  CLI::Option* normalise = config
                               ->add_option("--normalise", arguments->normalise,
                                            "Keep the one spelling of what schemas mean")
                               ->type_name("true|false");
  CLI::Option* group =
      config
          ->add_option("--group", arguments->group,
                       "Compare only versions with the same value of this property; '' for all")
          ->type_name("KEY");
  config->add_flag("--reset", arguments->reset, "Return to the registry's, but for what is given");
  config->footer(
      "\nLevels: BACKWARD (readers of the new one read what the newest wrote), FORWARD (the "
      "reverse), "
      "FULL (both),\neach with _TRANSITIVE for all versions and not the newest alone, and NONE.\n\n"
      "Examples:\n  muster schema config\n  muster schema config orders-value\n"
      "  muster schema config orders-value --level FULL_TRANSITIVE\n"
      "  muster schema config orders-value --reset");
  shell.On(config, [&shell, arguments, normalise, group] {
    return Config(shell, *arguments, normalise->count() > 0, group->count() > 0);
  });
}

void AddMode(CLI::App* schema, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* mode = schema->add_subcommand(
      "mode", "Show or change whether a subject, or the registry, takes schemas");
  mode->add_option("SUBJECT", arguments->subject, "The subject; none: the registry");
  mode->add_option("--set", arguments->mode, "READWRITE, READONLY, READONLY_OVERRIDE or IMPORT")
      ->type_name("MODE")
      ->transform(CLI::IsMember({"READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT"},
                                CLI::ignore_case));
  mode->add_flag("--force", arguments->force, "IMPORT although there are versions");
  mode->add_flag("--reset", arguments->reset, "Return to the registry's, or to READWRITE");
  mode->footer(
      "\nTo bring schemas from another registry with their numbers and ids:\n"
      "  muster schema mode orders-value --set IMPORT\n"
      "  muster schema register orders-value v1.avsc --as-version 1 --as-id 17\n"
      "  muster schema mode orders-value --reset\n\n"
      "Examples:\n  muster schema mode\n  muster schema mode orders-value --set READONLY");
  shell.On(mode, [&shell, arguments] { return Mode(shell, *arguments); });
}
}  // namespace

void AddSchemaSettings(CLI::App* schema, Shell& shell) {
  AddConfig(schema, shell);
  AddMode(schema, shell);
}

}  // namespace muster::cli
