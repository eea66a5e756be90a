#pragma once
// Which coordinator the commands talk to: named contexts in one file, or the directory of a
// coordinator on this machine. Holds paths of keys, never keys.
#include <muster/v1/context.pb.h>

#include <string>

#include "base/status.h"
#include "cli/world.h"

namespace muster::cli {

// What the global flags say; empty ones were not given.
struct Target {
  std::string context;
  std::string server;         // Over the context's coordinator.
  std::string data_dir;       // Instead of a context.
  std::string authority_dir;  // Over the context's authority.
};

// The contexts file; empty when it is not there.
StatusOr<v1::Contexts> LoadContexts(World& world);
Status SaveContexts(World& world, const v1::Contexts& contexts);

// NOT_FOUND that names the nearest one.
StatusOr<v1::Contexts::Context> FindContext(const v1::Contexts& contexts, const std::string& name);
// Adds it or takes the place of the one of that name.
void PutContext(v1::Contexts& contexts, const v1::Contexts::Context& context);

// DIR/operator/context.yaml, with its paths made absolute. NOT_FOUND when there is none.
StatusOr<v1::Access> ReadAccess(const std::string& dir);
// The context of a data directory: of musterd (DIR/operator) or of `muster up` (DIR/coordinator
// and DIR/authority). The authority is left empty when it has never been started.
StatusOr<v1::Contexts::Context> ContextOfDataDir(const std::string& dir);

// What the flags choose: --data-dir, else --context, else the file's current one.
// FAILED_PRECONDITION, with the ways to get one, when there is none.
StatusOr<v1::Contexts::Context> ChooseContext(World& world, const Target& target);

// Reads certificate and key. Errors name the file.
StatusOr<rpc::TlsIdentity> ReadIdentity(World& world, const v1::Access& access);

}  // namespace muster::cli
