#include "coordinator/fleet/produced.h"

#include <algorithm>

#include "registry/contract_diff.h"

namespace muster::coordinator {
namespace {
constexpr std::size_t kMostVerdicts = 4096;

Status Incompatible(const Produced& produced, const registry::ContractUse& use,
                    std::string_view why) {
  return WithReason(
      FailedPrecondition("contract {} version {}, which the device produces, cannot be read as "
                         "{} version {}: {}",
                         produced.contract.value(), produced.version.value(), use.contract.value(),
                         use.version.value(), why),
      Reason::kCONTRACT_INCOMPATIBLE);
}

std::string KeyOf(const registry::ContractUse& use) {
  return fmt::format("{} {} {}", use.contract.value(), use.version.value(),
                     fmt::join(use.fields, " "));
}
}  // namespace

Status ContractAdmission::Check(const Produced& produced, const registry::ContractUse& use) {
  const std::pair key(produced, KeyOf(use));
  {
    absl::MutexLock lock(&mu_);
    if (const auto it = verdicts_.find(key); it != verdicts_.end()) return it->second;
  }
  // A version that is not there may come; all else stays as it is.
  if (!registry_.GetContract(produced.contract, produced.version).ok())
    return Incompatible(produced, use, "there is no such version");
  const Status verdict = Judge(produced, use);
  if (!verdict.ok() && ReasonOf(verdict) != Reason::kCONTRACT_INCOMPATIBLE) return verdict;
  absl::MutexLock lock(&mu_);
  if (verdicts_.size() >= kMostVerdicts) verdicts_.clear();
  return verdicts_.emplace(key, verdict).first->second;
}

Status ContractAdmission::Judge(const Produced& produced, const registry::ContractUse& use) const {
  MUSTER_ASSIGN(const auto writer, registry_.GetContract(produced.contract, produced.version));
  MUSTER_ASSIGN(const auto reader, registry_.GetContract(use.contract, use.version));
  std::vector<std::string> used = use.fields;
  const std::string& time = reader.spec.time_field;  // The agent reads it, whatever the model does.
  if (!time.empty() && std::find(used.begin(), used.end(), time) == used.end())
    used.push_back(time);
  const auto missing = registry::CanRead(reader.spec, writer.spec, used);
  return missing.empty() ? Ok() : Incompatible(produced, use, registry::Summary(missing));
}

}  // namespace muster::coordinator
