// muster device release, forget, history.
#include <muster/v1/fleet.grpc.pb.h>

#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

struct Arguments {
  std::string name;
  std::string why;
  std::string at;
  std::uint32_t most = 1;
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

Status Forget(Shell& shell, const Arguments& arguments) {
  v1::ForgetDeviceRequest request;
  request.set_name(arguments.name);
  MUSTER_ASSIGN(const auto reply, shell.Ask(&v1::FleetService::Stub::ForgetDevice, request));
  return shell.Show(reply, [&] {
    return fmt::format("device/{} is forgotten: the log keeps {}, and nobody knows whose that is\n",
                       Clean(arguments.name), Clean(reply.id()));
  });
}

std::string VersionText(const v1::DeviceHistory::Entry& e) {
  if (e.version() != 0) return fmt::format("{}@{}", e.model(), e.version());
  return fmt::format("{}@{} + {} round(s)", e.model(), e.base_version(),
                     e.kind() == "train" ? e.round() - 1 : e.round());
}

std::string HistoryText(const v1::DeviceHistory& history) {
  if (history.entries().empty())
    return fmt::format("device {} had been given no model by then\n", Clean(history.id()));
  Table table({"ASKED", "ROUND", "TO", "MODEL", "PARAMETERS", "CAME TO"});
  for (const v1::DeviceHistory::Entry& e : history.entries())
    table.Add({FormatTime(FromUnixMillis(e.at_unix_ms())),
               fmt::format("{}/{}", Clean(e.campaign()), e.round()), Clean(e.kind()),
               Clean(VersionText(e)), Clean(e.params_digest()), Clean(e.outcome())});
  return table.Text();
}

Status History(Shell& shell, const Arguments& arguments) {
  v1::GetDeviceHistoryRequest request;
  request.set_name(arguments.name);
  request.set_most(arguments.most);
  if (!arguments.at.empty()) {
    const auto at = ParseTime(arguments.at);
    if (!at.ok()) return Prefixed(at.status(), "--at");
    request.set_at_unix_ms(UnixMillis(*at));
  }
  MUSTER_ASSIGN(const auto reply, shell.Ask(&v1::FleetService::Stub::GetDeviceHistory, request));
  return shell.Show(reply, [&] { return HistoryText(reply); });
}

}  // namespace

void AddDevice(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* device = app.add_subcommand("device", "What devices ran, and who they are");
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

  CLI::App* history = device->add_subcommand("history", "Show which model it was given, and when");
  history->add_option("NAME", arguments->name, "The device, by name or id")->required();
  history->add_option("--at", arguments->at, "As of then; UTC, as 2026-05-03T10:00Z or 2026-05-03")
      ->type_name("TIME");
  history->add_option("--most", arguments->most, "Show the newest so many")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  shell.On(history, [&shell, arguments] { return History(shell, *arguments); });

  CLI::App* forget = device->add_subcommand("forget", "Erase who a pseudonym of the log is");
  forget->add_option("NAME", arguments->name, "The device, by name or id")->required();
  forget->footer(
      "\nThe log names devices by pseudonyms and stays whole. What is erased is the one row that "
      "says\nwhose they are. The device is unknown from then on, until it enrols anew; its owner's "
      "agent and\nthe enrolment authority keep records of their own.");
  shell.On(forget, [&shell, arguments] { return Forget(shell, *arguments); });
}

}  // namespace muster::cli
