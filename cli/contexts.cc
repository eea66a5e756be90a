#include "cli/contexts.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/nearest.h"
#include "cli/output.h"
#include "config/load.h"

namespace muster::cli {
namespace {
namespace fs = std::filesystem;

std::string Absolute(const std::string& path, const fs::path& base) {
  if (path.empty()) return path;
  std::error_code error;
  const fs::path whole = fs::absolute(base / path, error);
  return error ? path : whole.lexically_normal().string();
}

}  // namespace

StatusOr<v1::Contexts> LoadContexts(World& world) {
  auto loaded = config::LoadMessage<v1::Contexts>(world.contexts_file);
  if (loaded.status().code() == absl::StatusCode::kNotFound) return v1::Contexts();
  if (!loaded.ok()) return loaded.status();
  return std::move(loaded->message);
}

Status SaveContexts(World& world, const v1::Contexts& contexts) {
  return world.disk.WritePrivate(world.contexts_file, Secret::FromText(ToSparseYaml(contexts)));
}

StatusOr<v1::Contexts::Context> FindContext(const v1::Contexts& contexts, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& context : contexts.contexts()) {
    if (context.name() == name) return context;
    names.push_back(context.name());
  }
  return WithReason(NotFound("no context is called '{}'{}", name, DidYouMean(name, names)),
                    Reason::kRESOURCE_NOT_FOUND);
}

void PutContext(v1::Contexts& contexts, const v1::Contexts::Context& context) {
  for (auto& known : *contexts.mutable_contexts())
    if (known.name() == context.name()) {
      known = context;
      return;
    }
  *contexts.add_contexts() = context;
}

StatusOr<v1::Access> ReadAccess(const std::string& dir) {
  MUSTER_ASSIGN(auto loaded, config::LoadMessage<v1::Access>(dir + "/operator/context.yaml"));
  v1::Access& access = loaded.message;
  const fs::path home = fs::path(dir) / "operator";
  access.set_ca(Absolute(access.ca(), home));
  access.set_certificate(Absolute(access.certificate(), home));
  access.set_key(Absolute(access.key(), home));
  return access;
}

StatusOr<v1::Contexts::Context> ContextOfDataDir(const std::string& dir) {
  v1::Contexts::Context context;
  context.set_name(dir);
  auto coordinator = ReadAccess(dir);
  if (coordinator.status().code() == absl::StatusCode::kNotFound)
    coordinator = ReadAccess(dir + "/coordinator");
  if (coordinator.status().code() == absl::StatusCode::kNotFound)
    return NotFound(
        "{}/operator/context.yaml is not there: has musterd ever run with this data "
        "directory? Start it with: muster up --data-dir {}",
        dir, dir);
  if (!coordinator.ok()) return coordinator.status();
  *context.mutable_coordinator() = *std::move(coordinator);
  auto authority = ReadAccess(dir + "/authority");
  if (authority.ok()) {
    *context.mutable_authority() = *std::move(authority);
  } else if (authority.status().code() != absl::StatusCode::kNotFound) {
    return authority.status();
  }
  return context;
}

StatusOr<v1::Contexts::Context> ChooseContext(World& world, const Target& target) {
  v1::Contexts::Context context;
  if (!target.data_dir.empty()) {
    MUSTER_ASSIGN(context, ContextOfDataDir(target.data_dir));
  } else {
    MUSTER_ASSIGN(const v1::Contexts contexts, LoadContexts(world));
    const std::string& name = target.context.empty() ? contexts.current() : target.context;
    if (name.empty())
      return FailedPrecondition(
          "no context is chosen; start one with 'muster up', name a running one's directory with "
          "--data-dir DIR, or add it with 'muster context add'");
    MUSTER_ASSIGN(context, FindContext(contexts, name));
  }
  if (!target.authority_dir.empty()) {
    MUSTER_ASSIGN(*context.mutable_authority(), ReadAccess(target.authority_dir));
  }
  if (!target.server.empty()) context.mutable_coordinator()->set_server(target.server);
  return context;
}

StatusOr<rpc::TlsIdentity> ReadIdentity(World& world, const v1::Access& access) {
  rpc::TlsIdentity identity;
  MUSTER_ASSIGN(identity.ca_pem, world.disk.ReadText(access.ca()));
  MUSTER_ASSIGN(identity.certificate_pem, world.disk.ReadText(access.certificate()));
  MUSTER_ASSIGN(Secret key, world.disk.ReadPrivate(access.key()));
  return rpc::TlsIdentity{std::move(identity.ca_pem), std::move(identity.certificate_pem),
                          std::move(key)};
}

}  // namespace muster::cli
