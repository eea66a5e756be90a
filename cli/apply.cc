// muster apply: parse everything, try everything on the server without effect, then apply. Nothing
// is applied in part unless the server changes its mind in between.
#include <muster/v1/campaign.grpc.pb.h>
#include <muster/v1/contract.grpc.pb.h>
#include <muster/v1/model.grpc.pb.h>
#include <muster/v1/monitor.grpc.pb.h>
#include <muster/v1/trigger.grpc.pb.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/text.h"
#include "config/load.h"
#include "config/yaml_tree.h"

namespace muster::cli {
namespace {
namespace fs = std::filesystem;
using config::Resource;

struct Arguments {
  std::vector<std::string> files;
  bool dry_run = false;
};

// Errors of several files or resources as one; the first gives code, reason and field.
class Refusals {
 public:
  void Add(const Status& status) {
    if (status.ok()) return;
    first_ = first_.ok() ? status : Merged(first_, MessageOf(status));
  }
  const Status& status() const { return first_; }

 private:
  static Status Merged(const Status& first, std::string_view more) {
    Status out = MakeStatus(first.code(), fmt::format("{}\n{}", MessageOf(first), more));
    first.ForEachPayload(
        [&out](absl::string_view url, const absl::Cord& value) { out.SetPayload(url, value); });
    return out;
  }
  Status first_;
};

// The files that `path` names: itself, or the YAML and JSON files of a directory in order of name.
StatusOr<std::vector<std::string>> FilesAt(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    const std::string extension = it->path().extension().string();
    if (extension == ".yaml" || extension == ".yml" || extension == ".json")
      files.push_back(it->path().string());
  }
  if (error) return NotFound("{}: {}", path, error.message());
  if (files.empty()) return NotFound("{}: no .yaml, .yml or .json file in this directory", path);
  std::sort(files.begin(), files.end());
  return files;
}

StatusOr<std::vector<Resource>> ReadOne(World& world, const std::string& path) {
  if (path != "-") return config::LoadResources(path);
  MUSTER_ASSIGN(const std::string text, world.read_stdin(config::kMaxFileBytes + 1));
  return config::ParseResources(text, "<stdin>");
}

std::string IdOf(const Resource& resource) {
  std::string kind(KindOf(resource));
  kind[0] = static_cast<char>(kind[0] - 'A' + 'a');
  return kind + "/" + NameOf(resource);
}

// All resources of all files: contracts first, then models, monitors, campaigns and triggers. All
// errors of all files at once.
StatusOr<std::vector<Resource>> ReadAll(World& world, const std::vector<std::string>& paths) {
  Refusals refusals;
  std::vector<Resource> all;
  std::map<std::string, std::string> places;
  for (const std::string& path : paths) {
    MUSTER_ASSIGN(const std::vector<std::string> files, FilesAt(path));
    for (const std::string& file : files) {
      StatusOr<std::vector<Resource>> resources = ReadOne(world, file);
      refusals.Add(resources.status());
      if (!resources.ok()) continue;
      for (Resource& resource : *resources) {
        const std::string where = resource.source.Where("name");
        if (const auto [it, first] = places.emplace(IdOf(resource), where); !first)
          refusals.Add(WithField(WithReason(InvalidArgument("{}: name: {} is in {} already", where,
                                                            it->first, it->second),
                                            Reason::kFIELD_DUPLICATE),
                                 "name"));
        all.push_back(std::move(resource));
      }
    }
  }
  MUSTER_TRY(refusals.status());
  std::stable_sort(all.begin(), all.end(), [](const Resource& a, const Resource& b) {
    return a.message.index() < b.message.index();
  });
  return all;
}

// What the server said about one resource: "created (version 2)", "changed", "unchanged".
struct Outcome {
  std::string id;
  std::string text;
};

class Applier {
 public:
  Applier(Shell& shell, const std::vector<Resource>& all) : shell_(shell) {
    for (const Resource& resource : all) {
      if (const auto* contract = std::get_if<v1::Contract>(&resource.message))
        *contracts_.Add() = *contract;
      if (KindOf(resource) == "Model") models_.push_back(NameOf(resource));
      if (KindOf(resource) == "Monitor") monitors_.push_back(NameOf(resource));
    }
  }

  // A refusal comes back with the place of the field in its file.
  StatusOr<Outcome> Apply(const Resource& resource, bool dry_run) {
    auto text = std::visit([&](const auto& m) { return One(m, dry_run); }, resource.message);
    if (text.ok()) return Outcome{IdOf(resource), *text};
    if (ExitCodeOf(text.status()) == 3) return text.status();  // Not about the file.
    return config::Located(text.status(), resource.source);
  }

