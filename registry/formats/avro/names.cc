#include "registry/formats/avro/names.h"

#include <algorithm>

#include "registry/formats/avro/avro.h"
#include "registry/formats/avro/error.h"

namespace muster::registry::formats::avro {
namespace {
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A type may have the name of a kind of type; alone it would then mean the kind.
bool IsKind(std::string_view simple) {
  constexpr int kKinds = static_cast<int>(Kind::kFixed) + 1;
  for (int kind = 0; kind < kKinds; ++kind)
    if (NameOf(static_cast<Kind>(kind)) == simple) return true;
  return false;
}

const Node* Find(const Graph& graph, const std::string& full) {
  const auto it = graph.named.find(full);
  return it == graph.named.end() ? nullptr : it->second;
}
}  // namespace

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kMostNameBytes && IsLetter(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsLetter(c) || IsDigit(c); });
}

Status CheckNamespace(std::string_view space, std::string_view path) {
  if (space.empty()) return Ok();
  for (std::string_view rest = space;;) {
    const std::size_t dot = rest.find('.');
    if (!IsName(rest.substr(0, dot)) || space.size() > kMostNameBytes)
      return Invalid(path,
                     "'{}' is no namespace: it takes names of letters, digits and '_', none "
                     "starting with a digit, with dots between, of {} bytes at most",
                     Shown(space), kMostNameBytes);
    if (dot == rest.npos) return Ok();
    rest.remove_prefix(dot + 1);
  }
}

StatusOr<Name> ParseName(std::string_view text, std::string_view space, std::string_view path) {
  const std::size_t dot = text.rfind('.');
  if (dot != text.npos) {
    space = text.substr(0, dot);
    MUSTER_TRY(CheckNamespace(space, path));
    text.remove_prefix(dot + 1);
  }
  if (!IsName(text))
    return Invalid(path,
                   "'{}' is no name: it takes letters, digits and '_', and starts with no digit, "
                   "of {} bytes at most",
                   Shown(text), kMostNameBytes);
  return Name{std::string(space), std::string(text)};
}

const Node* Resolve(const Graph& graph, std::string_view text, std::string_view space) {
  if (text.find('.') == text.npos && !space.empty()) {
    const Node* near = Find(graph, std::string(space) + "." + std::string(text));
    if (near != nullptr) return near;
  }
  if (text.rfind('.') == 0) text.remove_prefix(1);
  return Find(graph, std::string(text));
}

std::string MentionAlias(const Name& alias, std::string_view space) {
  if (alias.space.empty()) return (space.empty() ? "" : ".") + alias.simple;
  return alias.space == space ? alias.simple : alias.Full();
}

std::string Mention(const Graph& graph, const Name& name, std::string_view space) {
  if (name.space.empty()) {
    const bool hidden = !space.empty() && Find(graph, std::string(space) + "." + name.simple);
    return (hidden ? "." : "") + name.simple;
  }
  return name.space == space && !IsKind(name.simple) ? name.simple : name.Full();
}

}  // namespace muster::registry::formats::avro
