// muster schema register, check and diff.
#include <muster/v1/schema.grpc.pb.h>

#include "cli/commands.h"
#include "cli/schema_file.h"
#include "cli/schema_view.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

struct Arguments {
  std::string subject, against, level, from, to, to_subject;
  SchemaArguments file;
  bool normalise = false;
  std::uint64_t version = 0, id = 0;
};

StatusOr<v1::CheckSchemaRequest> CheckOf(const Arguments& arguments, const v1::Schema& schema) {
  v1::CheckSchemaRequest request;
  request.set_subject(arguments.subject);
  *request.mutable_schema() = schema;
  v1::SchemaSettings::Level level = v1::SchemaSettings::LEVEL_UNSPECIFIED;
  if (!arguments.level.empty()) v1::SchemaSettings::Level_Parse(arguments.level, &level);
  request.set_level(level);
  if (!arguments.against.empty()) {
    const auto version = ParseSchemaVersion(arguments.against);
    if (!version)
      return InvalidArgument("--against {}: a number from 1 on, or latest",
                             Clean(arguments.against));
    request.set_version(*version);
  }
  return request;
}

Status Check(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(const v1::Schema schema, LoadSchema(shell.world, arguments.file));
  MUSTER_ASSIGN(const auto request, CheckOf(arguments, schema));
  const auto reply = shell.Ask(&v1::SchemaService::Stub::CheckSchema, request);
  if (!reply.ok()) return AboutSchema(reply.status(), arguments.file.path);
  if (!reply->compatible()) shell.exit_code = 1;
  return shell.Show(*reply, [&] { return CheckText(*reply, arguments.subject); });
}

// All that is wrong with what was refused: the refusal itself tells the first few.
void ShowAll(Shell& shell, const Arguments& arguments, const v1::Schema& schema) {
  if (shell.format != Format::kTable) return;
  const auto request = CheckOf(arguments, schema);
  if (!request.ok()) return;
  const auto reply = shell.Ask(&v1::SchemaService::Stub::CheckSchema, *request);
  if (reply.ok() && !reply->compatible())
    shell.world.screen.Err(CheckText(*reply, arguments.subject));
}

Status Register(Shell& shell, const Arguments& arguments) {
  v1::RegisterSchemaRequest request;
  request.set_subject(arguments.subject);
  MUSTER_ASSIGN(*request.mutable_schema(), LoadSchema(shell.world, arguments.file));
  request.set_normalise(arguments.normalise);
  request.set_version(arguments.version);
  request.set_schema_id(arguments.id);
  const auto reply = shell.Ask(&v1::SchemaService::Stub::RegisterSchema, request);
  if (!reply.ok()) {
    if (ReasonOf(reply.status()) == Reason::kSCHEMA_INCOMPATIBLE)
      ShowAll(shell, arguments, request.schema());
    return AboutSchema(reply.status(), arguments.file.path);
  }
  return shell.Show(*reply, [&] { return RegisteredText(*reply); });
}

Status Diff(Shell& shell, const Arguments& arguments) {
  v1::DiffSchemasRequest request;
  request.set_subject(arguments.subject);
  const auto from = ParseSchemaVersion(arguments.from);
  if (!from)
    return InvalidArgument("'{}' is no version: a number from 1 on, or latest",
                           Clean(arguments.from));
  request.set_version(*from);
  if (const auto to = ParseSchemaVersion(arguments.to)) {
    request.set_to_subject(arguments.to_subject);
    request.set_to_version(*to);
  } else {
    SchemaArguments file = arguments.file;
    file.path = arguments.to;
    MUSTER_ASSIGN(*request.mutable_to(), LoadSchema(shell.world, file));
  }
  const auto reply = shell.Ask(&v1::SchemaService::Stub::DiffSchemas, request);
  if (!reply.ok()) return AboutSchema(reply.status(), arguments.to);
  return shell.Show(*reply, [&] { return DiffText(*reply); });
}

