// What operators ask of a coordinator: campaigns, and the devices that take part in them.
#include "base/nearest.h"
#include "coordinator/campaign/spec_statistics.h"
#include "coordinator/campaign/spec_window.h"
#include "coordinator/runner/coordinator.h"
#include "coordinator/runner/device_history.h"
#include "coordinator/secure/admission.h"

namespace muster::coordinator {
namespace {
// What the log names devices by, whether or not somebody still knows them.
bool IsPseudonym(std::string_view text) { return text.size() == 32 && FromHex(text).ok(); }
}  // namespace

void Coordinator::Apply(CampaignSpec spec, bool dry_run, std::vector<std::string> pending_models,
                        Caller by, Done<Applied> done) {
  control_.Post([this, spec = std::move(spec), dry_run, pending = std::move(pending_models),
                 by = std::move(by),
                 done = std::move(done)] { done(ApplyNow(spec, dry_run, pending, by)); });
}

StatusOr<Coordinator::Applied> Coordinator::ApplyNow(const CampaignSpec& spec, bool dry_run,
                                                     const std::vector<std::string>& pending,
                                                     const Caller& by) {
  MUSTER_TRY(Validate(spec));
  if (const CampaignRunner* known = Find(spec.name)) return AsApplied(*known, spec, false);
  if (!dry_run) MUSTER_TRY(CheckReplayed(spec));
  const bool model_is_pending =
      std::find(pending.begin(), pending.end(), spec.model.value()) != pending.end();
  StatusOr<CampaignBase> base = BaseOf(spec);
  if (!base.ok() && !(dry_run && model_is_pending)) return base.status();
  if (base.ok()) MUSTER_TRY(Admit(spec, *base));
  if (dry_run) return Applied{{}, true};
  const CampaignName name = spec.name;
  CampaignRunner& created = *(runners_[name] = std::make_unique<CampaignRunner>(name, world_));
  if (const Status s = created.Create({spec, *std::move(base)}, by); !s.ok()) {
    runners_.erase(name);
    return s;
  }
  ports_.log.Info("campaign_applied", {{"campaign", name}, {"by", by.Text()}});
  return AsApplied(created, spec, true);
}

StatusOr<Coordinator::Applied> Coordinator::AsApplied(const CampaignRunner& runner,
                                                      const CampaignSpec& spec,
                                                      bool created) const {
  if (ToJson(runner.state().spec) == ToJson(spec)) return Applied{SnapshotOf(runner), created};
  return WithReason(AlreadyExists("campaign {} exists with another specification; campaigns do not "
                                  "change, so give the new one another name",
                                  spec.name.value()),
                    Reason::kRESOURCE_EXISTS);
}

StatusOr<CampaignBase> Coordinator::BaseOf(const CampaignSpec& spec) const {
  return spec.statistics ? BaseOf(*spec.statistics) : BaseOf(spec.model, spec.base_version);
}

Status Coordinator::CheckReplayed(const CampaignSpec& spec) const {
  const auto& replay = spec.plan.selection.replay;
  if (!replay || runners_.contains(*replay)) return Ok();
  std::vector<std::string> known;
  for (const auto& [name, runner] : runners_) known.push_back(name.value());
  return InvalidField("plan.selection.replay", "no campaign is called '{}'{}", replay->value(),
                      DidYouMean(replay->value(), known));
}

Status Coordinator::Admit(const CampaignSpec& spec, const CampaignBase& base) const {
  if (!spec.secure || spec.statistics) return Ok();
  MUSTER_ASSIGN(const auto params, ports_.blobs.Open(base.params));
  return AdmitMasks(spec, params->size() / sizeof(float), secure_words_);
}

StatusOr<CampaignBase> Coordinator::BaseOf(const ModelName& model, VersionNumber wanted) const {
  const char* path = wanted.value() == 0 ? "model" : "base_version";
  const auto version = ports_.registry.Resolve(model, wanted);
  if (!version.ok()) return WithField(Prefixed(version.status(), path), path);
  CampaignBase base;
  base.version = version->version;
  base.params = version->params;
  base.module = version->module;
  base.contract = version->contract;
  base.contract_version = version->contract_version;
  return base;
}

StatusOr<CampaignBase> Coordinator::BaseOf(const StatisticsSpec& asked) const {
  constexpr char kPath[] = "statistics.contract";
  VersionNumber wanted = asked.contract_version;
  if (asked.window) {
    MUSTER_ASSIGN(const CampaignBase served, BaseOf(asked.window->model, asked.window->version));
    if (served.contract != asked.contract)
      return InvalidField(kPath, "version {} of {} reads contract '{}'", served.version.value(),
                          asked.window->model.value(), served.contract.value());
    if (wanted.value() == 0) wanted = served.contract_version;
  }
  const auto contract = ports_.registry.GetContract(asked.contract, wanted);
  if (!contract.ok()) return WithField(Prefixed(contract.status(), kPath), kPath);
  if (asked.window) {
    MUSTER_ASSIGN(const registry::ModelView model, ports_.registry.GetModel(asked.window->model));
    MUSTER_TRY(WindowQueryOf(asked, *contract, model.spec).status());
  } else {
    MUSTER_TRY(FirstQuery(asked, *contract).status());
  }
  CampaignBase base;
  base.contract = asked.contract;
  base.contract_version = contract->version;
  return base;
}

void Coordinator::Get(CampaignName name, Done<CampaignSnapshot> done) {
  control_.Post([this, name = std::move(name), done = std::move(done)] {
    const StatusOr<CampaignRunner*> runner = Require(name);
    if (!runner.ok()) return done(runner.status());
    done(SnapshotOf(**runner));
  });
}

void Coordinator::List(Done<std::vector<CampaignSnapshot>> done) {
  control_.Post([this, done = std::move(done)] {
    std::vector<CampaignSnapshot> out;
    for (const auto& [name, runner] : runners_) out.push_back(SnapshotOf(*runner));
    done(std::move(out));
  });
}

void Coordinator::Control(CampaignName name, CampaignEvent event, Caller by,
                          Done<CampaignSnapshot> done) {
  control_.Post([this, name = std::move(name), event = std::move(event), by = std::move(by),
                 done = std::move(done)] {
    const StatusOr<CampaignRunner*> runner = Require(name);
    if (!runner.ok()) return done(runner.status());
    if (const Status s = (*runner)->Control(event, by); !s.ok()) return done(s);
    done(SnapshotOf(**runner));
  });
}

void Coordinator::Devices(LabelMap labels, Done<std::vector<DeviceSnapshot>> done) {
  control_.Post([this, labels = std::move(labels), done = std::move(done)] {
    std::vector<DeviceSnapshot> out;
    for (const auto& [id, device] : fleet_.devices())
      if (Matches(device.record.labels, labels)) out.push_back(SnapshotOf(device));
    done(std::move(out));
  });
}

void Coordinator::GetDevice(std::string name_or_id, Done<DeviceSnapshot> done) {
  control_.Post([this, name = std::move(name_or_id), done = std::move(done)] {
    const StatusOr<Device*> device = Named(name);
    if (!device.ok()) return done(device.status());
    done(SnapshotOf(**device));
  });
}

void Coordinator::ReleaseDevice(std::string name_or_id, std::string why, Caller by,
                                Done<DeviceSnapshot> done) {
  control_.Post([this, name = std::move(name_or_id), why = std::move(why), by = std::move(by),
                 done = std::move(done)] {
    const StatusOr<Device*> device = Named(name);
    if (!device.ok()) return done(device.status());
    if (const Status released = fleet_.Release(**device, why, by); !released.ok())
      return done(released);
    done(SnapshotOf(**device));
  });
}

void Coordinator::ForgetDevice(std::string name_or_id, Caller by, Done<DeviceId> done) {
  control_.Post([this, name = std::move(name_or_id), by = std::move(by), done = std::move(done)] {
    const StatusOr<Device*> device = Named(name);
    if (!device.ok()) return done(device.status());
    const DeviceId id = (*device)->record.id;
    if (const Status forgotten = fleet_.Forget(**device, by); !forgotten.ok())
      return done(forgotten);
    metrics_.devices_enrolled.Set(static_cast<double>(fleet_.devices().size()));
    done(id);
  });
}

void Coordinator::DeviceHistory(std::string name_or_id, std::optional<Timestamp> at,
                                std::uint32_t most, Done<History> done) {
  control_.Post([this, name = std::move(name_or_id), at, most, done = std::move(done)] {
    History out{DeviceId(name), at.value_or(ports_.clock.Now()), {}};
    const StatusOr<Device*> device = Named(name);
    if (device.ok())
      out.device = (*device)->record.id;
    else if (!IsPseudonym(name))
      return done(device.status());
    ports_.pool.Post([journal = &ports_.journal, out, most, done]() mutable {
      StatusOr<std::vector<DeviceRun>> runs = RunsOf(*journal, out.device, out.at, most);
      if (!runs.ok()) return done(runs.status());
      out.runs = *std::move(runs);
      done(std::move(out));
    });
  });
}

StatusOr<Device*> Coordinator::Named(const std::string& name_or_id) {
  if (Device* device = fleet_.FindByName(name_or_id)) return device;
  return WithReason(NotFound("no device is called '{}'", name_or_id), Reason::kRESOURCE_NOT_FOUND);
}

}  // namespace muster::coordinator
