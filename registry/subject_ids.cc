#include "registry/subject_ids.h"

#include <algorithm>
#include <array>

#include "base/fact.h"

namespace muster::registry {

SchemaHandle SchemaIdState::Find(SchemaId id) const {
  const auto it = schemas.find(id);
  return it == schemas.end() ? nullptr : it->second;
}

StatusOr<SchemaIdFacts> Decide(const SchemaIdState& state, const AssignSchemaId& event,
                               Timestamp now) {
  const std::uint64_t id =
      event.wanted.value() != 0 ? event.wanted.value() : state.newest.value() + 1;
  if (id > kMostNumber) return ResourceExhausted("schema ids end at {}", kMostNumber);
  if (const SchemaHandle known = state.Find(SchemaId(id))) {
    if (known->digests.content == event.digests.content) return SchemaIdFacts{};
    return WithReason(FailedPrecondition("id {} stands for another schema, and always will", id),
                      Reason::kMODE_FORBIDS);
  }
  return SchemaIdFacts{{std::make_shared<const IdentifiedSchema>(
      IdentifiedSchema{SchemaId(id), event.content, event.digests, now, event.by})}};
}

void Apply(SchemaIdState& state, const SchemaIdAssigned& fact) {
  const IdentifiedSchema& schema = *fact.schema;
  if (!state.schemas.emplace(schema.id, fact.schema).second) return;  // The first one stands.
  std::vector<SchemaId>& ids = state.by_content[schema.digests.content];
  ids.insert(std::ranges::upper_bound(ids, schema.id), schema.id);
  state.newest = std::max(state.newest, schema.id);
}

// --- Rows ---

StatusOr<std::string> EncodeFact(const SchemaIdAssigned& f) {
  const IdentifiedSchema& s = *f.schema;
  Json body{{"id", s.id.value()},
            {"schema_type", NameOf(s.content.type)},
            {"text", s.content.text},
            {"digest", s.digests.content.ToString()},
            {"schema_digest", s.digests.schema.ToString()},
            {"normalised_digest", s.digests.normalised.ToString()}};
  if (!s.content.references.empty()) body["references"] = ToJson(s.content.references);
  if (s.content.metadata) body["metadata"] = ToJson(*s.content.metadata);
  if (!s.content.rules.empty()) body["rules"] = s.content.rules;
  MUSTER_ASSIGN(
      std::string row,
      muster::EncodeFact({"SchemaIdAssigned", s.assigned_by, s.assigned_at}, std::move(body)));
  if (row.size() > kMostRowBytes)
    return WithReason(
        InvalidArgument("schema: {} bytes as a fact are more than {}", row.size(), kMostRowBytes),
        Reason::kSCHEMA_TOO_LARGE);
  return row;
}

namespace {
StatusOr<SchemaIdAssigned> Decode(std::string_view row) {
  MUSTER_ASSIGN(const Json json, ParseJson(row));
  MUSTER_ASSIGN(const FactHeader header, HeaderOf(json));
  if (header.type != "SchemaIdAssigned") return InvalidArgument("unknown fact '{}'", header.type);
  JsonReader r(json);
  IdentifiedSchema s;
  s.id = SchemaId(r.Unsigned("id"));
  const auto type = ParseSchemaType(r.Text("schema_type"));
  s.content.text = r.Text("text");
  const std::array<std::string, 3> digests{r.Text("digest"), r.Text("schema_digest"),
                                           r.Text("normalised_digest")};
  if (r.Has("rules")) s.content.rules = r.Text("rules");
  MUSTER_TRY(r.status());
  if (!type) return InvalidArgument("unknown schema_type");
  if (s.id.value() == 0 || s.id.value() > kMostNumber) return InvalidArgument("id out of range");
  s.content.type = *type;
  MUSTER_ASSIGN(s.digests.content, Digest::Parse(digests[0]));
  MUSTER_ASSIGN(s.digests.schema, Digest::Parse(digests[1]));
  MUSTER_ASSIGN(s.digests.normalised, Digest::Parse(digests[2]));
  if (r.Has("references")) {
    MUSTER_ASSIGN(s.content.references, ReferencesFrom(r.At("references")));
  }
  if (r.Has("metadata")) {
    MUSTER_ASSIGN(s.content.metadata, MetadataFrom(r.At("metadata")));
  }
  s.assigned_at = header.at;
  s.assigned_by = header.by;
  return SchemaIdAssigned{std::make_shared<const IdentifiedSchema>(std::move(s))};
}
}  // namespace

StatusOr<SchemaIdAssigned> DecodeSchemaIdFact(std::string_view row) {
  auto fact = Decode(row);
  if (!fact.ok()) return DataLoss("a schema's row is unreadable: {}", MessageOf(fact.status()));
  return fact;
}

// --- The shell ---

Status SchemaIds::Recover() {
  {
    absl::MutexLock lock(&mu_);
    state_ = {};
    next_seq_ = 0;
  }
  return CatchUp();
}

Status SchemaIds::CatchUp() {
  std::uint64_t from = 0;
  {
    absl::MutexLock lock(&mu_);
    from = next_seq_;
  }
  return journal_.Read(kSchemaIdStream, from,
                       [this](const JournalRow& row) { return Believe(row); });
}

Status SchemaIds::Believe(const JournalRow& row) {
  const auto fact = DecodeSchemaIdFact(row.fact);
  if (!fact.ok()) return Prefixed(fact.status(), fmt::format("{}#{}", row.stream, row.seq));
  absl::MutexLock lock(&mu_);
  Apply(state_, *fact);
  next_seq_ = row.seq + 1;
  return Ok();
}

SchemaHandle SchemaIds::Find(SchemaId id) const {
  absl::MutexLock lock(&mu_);
  return state_.Find(id);
}

std::vector<SchemaHandle> SchemaIds::Of(const Digest& content) const {
  absl::MutexLock lock(&mu_);
  std::vector<SchemaHandle> out;
  if (const auto it = state_.by_content.find(content); it != state_.by_content.end())
    for (const SchemaId id : it->second) out.push_back(state_.Find(id));
  return out;
}

SchemaId SchemaIds::newest() const {
  absl::MutexLock lock(&mu_);
  return state_.newest;
}

StatusOr<SchemaHandle> SchemaIds::Assign(const AssignSchemaId& event) {
  SchemaIdFacts facts;
  std::uint64_t next_seq = 0;
  {
    absl::MutexLock lock(&mu_);
    MUSTER_ASSIGN(facts, Decide(state_, event, clock_.Now()));
    if (facts.empty()) return state_.Find(event.wanted);
    next_seq = next_seq_;
  }
  MUSTER_ASSIGN(std::string row, EncodeFact(facts.front()));
  MUSTER_TRY(journal_.Append(kSchemaIdStream, next_seq, std::span(&row, 1)));
  absl::MutexLock lock(&mu_);
  Apply(state_, facts.front());
  next_seq_ = next_seq + 1;
  return facts.front().schema;
}

}  // namespace muster::registry
