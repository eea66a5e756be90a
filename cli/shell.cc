#include "cli/shell.h"

namespace muster::cli {

Status Explained(const Status& status, const Link& link) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return Prefixed(status, fmt::format("cannot reach {} at {} (is it running? is this its "
                                          "address and its CA?)",
                                          link.name, link.endpoint.Text()));
    case absl::StatusCode::kUnimplemented:
      return Prefixed(status,
                      fmt::format("{} at {} does not know this call; it may be older than this "
                                  "program, or the wrong port",
                                  link.name, link.endpoint.Text()));
    default: return status;
  }
}

StatusOr<Link*> Shell::Connect(const v1::Access& access, std::string_view name,
                               std::unique_ptr<Link>& link) {
  if (link != nullptr) return link.get();
  StatusOr<Endpoint> endpoint = Endpoint::Parse(access.server());
  if (!endpoint.ok()) return Prefixed(endpoint.status(), fmt::format("address of {}", name));
  MUSTER_ASSIGN(const rpc::TlsIdentity identity, ReadIdentity(world, access));
  link = std::make_unique<Link>();
  link->name = name;
  link->channel = world.connect(*endpoint, identity);
  link->endpoint = *std::move(endpoint);
  return link.get();
}

StatusOr<Link*> Shell::Coordinator() {
  MUSTER_ASSIGN(const v1::Contexts::Context context, ChooseContext(world, target));
  return Connect(context.coordinator(), "the coordinator", coordinator_);
}

StatusOr<Link*> Shell::CoordinatorAnew() {
  coordinator_.reset();
  return Coordinator();
}

StatusOr<Link*> Shell::Authority() {
  MUSTER_ASSIGN(const v1::Contexts::Context context, ChooseContext(world, target));
  if (!context.has_authority())
    return FailedPrecondition(
        "context '{}' names no enrolment authority; start one with 'muster "
        "authority', or add its address, CA and keys to the context",
        context.name());
  return Connect(context.authority(), "the enrolment authority", authority_);
}

}  // namespace muster::cli
