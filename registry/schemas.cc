#include "registry/schemas.h"

#include <algorithm>

namespace muster::registry {
namespace {

template <typename T>
void Set(T& member, const std::optional<T>& change) {
  if (change) member = *change;
}

SubjectConfig Changed(SubjectConfig config, const ConfigChange& change) {
  Set(config.level, change.level);
  Set(config.normalise, change.normalise);
  Set(config.group, change.group);
  return config;
}

std::string TextOf(const SubjectConfig& config) { return ToJson(config).dump(); }
std::string_view TextOf(const std::optional<SubjectMode>& mode) {
  return mode ? NameOf(*mode) : std::string_view("unset");
}

std::vector<VersionNumber> NumbersOf(const SubjectState& state, bool deleted) {
  std::vector<VersionNumber> out;
  for (const auto& [number, version] : state.versions)
    if (version.deleted == deleted) out.push_back(number);
  return out;
}

// The version that a registration without facts found.
VersionNumber ThereAlready(const RegisterVersion& event) {
  const bool import = event.in_force == SubjectMode::kImport;
  return import && event.wanted.value() != 0 ? event.wanted : event.existing.value();
}

// Live versions that are live no more; erased ones when `permanent`.
std::vector<VersionNumber> Gone(const SubjectState& before, const SubjectState& after,
                                bool permanent) {
  const auto were = NumbersOf(before, permanent);
  const auto are = NumbersOf(after, permanent);
  std::vector<VersionNumber> out;
  std::ranges::set_difference(were, are, std::back_inserter(out));
  return out;
}
}  // namespace

Schemas::Schemas(Journal& journal, const SchemaParser& parser, const Hasher& hasher,
                 const Clock& clock, Logger& log)
    : hasher_(hasher),
      clock_(clock),
      log_(log),
      ids_(journal, clock),
      subjects_(journal, clock),
      registry_(journal, clock),
      parsed_(parser) {}

Status Schemas::Recover() {
  absl::MutexLock changing(&changing_);
  MUSTER_TRY(ids_.Recover());
  MUSTER_TRY(registry_.Recover());
  MUSTER_TRY(subjects_.Recover());
  return IndexAll();
}

Status Schemas::IndexAll() {
  {
    absl::MutexLock lock(&mu_);
    index_ = {};
  }
  for (const std::string& text : subjects_.Names()) {
    const SubjectKey key(text);
    const auto subject = SubjectOf(key);
    if (!subject.ok())
      return DataLoss("{}{}: {}", kSubjectStreams, text, MessageOf(subject.status()));
    MUSTER_TRY(Reindex(*subject, subjects_.Find(key)));
  }
  return Ok();
}

Status Schemas::Reindex(const SubjectName& subject, Snapshot state) {
  if (state == nullptr) return Ok();
  const auto known = [this](const auto& entry) { return ids_.Find(entry.second.id) != nullptr; };
  const auto complete = [&] {
    return std::ranges::all_of(state->versions, known) && std::ranges::all_of(state->erased, known);
  };
  if (!complete()) MUSTER_TRY(ids_.CatchUp());  // Another process gave them.
  if (!complete())
    return DataLoss("{}{}: a version has an id that was never given", kSubjectStreams,
                    KeyOf(subject).value());
  absl::MutexLock lock(&mu_);
  index_.Put(subject, std::move(state), ids_);
  return Ok();
}

template <typename MakeEvent>
StatusOr<Schemas::Changed> Schemas::Change(const SubjectName& subject, const MakeEvent& event) {
  const SubjectKey key = KeyOf(subject);
  auto changed = subjects_.Change(key, false, event);
  // Also after an error, as what another process wrote may have been read meanwhile.
  MUSTER_TRY(Reindex(subject, subjects_.Find(key)));
  return changed;
}

template <typename Event>
StatusOr<Book<Schemas::RegistryKind>::Changed> Schemas::ChangeRegistry(const Event& event) {
  return registry_.Change(RegistryKind::Name(std::string(kRegistryKey)), false, event);
}

// --- Versions ---

StatusOr<RegisteredSchema> Schemas::Register(const RegisterRequest& request, const Caller& by) {
  MUSTER_TRY(CheckSubject(request.subject));
  MUSTER_ASSIGN(const Parsed parsed, Parse(request.schema));
  // Judged before anybody has to wait for it, and anew when things have changed until its turn.
  const Snapshot seen = StateOf(request.subject);
  MUSTER_ASSIGN(Judgement judgement, Judge(request, *parsed, *seen, by));
  MUSTER_ASSIGN(const SubjectFacts rehearsed, Decide(*seen, judgement.event, clock_.Now()));
  if (rehearsed.empty()) return View(request.subject, *seen->Find(ThereAlready(judgement.event)));

  absl::MutexLock changing(&changing_);
  const auto event = [&](const SubjectState& state) -> StatusOr<SubjectEvent> {
    changing_.AssertHeld();
    if (state.changes != judgement.changes || RegistryNow() != judgement.registry) {
      MUSTER_ASSIGN(judgement, Judge(request, *parsed, state, by));
    }
    MUSTER_ASSIGN(const SubjectFacts facts, Decide(state, judgement.event, clock_.Now()));
    if (facts.empty()) return judgement.event;
    MUSTER_TRY(CheckReferencesLive(judgement.content.references));
    MUSTER_ASSIGN(judgement.event.id, GiveId(judgement, request.id));
    return judgement.event;
  };
  MUSTER_ASSIGN(const Changed changed, Change(request.subject, event));
  if (changed.before == changed.after)
    return View(request.subject, *changed.after->Find(ThereAlready(judgement.event)));
  const SubjectVersion& version =
      *changed.after->Find(request.version.value() != 0 ? request.version : changed.after->newest);
  log_.Info("subject_version_registered", {{"subject", request.subject},
                                           {"version", version.version},
                                           {"schema_id", version.id},
                                           {"by", version.created_by}});
  RegisteredSchema out = View(request.subject, version);
  out.created = true;
  return out;
}

std::set<VersionNumber> Schemas::ReferencedVersions(const SubjectName& subject,
                                                    const SubjectState& state,
                                                    bool by_itself) const {
  std::set<VersionNumber> out;
  absl::MutexLock lock(&mu_);
  for (const auto& [number, version] : state.versions)
    for (const VersionKey& referrer : index_.ReferrersOf({subject, number}))
      if (by_itself || referrer.subject != subject) out.insert(number);
  return out;
}

StatusOr<Schemas::Changed> Schemas::Delete(const SubjectName& subject,
                                           std::optional<VersionNumber> version, bool permanent,
                                           const Caller& by) {
  return Change(subject, [&](const SubjectState& state) -> StatusOr<SubjectEvent> {
    return DeleteVersions{version, permanent,
                          ReferencedVersions(subject, state, version.has_value()),
                          ModeInForce(RegistryNow().mode, state.mode), by.Text()};
  });
}

StatusOr<std::vector<VersionNumber>> Schemas::DeleteSubject(const SubjectName& subject,
                                                            bool permanent, const Caller& by) {
  absl::MutexLock changing(&changing_);
  MUSTER_ASSIGN(const Changed changed, Delete(subject, std::nullopt, permanent, by));
  const auto versions = Gone(*changed.before, *changed.after, permanent);
  log_.Info(permanent ? "subject_erased" : "subject_deleted",
            {{"subject", subject}, {"versions", versions.size()}, {"by", by.Text()}});
  return versions;
}

StatusOr<VersionNumber> Schemas::DeleteVersion(const SubjectName& subject, VersionNumber version,
                                               bool permanent, const Caller& by) {
  absl::MutexLock changing(&changing_);
  MUSTER_ASSIGN(const Changed changed, Delete(subject, version, permanent, by));
  const VersionNumber gone = Gone(*changed.before, *changed.after, permanent).front();
  log_.Info(permanent ? "subject_version_erased" : "subject_version_deleted",
            {{"subject", subject}, {"version", gone}, {"by", by.Text()}});
  return gone;
}

// --- Settings and mode ---

StatusOr<SubjectConfig> Schemas::Configure(const SubjectName& subject, const ConfigChange& change,
                                           const Caller& by) {
  MUSTER_TRY(CheckSubject(subject));
  absl::MutexLock changing(&changing_);
  const auto event = [&](const SubjectState& state) -> StatusOr<SubjectEvent> {
    return ConfigureSubject{registry::Changed(state.config, change),
                            ModeInForce(RegistryNow().mode, state.mode), by.Text()};
  };
  MUSTER_ASSIGN(const Changed changed, Change(subject, event));
  log_.Info("subject_configured",
            {{"subject", subject}, {"config", TextOf(changed.after->config)}, {"by", by.Text()}});
  return changed.after->config;
}

StatusOr<SubjectConfig> Schemas::ConfigureRegistry(const ConfigChange& change, const Caller& by) {
  absl::MutexLock changing(&changing_);
  const auto event = [&](const RegistryState& state) -> StatusOr<RegistryEvent> {
    return registry::ConfigureRegistry{registry::Changed(state.config, change), by.Text()};
  };
  MUSTER_ASSIGN(const auto changed, ChangeRegistry(event));
  if (changed.before != changed.after)
    log_.Info("schemas_configured", {{"config", TextOf(changed.after->config)}, {"by", by.Text()}});
  return changed.after->config;
}

StatusOr<SubjectConfig> Schemas::ResetConfig(const SubjectName& subject, const Caller& by) {
  const auto known = GetConfig(subject, false);
  if (!known.ok())
    return WithReason(NotFound("the subject has no settings"), Reason::kSUBJECT_NOT_FOUND);
  absl::MutexLock changing(&changing_);
  const auto event = [&](const SubjectState& state) -> StatusOr<SubjectEvent> {
    return ConfigureSubject{{}, ModeInForce(RegistryNow().mode, state.mode), by.Text()};
  };
  MUSTER_ASSIGN(const Changed changed, Change(subject, event));
  log_.Info("subject_configured", {{"subject", subject}, {"config", "{}"}, {"by", by.Text()}});
  return changed.before->config;
}

StatusOr<SubjectConfig> Schemas::ResetRegistryConfig(const Caller& by) {
  const SubjectConfig before = registry_config();
  ConfigChange nothing;
  nothing.level.emplace();
  nothing.normalise.emplace();
  nothing.group.emplace();
  MUSTER_TRY(ConfigureRegistry(nothing, by).status());
  return before;
}

Status Schemas::SetMode(const SubjectName& subject, std::optional<SubjectMode> mode, bool force,
                        const Caller& by) {
  MUSTER_TRY(CheckSubject(subject));
  absl::MutexLock changing(&changing_);
  const auto event = [&](const SubjectState&) -> StatusOr<SubjectEvent> {
    return SetSubjectMode{mode, force, by.Text()};
  };
  MUSTER_TRY(Change(subject, event).status());
  log_.Info("subject_mode_set", {{"subject", subject}, {"mode", TextOf(mode)}, {"by", by.Text()}});
  return Ok();
}

Status Schemas::SetRegistryMode(std::optional<SubjectMode> mode, bool force, const Caller& by) {
  absl::MutexLock changing(&changing_);
  const auto event = [&](const RegistryState&) -> StatusOr<RegistryEvent> {
    absl::MutexLock lock(&mu_);
    return registry::SetRegistryMode{mode, index_.any_live(), force, by.Text()};
  };
  MUSTER_TRY(ChangeRegistry(event).status());
  log_.Info("schemas_mode_set", {{"mode", TextOf(mode)}, {"by", by.Text()}});
  return Ok();
}

StatusOr<SubjectMode> Schemas::ResetMode(const SubjectName& subject, const Caller& by) {
  const auto known = GetMode(subject, false);
  if (!known.ok())
    return WithReason(NotFound("the subject has no mode"), Reason::kSUBJECT_NOT_FOUND);
  MUSTER_TRY(SetMode(subject, std::nullopt, false, by));
  return *known;
}

}  // namespace muster::registry