void AddFileOptions(CLI::App* command, SchemaArguments& file) {
  command->add_option("--type", file.type, "avro, json or protobuf; default: by the file's name")
      ->type_name("TYPE")
      ->check(CLI::IsMember({"avro", "json", "protobuf"}));
  command
      ->add_option("--reference", file.references,
                   "What the text names and where that is: NAME=SUBJECT@VERSION; repeat it")
      ->type_name("REF");
}

void AddFile(CLI::App* command, Arguments& arguments) {
  command->add_option("SUBJECT", arguments.subject, "The subject")->required();
  command
      ->add_option("FILE", arguments.file.path,
                   "The schema: .avsc, .json (JSON Schema) or .proto; - is stdin")
      ->required();
  AddFileOptions(command, arguments.file);
  command
      ->add_option("--property", arguments.file.properties,
                   "Metadata of the schema: KEY=VALUE; repeat it")
      ->type_name("PAIR");
}

void AddRegister(CLI::App* schema, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      schema->add_subcommand("register", "Make a schema the next version of a subject");
  AddFile(command, *arguments);
  command->add_flag("--normalise", arguments->normalise,
                    "Keep the one spelling of what it means, not the text as it is");
  command
      ->add_option("--as-version", arguments->version,
                   "Number of the version, of an import; see muster schema mode --help")
      ->type_name("N");
  command->add_option("--as-id", arguments->id, "Id of the schema, of an import")->type_name("ID");
  command->footer(
      "\nWhat is a version already stays that version. What breaks the subject's level is refused, "
      "with every\ndifference and its path, and exit code 1.\n\nExamples:\n"
      "  muster schema register orders-value orders.avsc\n"
      "  muster schema register orders-value order.proto --reference "
      "common.proto=common-value@3\n"
      "  generate-schema | muster schema register rows-value - --type json");
  shell.On(command, [&shell, arguments] { return Register(shell, *arguments); });
}

void AddCheck(CLI::App* schema, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = schema->add_subcommand(
      "check", "Show what registering a schema would break; changes nothing");
  AddFile(command, *arguments);
  command
      ->add_option("--level", arguments->level,
                   "Judge by this level and not by the subject's: NONE, BACKWARD, FORWARD, FULL or "
                   "…_TRANSITIVE")
      ->type_name("LEVEL")
      ->transform(CLI::IsMember({"NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD",
                                 "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"},
                                CLI::ignore_case));
  command
      ->add_option("--against", arguments->against,
                   "Compare with this version alone: a number, or latest")
      ->type_name("VERSION");
  command->footer(
      "\nExit code 0: it would be taken; 1: it would be refused, with every difference and its "
      "path.\n\nExamples:\n  muster schema check orders-value orders.avsc\n"
      "  muster schema check orders-value orders.avsc --level FULL_TRANSITIVE\n"
      "  muster schema check orders-value orders.avsc --against 1 -o json");
  shell.On(command, [&shell, arguments] { return Check(shell, *arguments); });
}

void AddDiff(CLI::App* schema, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      schema->add_subcommand("diff", "Show every difference between two schemas, breaking or not");
  command->add_option("SUBJECT", arguments->subject, "The subject")->required();
  command->add_option("FROM", arguments->from, "A version: a number, or latest")->required();
  command->add_option("TO", arguments->to, "A version, or a file")->required();
  command->add_option("--to-subject", arguments->to_subject, "TO is a version of this subject")
      ->type_name("SUBJECT");
  AddFileOptions(command, arguments->file);
  command->footer(
      "\nExamples:\n  muster schema diff orders-value 1 latest\n"
      "  muster schema diff orders-value latest orders.avsc\n"
      "  muster schema diff orders-value 3 1 --to-subject orders-v2-value");
  shell.On(command, [&shell, arguments] { return Diff(shell, *arguments); });
}
}  // namespace

void AddSchemaChanges(CLI::App* schema, Shell& shell) {
  AddRegister(schema, shell);
  AddCheck(schema, shell);
  AddDiff(schema, shell);
}

}  // namespace muster::cli
