#include "config/roles_file.h"

#include <muster/v1/roles.pb.h>

#include "config/message_reader.h"
#include "config/problems.h"
#include "config/yaml_tree.h"

namespace muster::config {
namespace {

YamlNode& MapAt(YamlTree& tree, Position at) {
  YamlNode& node = tree.nodes.emplace_back();
  node.kind = YamlNode::Kind::kMap;
  node.at = at;
  return node;
}

// {reviewer: [ann]} as {reviewer: {names: [ann]}}: protobuf's maps hold messages, not lists. What
// is no list stays, for the reader to refuse.
const YamlNode& Wrapped(const YamlNode& roles, YamlTree& tree) {
  if (roles.kind != YamlNode::Kind::kMap) return roles;
  YamlNode& out = MapAt(tree, roles.at);
  for (std::size_t i = 0; i + 1 < roles.items.size(); i += 2) {
    const YamlNode* value = roles.items[i + 1];
    if (value->kind != YamlNode::Kind::kMap) {
      YamlNode& name = tree.nodes.emplace_back();
      name.kind = YamlNode::Kind::kScalar;
      name.text = "names";
      name.at = value->at;
      YamlNode& holders = MapAt(tree, value->at);
      holders.items = {&name, value};
      value = &holders;
    }
    out.items.insert(out.items.end(), {roles.items[i], value});
  }
  return out;
}

const YamlNode& WithWrappedRoles(const YamlNode& root, YamlTree& tree) {
  YamlNode& out = MapAt(tree, root.at);
  for (std::size_t i = 0; i + 1 < root.items.size(); i += 2) {
    const bool roles = root.items[i]->text == "roles";
    const YamlNode* value = root.items[i + 1];
    out.items.insert(out.items.end(), {root.items[i], roles ? &Wrapped(*value, tree) : value});
  }
  return out;
}
}  // namespace

StatusOr<RolesFile> ParseRoles(std::string_view text, const std::string& file) {
  MUSTER_ASSIGN(YamlTree tree, ParseYaml(text, file));
  Problems problems(file);
  const Position start = tree.documents.empty() ? Position() : tree.documents.front()->at;
  RolesFile out{{}, SourceMap(file, start)};
  v1::Roles message;
  if (tree.documents.size() != 1 || tree.documents.front()->kind != YamlNode::Kind::kMap)
    problems.Add(start, "", Reason::kFIELD_INVALID, "expected one map with the field roles");
  else
    ReadMessage(WithWrappedRoles(*tree.documents.front(), tree), "", message, out.source, problems);
  MUSTER_TRY(problems.status());
  for (const auto& [role, holders] : message.roles())
    out.holders[role] = {holders.names().begin(), holders.names().end()};
  return out;
}

}  // namespace muster::config
