#pragma once
// The composition root: from the world to a coordinator. musterd passes the real world, the
// simulator (tests/sim) a seeded one; the classes are the same.
#include <memory>

#include "coordinator/runner/coordinator.h"
#include "registry/registry.h"

namespace muster::coordinator {

// Everything that is not decided here. All of it outlives what Assemble returns.
struct Environment {
  Clock& clock;
  Executor& executor;
  Rng& jitter;
  SecureRng& rng;
  Journal& journal;
  Blobs& blobs;
  Files& files;
  DeviceDirectory& directory;
  Identities& identities;
  const Crypto& crypto;
  Logger& log;
  MetricSink& metrics;
  SignArtefacts sign_artefacts = nullptr;  // Null: rounds hand out unsigned files.
  SignServing sign_serving = nullptr;      // The same of versions that are served.
};

// Members are destroyed in reverse: the coordinator before the registry it uses.
struct Assembled {
  std::unique_ptr<registry::Registry> registry;
  std::unique_ptr<Coordinator> coordinator;
};

// Wires and recovers: on return the journal has been replayed and the coordinator goes on where it
// was as soon as the executor runs. Call coordinator->Start() to let time pass.
StatusOr<Assembled> Assemble(const CoordinatorOptions& options, Environment environment);

}  // namespace muster::coordinator
