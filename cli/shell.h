#pragma once
// What every command works with: the world, the global flags, and connections that are made when a
// command first asks for them.
#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/status.h"
#include "cli/contexts.h"
#include "cli/output.h"
#include "cli/world.h"

namespace muster::cli {

// A connection to one server, with its address for messages.
struct Link {
  std::string name;  // "the coordinator", "the authority".
  Endpoint endpoint;
  std::shared_ptr<grpc::Channel> channel;
};

// The error of a call, with what to do about it where that is known.
Status Explained(const Status& status, const Link& link);

class Shell {
 public:
  explicit Shell(World& world) : world(world) {}

  World& world;
  Target target;
  Format format = Format::kTable;
  std::function<Status()> chosen;  // The command that the arguments name.
  int exit_code = 0;               // Of a command that has said itself what went wrong.

  StatusOr<Link*> Coordinator();
  // A new connection, to where the context points now. Links given before are gone.
  StatusOr<Link*> CoordinatorAnew();
  StatusOr<Link*> Authority();

  // One unary call to the coordinator: Ask(&v1::FleetService::Stub::ListDevices, request).
  template <typename Stub, typename Request, typename Reply>
  StatusOr<Reply> Ask(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Reply*),
                      const std::type_identity_t<Request>& request) {
    MUSTER_ASSIGN(Link* const link, Coordinator());
    return AskOn(*link, method, request);
  }
  template <typename Stub, typename Request, typename Reply>
  StatusOr<Reply> AskOn(const Link& link,
                        grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Reply*),
                        const std::type_identity_t<Request>& request) {
    Stub stub(link.channel);
    StatusOr<Reply> reply = rpc::Call(stub, method, request, kCallTimeout);
    if (!reply.ok()) return Explained(reply.status(), link);
    return reply;
  }

  // Shows `message` in the machine form that was asked for, or `table()`.
  template <typename Table>
  Status Show(const google::protobuf::Message& message, Table table) {
    switch (format) {
      case Format::kJson: world.screen.Out(ToJson(message)); break;
      case Format::kYaml: world.screen.Out(ToYaml(message)); break;
      case Format::kTable: world.screen.Out(table()); break;
    }
    return Ok();
  }

  // Makes `body` what `command` does.
  template <typename Body>
  void On(CLI::App* command, Body body) {
    command->callback([this, body = std::move(body)] { chosen = body; });
  }

 private:
  static constexpr Duration kCallTimeout = std::chrono::seconds(20);

  StatusOr<Link*> Connect(const v1::Access& access, std::string_view name,
                          std::unique_ptr<Link>& link);

  std::unique_ptr<Link> coordinator_;
  std::unique_ptr<Link> authority_;
};

}  // namespace muster::cli
