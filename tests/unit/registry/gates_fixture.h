#pragma once
// What the tests of gates share: a model with versions that were measured, and every gate.
#include <string>
#include <utility>
#include <vector>

#include "registry/model.h"
#include "tests/unit/registry/fixture.h"

namespace muster::registry {

inline Gates AllGates() {
  Gates gates;
  gates.metric = MetricGate{"rmse", Better::kLower, "", 0, 0.95};
  gates.slices = SlicesGate{"rmse", Better::kLower, 1.2, {{"line-1", 0.5}}};
  gates.contract = true;
  gates.epsilon = 8;
  gates.approvals = ApprovalsGate{2, "reviewer"};
  gates.freeze = {{{}, {}, *ParseDays({"fri", "sat"}), *ParseHours("18:00-08:00")}};
  gates.hardware = HardwareGate{{"jetson-nano", "x86-64"}, "certifier"};
  return gates;
}

inline ContractVersion EngineContractVersion(std::uint64_t number = 1) {
  return {VersionNumber(number), EngineContract(), Noon(), "system"};
}

// A model over version 1 of its contract, its facts at noon unless told otherwise.
class GatedModel {
 public:
  explicit GatedModel(std::optional<Gates> gates = {}) {
    ModelSpec spec = EngineModel();
    spec.contract_version = VersionNumber(1);
    spec.gates = std::move(gates);
    EXPECT_TRUE(Do(ApplyModel{spec, EngineContractVersion(), {}, "operator/maker"}).ok());
  }

  Status Do(const ModelEvent& event) {
    MUSTER_ASSIGN(last, Decide(state, event, now));
    for (const ModelFact& fact : last) Apply(state, fact);
    return RefusalIn(last);
  }
  // The next version, by operator/maker.
  VersionNumber Add(Measurements measured = {}, std::string by = "operator/maker") {
    CreateModelVersion event;
    event.params = Digest({std::byte(state.versions.size() + 1)});
    event.measured = std::move(measured);
    event.by = std::move(by);
    EXPECT_TRUE(Do(event).ok());
    return state.versions.back().version;
  }
  PromoteVersion Promoting(std::uint64_t version, std::string by = "operator/pat") const {
    PromoteVersion event;
    event.alias = "champion";
    event.version = VersionNumber(version);
    event.contracts[VersionNumber(1)] = EngineContractVersion();
    event.roles = roles;
    event.by = std::move(by);
    return event;
  }
  Status Promote(std::uint64_t version) { return Do(Promoting(version)); }
  // Where the alias points; 0: nowhere.
  std::uint64_t Champion() const {
    const auto it = state.aliases.find("champion");
    return it == state.aliases.end() ? 0 : it->second.value();
  }

  ModelState state;
  ModelFacts last;  // What the last event came to.
  Roles roles;
  Timestamp now = Noon();
};

inline Measurements Rmse(double value, std::optional<double> error = {}, std::uint32_t groups = 0) {
  Measurements out;
  out.metrics["rmse"] = value;
  if (error) out.spreads["rmse"] = {error, 0, groups};
  return out;
}

}  // namespace muster::registry
