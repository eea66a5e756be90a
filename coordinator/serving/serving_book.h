#pragma once
// What devices that serve a model by an alias are to serve: the version that the alias points at
// and the rules that watch it, to those that may load it. Decides nothing about versions: the
// registry's aliases and gates do.
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/blobs.h"
#include "base/crypto.h"
#include "base/log.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/serving/serving_state.h"
#include "registry/registry.h"

namespace muster::coordinator {

// What a device is to serve.
struct Serving {
  registry::ModelSpec model;
  std::string alias;
  VersionNumber version;
  Digest params;
  std::uint64_t params_bytes = 0;
  std::optional<Digest> module;
  std::uint64_t module_bytes = 0;
  registry::ContractVersion contract;
  std::optional<std::vector<std::string>> certified = {};  // As of an assignment.
  std::string signed_artefacts = {};                       // A DSSE envelope; empty: not signed.
  std::string monitors = {};  // Canonical JSON {"monitors": [...]}; empty: none.
  std::string monitors_digest = {};
};

// Says, signed, which files a version is served from: a DSSE envelope. Null: nothing is signed.
using SignServing =
    std::function<StatusOr<std::string>(const ModelName& model, VersionNumber version,
                                        const Digest& params, const std::optional<Digest>& module)>;
// The rules that watch a model on a device with these labels; empty: none.
using ServingRules = std::function<std::string(const ModelName& model, std::string_view alias,
                                               const LabelMap& labels)>;

struct ServingPorts {
  const registry::Registry& registry;
  Blobs& blobs;
  ContractAdmission& admission;
  const Hasher& hasher;
  Logger& log;
  SignServing sign = nullptr;
};

// Used on the control strand only.
class ServingBook {
 public:
  explicit ServingBook(ServingPorts ports) : ports_(std::move(ports)) {}

  // Set once, before devices are answered.
  void SetRules(ServingRules rules) { rules_ = std::move(rules); }

  // What `device`, which has `state`, is to be told; nothing when it serves what it should, when
  // the version failed there before, or when it may not load it (the log says so, once).
  std::optional<Serving> OfferFor(const Device& device, const ServingState& state);
  // The devices among `devices` whose alias points elsewhere than when this was asked last.
  std::vector<DeviceId> Moved(const std::map<DeviceId, Device>& devices);

 private:
  using Key = std::pair<ModelName, std::string>;  // Model and alias.
  StatusOr<Serving> Make(const ServingState& state, const registry::ModelVersion& version) const;
  Status MayLoad(const Device& device, const Serving& serving);

  const ServingPorts ports_;
  ServingRules rules_;
  std::map<Key, Serving> made_;           // Of the version that was asked for last, without rules.
  std::map<Key, VersionNumber> pointed_;  // 0: nowhere.
  std::set<std::pair<DeviceId, std::string>> told_;  // Refusals that the log has.
};

}  // namespace muster::coordinator
