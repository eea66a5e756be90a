// muster device release.
#include <muster/v1/fleet.grpc.pb.h>

#include "cli/commands.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

struct Arguments {
  std::string name;
  std::string why;
};

Status Release(Shell& shell, const Arguments& arguments) {
  v1::ReleaseDeviceRequest request;
  request.set_name(arguments.name);
  request.set_why(arguments.why);
  MUSTER_ASSIGN(const auto view, shell.Ask(&v1::FleetService::Stub::ReleaseDevice, request));
  return shell.Show(view, [&] {
    return fmt::format("device/{} is {}: it is asked again\n", Clean(view.name()),
                       Clean(view.state()));
  });
}

}  // namespace

void AddDevice(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* device = app.add_subcommand("device", "End a device's quarantine");
  device->require_subcommand(1);
  device->footer(
      "\nA device that is caught lying in a secure sum is kept in quarantine: no round asks it. "
      "'muster "
      "describe device NAME' says about what; the evidence is in the session's facts.\n\n"
      "Examples:\n  muster get devices\n"
      "  muster device release engine-007 --why \"new board, bad memory\"");
  CLI::App* release = device->add_subcommand("release", "Ask it again from now on");
  release->add_option("NAME", arguments->name, "The device, by name or id")->required();
  release->add_option("--why", arguments->why, "Kept with the fact")->type_name("TEXT")->required();
  shell.On(release, [&shell, arguments] { return Release(shell, *arguments); });
}

}  // namespace muster::cli
