#include "registry/formats/avro/node.h"

#include <array>

#include "registry/formats/avro/error.h"

namespace muster::registry::formats::avro {
namespace {
constexpr std::array<std::string_view, 14> kKinds = {
    "null",   "boolean", "int", "long",  "float",  "double", "bytes",
    "string", "array",   "map", "union", "record", "enum",   "fixed"};
constexpr std::size_t kPrimitives = 8;
constexpr std::size_t kShownBranches = 5;
constexpr int kShownDepth = 3;

std::string DescribeTo(const Node& node, int depth) {
  if (IsNamed(node.kind)) return fmt::format("{} {}", NameOf(node.kind), Shown(node.full));
  if (node.inner != nullptr)
    return fmt::format("{} of {}", NameOf(node.kind),
                       depth == 0 ? "..." : DescribeTo(*node.inner, depth - 1));
  if (node.kind != Kind::kUnion) return std::string(NameOf(node.kind));
  if (node.branches.empty()) return "union of nothing";
  std::string out = "union of ";
  for (std::size_t i = 0; i < node.branches.size() && i < kShownBranches; ++i)
    out += (i == 0 ? "" : ", ") + (depth == 0 ? "..." : DescribeTo(*node.branches[i], depth - 1));
  if (node.branches.size() > kShownBranches)
    out += fmt::format(" and {} more", node.branches.size() - kShownBranches);
  return out;
}
}  // namespace

std::string_view NameOf(Kind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::optional<Kind> ParsePrimitive(std::string_view name) {
  for (std::size_t i = 0; i < kPrimitives; ++i)
    if (kKinds[i] == name) return static_cast<Kind>(i);
  return std::nullopt;
}

const Field* Node::FindField(std::string_view field) const {
  const auto it = field_index.find(field);
  return it == field_index.end() ? nullptr : &fields[it->second];
}

std::string Describe(const Node& node) { return DescribeTo(node, kShownDepth); }

}  // namespace muster::registry::formats::avro
