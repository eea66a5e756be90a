#include "cli/schema_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/table.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

std::string Count(std::uint64_t n) { return fmt::format("{}", n); }
std::string Way(bool backward) { return backward ? "backward" : "forward"; }
std::string LevelName(v1::SchemaSettings::Level level) {
  return v1::SchemaSettings::Level_Name(level);
}

std::string Side(std::uint64_t version) {
  return version == 0 ? "the file" : fmt::format("version {}", version);
}

std::string Plural(int n, const char* noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}
}  // namespace

std::string SchemaTable(const v1::ListSchemasReply& reply, Timestamp now) {
  Table table({"SUBJECT", "VERSION", "ID", "TYPE", "CREATED", "BY", "STATE"});
  for (const v1::SchemaVersion& s : reply.schemas())
    table.Add({s.subject(), Count(s.version()), Count(s.schema_id()),
               v1::Schema::Type_Name(s.schema().type()), Ago(now, s.created_unix_ms()),
               s.created_by(), s.deleted() ? "deleted" : "live"});
  return table.Text();
}

std::string RegisteredText(const v1::RegisterSchemaReply& reply) {
  const v1::SchemaVersion& v = reply.version();
  return Clean(fmt::format("{} {} version {}, schema id {}", v.subject(),
                           reply.created() ? "has a new" : "has it already:", v.version(),
                           v.schema_id())) +
         "\n";
}

std::string CheckText(const v1::CheckSchemaReply& reply, const std::string& subject) {
  const std::string level = LevelName(reply.level());
  std::string out;
  if (reply.existing() != 0)
    out += Clean(fmt::format("{} has it already: version {}", subject, reply.existing())) + "\n";
  if (reply.compatible()) {
    return out + Clean(fmt::format("{} takes it: nothing breaks {}", subject, level)) + "\n";
  }
  Table table({"VERSION", "BREAKS", "CODE", "PATH", "DETAIL"});
  for (const v1::SchemaDifference& d : reply.differences())
    table.Add({Count(d.version()), Way(d.backward()), d.code(), d.path(), d.detail()});
  out += table.Text();
  return out +
         Clean(fmt::format("{} refuses it: {} under {} (SCHEMA_INCOMPATIBLE)", subject,
                           Plural(reply.differences_size(), "difference"), level)) +
         "\n";
}

std::string DiffText(const v1::DiffSchemasReply& reply) {
  Table table({"EFFECT", "CODE", "PATH", "DETAIL"});
  int shown = 0;
  for (const v1::SchemaDifference& d : reply.differences()) {
    // A change that breaks nobody would be told a second time, from the other side.
    if (d.compatible() && !d.backward()) continue;
    table.Add({d.compatible() ? "compatible" : "breaks " + Way(d.backward()), d.code(), d.path(),
               d.detail()});
    ++shown;
  }
  std::string out = shown == 0 ? "no reader can tell them apart\n" : table.Text();
  if (reply.left_out() > 0) out += fmt::format("and {} more\n", reply.left_out());
  const std::string from = Side(reply.version()), to = Side(reply.to_version());
  out += fmt::format("backward {}: a reader of {} {} what {} wrote\n",
                     reply.backward() ? "compatible" : "broken", to,
                     reply.backward() ? "reads" : "cannot read all of", from);
  out += fmt::format("forward {}: a reader of {} {} what {} writes\n",
                     reply.forward() ? "compatible" : "broken", from,
                     reply.forward() ? "reads" : "cannot read all of", to);
  return out;
}

std::string DeletedText(const v1::DeleteSchemasRequest& asked,
                        const v1::DeleteSchemasReply& reply) {
  const std::string versions = fmt::format("version{} {}", reply.versions_size() == 1 ? "" : "s",
                                           fmt::join(reply.versions(), ", "));
  const std::string what =
      fmt::format("{}: {} {}", asked.subject(), asked.permanent() ? "erased" : "deleted", versions);
  return Clean(what) + "\n" +
         (asked.permanent()
              ? ""
              : "Deleted versions can still be read by id; --permanent erases them.\n");
}

std::string SettingsText(const v1::SchemaSettings& s) {
  const auto with = [&](const char* name, const std::string& value) {
    const bool own = std::ranges::find(s.own(), name) != s.own().end();
    return s.subject().empty() || value.empty() || own ? value : value + " (the registry's)";
  };
  Properties out;
  out.Add("Subject", s.subject().empty() ? "all that say nothing else" : s.subject());
  out.Add("Level", with("level", LevelName(s.level())));
  out.Add("Normalise", with("normalise", s.normalise() ? "yes" : "no"));
  out.Add("Group", with("group", s.group()));
  out.Add("Mode", with("mode", v1::SchemaSettings::Mode_Name(s.mode())));
  return out.Text();
}

}  // namespace muster::cli
