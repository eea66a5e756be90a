// muster get and describe.
#include <muster/v1/campaign.grpc.pb.h>
#include <muster/v1/contract.grpc.pb.h>
#include <muster/v1/fleet.grpc.pb.h>
#include <muster/v1/model.grpc.pb.h>
#include <muster/v1/monitor.grpc.pb.h>
#include <muster/v1/trigger.grpc.pb.h>

#include <charconv>

#include "cli/commands.h"
#include "cli/kinds.h"
#include "cli/views.h"

namespace muster::cli {
namespace {

struct Arguments {
  std::string kind;
  std::string name;
  std::vector<std::string> labels;
};

// "turbofan", "turbofan@2".
StatusOr<v1::GetContractRequest> ContractRequest(const std::string& text) {
  v1::GetContractRequest request;
  const std::size_t at = text.find('@');
  request.set_name(text.substr(0, at));
  if (at == std::string::npos) return request;
  std::uint64_t version = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + at + 1, end, version);
  if (error != std::errc() || stop != end || version == 0)
    return InvalidArgument("'{}' is no version; write {}@3", text.substr(at + 1), request.name());
  request.set_version(version);
  return request;
}
v1::GetModelRequest ModelRequest(const std::string& name) {
  v1::GetModelRequest request;
  request.set_name(name);
  return request;
}
v1::GetCampaignRequest CampaignRequest(const std::string& name) {
  v1::GetCampaignRequest request;
  request.set_name(name);
  return request;
}
v1::GetDeviceRequest DeviceRequest(const std::string& name) {
  v1::GetDeviceRequest request;
  request.set_name(name);
  return request;
}

v1::GetMonitorRequest MonitorRequest(const std::string& name) {
  v1::GetMonitorRequest request;
  request.set_name(name);
  return request;
}
v1::GetTriggerRequest TriggerRequest(const std::string& name) {
  v1::GetTriggerRequest request;
  request.set_name(name);
  return request;
}

// Gets one thing and hands it to `show`.
template <typename Show>
Status WithOne(Shell& shell, Kind kind, const std::string& name, Show show) {
  switch (kind) {
    case Kind::kContract: {
      MUSTER_ASSIGN(const auto request, ContractRequest(name));
      MUSTER_ASSIGN(const auto view, shell.Ask(&v1::ContractService::Stub::GetContract, request));
      return show(view);
    }
    case Kind::kModel: {
      MUSTER_ASSIGN(const auto view,
                    shell.Ask(&v1::ModelService::Stub::GetModel, ModelRequest(name)));
      return show(view);
    }
    case Kind::kCampaign: {
      MUSTER_ASSIGN(const auto view,
                    shell.Ask(&v1::CampaignService::Stub::GetCampaign, CampaignRequest(name)));
      return show(view);
    }
    case Kind::kDevice: {
      MUSTER_ASSIGN(const auto view,
                    shell.Ask(&v1::FleetService::Stub::GetDevice, DeviceRequest(name)));
      return show(view);
    }
    case Kind::kMonitor: {
      MUSTER_ASSIGN(const auto view,
                    shell.Ask(&v1::MonitorService::Stub::GetMonitor, MonitorRequest(name)));
      return show(view);
    }
    case Kind::kTrigger: {
      MUSTER_ASSIGN(const auto view,
                    shell.Ask(&v1::TriggerService::Stub::GetTrigger, TriggerRequest(name)));
      return show(view);
    }
  }
  return Ok();
}

// A table of one, so that `get KIND NAME` has the columns of `get KIND`.
std::string OneRow(const v1::ContractVersion& view, Timestamp now) {
  v1::ListContractsReply list;
  *list.add_contracts() = view;
  return ContractTable(list, now);
}
std::string OneRow(const v1::ModelView& view, Timestamp now) {
  v1::ListModelsReply list;
  *list.add_models() = view;
  return ModelTable(list, now);
}
std::string OneRow(const v1::CampaignView& view, Timestamp now) {
  v1::ListCampaignsReply list;
  *list.add_campaigns() = view;
  return CampaignTable(list, now);
}
std::string OneRow(const v1::DeviceView& view, Timestamp now) {
  v1::ListDevicesReply list;
  *list.add_devices() = view;
  return DeviceTable(list, now);
}

std::string OneRow(const v1::MonitorView& view, Timestamp now) {
  v1::ListMonitorsReply list;
  *list.add_monitors() = view;
  return MonitorTable(list, now);
}
std::string OneRow(const v1::TriggerView& view, Timestamp now) {
  v1::ListTriggersReply list;
  *list.add_triggers() = view;
  return TriggerTable(list, now);
}

StatusOr<v1::ListDevicesRequest> DevicesRequest(const std::vector<std::string>& labels) {
  v1::ListDevicesRequest request;
  for (const std::string& label : labels) {
    const std::size_t at = label.find('=');
    if (at == 0 || at == std::string::npos)
      return InvalidArgument("--label {}: expected key=value", label);
    (*request.mutable_labels())[label.substr(0, at)] = label.substr(at + 1);
  }
  return request;
}

Status List(Shell& shell, Kind kind, const std::vector<std::string>& labels) {
  const Timestamp now = shell.world.clock.Now();
  switch (kind) {
    case Kind::kContract: {
      MUSTER_ASSIGN(const auto list, shell.Ask(&v1::ContractService::Stub::ListContracts, {}));
      return shell.Show(list, [&] { return ContractTable(list, now); });
    }
    case Kind::kModel: {
      MUSTER_ASSIGN(const auto list, shell.Ask(&v1::ModelService::Stub::ListModels, {}));
      return shell.Show(list, [&] { return ModelTable(list, now); });
    }
    case Kind::kCampaign: {
      MUSTER_ASSIGN(const auto list, shell.Ask(&v1::CampaignService::Stub::ListCampaigns, {}));
      return shell.Show(list, [&] { return CampaignTable(list, now); });
    }
    case Kind::kDevice: {
      MUSTER_ASSIGN(const auto request, DevicesRequest(labels));
      MUSTER_ASSIGN(const auto list, shell.Ask(&v1::FleetService::Stub::ListDevices, request));
      return shell.Show(list, [&] { return DeviceTable(list, now); });
    }
    case Kind::kMonitor: {
      MUSTER_ASSIGN(const auto list, shell.Ask(&v1::MonitorService::Stub::ListMonitors, {}));
      return shell.Show(list, [&] { return MonitorTable(list, now); });
    }
    case Kind::kTrigger: {
      MUSTER_ASSIGN(const auto list, shell.Ask(&v1::TriggerService::Stub::ListTriggers, {}));
      return shell.Show(list, [&] { return TriggerTable(list, now); });
    }
  }
  return Ok();
}

Status Get(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(const Kind kind, ParseKind(arguments.kind));
  if (arguments.name.empty()) return List(shell, kind, arguments.labels);
  return WithOne(shell, kind, arguments.name, [&](const auto& view) {
    return shell.Show(view, [&] { return OneRow(view, shell.world.clock.Now()); });
  });
}

Status DescribeOne(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(const Kind kind, ParseKind(arguments.kind));
  return WithOne(shell, kind, arguments.name, [&](const auto& view) {
    return shell.Show(view, [&] { return Describe(view, shell.world.clock.Now()); });
  });
}

}  // namespace

void AddGet(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* get = app.add_subcommand("get", "List things, or show one of them in a line");
  get->add_option("KIND", arguments->kind, kKindsHelp)->required()->check(CheckKind)->type_name("");
  get->add_option("NAME", arguments->name, "Only this one; for devices, name or id");
  get->add_option("-l,--label", arguments->labels, "Only devices with this label")
      ->type_name("KEY=VALUE");
  get->footer(
      "\nExamples:\n  muster get campaigns\n  muster get devices -l site=hamburg\n"
      "  muster get model rul-net -o yaml");
  shell.On(get, [&shell, arguments] { return Get(shell, *arguments); });

  CLI::App* describe = app.add_subcommand("describe", "Show everything about one thing");
  describe->add_option("KIND", arguments->kind, kKindsHelp)
      ->required()
      ->check(CheckKind)
      ->type_name("");
  describe->add_option("NAME", arguments->name, "Its name; of a contract also NAME@VERSION")
      ->required();
  describe->footer(
      "\nExamples:\n  muster describe campaign turbofan\n"
      "  muster describe device engine-017\n  muster describe contract turbofan@2");
  shell.On(describe, [&shell, arguments] { return DescribeOne(shell, *arguments); });
}

}  // namespace muster::cli
