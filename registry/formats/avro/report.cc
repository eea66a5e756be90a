#include "registry/formats/avro/report.h"

#include <algorithm>

#include "registry/formats/avro/avro.h"
#include "registry/formats/avro/error.h"
#include "registry/formats/avro/match.h"

namespace muster::registry::formats::avro {
namespace {
constexpr int kMostExplained = 20;

bool Same(const Node& reader, const Node& writer) {
  return reader.kind == writer.kind && (!IsNamed(reader.kind) || NamesMatch(reader, writer));
}

// The branch that should read the writer's type, whether or not it does.
const Node* Counterpart(const Node& reader_union, const Node& writer) {
  const Node* found = nullptr;
  for (const Node* branch : reader_union.branches) {
    if (!Same(*branch, writer)) continue;
    if (branch->full == writer.full) return branch;
    if (found == nullptr) found = branch;
  }
  return found;
}

const Value* Attribute(const Node& node, std::string_view name) {
  for (const Member& member : node.attributes)
    if (member.name == name) return &member.value;
  return nullptr;
}

std::string LogicalTypeOf(const Node& node) {
  const Value* name = Attribute(node, "logicalType");
  const auto* text = name == nullptr ? nullptr : name->As<std::string>();
  if (text == nullptr) return "none";
  if (*text != "decimal") return Shown(*text);
  const auto number = [&](std::string_view key) {
    const Value* value = Attribute(node, key);
    const auto* integer = value == nullptr ? nullptr : value->As<std::int64_t>();
    return integer == nullptr ? 0 : *integer;
  };
  return fmt::format("decimal of precision {} and scale {}", number("precision"), number("scale"));
}
}  // namespace

void Report::Add(std::string_view code, bool compatible, std::string detail) {
  const bool first = !compatible && !broken_;
  broken_ |= !compatible;
  if (found_.size() >= kMostDifferences) {
    if (!first) return;
    found_.pop_back();  // The verdict is never lost.
  }
  found_.push_back({std::string(code), std::string(Place(path_)), compatible, std::move(detail)});
}

void Report::Walk(const Node& reader, const Node& writer) {
  const Meter::Inside inside(meter_);
  if (!inside || (explaining_ && broken_)) return;
  if (reader.kind == Kind::kUnion || writer.kind == Kind::kUnion) return WalkUnions(reader, writer);
  if (reader.kind == writer.kind) {
    LogicalTypes(reader, writer);
    if (IsNamed(reader.kind)) return WalkNamed(reader, writer);
    if (reader.inner == nullptr) return;
    const Into into(path_, reader.kind == Kind::kArray ? "items" : "values");
    return Walk(*reader.inner, *writer.inner);
  }
  if (Promotes(writer.kind, reader.kind))
    return Holds("TYPE_PROMOTED", fmt::format("was {}, is {}, as which it is read",
                                              Describe(writer), Describe(reader)));
  Breaks("TYPE_MISMATCH",
         fmt::format("was {}, is {}, which does not read it", Describe(writer), Describe(reader)));
}

void Report::WalkUnions(const Node& reader, const Node& writer) {
  std::vector<bool> used(reader.branches.size());
  if (writer.kind != Kind::kUnion) {
    IntoUnion(reader, writer, used);
  } else {
    for (std::size_t i = 0; i < writer.branches.size(); ++i) {
      const Into into(path_, i);
      if (reader.kind == Kind::kUnion)
        IntoUnion(reader, *writer.branches[i], used);
      else
        Walk(reader, *writer.branches[i]);
    }
  }
  if (reader.kind == Kind::kUnion) Added(reader, writer, used);
}

// The branch that reads `writer`: the one most like it, or else the first that does.
void Report::IntoUnion(const Node& reader_union, const Node& writer, std::vector<bool>& used) {
  const auto& branches = reader_union.branches;
  auto it = std::find(branches.begin(), branches.end(), Counterpart(reader_union, writer));
  if (it == branches.end() || !judge_.Reads(**it, writer))
    it = std::find_if(branches.begin(), branches.end(),
                      [&](const Node* branch) { return judge_.Reads(*branch, writer); });
  if (it == branches.end())
    return Breaks("MISSING_UNION_BRANCH",
                  fmt::format("the original writes {}, and no branch of the update's {} reads it{}",
                              Describe(writer), Describe(reader_union), Why(reader_union, writer)));
  used[static_cast<std::size_t>(it - branches.begin())] = true;
  Walk(**it, writer);
}

void Report::Added(const Node& reader_union, const Node& writer, const std::vector<bool>& used) {
  for (std::size_t i = 0; i < used.size(); ++i) {
    const Node& branch = *reader_union.branches[i];
    const auto was = [&](const Node* node) { return Same(branch, *node); };
    if (used[i] || !meter_.Spend(1 + writer.branches.size())) continue;
    if (was(&writer) || std::any_of(writer.branches.begin(), writer.branches.end(), was)) continue;
    const Into into(path_, i);
    Holds("UNION_BRANCH_ADDED",
          fmt::format("was {}, now {} may stand here too", Describe(writer), Describe(branch)));
  }
}

// What keeps the branch that should read `writer` from it: the first reason.
std::string Report::Why(const Node& reader_union, const Node& writer) {
  const Node* branch = Counterpart(reader_union, writer);
  if (branch == nullptr || explaining_ || ++explained_ > kMostExplained) return "";
  Report reason(meter_, judge_);
  reason.explaining_ = true;
  reason.Walk(*branch, writer);
  for (const Difference& difference : reason.found_)
    if (!difference.compatible)
      return fmt::format(": at {} of {}, {}", difference.path, Describe(*branch),
                         difference.detail);
  return "";
}

void Report::LogicalTypes(const Node& reader, const Node& writer) {
  const std::string before = LogicalTypeOf(writer), now = LogicalTypeOf(reader);
  if (before == now) return;
  const Into into(path_, "logicalType");
  Holds("LOGICAL_TYPE_CHANGED",
        fmt::format("the logical type was {}, is {}: the same bytes are read, and may mean "
                    "something else",
                    before, now));
}

}  // namespace muster::registry::formats::avro
