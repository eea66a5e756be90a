// muster model list, show, create, download, alias.
#include <muster/v1/model.grpc.pb.h>

#include <charconv>
#include <filesystem>

#include "base/safetensors.h"
#include "cli/artefacts.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "cli/text.h"
#include "cli/views.h"

namespace muster::cli {
namespace {
namespace fs = std::filesystem;

struct Arguments {
  std::string name, module_path, params_path, report_path, out_dir = ".", alias, override_reason;
  std::uint64_t version = 0;
};

StatusOr<v1::ModelView> GetModel(Shell& shell, const std::string& name) {
  v1::GetModelRequest request;
  request.set_name(name);
  return shell.Ask(&v1::ModelService::Stub::GetModel, request);
}

Status List(Shell& shell) {
  MUSTER_ASSIGN(const auto list, shell.Ask(&v1::ModelService::Stub::ListModels, {}));
  return shell.Show(list, [&] { return ModelTable(list, shell.world.clock.Now()); });
}

// The parameters to upload: those of the file, which must fit the module, or the module's own.
StatusOr<Bytes> ParamsFor(World& world, const Arguments& arguments) {
  Bytes own;
  if (!arguments.module_path.empty()) {
    MUSTER_ASSIGN(own, ParamsOfModule(world, arguments.module_path));
  }
  if (arguments.params_path.empty()) return own;
  MUSTER_ASSIGN(Bytes given, ReadBytes(arguments.params_path));
  const auto params = ParseParams(given);
  if (!params.ok()) return Prefixed(params.status(), arguments.params_path);
  if (own.empty()) return given;
  MUSTER_ASSIGN(const Params wanted, ParseParams(own));
  const Status fits = wanted.layout.CheckSame(params->layout);
  if (!fits.ok())
    return WithReason(Prefixed(fits, fmt::format("{} does not fit {}", arguments.params_path,
                                                 arguments.module_path)),
                      Reason::kARTEFACT_INVALID);
  return given;
}

Status Create(Shell& shell, const Arguments& arguments) {
  if (arguments.module_path.empty() && arguments.params_path.empty())
    return InvalidArgument(
        "name a TorchScript file with --module, or for trainers that bring their "
        "own network a safetensors file with --params");
  v1::CreateVersionRequest request;
  config::Loaded<v1::Report> report;
  if (!arguments.report_path.empty()) {
    MUSTER_ASSIGN(report, LoadReport(arguments.report_path));
    *request.mutable_report() = report.message;
  }
  MUSTER_TRY(GetModel(shell, arguments.name).status());  // Before anything large is sent.
  MUSTER_ASSIGN(const Bytes params, ParamsFor(shell.world, arguments));
  request.set_model(arguments.name);
  MUSTER_ASSIGN(const Digest params_digest, PutArtefact(shell, "parameters", params));
  request.set_params_digest(params_digest.ToString());
  if (!arguments.module_path.empty()) {
    MUSTER_ASSIGN(const Bytes module, ReadBytes(arguments.module_path));
    MUSTER_ASSIGN(const Digest digest, PutArtefact(shell, arguments.module_path, module));
    request.set_module_digest(digest.ToString());
  }
  const auto version = shell.Ask(&v1::ModelService::Stub::CreateVersion, request);
  if (!version.ok()) return AboutReport(version.status(), report.source);
  return shell.Show(*version, [&] {
    return fmt::format("model/{} version {} created ({} parameters, {})\n", Clean(version->model()),
                       version->version(), Thousands(version->parameters()),
                       ShortDigest(version->params_digest()));
  });
}

// "rul-net", "rul-net@3", "rul-net:champion".
StatusOr<v1::ModelVersion> Resolve(Shell& shell, const std::string& text) {
  const std::size_t at = text.find_first_of("@:");
  v1::GetVersionRequest request;
  request.set_model(text.substr(0, at));
  if (at == std::string::npos) {
    MUSTER_ASSIGN(const auto view, GetModel(shell, text));
    if (view.versions().empty())
      return NotFound("model {} has no version yet; make one with 'muster model create'", text);
    return view.versions(view.versions_size() - 1);
  }
  const std::string which = text.substr(at + 1);
  if (text[at] == ':') {
    request.set_alias(which);
  } else {
    std::uint64_t version = 0;
    const auto [end, error] = std::from_chars(which.data(), which.data() + which.size(), version);
    if (error != std::errc() || end != which.data() + which.size() || version == 0)
      return InvalidArgument("'{}' is no version; write {}@3 or {}:alias", which, request.model(),
                             request.model());
    request.set_version(version);
  }
  return shell.Ask(&v1::ModelService::Stub::GetVersion, request);
}

Status ShowOne(Shell& shell, const std::string& name) {
  const auto show = [&](const auto& view) {
    return shell.Show(view, [&] { return Describe(view, shell.world.clock.Now()); });
  };
  if (name.find_first_of("@:") == std::string::npos) {
    MUSTER_ASSIGN(const auto model, GetModel(shell, name));
    return show(model);
  }
  MUSTER_ASSIGN(const auto version, Resolve(shell, name));
  return show(version);
}

Status Download(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(const auto version, Resolve(shell, arguments.name));
  std::error_code error;
  fs::create_directories(arguments.out_dir, error);
  if (error) return FailedPrecondition("{}: {}", arguments.out_dir, error.message());
  const auto fetch = [&](const std::string& name, const std::string& digest) -> Status {
    MUSTER_ASSIGN(const Bytes bytes, GetArtefact(shell, name, digest));
    MUSTER_TRY(WriteBytes(arguments.out_dir + "/" + name, bytes));
    if (shell.format == Format::kTable)
      shell.world.screen.Out(fmt::format("{}/{}  {}  {}\n", arguments.out_dir, name,
                                         ByteText(bytes.size()), ShortDigest(digest)));
    return Ok();
  };
  MUSTER_TRY(fetch("params.safetensors", version.params_digest()));
  if (!version.module_digest().empty()) MUSTER_TRY(fetch("module.pt", version.module_digest()));
  return shell.Show(version, [] { return std::string(); });
}

Status SetAlias(Shell& shell, const Arguments& arguments) {
  v1::SetAliasRequest request;
  request.set_model(arguments.name);
  request.set_alias(arguments.alias);
  request.set_version(arguments.version);
  request.set_override_reason(arguments.override_reason);
  MUSTER_ASSIGN(const auto version, shell.Ask(&v1::ModelService::Stub::SetAlias, request));
  return shell.Show(version, [&] {
    if (arguments.version == 0)
      return fmt::format("{}:{} removed\n", Clean(arguments.name), Clean(arguments.alias));
    return fmt::format("{}:{} is version {}\n", Clean(arguments.name), Clean(arguments.alias),
                       version.version());
  });
}

void AddAlias(CLI::App* model, Shell& shell, const std::shared_ptr<Arguments>& arguments) {
  CLI::App* alias = model->add_subcommand("alias", "Point a name at a version, or take it away");
  alias->require_subcommand(1);
  CLI::App* set = alias->add_subcommand("set", "Point ALIAS at VERSION");
  set->add_option("NAME", arguments->name, "The model")->required();
  set->add_option("ALIAS", arguments->alias, "Such as champion")->required();
  set->add_option("VERSION", arguments->version, "A version that exists")
      ->required()
      ->check(CLI::PositiveNumber);
  CLI::App* remove = alias->add_subcommand("remove", "Take ALIAS away");
  remove->add_option("NAME", arguments->name, "The model")->required();
  remove->add_option("ALIAS", arguments->alias, "The alias")->required();
  remove
      ->add_option("--override", arguments->override_reason,
                   "What a guarded alias is taken away for; needs the role that the model names")
      ->type_name("REASON");
  for (CLI::App* command : {set, remove})
    shell.On(command, [&shell, arguments] { return SetAlias(shell, *arguments); });
}

}  // namespace

void AddModel(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* model = app.add_subcommand("model", "Models and their versions");
  model->require_subcommand(1);
  model->footer(
      "\nExamples:\n  muster model create rul-net --module net.pt\n"
      "  muster model show rul-net:champion          # where it comes from, who approved it\n"
      "  muster model download rul-net@3 --out ./net\n"
      "  muster model alias set rul-net champion 3");
  shell.On(model->add_subcommand("list", "List models"), [&shell] { return List(shell); });
  CLI::App* show = model->add_subcommand("show", "Show a model with its versions, or one of them");
  show->add_option("NAME", arguments->name, "NAME, NAME@VERSION or NAME:ALIAS")->required();
  shell.On(show, [&shell, arguments] { return ShowOne(shell, arguments->name); });

  CLI::App* create = model->add_subcommand("create", "Make the next version out of files");
  create->add_option("NAME", arguments->name, "A model that was applied")->required();
  create->add_option("--module", arguments->module_path, "TorchScript module")
      ->type_name("FILE.pt");
  create
      ->add_option("--params", arguments->params_path,
                   "Parameters; default: those inside the module")
      ->type_name("FILE.safetensors");
  create
      ->add_option("--report", arguments->report_path,
                   "Metrics, slices and energy: see 'muster model measure --help'")
      ->type_name("FILE.yaml");
  create->footer(
      "\nExamples:\n  muster model create rul-net --module net.pt\n"
      "  muster model create linear --params weights.safetensors   # exec trainers");
  shell.On(create, [&shell, arguments] { return Create(shell, *arguments); });

  CLI::App* download = model->add_subcommand("download", "Fetch a version's files");
  download->add_option("NAME", arguments->name, "NAME, NAME@VERSION or NAME:ALIAS")->required();
  download->add_option("--out", arguments->out_dir, "Directory for params.safetensors, module.pt")
      ->type_name("DIR");
  shell.On(download, [&shell, arguments] { return Download(shell, *arguments); });
  AddAlias(model, shell, arguments);
  AddModelRecord(model, shell);
  AddModelSearch(model, shell);
}

}  // namespace muster::cli
