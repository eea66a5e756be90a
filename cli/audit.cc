// muster audit export, verify (fork is in audit_fork.cc): what stands behind a version, in one
// file, and whether it holds.
#include <muster/v1/evidence.grpc.pb.h>
#include <muster/v1/fleet.grpc.pb.h>
#include <muster/v1/model.grpc.pb.h>

#include <algorithm>
#include <filesystem>

#include "base/time_text.h"
#include "cli/artefacts.h"
#include "cli/commands.h"
#include "cli/evidence_view.h"
#include "cli/key_option.h"
#include "cli/text.h"
#include "registry/evidence/exports.h"

namespace muster::cli {
namespace {
namespace evidence = registry::evidence;

struct Arguments {
  std::string model, version = "latest", device, at, format = "bundle", out;
  std::string file, key;
};

// A number, or an alias of the model; "latest" is the newest.
StatusOr<std::uint64_t> VersionOf(Shell& shell, const Arguments& arguments) {
  v1::GetVersionRequest request;
  request.set_model(arguments.model);
  const bool number =
      std::ranges::all_of(arguments.version, [](char c) { return c >= '0' && c <= '9'; }) &&
      arguments.version.size() < 19;
  if (number)
    request.set_version(std::stoull(arguments.version));
  else
    request.set_alias(arguments.version);
  if (number && request.version() == 0)
    return InvalidArgument("--version 0: versions count from 1; 'latest' is the newest");
  MUSTER_ASSIGN(const auto version, shell.Ask(&v1::ModelService::Stub::GetVersion, request));
  return version.version();
}

std::string_view Extension(const std::string& format) {
  if (format == "cyclonedx") return "cdx.json";
  if (format == "cloudevents") return "events.json";
  return format == "bundle" ? "evidence.json" : std::string_view(format);
}

std::string Formed(const std::string& format, std::string_view text, const OpenedEvidence& opened) {
  const evidence::Evidence e{opened.bundle, opened.verified, opened.card};
  if (format == "cyclonedx") return ToCycloneDx(e);
  if (format == "cloudevents") return ToCloudEvents(e);
  if (format == "csv") return ToCsv(e);
  if (format == "html") return ToHtml(e);
  return std::string(text);
}

// 0: now.
StatusOr<std::int64_t> TimeOption(const std::string& text) {
  if (text.empty()) return 0;
  const auto at = ParseTime(text);
  if (!at.ok()) return Prefixed(at.status(), "--at");
  return UnixMillis(*at);
}

// What is exported: a version, and what a device had to do with it.
v1::ExportEvidenceRequest OfVersion(const Arguments& arguments, std::uint64_t version) {
  v1::ExportEvidenceRequest request;
  request.set_model(arguments.model);
  request.set_version(version);
  return request;
}

// The version that the device ran, or the one before it when no version holds what it ran.
StatusOr<v1::ExportEvidenceRequest> OfDevice(Shell& shell, const Arguments& arguments) {
  v1::GetDeviceHistoryRequest question;
  question.set_name(arguments.device);
  question.set_most(1);
  MUSTER_ASSIGN(const std::int64_t at, TimeOption(arguments.at));
  question.set_at_unix_ms(at);
  MUSTER_ASSIGN(const auto history, shell.Ask(&v1::FleetService::Stub::GetDeviceHistory, question));
  if (history.entries().empty())
    return WithReason(
        NotFound("device {} had been given no model by {}: ask for a later --at, or see what it is "
                 "doing with 'muster describe device {}'",
                 arguments.device, FormatTime(FromUnixMillis(history.at_unix_ms())),
                 arguments.device),
        Reason::kRESOURCE_NOT_FOUND);
  const v1::DeviceHistory::Entry& ran = history.entries(0);
  v1::ExportEvidenceRequest request;
  request.set_model(ran.model());
  request.set_version(ran.version() != 0 ? ran.version() : ran.base_version());
  request.set_device(history.id());
  request.set_at_unix_ms(history.at_unix_ms());
  request.set_campaign(ran.campaign());
  return request;
}

StatusOr<v1::ExportEvidenceRequest> RequestOf(Shell& shell, const Arguments& arguments) {
  if (!arguments.device.empty()) return OfDevice(shell, arguments);
  MUSTER_ASSIGN(const std::uint64_t version, VersionOf(shell, arguments));
  return OfVersion(arguments, version);
}

std::string FileName(const Arguments& arguments, const v1::ExportEvidenceRequest& request) {
  if (!arguments.out.empty()) return arguments.out;
  return fmt::format("{}-{}{}.{}", request.model(), request.version(),
                     request.device().empty() ? "" : "-" + request.device(),
                     Extension(arguments.format));
}

Status Export(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(const v1::ExportEvidenceRequest request, RequestOf(shell, arguments));
  MUSTER_ASSIGN(const auto reply, shell.Ask(&v1::EvidenceService::Stub::ExportEvidence, request));
  MUSTER_ASSIGN(const Bytes bytes, GetArtefact(shell, "evidence", reply.digest()));
  // Nothing leaves this command that does not hold.
  MUSTER_ASSIGN(const OpenedEvidence opened,
                OpenEvidence(shell.world, AsText(bytes), std::nullopt));
  const std::string text = Formed(arguments.format, AsText(bytes), opened);
  if (arguments.out == "-") {
    shell.world.screen.Out(text);
    return Ok();
  }
  const std::string file = FileName(arguments, request);
  MUSTER_TRY(WriteBytes(file, AsBytes(text)));
  const v1::VerifiedEvidence shown = VerifiedView(opened, false);
  return shell.Show(shown, [&] {
    return fmt::format("{}  {}  {} facts behind {} version {}, each proven\n{}", file,
                       ByteText(text.size()), Thousands(opened.verified.facts.size()),
                       Clean(request.model()), request.version(), RunText(opened));
  });
}

Status VerifyFile(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(const std::optional<std::string> key, KeyOption(shell, arguments.key));
  MUSTER_ASSIGN(const Bytes bytes, ReadBytes(arguments.file));
  const auto opened = OpenEvidence(shell.world, AsText(bytes), key);
  if (!opened.ok()) return Prefixed(opened.status(), arguments.file);
  if (!arguments.out.empty())
    MUSTER_TRY(
        WriteBytes(arguments.out, AsBytes(Formed(arguments.format, AsText(bytes), *opened))));
  const v1::VerifiedEvidence verified = VerifiedView(*opened, key.has_value());
  return shell.Show(verified, [&] { return RunText(*opened) + VerifiedText(verified); });
}

void AddFormat(CLI::App* command, Arguments& arguments, const char* out) {
  command
      ->add_option("--format", arguments.format,
                   "bundle (facts and proofs), cyclonedx (1.6 ML-BOM), cloudevents, csv or html")
      ->check(CLI::IsMember({"bundle", "cyclonedx", "cloudevents", "csv", "html"}))
      ->capture_default_str();
  command->add_option("--out", arguments.out, out)->type_name("FILE");
}
}  // namespace

StatusOr<std::optional<std::string>> KeyOption(Shell& shell, const std::string& given) {
  if (given.empty()) return std::nullopt;
  std::error_code error;
  if (!std::filesystem::is_regular_file(given, error)) return given;
  MUSTER_ASSIGN(std::string text, shell.world.disk.ReadText(given));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

void AddAudit(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* audit = app.add_subcommand("audit", "Evidence behind a model, and whether it holds");
  audit->require_subcommand(1);
  audit->footer(
      "\nExamples:\n"
      "  muster audit export --model turbofan-rul --version champion\n"
      "  muster audit export --model turbofan-rul --format html --out report.html\n"
      "  muster audit export --device engine-007 --at 2026-05-03T10:00Z    # what it ran then\n"
      "  muster audit verify turbofan-rul-11.evidence.json --key log.pub    # needs no server\n\n"
      "A bundle has every recorded fact behind a version, each with the proof that it is in the\n"
      "signed log. The log's key is DATA/log/key.pub at the coordinator, and /log/key over HTTP.\n"
      "docs/VERIFY.md checks the same with openssl and a short script.");
  CLI::App* out = audit->add_subcommand("export", "Take what stands behind a version away");
  CLI::Option_group* of = out->add_option_group("What about");
  of->add_option("--model", arguments->model, "Name of the model")->type_name("NAME");
  CLI::Option* device =
      of->add_option("--device", arguments->device,
                     "What this device ran, by its name or id, and all that is behind it")
          ->type_name("NAME");
  of->require_option(1);
  out->add_option("--version", arguments->version, "Of the model: number, alias, or latest")
      ->type_name("VERSION")
      ->capture_default_str()
      ->excludes(device);
  out->add_option("--at", arguments->at,
                  "Of the device: as of then; UTC, as 2026-05-03T10:00Z or 2026-05-03")
      ->type_name("TIME")
      ->needs(device);
  AddFormat(out, *arguments,
            "File to write; - for the screen; default MODEL-VERSION[-DEVICE].FORMAT");
  shell.On(out, [&shell, arguments] { return Export(shell, *arguments); });
  CLI::App* verify = audit->add_subcommand("verify", "Check a bundle, without any server");
  verify->add_option("file", arguments->file, "A bundle that 'export' wrote")->required();
  verify
      ->add_option("--key", arguments->key, "The log's key, \"name+id+base64\", or a file with it")
      ->type_name("KEY|FILE");
  AddFormat(verify, *arguments, "Also write the bundle's content in --format to this file");
  shell.On(verify, [&shell, arguments] { return VerifyFile(shell, *arguments); });
  AddAuditFork(audit, shell);
}

}  // namespace muster::cli
