#include "registry/formats/avro/judge.h"

#include <algorithm>
#include <functional>

#include "registry/formats/avro/match.h"

namespace muster::registry::formats::avro {
namespace {
constexpr int kMostDepth = 1'000;  // Whatever the budget says: the stack has an end.
}  // namespace

std::size_t PairHash::operator()(const Pair& pair) const {
  const std::hash<const Node*> hash;
  return hash(pair.reader) * 31 + hash(pair.writer);
}

Meter::Meter(const CompareBudget& budget)
    : steps_(budget.steps), most_depth_(std::min(budget.depth, kMostDepth)) {}

bool Meter::Spend(std::uint64_t steps) {
  too_deep_ |= depth_ > most_depth_;
  over_ |= too_deep_ || steps > steps_;
  steps_ -= over_ ? 0 : steps;
  return !over_;
}

Status Meter::status() const {
  if (!over_) return Ok();
  const std::string_view why = too_deep_ ? "types nest deeper" : "it takes more steps";
  return WithReason(ResourceExhausted("comparing the schemas: {} than is allowed", why),
                    Reason::kSCHEMA_TOO_COMPLEX);
}

bool Judge::Reads(const Node& reader, const Node& writer) {
  const Meter::Inside inside(meter_);
  if (!inside) return false;
  if (writer.kind == Kind::kUnion) return ReadsAll(reader, writer);
  if (reader.kind == Kind::kUnion)
    return std::any_of(reader.branches.begin(), reader.branches.end(),
                       [&](const Node* branch) { return Reads(*branch, writer); });
  if (reader.kind != writer.kind) return Promotes(writer.kind, reader.kind);
  if (reader.inner != nullptr) return Reads(*reader.inner, *writer.inner);
  return !IsNamed(reader.kind) || ReadsNamed(reader, writer);
}

bool Judge::ReadsAll(const Node& reader, const Node& writer_union) {
  return std::all_of(writer_union.branches.begin(), writer_union.branches.end(),
                     [&](const Node* branch) { return Reads(reader, *branch); });
}

bool Judge::ReadsNamed(const Node& reader, const Node& writer) {
  if (!NamesMatch(reader, writer)) return false;
  if (reader.kind == Kind::kFixed) return reader.size == writer.size;
  const auto [it, fresh] = known_.emplace(Pair{&reader, &writer}, true);
  if (!fresh) return it->second;
  const std::size_t start = trusted_.size();
  trusted_.push_back({&reader, &writer});
  if (reader.kind == Kind::kEnum ? ReadsEnum(reader, writer) : ReadsRecord(reader, writer))
    return true;
  for (std::size_t i = start; i < trusted_.size(); ++i) known_.erase(trusted_[i]);
  trusted_.resize(start);
  known_[{&reader, &writer}] = false;
  return false;
}

bool Judge::ReadsEnum(const Node& reader, const Node& writer) {
  return meter_.Spend(writer.symbols.size()) &&
         (reader.enum_default || SymbolsOnlyIn(writer, reader).empty());
}

bool Judge::ReadsRecord(const Node& reader, const Node& writer) {
  for (const Field& field : reader.fields) {
    if (!meter_.Spend(1 + field.aliases.size())) return false;
    const FieldMatch match = MatchField(field, writer);
    if (match.another != nullptr) return false;
    if (match.field == nullptr ? !field.default_value : !Reads(*field.type, *match.field->type))
      return false;
  }
  return true;
}

}  // namespace muster::registry::formats::avro
