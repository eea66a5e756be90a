// What the schema registry answers from memory.
#include <algorithm>

#include "registry/schemas.h"

namespace muster::registry {
namespace {

template <typename... Args>
Status Missing(Reason reason, fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(NotFound(f, std::forward<Args>(args)...), reason);
}

// Foreign text in a message: only when it could be a name.
std::string Quoted(const SubjectName& subject) {
  return CheckSubject(subject).ok() ? fmt::format("'{}'", subject.value()) : "of that name";
}

Status NoSuch(const SubjectName& subject) {
  return Missing(Reason::kSUBJECT_NOT_FOUND, "there is no subject {}", Quoted(subject));
}

bool Shows(Shown shown, const SubjectVersion& version) {
  return shown == Shown::kAll || version.deleted == (shown == Shown::kDeletedOnly);
}

// Of a whole subject: it is deleted when it has no live version, but a deleted one.
bool Shows(Shown shown, const SubjectState& state) {
  if (state.versions.empty()) return false;
  return shown == Shown::kAll || state.live() == (shown == Shown::kLive);
}

// The newest version, live before deleted; null when there is none to be shown.
const SubjectVersion* Newest(const SubjectState& state, bool deleted) {
  if (const SubjectVersion* latest = state.Latest()) return latest;
  return deleted && !state.versions.empty() ? &state.versions.rbegin()->second : nullptr;
}

// Counts what is passed over and what is taken.
class Pager {
 public:
  explicit Pager(Page page) : page_(page) {}
  bool full() const { return taken_ >= page_.limit; }
  bool Take() {
    if (passed_ < page_.offset) return ++passed_, false;
    return ++taken_, true;
  }

