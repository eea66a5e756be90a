// How a schema is judged before it becomes a version.
#include <algorithm>

#include "registry/schemas.h"

namespace muster::registry {
namespace {
constexpr int kMostTries = 8;  // Against a process that is always first.

template <typename... Args>
Status Invalid(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument(f, std::forward<Args>(args)...), Reason::kSCHEMA_INVALID);
}

// The property that puts a schema into its group of comparison; nullopt: none.
std::optional<std::string> GroupOf(const SchemaContent& content, const std::string& property) {
  if (!content.metadata) return std::nullopt;
  const auto it = content.metadata->properties.find(property);
  return it == content.metadata->properties.end() ? std::nullopt : std::optional(it->second);
}
}  // namespace

StatusOr<Schemas::Parsed> Schemas::Parse(const SchemaDraft& draft) const {
  if (draft.text.size() > SchemaParser::kMostBytes)
    return WithReason(InvalidArgument("schema: {} bytes are more than {}", draft.text.size(),
                                      SchemaParser::kMostBytes),
                      Reason::kSCHEMA_TOO_LARGE);
  if (draft.rules && !ParseJson(*draft.rules).ok()) return Invalid("ruleSet: is not JSON");
  const SchemaContent content{draft.type, draft.text, draft.references, {}, {}};
  return parsed_.Parse(content, [this](const SchemaReference& r) { return Referenced(r); });
}

// The newest version that is the same schema, or null.
const SubjectVersion* Schemas::FindSame(const SubjectState& state, const SchemaContent& content,
                                        const ContentDigests& digests, Likeness likeness,
                                        bool deleted) const {
  for (auto it = state.versions.rbegin(); it != state.versions.rend(); ++it) {
    const SubjectVersion& version = it->second;
    if (version.deleted && !deleted) continue;
    const SchemaHandle schema = ids_.Find(version.id);
    if (schema->digests.schema != digests.schema &&
        !(likeness.normalise && schema->digests.normalised == digests.normalised))
      continue;
    if (likeness.metadata && schema->content.metadata != content.metadata) continue;
    if (likeness.rules && schema->content.rules != content.rules) continue;
    return &version;
  }
  return nullptr;
}

StatusOr<Schemas::Judgement> Schemas::Judge(const RegisterRequest& request, const Schema& parsed,
                                            const SubjectState& state, const Caller& by) const {
  const RegistryState registry = RegistryNow();
  const SubjectConfig config = state.config.Over(registry.config);
  const SchemaDraft& draft = request.schema;
  const SubjectVersion* latest = state.Latest();
  const SchemaHandle previous = latest != nullptr ? ids_.Find(latest->id) : nullptr;
  const bool normalise = request.normalise || config.normalise.value_or(false);

  Judgement out;
  out.changes = state.changes;
  out.registry = registry;
  out.content = {draft.type, normalise ? parsed.normalised() : parsed.text(), draft.references,
                 draft.metadata, draft.rules.value_or("")};
  if (!draft.metadata && previous != nullptr) out.content.metadata = previous->content.metadata;
  if (!draft.rules && previous != nullptr) out.content.rules = previous->content.rules;
  MUSTER_ASSIGN(out.digests, DigestsOf(out.content, parsed.normalised(), hasher_));

  RegisterVersion& event = out.event;
  event.id = request.id;
  event.id_wanted = request.id.value() != 0;
  event.wanted = request.version;
  event.content = out.digests.content;
  event.in_force = ModeInForce(registry.mode, state.mode);
  event.by = by.Text();
  const Likeness likeness{normalise, draft.metadata.has_value(), draft.rules.has_value()};
  if (const auto* same = FindSame(state, out.content, out.digests, likeness, false))
    event.existing = same->version;
  if (!event.existing && event.in_force == SubjectMode::kReadWrite) {
    MUSTER_ASSIGN(event.incompatibilities, Compare(state, config, out.content, parsed));
  }
  return out;
}

Status Schemas::CheckReferencesLive(const std::vector<SchemaReference>& references) const {
  for (const SchemaReference& r : references)
    if (StateOf(r.subject)->FindLive(r.version) == nullptr)
      return Invalid("reference '{}': version {} of subject '{}' is deleted", r.name.substr(0, 80),
                     r.version.value(), r.subject.value());
  return Ok();
}

