// muster audit export, verify (fork is in audit_fork.cc): what stands behind a version, in one
// file, and whether it holds.
#include <muster/v1/evidence.grpc.pb.h>
#include <muster/v1/model.grpc.pb.h>

#include <algorithm>
#include <filesystem>

#include "base/time_text.h"
#include "cli/artefacts.h"
#include "cli/commands.h"
#include "cli/key_option.h"
#include "cli/text.h"
#include "registry/evidence/exports.h"

namespace muster::cli {
namespace {
namespace evidence = registry::evidence;

struct Arguments {
  std::string model, version = "latest", format = "bundle", out;
  std::string file, key;
};

// What a bundle's text comes to, once it holds.
struct Opened {
  evidence::Bundle bundle;
  evidence::Verified verified;
  evidence::Card card;
};

StatusOr<Opened> Open(const World& world, std::string_view text,
                      const std::optional<std::string>& key) {
  Opened out;
  MUSTER_ASSIGN(out.bundle, evidence::ParseBundle(text));
  MUSTER_ASSIGN(out.verified, evidence::Verify(out.bundle, key, world.crypto));
  MUSTER_ASSIGN(out.card,
                evidence::CardOf(out.bundle.model, out.bundle.version, out.verified.facts));
  return out;
}

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

std::string Formed(const std::string& format, std::string_view text, const Opened& opened) {
  const evidence::Evidence e{opened.bundle, opened.verified, opened.card};
  if (format == "cyclonedx") return ToCycloneDx(e);
  if (format == "cloudevents") return ToCloudEvents(e);
  if (format == "csv") return ToCsv(e);
  if (format == "html") return ToHtml(e);
  return std::string(text);
}

v1::VerifiedEvidence ToProto(const Opened& opened, bool key_given) {
  v1::VerifiedEvidence out;
  out.set_model(opened.card.model);
  out.set_version(opened.card.version);
  out.set_origin(opened.verified.checkpoint.origin);
  out.set_tree_size(opened.verified.checkpoint.tree.size);
  out.set_root(opened.verified.checkpoint.tree.root.Hex());
  out.set_key(opened.bundle.key);
  out.set_key_given(key_given);
  out.set_leaves(opened.verified.facts.size());
  out.set_streams(opened.verified.streams);
  out.set_params_digest(opened.card.params);
  out.set_module_digest(opened.card.module);
  for (const auto& [name, value] : opened.card.metrics) (*out.mutable_metrics())[name] = value;
  return out;
}

std::string VerifiedText(const v1::VerifiedEvidence& v) {
  std::string out = fmt::format("{} version {}\n", Clean(v.model()), v.version());
  out += fmt::format("  ok  checkpoint  {}, {} facts, root {}\n", Clean(v.origin()),
                     Thousands(v.tree_size()), v.root());
  out += fmt::format("  ok  facts       {} of {} are in that log\n", Thousands(v.leaves()),
                     Thousands(v.leaves()));
  out += fmt::format("  ok  streams     {}, none with a gap\n", Thousands(v.streams()));
  out += fmt::format("  ok  statement   parameters {}{}\n", Clean(v.params_digest()),
                     v.module_digest().empty() ? "" : ", module " + Clean(v.module_digest()));
  if (v.key_given()) return out + fmt::format("  ok  key         {}\n", Clean(v.key()));
  return out + fmt::format(
                   "  --  key         {}\n      came out of the bundle itself: compare it with one "
                   "from somebody you trust, or pass --key\n",
                   Clean(v.key()));
}

Status Export(Shell& shell, const Arguments& arguments) {
  v1::ExportEvidenceRequest request;
  request.set_model(arguments.model);
  MUSTER_ASSIGN(const std::uint64_t version, VersionOf(shell, arguments));
  request.set_version(version);
  MUSTER_ASSIGN(const auto reply, shell.Ask(&v1::EvidenceService::Stub::ExportEvidence, request));
  MUSTER_ASSIGN(const Bytes bytes, GetArtefact(shell, "evidence", reply.digest()));
  // Nothing leaves this command that does not hold.
  MUSTER_ASSIGN(const Opened opened, Open(shell.world, AsText(bytes), std::nullopt));
  const std::string text = Formed(arguments.format, AsText(bytes), opened);
  if (arguments.out == "-") {
    shell.world.screen.Out(text);
    return Ok();
  }
  const std::string file =
      !arguments.out.empty()
          ? arguments.out
          : fmt::format("{}-{}.{}", arguments.model, version, Extension(arguments.format));
  MUSTER_TRY(WriteBytes(file, AsBytes(text)));
  return shell.Show(ToProto(opened, false), [&] {
    return fmt::format("{}  {}  {} facts behind {} version {}, each proven\n", file,
                       ByteText(text.size()), Thousands(opened.verified.facts.size()),
                       Clean(arguments.model), version);
  });
}

Status VerifyFile(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(const std::optional<std::string> key, KeyOption(shell, arguments.key));
  MUSTER_ASSIGN(const Bytes bytes, ReadBytes(arguments.file));
  const auto opened = Open(shell.world, AsText(bytes), key);
  if (!opened.ok()) return Prefixed(opened.status(), arguments.file);
  if (!arguments.out.empty())
    MUSTER_TRY(
        WriteBytes(arguments.out, AsBytes(Formed(arguments.format, AsText(bytes), *opened))));
  const v1::VerifiedEvidence verified = ToProto(*opened, key.has_value());
  return shell.Show(verified, [&] { return VerifiedText(verified); });
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
      "  muster audit verify turbofan-rul-11.evidence.json --key log.pub    # needs no server\n\n"
      "A bundle has every recorded fact behind a version, each with the proof that it is in the\n"
      "signed log. The log's key is DATA/log/key.pub at the coordinator, and /log/key over HTTP.\n"
      "docs/VERIFY.md checks the same with openssl and a short script.");
  CLI::App* out = audit->add_subcommand("export", "Take what stands behind a version away");
  out->add_option("--model", arguments->model, "Name of the model")->required()->type_name("NAME");
  out->add_option("--version", arguments->version, "Number, alias, or latest")
      ->type_name("VERSION")
      ->capture_default_str();
  AddFormat(out, *arguments, "File to write; - for the screen; default MODEL-VERSION.FORMAT");
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
