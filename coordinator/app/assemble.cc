#include "coordinator/app/assemble.h"

namespace muster::coordinator {

StatusOr<Assembled> Assemble(const CoordinatorOptions& options, Environment e) {
  Assembled out;
  out.registry =
      std::make_unique<registry::Registry>(e.journal, e.blobs, e.clock, e.log, options.roles);
  MUSTER_TRY(out.registry->Recover());
  out.coordinator = std::make_unique<Coordinator>(
      CoordinatorPorts{e.clock, e.executor, e.jitter, e.rng, e.journal, e.blobs, e.files,
                       e.directory, e.identities, e.crypto, *out.registry, e.log, e.metrics,
                       e.sign_artefacts, e.sign_serving},
      options);
  MUSTER_TRY(out.coordinator->Recover());
  return out;
}

}  // namespace muster::coordinator
