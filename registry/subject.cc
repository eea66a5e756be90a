#include "registry/subject.h"

#include <algorithm>

#include "base/strong.h"

namespace muster::registry {
namespace {

template <typename... Args>
Status Forbidden(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(FailedPrecondition(f, std::forward<Args>(args)...), Reason::kMODE_FORBIDS);
}
template <typename... Args>
Status Refused(Reason reason, fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(FailedPrecondition(f, std::forward<Args>(args)...), reason);
}
template <typename... Args>
Status Missing(Reason reason, fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(NotFound(f, std::forward<Args>(args)...), reason);
}

// --- Registering ---

// Whether an import may put `content` at `number`: OK, or MODE_FORBIDS. True when it is there.
StatusOr<bool> IsThere(const SubjectState& state, VersionNumber number, const RegisterVersion& e) {
  const auto known = state.versions.find(number);
  const auto erased = state.erased.find(number);
  const bool never = known == state.versions.end() && erased == state.erased.end();
  if (never) return false;
  const SubjectVersion& was = known != state.versions.end() ? known->second : erased->second;
  if (was.content != e.content)
    return Forbidden("version {} is another schema, and always will be", number.value());
  if (known == state.versions.end() || was.deleted) return false;
  if (was.id != e.id)
    return Forbidden("version {} has id {} already", number.value(), was.id.value());
  return true;
}

// Whether there is nothing to do: the schema is registered, as it is wanted.
StatusOr<bool> IsRegistered(const SubjectState& state, const RegisterVersion& e) {
  const SubjectVersion* existing = e.existing ? state.FindLive(*e.existing) : nullptr;
  if (existing == nullptr) return false;
  const bool same_id = !e.id_wanted || existing->id == e.id;
  if (e.in_force == SubjectMode::kImport)
    return same_id && (e.wanted.value() == 0 || e.wanted == existing->version);
  if (same_id) return true;
  return Refused(Reason::kSCHEMA_ID_TAKEN, "the schema is version {} with id {}, not {}",
                 existing->version.value(), existing->id.value(), e.id.value());
}

Status CheckWanted(const RegisterVersion& e, VersionNumber next) {
  if (e.in_force == SubjectMode::kImport) {
    if (e.id_wanted) return Ok();
    return Forbidden("the mode is IMPORT, in which a schema comes with its id");
  }
  if (e.id_wanted) return Forbidden("an id can be chosen in mode IMPORT only");
  if (e.wanted.value() != 0 && e.wanted != next)
    return WithReason(
        InvalidArgument("version {} is not the next one, {}", e.wanted.value(), next.value()),
        Reason::kSCHEMA_INVALID);
  if (e.incompatibilities.empty()) return Ok();
  return Refused(Reason::kSCHEMA_INCOMPATIBLE, "{}", Summary(e.incompatibilities));
}

StatusOr<SubjectFacts> On(const SubjectState& state, const RegisterVersion& e, Timestamp now) {
  MUSTER_ASSIGN(const bool registered, IsRegistered(state, e));
  if (registered) return SubjectFacts{};
  MUSTER_TRY(CheckWritable(e.in_force));
  const VersionNumber next(state.newest.value() + 1);
  MUSTER_TRY(CheckWanted(e, next));
  const VersionNumber number = e.wanted.value() != 0 ? e.wanted : next;
  if (number.value() > kMostNumber) return ResourceExhausted("versions end at {}", kMostNumber);
  MUSTER_ASSIGN(const bool there, IsThere(state, number, e));
  if (there) return SubjectFacts{};
  return SubjectFacts{SubjectVersionRegistered{{number, e.id, e.content, false, now, e.by}}};
}

// --- Deleting ---

// The one version that is meant, as it can be deleted.
StatusOr<std::vector<VersionNumber>> OneOf(const SubjectState& state, const DeleteVersions& e) {
  const SubjectVersion* version = e.version->value() == 0 ? state.Latest() : state.Find(*e.version);
  if (version == nullptr)
    return e.version->value() == 0
               ? Missing(Reason::kSUBJECT_VERSION_NOT_FOUND, "all versions are deleted")
               : Missing(Reason::kSUBJECT_VERSION_NOT_FOUND, "there is no version {}",
                         e.version->value());
  if (version->deleted && !e.permanent)
    return Refused(Reason::kSUBJECT_VERSION_DELETED,
                   "version {} is deleted; permanent=true erases it", version->version.value());
  if (!version->deleted && e.permanent)
    return Refused(Reason::kSUBJECT_VERSION_NOT_DELETED,
                   "version {} is not deleted; delete it without permanent=true first",
                   version->version.value());
  return std::vector{version->version};
}

StatusOr<std::vector<VersionNumber>> AllOf(const SubjectState& state, const DeleteVersions& e) {
  if (!state.live() && !e.permanent)
    return Refused(Reason::kSUBJECT_DELETED, "the subject is deleted; permanent=true erases it");
  if (state.live() && e.permanent)
    return Refused(Reason::kSUBJECT_NOT_DELETED,
                   "the subject is not deleted; delete it without permanent=true first");
  std::vector<VersionNumber> out;
  for (const auto& [number, version] : state.versions)
    if (version.deleted == e.permanent) out.push_back(number);
  return out;
}

StatusOr<SubjectFacts> On(const SubjectState& state, const DeleteVersions& e, Timestamp now) {
  if (state.versions.empty())
    return Missing(Reason::kSUBJECT_NOT_FOUND, "there is no such subject");
  MUSTER_ASSIGN(std::vector<VersionNumber> versions, e.version ? OneOf(state, e) : AllOf(state, e));
  MUSTER_TRY(CheckWritable(e.in_force));
  for (const VersionNumber version : versions)
    if (e.referenced.contains(version))
      return Refused(Reason::kSUBJECT_REFERENCED, "other schemas refer to version {}",
                     version.value());
  if (e.permanent) return SubjectFacts{SubjectVersionsErased{std::move(versions), now, e.by}};
  return SubjectFacts{SubjectVersionsDeleted{std::move(versions), now, e.by}};
}

// --- Settings and mode ---

StatusOr<SubjectFacts> On(const SubjectState& state, const ConfigureSubject& e, Timestamp now) {
  MUSTER_TRY(Validate(e.config));
  MUSTER_TRY(CheckWritable(e.in_force));
  if (state.config == e.config) return SubjectFacts{};
  return SubjectFacts{SubjectConfigured{e.config, now, e.by}};
}

StatusOr<SubjectFacts> On(const SubjectState& state, const SetSubjectMode& e, Timestamp now) {
  if (state.mode == e.mode) return SubjectFacts{};
  if (e.mode == SubjectMode::kImport && state.live() && !e.force)
    return Forbidden("the subject has versions; force=true imports beside them");
  return SubjectFacts{SubjectModeSet{e.mode, now, e.by}};
}

void Believe(SubjectState& state, const SubjectVersionRegistered& f) {
  const VersionNumber number = f.version.version;
  const auto was = state.erased.find(number);
  const SubjectVersion* known = was != state.erased.end() ? &was->second : state.Find(number);
  if (known != nullptr && known->id != f.version.id) state.retired.insert(known->id);
  if (was != state.erased.end()) state.erased.erase(was);
  state.versions[number] = f.version;
  state.newest = std::max(state.newest, number);
}
void Believe(SubjectState& state, const SubjectVersionsDeleted& f) {
  for (const VersionNumber number : f.versions)
    if (const auto it = state.versions.find(number); it != state.versions.end())
      it->second.deleted = true;
  if (state.live()) return;
  state.config = {};
  state.mode.reset();
}
void Believe(SubjectState& state, const SubjectVersionsErased& f) {
  for (const VersionNumber number : f.versions)
    if (auto node = state.versions.extract(number)) state.erased.insert(std::move(node));
}
void Believe(SubjectState& state, const SubjectConfigured& f) { state.config = f.config; }
void Believe(SubjectState& state, const SubjectModeSet& f) { state.mode = f.mode; }
}  // namespace

SubjectConfig SubjectConfig::Over(const SubjectConfig& outer) const {
  return {level ? level : outer.level, normalise ? normalise : outer.normalise,
          group ? group : outer.group};
}

const SubjectVersion* SubjectState::Find(VersionNumber version) const {
  const auto it = versions.find(version);
  return it == versions.end() ? nullptr : &it->second;
}
const SubjectVersion* SubjectState::FindLive(VersionNumber version) const {
  const SubjectVersion* found = Find(version);
  return found != nullptr && !found->deleted ? found : nullptr;
}
const SubjectVersion* SubjectState::Latest() const {
  for (auto it = versions.rbegin(); it != versions.rend(); ++it)
    if (!it->second.deleted) return &it->second;
  return nullptr;
}

SubjectMode ModeInForce(const std::optional<SubjectMode>& registry,
                        const std::optional<SubjectMode>& subject) {
  if (registry == SubjectMode::kReadOnlyOverride) return *registry;
  return subject.value_or(registry.value_or(SubjectMode::kReadWrite));
}

Status CheckWritable(SubjectMode in_force) {
  if (in_force == SubjectMode::kReadWrite || in_force == SubjectMode::kImport) return Ok();
  return Forbidden("the mode is {}", NameOf(in_force));
}

Status Validate(const SubjectConfig& config) {
  if (config.group && (config.group->empty() || config.group->size() > kLongestGroup))
    return InvalidField("compatibilityGroup", "{} bytes are not 1 to {}", config.group->size(),
                        kLongestGroup);
  return Ok();
}

StatusOr<SubjectFacts> Decide(const SubjectState& state, const SubjectEvent& event, Timestamp now) {
  return std::visit([&](const auto& e) { return On(state, e, now); }, event);
}

void Apply(SubjectState& state, const SubjectFact& fact) {
  std::visit([&](const auto& f) { Believe(state, f); }, fact);
  ++state.changes;
}

}  // namespace muster::registry
