// muster contract diff, check, import.
#include <muster/v1/contract.grpc.pb.h>

#include <charconv>
#include <fstream>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/contract_view.h"
#include "cli/text.h"
#include "config/dtdl.h"
#include "config/load.h"
#include "config/yaml_tree.h"

namespace muster::cli {
namespace {
using OrderedJson = nlohmann::ordered_json;

struct Arguments {
  std::string name, file, interface;
  std::vector<std::uint64_t> versions;
  bool apply = false;
};

Status Diff(Shell& shell, const Arguments& arguments) {
  v1::DiffContractRequest request;
  request.set_name(arguments.name);
  if (!arguments.versions.empty()) request.set_from(arguments.versions[0]);
  if (arguments.versions.size() > 1) request.set_to(arguments.versions[1]);
  MUSTER_ASSIGN(const auto diff, shell.Ask(&v1::ContractService::Stub::DiffContract, request));
  return shell.Show(diff, [&] { return DiffText(diff); });
}

StatusOr<std::vector<config::Resource>> ResourcesAt(Shell& shell, const std::string& path) {
  if (path != "-") return config::LoadResources(path);
  MUSTER_ASSIGN(const std::string text, shell.world.read_stdin(config::kMaxFileBytes + 1));
  return config::ParseResources(text, "<stdin>");
}

// Every contract of the file; what else is in it is another command's affair.
Status Check(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(const auto resources, ResourcesAt(shell, arguments.file));
  std::size_t judged = 0;
  for (const config::Resource& resource : resources) {
    const auto* contract = std::get_if<v1::Contract>(&resource.message);
    if (contract == nullptr) continue;
    v1::CheckContractRequest request;
    *request.mutable_contract() = *contract;
    const auto check = shell.Ask(&v1::ContractService::Stub::CheckContract, request);
    if (!check.ok())
      return ExitCodeOf(check.status()) == 3 ? check.status()
                                             : config::Located(check.status(), resource.source);
    if (judged++ > 0 && shell.format == Format::kYaml) shell.world.screen.Out("---\n");
    MUSTER_TRY(shell.Show(*check, [&] { return CheckText(*check); }));
    if (!check->compatible()) shell.exit_code = 1;
  }
  if (judged == 0) return NotFound("{}: no contract in this file", arguments.file);
  return Ok();
}

StatusOr<std::string> ReadDtdl(Shell& shell, const std::string& path) {
  if (path == "-") return shell.world.read_stdin(config::kMaxDtdlBytes + 1);
  std::ifstream in(path, std::ios::binary);
  if (!in) return NotFound("{}: cannot be read", path);
  std::string text(config::kMaxDtdlBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return NotFound("{}: cannot be read", path);
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

// The contract as a resource, what was left out beside it, and what the server said, if it was
// asked.
Status ShowImport(Shell& shell, const config::DtdlImport& import, const std::string& result) {
  const std::string yaml = "kind: Contract\n" + ToSparseYaml(import.contract);
  if (shell.format == Format::kTable) {
    for (const config::DtdlSkipped& skipped : import.skipped)
      shell.world.screen.Err(
          fmt::format("left out: {}: {}\n", Clean(skipped.path), Clean(skipped.text)));
    shell.world.screen.Out(
        result.empty() ? yaml
                       : fmt::format("contract/{} {}\n", Clean(import.contract.name()), result));
    return Ok();
  }
  OrderedJson out = {{"contract", OrderedJson::parse(ToJson(import.contract))},
                     {"left_out", OrderedJson::array()}};
  for (const config::DtdlSkipped& skipped : import.skipped)
    out["left_out"].push_back({{"path", skipped.path}, {"what", skipped.text}});
  if (!result.empty()) out["result"] = result;
  shell.world.screen.Out(shell.format == Format::kJson ? out.dump(2) + "\n" : ToYaml(out));
  return Ok();
}

Status Import(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(const std::string text, ReadDtdl(shell, arguments.file));
  const auto import = config::ImportDtdl(text, {arguments.name, arguments.interface});
  if (!import.ok()) return Prefixed(import.status(), arguments.file);
  if (!arguments.apply) return ShowImport(shell, *import, "");
  v1::ApplyContractRequest request;
  *request.mutable_contract() = import->contract;
  MUSTER_ASSIGN(const auto reply, shell.Ask(&v1::ContractService::Stub::ApplyContract, request));
  return ShowImport(shell, *import,
                    fmt::format("{} (version {})", reply.created() ? "created" : "unchanged",
                                reply.version().version()));
}

void AddDiff(CLI::App* contract, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* diff = contract->add_subcommand("diff", "What changed between two versions");
  diff->add_option("NAME", arguments->name, "The contract")->required();
  diff->add_option("VERSION", arguments->versions,
                   "From which version, and to which. Default: the newest, and the one before")
      ->expected(0, 2)
      ->check(CLI::PositiveNumber);
  diff->footer(
      "\nEvery difference is shown with its path and whom it stops: 'backward', readers of the "
      "newer version\nover data of the older; 'forward', readers of the older over data of the "
      "newer.\n\nExamples:\n  muster contract diff turbofan\n  muster contract diff turbofan 3\n"
      "  muster contract diff turbofan 1 4 -o json");
  shell.On(diff, [&shell, arguments] { return Diff(shell, *arguments); });
}

void AddCheck(CLI::App* contract, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* check =
      contract->add_subcommand("check", "Would these contracts be taken? Changes nothing");
  check->add_option("-f,--file", arguments->file, "YAML or JSON file, or - for stdin")
      ->required()
      ->type_name("FILE");
  check->footer(
      "\nJudges each contract of the file by the compatibility that its newest version declares, "
      "as 'muster\napply' will: exit code 1 when one is incompatible. BACKWARD (the default): new "
      "readers read old data;\nFORWARD: old readers read new data; FULL: both; …_TRANSITIVE: over "
      "all versions, not the newest alone.\n\nExamples:\n  muster contract check -f turbofan.yaml\n"
      "  muster contract check -f - -o json < turbofan.yaml");
  shell.On(check, [&shell, arguments] { return Check(shell, *arguments); });
}

void AddImport(CLI::App* contract, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* import =
      contract->add_subcommand("import", "Make a contract of a digital twin's model");
  import->add_option("--dtdl", arguments->file, "A DTDL version 3 interface (JSON), or - for stdin")
      ->required()
      ->type_name("FILE");
  import->add_option("--name", arguments->name,
                     "Name of the contract. Default: the last part of the interface's @id");
  import->add_option("--interface", arguments->interface, "Which one, when the file has several")
      ->type_name("DTMI");
  import->add_flag("--apply", arguments->apply, "Apply it, instead of printing its YAML");
  import->footer(
      "\nTelemetry and Property of double, float, integer, long, boolean, string and dateTime "
      "become fields;\nunits of the QuantitativeTypes extension become UCUM. What a contract does "
      "not say (commands,\ncomponents, objects, what is inherited, …) is told on stderr, path by "
      "path. Ranges, freshness and\nowner are yours to add.\n\nExamples:\n"
      "  muster contract import --dtdl engine.json > engine.yaml\n"
      "  muster contract import --dtdl engine.json --name engine --apply");
  shell.On(import, [&shell, arguments] { return Import(shell, *arguments); });
}
}  // namespace

void AddContract(CLI::App& app, Shell& shell) {
  CLI::App* contract =
      app.add_subcommand("contract", "Compare, check and import contracts of data");
  contract->require_subcommand(1);
  contract->footer(
      "\nContracts are made with 'muster apply', and shown with 'muster get contracts' and 'muster "
      "describe\ncontract NAME'.");
  AddDiff(contract, shell);
  AddCheck(contract, shell);
  AddImport(contract, shell);
}

}  // namespace muster::cli
