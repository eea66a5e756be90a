// Whose rows the campaign can read, by what devices say that they produce.
#include "coordinator/campaign/spec_statistics.h"
#include "coordinator/runner/campaign_runner.h"
#include "coordinator/runner/metrics.h"

namespace muster::coordinator {
namespace {
constexpr std::size_t kMostDetail = 500;  // Of a fact; the log has it whole.
}  // namespace

StatusOr<registry::ContractUse> CampaignRunner::Reads() const {
  const CampaignBase& base = state_.base;
  if (!state_.spec.statistics) {
    MUSTER_ASSIGN(const registry::ModelView model, world_.registry.GetModel(state_.spec.model));
    return registry::UseOf(model.spec, base.contract, base.contract_version);
  }
  MUSTER_ASSIGN(const auto contract,
                world_.registry.GetContract(base.contract, base.contract_version));
  registry::ContractUse use{base.contract, base.contract_version, {}};
  const auto add = [&use](const auto& fields) {
    for (const auto& field : fields)
      if (field.name != aggregation::statistics::kPredictionField) use.fields.push_back(field.name);
  };
  if (state_.spec.statistics->window) {
    MUSTER_ASSIGN(const auto query, WindowQuestion());
    add(query.fields);
  } else {
    MUSTER_ASSIGN(const auto query, FirstQuery(*state_.spec.statistics, contract));
    add(query.fields);
  }
  return use;
}

Status CampaignRunner::CheckReads(const Device& device) {
  if (!device.produces) return Ok();
  if (!reads_) {
    MUSTER_ASSIGN(reads_, Reads());
  }
  const Status verdict = world_.admission.Check(*device.produces, *reads_);
  // What cannot be judged is no reason to keep a device out: the task itself will tell.
  return ReasonOf(verdict) == Reason::kCONTRACT_INCOMPATIBLE ? verdict : Ok();
}

std::vector<Candidate> CampaignRunner::Readable(std::vector<Candidate> candidates,
                                                const std::optional<RoundKey>& round) {
  std::erase_if(candidates, [&](const Candidate& c) {
    const auto device = world_.fleet.Find(c.id);
    if (!device.ok()) return false;
    const Status verdict = CheckReads(**device);
    if (!verdict.ok() && round) NoteRefusal(**device, *round, verdict);
    return !verdict.ok();
  });
  return candidates;
}

// Once, as long as it stays so: a mark, and news for the device.
bool CampaignRunner::NoteRefusal(Device& device, const RoundKey& round, const Status& verdict) {
  const std::string why(MessageOf(verdict));
  std::string& known = device.refusals[name_];
  if (known == why) return false;
  known = why;
  device.refusals_told = false;
  const DeviceId& id = device.record.id;
  world_.log.Warn("device_refused", {{"campaign", name_},
                                     {"device", id},
                                     {"reason", NameOf(Reason::kCONTRACT_INCOMPATIBLE)},
                                     {"detail", why}});
  world_.metrics.DevicesRefused(Reason::kCONTRACT_INCOMPATIBLE).Add();
  world_.fleet.Mark(id, Reason::kCONTRACT_INCOMPATIBLE, round);
  ++refused_[std::string(NameOf(Reason::kCONTRACT_INCOMPATIBLE))];
  world_.wake({id});
  return true;
}

bool CampaignRunner::Wants(const Device& device) const {
  const EvaluationSpec& evaluation = state_.spec.evaluation;
  return MayJoin(device) ||
         (!evaluation.labels.empty() && Matches(device.record.labels, evaluation.labels));
}

bool CampaignRunner::TurnsAway(Device& device) {
  const Status verdict = CheckReads(device);
  if (verdict.ok()) {
    device.refusals.erase(name_);
    return false;
  }
  const DeviceId id = device.record.id;
  if (Wants(device) && NoteRefusal(device, round_->plan().key, verdict)) world_.changed(name_);
  // Drawn before it said what it produces.
  const bool awaited = std::visit(
      [&](const auto& s) {
        if constexpr (requires { s.awaited; }) return s.awaited.contains(id);
        return false;
      },
      round_->state());
  if (!awaited || dropped_later_.contains(id)) return true;
  if (const Status s = DropDevice(id, Reason::kCONTRACT_INCOMPATIBLE,
                                  std::string(MessageOf(verdict)).substr(0, kMostDetail));
      !s.ok())
    retry_ = true;
  return true;
}

}  // namespace muster::coordinator
