// The registry's questions about versions of contracts.
#include "registry/registry.h"

namespace muster::registry {

StatusOr<ContractComparison> Registry::DiffContract(const ContractName& name, VersionNumber from,
                                                    VersionNumber to) const {
  MUSTER_ASSIGN(const ContractVersion newer, GetContract(name, to));
  if (from.value() == 0 && newer.version.value() == 1)
    return WithReason(NotFound("there is no version before version 1 of contract {}", name.value()),
                      Reason::kRESOURCE_NOT_FOUND);
  const VersionNumber asked = from.value() == 0 ? VersionNumber(newer.version.value() - 1) : from;
  MUSTER_ASSIGN(const ContractVersion older, GetContract(name, asked));
  return ContractComparison{older.version, newer.version, Diff(older.spec, newer.spec)};
}

StatusOr<ContractJudgement> Registry::CheckContract(const ContractSpec& spec) const {
  MUSTER_TRY(Validate(spec));
  ContractJudgement out;
  const auto known = contracts_.Find(spec.name);
  if (known == nullptr || known->versions.empty()) {
    out.changed = true;
    return out;
  }
  const ContractVersion& newest = known->newest();
  out.newest = newest.version;
  out.changed = newest.spec != spec;
  out.compatibility = newest.spec.compatibility;
  out.differences = Diff(newest.spec, spec);
  // What is there already is not judged again.
  if (out.changed) out.breaks = FindBreaks(*known, spec);
  return out;
}

}  // namespace muster::registry