 private:
  const Page page_;
  std::size_t passed_ = 0;
  std::size_t taken_ = 0;
};
}  // namespace

Schemas::Snapshot Schemas::StateOf(const SubjectName& subject) const {
  static const Snapshot kNothing = std::make_shared<const SubjectState>();
  absl::MutexLock lock(&mu_);
  Snapshot known = index_.Find(subject);
  return known != nullptr ? known : kNothing;
}

StatusOr<Schemas::Snapshot> Schemas::Require(const SubjectName& subject, bool deleted) const {
  Snapshot state = StateOf(subject);
  if (state->live() || (deleted && !state->versions.empty())) return state;
  return NoSuch(subject);
}

SchemaHandle Schemas::Referenced(const SchemaReference& reference) const {
  const Snapshot state = StateOf(reference.subject);
  // Deleted and erased ones too: what refers to them can be read as long as it is kept.
  if (const SubjectVersion* version = state->Find(reference.version)) return ids_.Find(version->id);
  const auto it = state->erased.find(reference.version);
  return it == state->erased.end() ? nullptr : ids_.Find(it->second.id);
}

RegisteredSchema Schemas::View(const SubjectName& subject, const SubjectVersion& version) const {
  return {subject,
          version.version,
          version.deleted,
          ids_.Find(version.id),
          version.created_at,
          version.created_by};
}

StatusOr<RegisteredSchema> Schemas::Lookup(const SubjectName& subject, const SchemaDraft& schema,
                                           const LookupOptions& options) const {
  MUSTER_ASSIGN(const Snapshot state, Require(subject, options.deleted));
  MUSTER_ASSIGN(const Parsed parsed, Parse(schema));
  const SubjectConfig config = state->config.Over(RegistryNow().config);
  const bool normalise = options.normalise || config.normalise.value_or(false);
  const SchemaContent content{schema.type, normalise ? parsed->normalised() : parsed->text(),
                              schema.references, schema.metadata, schema.rules.value_or("")};
  MUSTER_ASSIGN(const ContentDigests digests, DigestsOf(content, parsed->normalised(), hasher_));
  const Likeness likeness{normalise, schema.metadata.has_value(), schema.rules.has_value()};
  const SubjectVersion* found = FindSame(*state, content, digests, likeness, false);
  if (found == nullptr && options.deleted)
    found = FindSame(*state, content, digests, likeness, true);
  if (found != nullptr) return View(subject, *found);
  return Missing(Reason::kSCHEMA_NOT_FOUND, "no version of subject {} is this schema",
                 Quoted(subject));
}

StatusOr<RegisteredSchema> Schemas::GetVersion(const SubjectName& subject, VersionNumber version,
                                               bool deleted) const {
  const Snapshot state = StateOf(subject);
  MUSTER_ASSIGN(const SubjectVersion* found, RequireVersion(subject, *state, version, deleted));
  return View(subject, *found);
}

StatusOr<const SubjectVersion*> Schemas::RequireVersion(const SubjectName& subject,
                                                        const SubjectState& state,
                                                        VersionNumber version, bool deleted) {
  if (!state.live() && (!deleted || state.versions.empty())) return NoSuch(subject);
  const SubjectVersion* found = version.value() == 0 ? Newest(state, deleted)
                                : deleted            ? state.Find(version)
                                                     : state.FindLive(version);
  if (found != nullptr) return found;
  return Missing(Reason::kSUBJECT_VERSION_NOT_FOUND, "subject {} has no version {}",
                 Quoted(subject), version.value());
}

StatusOr<RegisteredSchema> Schemas::FindByProperties(
    const SubjectName& subject, const std::map<std::string, std::string>& properties,
    bool deleted) const {
  MUSTER_ASSIGN(const Snapshot state, Require(subject, deleted));
  for (auto it = state->versions.rbegin(); it != state->versions.rend(); ++it) {
    if (it->second.deleted && !deleted) continue;
    const SchemaHandle schema = ids_.Find(it->second.id);
    if (schema->content.metadata &&
        std::ranges::includes(schema->content.metadata->properties, properties))
      return View(subject, it->second);
  }
  return Missing(Reason::kSCHEMA_NOT_FOUND, "no version of subject {} has these properties",
                 Quoted(subject));
}

StatusOr<SchemaHandle> Schemas::GetById(SchemaId id) const {
  SchemaHandle schema = ids_.Find(id);
  absl::MutexLock lock(&mu_);
  if (schema != nullptr && !index_.UsersOf(id).empty()) return schema;
  return Missing(Reason::kSCHEMA_NOT_FOUND, "there is no schema {}", id.value());
}

StatusOr<std::vector<RegisteredSchema>> Schemas::VersionsOf(SchemaId id, Shown shown) const {
  MUSTER_TRY(GetById(id).status());
  std::vector<RegisteredSchema> out;
  absl::MutexLock lock(&mu_);
  for (const VersionKey& key : index_.UsersOf(id)) {
    const SubjectVersion& version = *index_.Find(key.subject)->Find(key.version);
    if (Shows(shown, version)) out.push_back(View(key.subject, version));
  }
  return out;
}

std::vector<SubjectName> Schemas::ListSubjects(std::string_view prefix, Shown shown,
                                               Page page) const {
  std::vector<SubjectName> out;
  Pager pager(page);
  absl::MutexLock lock(&mu_);
  const auto& subjects = index_.subjects();
  for (auto it = subjects.lower_bound(SubjectName(std::string(prefix)));
       it != subjects.end() && it->first.value().starts_with(prefix) && !pager.full(); ++it)
    if (Shows(shown, *it->second) && pager.Take()) out.push_back(it->first);
  return out;
}

StatusOr<std::vector<VersionNumber>> Schemas::ListVersions(const SubjectName& subject,
                                                           Shown shown) const {
  MUSTER_ASSIGN(const Snapshot state, Require(subject, shown != Shown::kLive));
  std::vector<VersionNumber> out;
  for (const auto& [number, version] : state->versions)
    if (Shows(shown, version)) out.push_back(number);
  return out;
}

std::vector<RegisteredSchema> Schemas::ListSchemas(const SchemaFilter& filter) const {
  std::vector<RegisteredSchema> out;
  Pager pager(filter.page);
  const auto take = [&](const SubjectName& subject, const SubjectVersion& version) {
    if (!pager.full() && pager.Take()) out.push_back(View(subject, version));
  };
  absl::MutexLock lock(&mu_);
  const auto& subjects = index_.subjects();
  for (auto it = subjects.lower_bound(SubjectName(filter.subject_prefix));
       it != subjects.end() && it->first.value().starts_with(filter.subject_prefix) &&
       !pager.full();
       ++it) {
    std::vector<const SubjectVersion*> versions;
    for (const auto& [number, version] : it->second->versions)
      if (Shows(filter.shown, version)) versions.push_back(&version);
    if (filter.latest_only && !versions.empty()) versions.assign({versions.back()});
    for (const SubjectVersion* version : versions) take(it->first, *version);
  }
  return out;
}

StatusOr<std::vector<SchemaId>> Schemas::ReferencedBy(const SubjectName& subject,
                                                      VersionNumber version) const {
  MUSTER_ASSIGN(const RegisteredSchema found, GetVersion(subject, version, true));
  std::set<SchemaId> out;
  absl::MutexLock lock(&mu_);
  for (const VersionKey& referrer : index_.ReferrersOf({subject, found.version}))
    out.insert(index_.Find(referrer.subject)->Find(referrer.version)->id);
  return std::vector<SchemaId>(out.begin(), out.end());
}

// --- Settings and mode ---

RegistryState Schemas::RegistryNow() const {
  const auto known = registry_.Find(RegistryKind::Name(std::string(kRegistryKey)));
  return known == nullptr ? RegistryState() : *known;
}

SubjectConfig Schemas::registry_config() const {
  SubjectConfig config = RegistryNow().config;
  config.level = config.level.value_or(kDefaultLevel);
  return config;
}

StatusOr<SubjectConfig> Schemas::GetConfig(const SubjectName& subject, bool inherited) const {
  const SubjectConfig own = StateOf(subject)->config;
  if (inherited) return own.Over(registry_config());
  if (!own.empty()) return own;
  return Missing(Reason::kSUBJECT_NOT_CONFIGURED, "subject {} has no settings of its own",
                 Quoted(subject));
}

SubjectMode Schemas::registry_mode() const { return ModeInForce(RegistryNow().mode, {}); }

StatusOr<SubjectMode> Schemas::GetMode(const SubjectName& subject, bool inherited) const {
  const auto own = StateOf(subject)->mode;
  if (inherited) return ModeInForce(RegistryNow().mode, own);
  if (own) return *own;
  return Missing(Reason::kSUBJECT_MODE_NOT_SET, "subject {} has no mode of its own",
                 Quoted(subject));
}

}  // namespace muster::registry
