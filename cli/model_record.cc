// muster model history, approve, certify, measure: the record about versions that are there.
#include <muster/v1/model.grpc.pb.h>
#include <muster/v1/promotion.grpc.pb.h>

#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/promotion_view.h"
#include "cli/report.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

struct Arguments {
  std::string model, alias, at, comment, hardware, report_path;
  std::uint64_t version = 0;
  std::uint32_t most = 0;
};

Status History(Shell& shell, const Arguments& arguments) {
  v1::GetAliasHistoryRequest request;
  request.set_model(arguments.model);
  request.set_alias(arguments.alias);
  request.set_most(arguments.most);
  if (!arguments.at.empty()) {
    const auto at = ParseTime(arguments.at);
    if (!at.ok()) return Prefixed(at.status(), "--at");
    request.set_at_unix_ms(UnixMillis(*at));
  }
  MUSTER_ASSIGN(const auto history,
                shell.Ask(&v1::PromotionService::Stub::GetAliasHistory, request));
  return shell.Show(history, [&] { return HistoryTable(history); });
}

Status Approve(Shell& shell, const Arguments& arguments) {
  v1::ApproveVersionRequest request;
  request.set_model(arguments.model);
  request.set_version(arguments.version);
  request.set_comment(arguments.comment);
  MUSTER_ASSIGN(const auto version,
                shell.Ask(&v1::PromotionService::Stub::ApproveVersion, request));
  return shell.Show(version, [&] {
    std::string text = fmt::format("{}@{} is approved by", version.model(), version.version());
    for (const v1::Approval& a : version.approvals()) text += " " + a.by();
    return Clean(text) + "\n";
  });
}

Status Certify(Shell& shell, const Arguments& arguments) {
  v1::CertifyVersionRequest request;
  request.set_model(arguments.model);
  request.set_version(arguments.version);
  request.set_hardware(arguments.hardware);
  MUSTER_ASSIGN(const auto version,
                shell.Ask(&v1::PromotionService::Stub::CertifyVersion, request));
  return shell.Show(version, [&] {
    std::string text = fmt::format("{}@{} is certified on", version.model(), version.version());
    for (const v1::Certification& c : version.certified()) text += " " + c.hardware();
    return Clean(text) + "\n";
  });
}

Status Measure(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(const auto report, LoadReport(arguments.report_path));
  v1::MeasureVersionRequest request;
  request.set_model(arguments.model);
  request.set_version(arguments.version);
  *request.mutable_report() = report.message;
  const auto version = shell.Ask(&v1::ModelService::Stub::MeasureVersion, request);
  if (!version.ok()) return AboutReport(version.status(), report.source);
  return shell.Show(*version, [&] {
    return Clean(fmt::format("{}@{} records {} metric(s) and {} slice(s)", version->model(),
                             version->version(), version->metrics_size(), version->slices_size())) +
           "\n";
  });
}

void AddOne(CLI::App* command, Arguments& arguments) {
  command->add_option("MODEL", arguments.model, "The model")->required();
  command->add_option("VERSION", arguments.version, "A version that exists")
      ->required()
      ->check(CLI::PositiveNumber);
}
}  // namespace

void AddModelRecord(CLI::App* model, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* history = model->add_subcommand("history", "Show where aliases pointed, and when");
  history->add_option("MODEL", arguments->model, "The model")->required();
  history->add_option("--alias", arguments->alias, "Of this alias alone")->type_name("ALIAS");
  history
      ->add_option("--at", arguments->at,
                   "Only where it pointed then; UTC, as 2026-05-03T12:00Z or 2026-05-03")
      ->type_name("TIME");
  history->add_option("--most", arguments->most, "Show the newest so many moves");
  history->footer(
      "\nExamples:\n  muster model history rul-net\n"
      "  muster model history rul-net --alias champion --at 2026-05-03T12:00Z   # what was "
      "champion "
      "then");
  shell.On(history, [&shell, arguments] { return History(shell, *arguments); });

  CLI::App* approve = model->add_subcommand("approve", "Say yes to a version that others made");
  AddOne(approve, *arguments);
  approve->add_option("--comment", arguments->comment, "Kept with the approval")->type_name("TEXT");
  shell.On(approve, [&shell, arguments] { return Approve(shell, *arguments); });

  CLI::App* certify = model->add_subcommand("certify", "Record that a version runs on a hardware");
  AddOne(certify, *arguments);
  certify->add_option("--hardware", arguments->hardware, "Such as x86-64 or jetson-nano")
      ->required()
      ->type_name("NAME");
  shell.On(certify, [&shell, arguments] { return Certify(shell, *arguments); });

  CLI::App* measure = model->add_subcommand("measure", "Add metrics and slices to a version");
  AddOne(measure, *arguments);
  measure->add_option("--report", arguments->report_path, "YAML of muster.v1.Report")
      ->required()
      ->type_name("FILE");
  measure->footer(
      "\nWhat is recorded stays; names that are new are added. The file:\n"
      "  metrics: {rmse: {value: 13.4, standard_error: 0.2, count: 5000}}\n"
      "  slices: {line-1: {metrics: {rmse: 12.9}}, line-2: {metrics: {rmse: 14.1}}}\n"
      "  energy: {kwh: 0.2, source: wall meter}");
  shell.On(measure, [&shell, arguments] { return Measure(shell, *arguments); });
}

}  // namespace muster::cli
