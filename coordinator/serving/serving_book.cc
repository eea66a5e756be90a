#include "coordinator/serving/serving_book.h"

#include <algorithm>

namespace muster::coordinator {
namespace {
constexpr std::size_t kMostTold = 100'000;
}  // namespace

StatusOr<Serving> ServingBook::Make(const ServingState& state,
                                    const registry::ModelVersion& version) const {
  MUSTER_ASSIGN(registry::ModelView model, ports_.registry.GetModel(state.model));
  Serving out;
  out.model = std::move(model.spec);
  out.alias = state.alias;
  out.version = version.version;
  out.params = version.params;
  MUSTER_ASSIGN(const auto params, ports_.blobs.Open(version.params));
  out.params_bytes = params->size();
  out.module = version.module;
  if (out.module) {
    MUSTER_ASSIGN(const auto module, ports_.blobs.Open(*out.module));
    out.module_bytes = module->size();
  }
  MUSTER_ASSIGN(out.contract,
                ports_.registry.GetContract(version.contract, version.contract_version));
  if (ports_.sign) {
    MUSTER_ASSIGN(out.signed_artefacts,
                  ports_.sign(state.model, out.version, out.params, out.module));
  }
  return out;
}

Status ServingBook::MayLoad(const Device& device, const Serving& serving) {
  if (device.produces)
    MUSTER_TRY(ports_.admission.Check(
        *device.produces,
        registry::UseOf(serving.model, serving.contract.spec.name, serving.contract.version)));
  if (!serving.certified || std::ranges::count(*serving.certified, device.hardware) > 0)
    return Ok();
  return WithReason(
      FailedPrecondition("version {} of {} is not certified on '{}'", serving.version.value(),
                         serving.model.name.value(), device.hardware),
      Reason::kHARDWARE_NOT_CERTIFIED);
}

std::optional<Serving> ServingBook::OfferFor(const Device& device, const ServingState& state) {
  const auto version = ports_.registry.Resolve(state.model, state.alias);
  pointed_.try_emplace({state.model, state.alias},
                       version.ok() ? version->version : VersionNumber(0));
  if (!version.ok()) return std::nullopt;  // Nothing is to be served yet.
  const std::string rules =
      rules_ ? rules_(state.model, state.alias, device.record.labels) : std::string();
  const std::string digest = rules.empty() ? "" : ports_.hasher.Sha256(AsBytes(rules)).Hex();
  // What failed there is not tried again; the version that it goes on with may get other rules.
  const VersionNumber wanted = version->version == state.refused ? state.version : version->version;
  if (wanted.value() == 0 || (wanted == state.version && digest == state.monitors_digest))
    return std::nullopt;
  const auto give_up = [&](const Status& why) -> std::optional<Serving> {
    const std::string text =
        fmt::format("{}/{}: {}", state.model.value(), wanted.value(), MessageOf(why));
    if (told_.size() < kMostTold && told_.insert({device.record.id, text}).second)
      ports_.log.Warn("not_offered", {{"device", device.record.id},
                                      {"model", state.model},
                                      {"version", wanted},
                                      {"error", MessageOf(why)}});
    return std::nullopt;
  };
  Serving& made = made_[{state.model, state.alias}];
  if (made.version != wanted) {
    const auto found = ports_.registry.Resolve(state.model, wanted);
    if (!found.ok()) return give_up(found.status());
    StatusOr<Serving> serving = Make(state, *found);
    if (!serving.ok()) return give_up(serving.status());
    made = *std::move(serving);
  }
  Serving out = made;
  // A certification may come later, so it is looked up each time.
  auto certified = ports_.registry.CertifiedHardware(state.model, out.version);
  if (!certified.ok()) return give_up(certified.status());
  out.certified = *std::move(certified);
  if (const Status may = MayLoad(device, out); !may.ok()) return give_up(may);
  out.monitors = rules;
  out.monitors_digest = digest;
  return out;
}

std::vector<DeviceId> ServingBook::Moved(const std::map<DeviceId, Device>& devices) {
  std::set<Key> moved;
  for (auto& [key, known] : pointed_) {
    const auto version = ports_.registry.Resolve(key.first, key.second);
    const VersionNumber now = version.ok() ? version->version : VersionNumber(0);
    if (now != known) moved.insert(key);
    known = now;
  }
  std::vector<DeviceId> out;
  if (moved.empty()) return out;
  for (const auto& [id, device] : devices)
    if (device.serving && moved.contains({device.serving->model, device.serving->alias}))
      out.push_back(id);
  return out;
}

}  // namespace muster::coordinator
