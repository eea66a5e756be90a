#include "registry/registry.h"

#include <algorithm>

#include "base/nearest.h"
#include "registry/artefacts.h"

namespace muster::registry {
namespace {

template <typename... Args>
Status NoSuch(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(NotFound(f, std::forward<Args>(args)...), Reason::kRESOURCE_NOT_FOUND);
}

Status At(std::string_view path, const Status& status) {
  return status.ok() ? status : WithField(Prefixed(status, path), path);
}

// The artefacts of a version to be, looked at before anybody has to wait for it.
Status LookAt(Blobs& blobs, CreateModelVersion& event) {
  const auto parameters = CountParameters(blobs, event.params);
  MUSTER_TRY(At("params_digest", parameters.status()));
  event.parameters = *parameters;
  return event.module ? At("module_digest", CheckModule(blobs, *event.module)) : Ok();
}

ModelView ViewOf(const ModelState& state) {
  return {*state.spec, state.versions, state.notes, state.aliases};
}

VersionView ViewOf(const ModelState& state, const ModelVersion& version) {
  return {version, state.notes[version.version.value() - 1], state.AliasesOf(version.version)};
}

template <typename Which>
StatusOr<ModelVersion> VersionOf(const ModelState& state, const Which& which,
                                 std::string_view shown) {
  const ModelVersion* version = state.Find(which);
  if (version != nullptr) return *version;
  const std::string& name = state.spec->name.value();
  if (state.versions.empty()) return NoSuch("model {} has no versions yet", name);
  return NoSuch("model {} has no version '{}'", name, shown.substr(0, 80));
}
}  // namespace

Status Registry::Recover() {
  MUSTER_TRY(contracts_.Recover());
  MUSTER_TRY(models_.Recover());
  for (const auto& model : models_.All())
    if (!model->spec) return DataLoss("the history of a model does not begin with its definition");
  return Ok();
}

// --- Changes ---

StatusOr<AppliedContract> Registry::ApplyContract(const ContractSpec& spec, bool dry_run,
                                                  const Caller& by) {
  MUSTER_TRY(Validate(spec));
  const registry::ApplyContract event{spec, by.Text()};
  MUSTER_ASSIGN(const auto changed,
                contracts_.Change(spec.name, dry_run, [&](const ContractState&) {
                  return StatusOr<registry::ApplyContract>(event);
                }));
  const bool created = changed.before != changed.after;
  if (created && !dry_run)
    log_.Info(
        "contract_version_created",
        {{"contract", spec.name}, {"version", changed.after->newest().version}, {"by", event.by}});
  return AppliedContract{changed.after->newest(), created};
}

StatusOr<Book<Registry::ContractKind>::Snapshot> Registry::ContractFor(
    const ContractName& name, const ApplyModelOptions& options, const Caller& by) {
  const auto& coming = options.pending_contracts;
  const auto pending = std::ranges::find(coming, name, &ContractSpec::name);
  if (!options.dry_run || pending == coming.end()) return contracts_.Find(name);
  MUSTER_TRY(Validate(*pending));
  const registry::ApplyContract event{*pending, by.Text()};
  MUSTER_ASSIGN(auto changed, contracts_.Change(name, true, [&](const ContractState&) {
    return StatusOr<registry::ApplyContract>(event);
  }));
  return std::move(changed.after);
}

StatusOr<std::optional<ContractVersion>> Registry::ContractOf(const ModelSpec& spec,
                                                              const ApplyModelOptions& options,
                                                              const Caller& by) {
  const auto contract = ContractFor(spec.contract, options, by);
  if (!contract.ok()) return std::nullopt;  // Told where the contract itself is judged.
  const auto& known = *contract;
  const std::string& name = spec.contract.value();
  const auto refused = [](std::string_view path, const std::string& why) {
    return At(path, WithReason(FailedPrecondition("{}", why), Reason::kRESOURCE_NOT_FOUND));
  };
  if (known == nullptr)
    return refused("contract", fmt::format("there is no contract '{}'{}", name,
                                           DidYouMean(name, contracts_.Names())));
  if (const ContractVersion* version = known->Find(spec.contract_version)) return *version;
  return refused("contract_version",
                 fmt::format("contract {} has {} versions, and no version {}", name,
                             known->versions.size(), spec.contract_version.value()));
}

StatusOr<AppliedModel> Registry::ApplyModel(const ModelSpec& spec, const ApplyModelOptions& options,
                                            const Caller& by) {
  MUSTER_TRY(Validate(spec));
  const auto event = [&](const ModelState& state) -> StatusOr<ModelEvent> {
    registry::ApplyModel apply{spec, {}, {}, by.Text(), roles_};
    MUSTER_ASSIGN(apply.contract, ContractOf(spec, options, by));
    if (apply.contract) apply.spec.contract_version = apply.contract->version;
    if (state.spec) {
      MUSTER_ASSIGN(apply.current, GetContract(state.spec->contract, state.spec->contract_version));
    }
    return apply;
  };
  MUSTER_ASSIGN(const auto done, models_.Change(spec.name, options.dry_run, event));
  MUSTER_TRY(RefusalIn(done.facts));
  const bool created = !done.before->spec;
  const bool changed = !created && done.before != done.after;
  if ((created || changed) && !options.dry_run)
    log_.Info("model_applied", {{"model", spec.name},
                                {"contract", spec.contract},
                                {"contract_version", done.after->spec->contract_version},
                                {"by", by.Text()}});
  return AppliedModel{*done.after->spec, created, changed};
}

StatusOr<VersionView> Registry::CreateVersion(const CreateRequest& request, const Caller& by) {
  MUSTER_TRY(Require(request.model).status());
  CreateModelVersion event{request.params,   request.module, 0, {}, {}, {},
                           request.measured, by.Text()};
  MUSTER_TRY(LookAt(blobs_, event));
  MUSTER_ASSIGN(const auto changed, models_.Change(request.model, false, [&](const ModelState&) {
    return StatusOr<ModelEvent>(event);
  }));
  const ModelVersion& version = changed.after->versions.back();
  log_.Info("model_version_created", {{"model", request.model},
                                      {"version", version.version},
                                      {"params", version.params.ToString()},
                                      {"by", event.by}});
  return VersionView{version, {}, {}};
}

StatusOr<ModelVersion> Registry::PublishVersion(const PublishRequest& request, const Caller& by) {
  const CampaignRound origin{request.campaign, request.round};
  MUSTER_ASSIGN(const ModelSnapshot model, Require(request.model));
  if (const ModelVersion* known = FindPublished(*model, origin, request.params)) return *known;
  CreateModelVersion event{request.params,  request.module,   0,        request.parent, origin,
                           request.lineage, request.measured, by.Text()};
  MUSTER_TRY(LookAt(blobs_, event));
  MUSTER_ASSIGN(const auto changed, models_.Change(request.model, false, [&](const ModelState&) {
    return StatusOr<ModelEvent>(event);
  }));
  const ModelVersion version = *FindPublished(*changed.after, origin, request.params);
  log_.Info("model_version_published", {{"model", request.model},
                                        {"version", version.version},
                                        {"campaign", request.campaign},
                                        {"round", request.round},
                                        {"params", version.params.ToString()}});
  return version;
}

// --- Questions ---

StatusOr<ContractVersion> Registry::GetContract(const ContractName& name,
                                                VersionNumber version) const {
  const auto known = contracts_.Find(name);
  if (known == nullptr)
    return NoSuch("there is no contract '{}'{}", name.value().substr(0, 80),
                  DidYouMean(name.value(), contracts_.Names()));
  if (const ContractVersion* found = known->Find(version)) return *found;
  return NoSuch("contract {} has {} versions, and no version {}", name.value(),
                known->versions.size(), version.value());
}

std::vector<ContractVersion> Registry::ListContracts() const {
  std::vector<ContractVersion> out;
  for (const auto& contract : contracts_.All()) out.push_back(contract->newest());
  return out;
}

StatusOr<Registry::ModelSnapshot> Registry::Require(const ModelName& name) const {
  ModelSnapshot known = models_.Find(name);
  if (known != nullptr) return known;
  return NoSuch("there is no model '{}'{}", name.value().substr(0, 80),
                DidYouMean(name.value(), models_.Names()));
}

StatusOr<ModelView> Registry::GetModel(const ModelName& name) const {
  MUSTER_ASSIGN(const ModelSnapshot model, Require(name));
  return ViewOf(*model);
}

std::vector<ModelView> Registry::ListModels() const {
  std::vector<ModelView> out;
  for (const auto& model : models_.All()) out.push_back(ViewOf(*model));
  return out;
}

StatusOr<ModelVersion> Registry::Resolve(const ModelName& model, VersionNumber version) const {
  MUSTER_ASSIGN(const ModelSnapshot known, Require(model));
  return VersionOf(*known, version, fmt::format("{}", version.value()));
}

StatusOr<ModelVersion> Registry::Resolve(const ModelName& model, std::string_view alias) const {
  MUSTER_ASSIGN(const ModelSnapshot known, Require(model));
  return VersionOf(*known, alias, alias);
}

StatusOr<VersionView> Registry::GetVersion(const ModelName& model, VersionNumber version) const {
  MUSTER_ASSIGN(const ModelSnapshot known, Require(model));
  MUSTER_ASSIGN(ModelVersion found, VersionOf(*known, version, fmt::format("{}", version.value())));
  return ViewOf(*known, found);
}

StatusOr<VersionView> Registry::GetVersion(const ModelName& model, std::string_view alias) const {
  MUSTER_ASSIGN(const ModelSnapshot known, Require(model));
  MUSTER_ASSIGN(ModelVersion found, VersionOf(*known, alias, alias));
  return ViewOf(*known, found);
}

ContractUse UseOf(const ModelSpec& model, const ContractName& contract, VersionNumber version) {
  ContractUse use{contract, version, model.input.features};
  use.fields.push_back(model.label.field);
  return use;
}

std::vector<ContractUse> Registry::ReadersOf(const Digest& blob) const {
  std::vector<ContractUse> out;
  for (const auto& model : models_.All())
    for (const ModelVersion& version : model->versions) {
      if (version.params != blob && version.module != blob) continue;
      ContractUse use = UseOf(*model->spec, version.contract, version.contract_version);
      if (std::find(out.begin(), out.end(), use) == out.end()) out.push_back(std::move(use));
    }
  return out;
}

StatusOr<std::optional<std::vector<std::string>>> Registry::CertifiedHardware(
    const ModelName& model, VersionNumber version) const {
  MUSTER_ASSIGN(const ModelSnapshot known, Require(model));
  if (!known->spec->gates || !known->spec->gates->hardware)
    return std::optional<std::vector<std::string>>();
  MUSTER_ASSIGN(const ModelVersion found,
                VersionOf(*known, version, fmt::format("{}", version.value())));
  std::vector<std::string> out;
  for (const auto& [hardware, certification] : ViewOf(*known, found).notes.certified)
    out.push_back(hardware);
  return std::optional(std::move(out));
}

bool Registry::Uses(const Digest& blob) const {
  for (const auto& model : models_.All()) {
    for (const ModelVersion& version : model->versions)
      if (version.params == blob || version.module == blob) return true;
    for (const VersionNotes& notes : model->notes)
      for (const auto& [monitor, reference] : notes.references)
        if (reference.digest == blob) return true;
  }
  return false;
}

}  // namespace muster::registry