 private:
  StatusOr<std::string> One(const v1::Contract& contract, bool dry_run) {
    v1::ApplyContractRequest request;
    *request.mutable_contract() = contract;
    request.set_dry_run(dry_run);
    MUSTER_ASSIGN(const auto reply, shell_.Ask(&v1::ContractService::Stub::ApplyContract, request));
    return fmt::format("{} (version {})", reply.created() ? "created" : "unchanged",
                       reply.version().version());
  }
  StatusOr<std::string> One(const v1::Model& model, bool dry_run) {
    v1::ApplyModelRequest request;
    *request.mutable_model() = model;
    request.set_dry_run(dry_run);
    if (dry_run) *request.mutable_pending_contracts() = contracts_;
    MUSTER_ASSIGN(const auto reply, shell_.Ask(&v1::ModelService::Stub::ApplyModel, request));
    return reply.created() ? "created" : reply.changed() ? "changed" : "unchanged";
  }
  // A model of the same files still needs a version before a campaign can start from it, and the
  // server's dry run takes the pending model's word.
  Status CheckHasVersions(const std::string& model) {
    if (std::find(models_.begin(), models_.end(), model) == models_.end()) return Ok();
    v1::GetModelRequest request;
    request.set_name(model);
    const auto view = shell_.Ask(&v1::ModelService::Stub::GetModel, request);
    if (!view.ok() && view.status().code() != absl::StatusCode::kNotFound) return view.status();
    if (view.ok() && !view->versions().empty()) return Ok();
    return WithField(
        WithReason(FailedPrecondition(
                       "model: {0} has no version yet to start from; apply contract and model "
                       "first, run 'muster model create {0} …', then apply the campaign",
                       model),
                   Reason::kRESOURCE_NOT_FOUND),
        "model");
  }
  StatusOr<std::string> One(const v1::Campaign& campaign, bool dry_run) {
    if (dry_run) MUSTER_TRY(CheckHasVersions(campaign.model()));
    v1::ApplyCampaignRequest request;
    *request.mutable_campaign() = campaign;
    request.set_dry_run(dry_run);
    request.mutable_pending_models()->Add(models_.begin(), models_.end());
    const auto reply = shell_.Ask(&v1::CampaignService::Stub::ApplyCampaign, request);
    // Rows of a contract of the same files can only be judged once that contract is there.
    if (dry_run && ReasonOf(reply.status()) == Reason::kRESOURCE_NOT_FOUND &&
        IsPending(campaign.statistics().contract()))
      return "created";
    if (!reply.ok()) return reply.status();
    return reply->created() ? "created" : "unchanged";
  }
  StatusOr<std::string> One(const v1::Monitor& monitor, bool dry_run) {
    v1::ApplyMonitorRequest request;
    *request.mutable_monitor() = monitor;
    request.set_dry_run(dry_run);
    if (dry_run) request.mutable_pending_models()->Add(models_.begin(), models_.end());
    MUSTER_ASSIGN(const auto reply, shell_.Ask(&v1::MonitorService::Stub::ApplyMonitor, request));
    return reply.created() ? "created" : reply.changed() ? "changed" : "unchanged";
  }
  StatusOr<std::string> One(const v1::Trigger& trigger, bool dry_run) {
    v1::ApplyTriggerRequest request;
    *request.mutable_trigger() = trigger;
    request.set_dry_run(dry_run);
    if (dry_run) {
      request.mutable_pending_models()->Add(models_.begin(), models_.end());
      request.mutable_pending_monitors()->Add(monitors_.begin(), monitors_.end());
    }
    MUSTER_ASSIGN(const auto reply, shell_.Ask(&v1::TriggerService::Stub::ApplyTrigger, request));
    return reply.created() ? "created" : reply.changed() ? "changed" : "unchanged";
  }
  bool IsPending(const std::string& contract) const {
    return std::any_of(contracts_.begin(), contracts_.end(),
                       [&](const v1::Contract& c) { return c.name() == contract; });
  }

  Shell& shell_;
  google::protobuf::RepeatedPtrField<v1::Contract> contracts_;
  std::vector<std::string> models_;
  std::vector<std::string> monitors_;
};

void Tell(Shell& shell, const Outcome& outcome, bool dry_run) {
  if (shell.format == Format::kTable) {
    shell.world.screen.Out(
        fmt::format("{} {}{}\n", Clean(outcome.id), outcome.text, dry_run ? " (dry run)" : ""));
    return;
  }
  // Both machine forms: a JSON object a line, which is YAML too.
  nlohmann::ordered_json json = {
      {"resource", outcome.id}, {"result", outcome.text}, {"dry_run", dry_run}};
  shell.world.screen.Out((shell.format == Format::kYaml ? "- " : "") + json.dump() + "\n");
}

Status Apply(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(const std::vector<Resource> all, ReadAll(shell.world, arguments.files));
  MUSTER_TRY(shell.Coordinator().status());  // Whatever fails from here on is about a resource.
  Applier applier(shell, all);
  Refusals refusals;
  for (const Resource& resource : all) {
    const StatusOr<Outcome> judged = applier.Apply(resource, true);
    if (!judged.ok() && ExitCodeOf(judged.status()) == 3) return judged.status();
    refusals.Add(judged.status());
    if (judged.ok() && arguments.dry_run) Tell(shell, *judged, true);
  }
  if (!refusals.status().ok() || arguments.dry_run) return refusals.status();
  for (const Resource& resource : all) {
    StatusOr<Outcome> outcome = applier.Apply(resource, false);
    if (!outcome.ok())
      return Prefixed(outcome.status(),
                      "passed the dry run but then failed; what is listed above "
                      "was applied. " +
                          IdOf(resource));
    Tell(shell, *outcome, false);
  }
  return Ok();
}

}  // namespace

void AddApply(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* apply = app.add_subcommand(
      "apply", "Make contracts, models, monitors, campaigns, triggers as files say");
  apply
      ->add_option("-f,--file", arguments->files,
                   "YAML or JSON file with resources, a directory of them, or - for stdin")
      ->required()
      ->type_name("FILE");
  apply->add_flag("--dry-run", arguments->dry_run,
                  "Let the server judge everything, change nothing");
  apply->footer(
      "\nAll files are read and judged before anything changes: one mistake anywhere and "
      "nothing is\napplied.\n\nExamples:\n  muster apply -f campaign.yaml\n"
      "  muster apply -f deploy/ --dry-run\n  cat *.yaml | muster apply -f -");
  shell.On(apply, [&shell, arguments] { return Apply(shell, *arguments); });
}

}  // namespace muster::cli
