#include "registry/subject_compatibility.h"

namespace muster::registry {
namespace {
constexpr std::size_t kTold = 10;

bool LooksBackward(CompatibilityLevel level) {
  using enum CompatibilityLevel;
  return level == kBackward || level == kBackwardTransitive || level == kFull ||
         level == kFullTransitive;
}
bool LooksForward(CompatibilityLevel level) {
  using enum CompatibilityLevel;
  return level == kForward || level == kForwardTransitive || level == kFull ||
         level == kFullTransitive;
}
}  // namespace

StatusOr<std::vector<Difference>> FindDifferences(const Schema& writer, const Schema& reader,
                                                  const CompareBudget& budget) {
  if (writer.type() == reader.type()) return writer.Compare(reader, budget);
  return std::vector<Difference>{
      {"SCHEMA_TYPE_CHANGED", "#/", false,
       fmt::format("a reader of {} cannot read {}", NameOf(reader.type()), NameOf(writer.type()))}};
}

std::string Sentence(const Incompatibility& i) {
  return fmt::format("version {}, {}: {} at '{}': {}", i.version.value(),
                     i.backward ? "backward" : "forward", i.difference.code, i.difference.path,
                     i.difference.detail);
}

std::string Summary(std::span<const Incompatibility> incompatibilities) {
  std::string out;
  for (const Incompatibility& i :
       incompatibilities.first(std::min(kTold, incompatibilities.size()))) {
    if (!out.empty()) out += "; ";
    out += Sentence(i);
  }
  if (incompatibilities.size() > kTold)
    out += fmt::format("; and {} more", incompatibilities.size() - kTold);
  return out;
}

bool IsTransitive(CompatibilityLevel level) {
  using enum CompatibilityLevel;
  return level == kBackwardTransitive || level == kForwardTransitive || level == kFullTransitive;
}

StatusOr<std::vector<Incompatibility>> FindIncompatibilities(CompatibilityLevel level,
                                                             std::span<const Predecessor> history,
                                                             const Schema& update,
                                                             const CompareBudget& budget) {
  std::vector<Incompatibility> out;
  if (level == CompatibilityLevel::kNone) return out;
  if (!IsTransitive(level) && !history.empty()) history = history.first(1);
  const auto compare = [&](VersionNumber version, bool backward, const Schema& writer,
                           const Schema& reader) -> Status {
    MUSTER_ASSIGN(std::vector<Difference> found, FindDifferences(writer, reader, budget));
    for (Difference& difference : found) {
      if (difference.compatible) continue;
      if (out.size() >= kMostIncompatibilities) break;
      out.push_back({version, backward, std::move(difference)});
    }
    return Ok();
  };
  for (const Predecessor& past : history) {
    if (past.schema == nullptr) {
      out.push_back({past.version, true, {"SCHEMA_UNREADABLE", "#/", false, "cannot be parsed"}});
      continue;
    }
    if (LooksBackward(level)) MUSTER_TRY(compare(past.version, true, *past.schema, update));
    if (LooksForward(level)) MUSTER_TRY(compare(past.version, false, update, *past.schema));
    if (out.size() >= kMostIncompatibilities) break;
  }
  return out;
}

}  // namespace muster::registry
