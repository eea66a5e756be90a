// muster fsck: a data directory checked by the coordinator's own program, while none runs on it.
#include <muster/v1/evidence.pb.h>

#include "cli/commands.h"
#include "cli/text.h"

namespace muster::cli {
namespace {
constexpr Duration kMostSilence = std::chrono::hours(24);  // It reads every blob.
constexpr std::size_t kMostLine = 64 << 10;

// "ok<TAB>subject<TAB>detail"; nothing for another line.
std::optional<v1::FsckReport::Finding> FindingOf(std::string_view line) {
  const std::size_t first = line.find('\t');
  const std::size_t second = first == line.npos ? line.npos : line.find('\t', first + 1);
  if (second == line.npos) return std::nullopt;
  v1::FsckReport::Finding out;
  out.set_ok(line.substr(0, first) == "ok");
  out.set_subject(std::string(line.substr(first + 1, second - first - 1)));
  out.set_detail(std::string(line.substr(second + 1)));
  return out;
}

std::string ReportText(const v1::FsckReport& report, const std::string& path) {
  std::string out;
  for (const auto& finding : report.findings())
    out += fmt::format("{:4}{:9}{}\n", finding.ok() ? "ok" : "BAD", Clean(finding.subject()),
                       Clean(finding.detail()));
  return out + fmt::format("{} {}\n", path, report.ok() ? "is whole" : "is damaged");
}

Status Fsck(Shell& shell, const std::string& path) {
  SubprocessSpec spec;
  spec.argv = {shell.world.program_dir + "/musterd", "--data-dir", path, "--fsck"};
  MUSTER_ASSIGN(const auto child, shell.world.launcher.Start(spec));
  v1::FsckReport report;
  for (;;) {
    const auto line = child->ReadLine(kMostSilence, kMostLine);
    if (!line.ok()) break;
    if (const auto finding = FindingOf(*line)) *report.add_findings() = *finding;
  }
  MUSTER_ASSIGN(const ExitStatus status, child->Wait(kMostSilence));
  if (report.findings().empty() && !status.ok()) {
    shell.exit_code = 1;  // musterd has said why.
    return Ok();
  }
  report.set_ok(status.ok());
  shell.exit_code = status.ok() ? 0 : 1;
  return shell.Show(report, [&] { return ReportText(report, path); });
}
}  // namespace

void AddFsck(CLI::App& app, Shell& shell) {
  CLI::App* fsck =
      app.add_subcommand("fsck", "Check a data directory that no coordinator has open");
  auto path = std::make_shared<std::string>("./muster-data");
  fsck->add_option("dir", *path, "The coordinator's data directory")->capture_default_str();
  fsck->footer(
      "\nReads everything: the journal for gaps, each fact against the log's tree, each blob "
      "against its\nname. Says what is damaged and exits with 1; changes nothing.\n\n"
      "Example:\n  muster fsck /var/lib/muster");
  shell.On(fsck, [&shell, path] { return Fsck(shell, *path); });
}

}  // namespace muster::cli