StatusOr<SchemaId> Schemas::GiveId(const Judgement& judgement, SchemaId wanted) {
  const AssignSchemaId event{judgement.content, judgement.digests, wanted, judgement.event.by};
  for (int tries = 1;; ++tries) {
    if (wanted.value() == 0) {
      absl::MutexLock lock(&mu_);
      for (const SchemaHandle& known : ids_.Of(judgement.digests.content))
        if (!index_.IsDead(known->id)) return known->id;
    }
    const auto assigned = ids_.Assign(event);
    if (assigned.ok()) return (*assigned)->id;
    if (assigned.status().code() != absl::StatusCode::kAborted || tries == kMostTries)
      return assigned.status();
    MUSTER_TRY(ids_.CatchUp());
  }
}

Predecessor Schemas::PredecessorOf(const SubjectVersion& version) const {
  const auto parsed = ParsedOf(*ids_.Find(version.id));
  return {version.version, parsed.ok() ? *parsed : nullptr};
}

StatusOr<Schemas::Parsed> Schemas::ParsedOf(const IdentifiedSchema& schema) const {
  return parsed_.Get(schema, [this](const SchemaReference& r) { return Referenced(r); });
}

StatusOr<std::vector<Incompatibility>> Schemas::Compare(const SubjectState& state,
                                                        const SubjectConfig& config,
                                                        const SchemaContent& content,
                                                        const Schema& parsed) const {
  const CompatibilityLevel level = config.level.value_or(kDefaultLevel);
  if (level == CompatibilityLevel::kNone) return std::vector<Incompatibility>{};
  const auto same_group = [&](const SubjectVersion& version) {
    return !config.group || GroupOf(ids_.Find(version.id)->content, *config.group) ==
                                GroupOf(content, *config.group);
  };
  std::vector<Predecessor> history;
  for (auto it = state.versions.rbegin(); it != state.versions.rend(); ++it) {
    if (it->second.deleted || !same_group(it->second)) continue;
    history.push_back(PredecessorOf(it->second));
    if (!IsTransitive(level)) break;
  }
  return FindIncompatibilities(level, history, parsed);
}

StatusOr<std::vector<Incompatibility>> Schemas::CheckCompatibility(
    const CompatibilityQuestion& question) const {
  const Snapshot state = StateOf(question.subject);
  const SubjectVersion* version = state->Latest();
  if (question.version && question.version->value() != 0) {
    MUSTER_ASSIGN(version, RequireVersion(question.subject, *state, *question.version, false));
  }
  MUSTER_ASSIGN(const Parsed parsed, Parse(question.schema));
  if (version == nullptr) return std::vector<Incompatibility>{};
  SubjectConfig config = state->config.Over(RegistryNow().config);
  if (question.level) config.level = question.level;
  if (question.version)
    return FindIncompatibilities(config.level.value_or(kDefaultLevel),
                                 std::vector{PredecessorOf(*version)}, *parsed);
  SchemaContent content{question.schema.type, {}, {}, question.schema.metadata, {}};
  if (!content.metadata) content.metadata = ids_.Find(version->id)->content.metadata;
  return Compare(*state, config, content, *parsed);
}

StatusOr<SchemaDiff> Schemas::Diff(const DiffQuestion& question) const {
  MUSTER_ASSIGN(const RegisteredSchema from, GetVersion(question.subject, question.version, true));
  MUSTER_ASSIGN(const Parsed original, ParsedOf(*from.schema));
  SchemaDiff out{from.version, {}, {}, {}};
  Parsed update;
  if (question.to) {
    MUSTER_ASSIGN(update, Parse(*question.to));
  } else {
    const bool same = question.to_subject.value().empty();
    MUSTER_ASSIGN(const RegisteredSchema to,
                  GetVersion(same ? from.subject : question.to_subject, question.to_version, true));
    MUSTER_ASSIGN(update, ParsedOf(*to.schema));
    out.to_version = to.version;
  }
  MUSTER_ASSIGN(out.backward, FindDifferences(*original, *update));
  MUSTER_ASSIGN(out.forward, FindDifferences(*update, *original));
  return out;
}

}  // namespace muster::registry
