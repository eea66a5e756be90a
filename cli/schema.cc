// muster schema list, get and delete.
#include <muster/v1/schema.grpc.pb.h>

#include <algorithm>

#include "cli/commands.h"
#include "cli/schema_file.h"
#include "cli/schema_view.h"
#include "cli/text.h"

namespace muster::cli {
namespace {
constexpr std::uint32_t kPage = 500;

struct Arguments {
  std::string subject, prefix, version = "latest";
  std::uint64_t id = 0;
  std::uint32_t limit = 1000;
  bool deleted = false, permanent = false;
};

// Text that may be anything, without what steers a terminal.
std::string ForTerminal(const std::string& text) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += Clean(text.substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  return out;
}

// Pages until `limit` are there, or all.
StatusOr<v1::ListSchemasReply> ListAll(Shell& shell, const Arguments& arguments) {
  v1::ListSchemasRequest request;
  request.set_subject(arguments.subject);
  request.set_prefix(arguments.prefix);
  request.set_deleted(arguments.deleted);
  v1::ListSchemasReply out;
  do {
    request.set_offset(out.next_offset());
    request.set_page_size(
        std::min(kPage, arguments.limit - static_cast<std::uint32_t>(out.schemas_size())));
    MUSTER_ASSIGN(const auto page, shell.Ask(&v1::SchemaService::Stub::ListSchemas, request));
    out.mutable_schemas()->MergeFrom(page.schemas());
    out.set_next_offset(page.next_offset());
  } while (out.next_offset() != 0 &&
           static_cast<std::uint32_t>(out.schemas_size()) < arguments.limit);
  return out;
}

Status List(Shell& shell, const Arguments& arguments) {
  if (!arguments.subject.empty() && !arguments.prefix.empty())
    return InvalidArgument("a subject and --prefix do not go together: --prefix lists subjects");
  MUSTER_ASSIGN(const auto found, ListAll(shell, arguments));
  return shell.Show(found, [&] {
    std::string text = SchemaTable(found, shell.world.clock.Now());
    if (found.next_offset() != 0)
      text += fmt::format("there are more than {}; see --limit\n", arguments.limit);
    return text;
  });
}

StatusOr<std::uint64_t> VersionOf(const std::string& text) {
  if (const auto version = ParseSchemaVersion(text)) return *version;
  return InvalidArgument("'{}' is no version: a number from 1 on, or latest", Clean(text));
}

Status Get(Shell& shell, const Arguments& arguments) {
  if (arguments.subject.empty() == (arguments.id == 0))
    return InvalidArgument("name either a subject, with a version if you like, or an --id");
  v1::GetSchemaRequest request;
  request.set_subject(arguments.subject);
  request.set_schema_id(arguments.id);
  request.set_deleted(arguments.deleted);
  MUSTER_ASSIGN(const std::uint64_t version, VersionOf(arguments.version));
  request.set_version(version);
  MUSTER_ASSIGN(const auto found, shell.Ask(&v1::SchemaService::Stub::GetSchema, request));
  return shell.Show(found, [&] {
    const std::string& text = found.schema().text();
    if (shell.world.screen.OutIsTerminal()) return ForTerminal(text);
    return text.ends_with('\n') ? text : text + "\n";
  });
}

Status Delete(Shell& shell, const Arguments& arguments, bool one) {
  v1::DeleteSchemasRequest request;
  request.set_subject(arguments.subject);
  request.set_permanent(arguments.permanent);
  if (one) {
    MUSTER_ASSIGN(const std::uint64_t version, VersionOf(arguments.version));
    request.set_version(version);
  }
  MUSTER_ASSIGN(const auto gone, shell.Ask(&v1::SchemaService::Stub::DeleteSchemas, request));
  return shell.Show(gone, [&] { return DeletedText(request, gone); });
}

void AddList(CLI::App* schema, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* list = schema->add_subcommand("list", "List subjects, or the versions of one");
  list->add_option("SUBJECT", arguments->subject,
                   "All versions of this one; none: the newest of each");
  list->add_option("--prefix", arguments->prefix, "Subjects whose name begins so")
      ->type_name("TEXT");
  list->add_flag("--deleted", arguments->deleted, "Deleted ones too");
  list->add_option("--limit", arguments->limit, "At most so many")
      ->check(CLI::Range(1u, 100'000u))
      ->capture_default_str();
  list->footer(
      "\nExamples:\n  muster schema list\n  muster schema list --prefix orders-\n"
      "  muster schema list orders-value --deleted");
  shell.On(list, [&shell, arguments] { return List(shell, *arguments); });
}

void AddGet(CLI::App* schema, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* get = schema->add_subcommand("get", "Print a schema's text");
  get->add_option("SUBJECT", arguments->subject, "The subject");
  get->add_option("VERSION", arguments->version, "A number, or latest")->capture_default_str();
  get->add_option("--id", arguments->id, "By the id that messages carry, instead of both")
      ->type_name("ID")
      ->check(CLI::PositiveNumber);
  get->add_flag("--deleted", arguments->deleted, "Among deleted ones too");
  get->footer(
      "\nThe text comes as it was registered; -o json|yaml adds type, id, references and who made "
      "it.\n\nExamples:\n  muster schema get orders-value > orders.avsc\n"
      "  muster schema get orders-value 3 -o yaml\n  muster schema get --id 17");
  shell.On(get, [&shell, arguments] { return Get(shell, *arguments); });
}

void AddDelete(CLI::App* schema, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = schema->add_subcommand("delete", "Delete a subject or one of its versions");
  command->add_option("SUBJECT", arguments->subject, "The subject")->required();
  CLI::Option* version =
      command->add_option("VERSION", arguments->version, "This one alone; none: all of them");
  command->add_flag("--permanent", arguments->permanent,
                    "Erase what was deleted before. There is no way back");
  command->footer(
      "\nDeleted versions are out of sight and can still be read by their ids, so that old "
      "messages "
      "stay\nreadable. Erasing takes a second step, and its numbers and ids are never given again. "
      "What other\nschemas refer to cannot be deleted.\n\nExamples:\n"
      "  muster schema delete orders-value 3\n  muster schema delete orders-value\n"
      "  muster schema delete orders-value --permanent");
  shell.On(command, [&shell, arguments, version] {
    return Delete(shell, *arguments, version->count() > 0);
  });
}
}  // namespace

void AddSchema(CLI::App& app, Shell& shell) {
  CLI::App* schema = app.add_subcommand(
      "schema", "List, get, register, check, compare and delete schemas of data");
  schema->require_subcommand(1);
  schema->footer(
      "\nA subject is a name (orders-value) with numbered versions in Avro, JSON Schema or "
      "Protobuf. A new\nversion has to be compatible as the subject's level says. Confluent's "
      "clients find the same subjects\nat musterd's --http address.\n\nExamples:\n"
      "  muster schema check orders-value orders.avsc       what registering it would break\n"
      "  muster schema register orders-value orders.avsc\n"
      "  muster schema diff orders-value 1 latest\n"
      "  muster schema config orders-value --level FULL_TRANSITIVE");
  AddList(schema, shell);
  AddGet(schema, shell);
  AddSchemaChanges(schema, shell);
  AddDelete(schema, shell);
  AddSchemaSettings(schema, shell);
}

}  // namespace muster::cli
