#include "client/app/drift_command.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "base/seeded.h"
#include "client/app/drift_report.h"
#include "client/app/drift_rows.h"
#include "client/pipeline/file_bytes.h"
#include "config/load.h"
#include "config/plain.h"
#include "config/yaml_tree.h"
#include "drift/monitors/monitor_set.h"

namespace muster::client {
namespace {
using namespace drift;

StatusOr<RowRange> RangeOf(const DriftArguments& arguments) {
  RowRange out;
  if (!arguments.rows.empty()) {
    MUSTER_ASSIGN(out, ParseRowRange(arguments.rows));
  }
  if (!(arguments.share > 0 && arguments.share <= 1))  // NaN falls here too.
    return InvalidField("--share", "{} is not above 0 and at most 1", arguments.share);
  out.share = arguments.share;
  return out;
}

StatusOr<std::string> ReadText(const std::string& path, std::uint64_t most, std::string_view how) {
  const StatusOr<Bytes> bytes = ReadFileBytes(path, most);
  if (absl::IsNotFound(bytes.status()))
    return WithReason(NotFound("there is no file {}; {}", path, how), Reason::kRESOURCE_NOT_FOUND);
  MUSTER_TRY(bytes.status());
  return std::string(AsText(*bytes));
}

StatusOr<std::optional<TrainingReference>> LoadReference(const std::string& path) {
  if (path.empty()) return std::optional<TrainingReference>();
  MUSTER_ASSIGN(const std::string text, ReadText(path, TrainingReference::kMostBytes,
                                                 "`muster-edge drift reference` makes it"));
  StatusOr<TrainingReference> out = TrainingReference::Parse(text);
  if (!out.ok()) return Prefixed(out.status(), path);
  return std::optional(*std::move(out));
}

StatusOr<MonitorSet> LoadMonitors(const DriftArguments& arguments, const DriftContract& contract,
                                  const std::optional<TrainingReference>& reference) {
  MUSTER_ASSIGN(const std::string text, ReadText(arguments.monitors, config::kMaxFileBytes,
                                                 "`muster-edge drift check --help` shows one"));
  MUSTER_ASSIGN(const config::Plain plain, config::ParsePlain(text, arguments.monitors));
  StatusOr<std::vector<MonitorSpec>> specs = ReadMonitors(plain.json);
  if (!specs.ok()) return config::Located(specs.status(), plain.source);
  // One seed for all: equal files give equal thresholds.
  constexpr std::uint64_t kSeed = 1;
  StatusOr<MonitorSet> set = MonitorSet::Make(*std::move(specs), contract.fields, reference, kSeed);
  if (!set.ok()) return config::Located(set.status(), plain.source);
  return set;
}

Status Replay(const std::vector<DriftRows>& nodes, std::size_t width, Timestamp now,
              MonitorSet& set, std::vector<Finding>& findings) {
  for (const DriftRows& rows : nodes)
    for (std::size_t i = 0; i < rows.times.size(); ++i)
      MUSTER_TRY(set.Feed(
          {rows.times[i], rows.node, std::span(rows.cells).subspan(i * width, width)}, findings));
  set.Tick(now, findings);
  return Ok();
}

bool IsAlarm(const Finding& finding) {
  return finding.phase == Phase::kBegan && finding.severity == Severity::kAlarm;
}
}  // namespace

StatusOr<std::string> WriteReference(const DriftArguments& arguments) {
  MUSTER_ASSIGN(const RowRange range, RangeOf(arguments));
  MUSTER_ASSIGN(const AgentSettings settings, LoadSettings(arguments.config));
  MUSTER_ASSIGN(const DriftContract contract, LoadDriftContract(arguments.contract));
  MUSTER_ASSIGN(const std::vector<DriftRows> nodes,
                ReadDriftRows(settings, contract, range, arguments.node));
  std::vector<double> cells;
  for (const DriftRows& rows : nodes)
    cells.insert(cells.end(), rows.cells.begin(), rows.cells.end());
  SeededRng rng(SeedOf({"reference", contract.name}));
  MUSTER_ASSIGN(const TrainingReference reference,
                TrainingReference::Make(contract.fields, cells, rng));
  const std::string text = reference.Encode();
  const ByteView part = AsBytes(text);
  MUSTER_TRY(WriteFileBytes(arguments.out, std::span(&part, 1)));
  return fmt::format(
      "{}: {} fields of {} rows of {} node(s), {} bytes; it holds values: keep it here\n",
      arguments.out, contract.fields.size(), reference.rows(), nodes.size(), text.size());
}

StatusOr<DriftCheck> CheckDrift(const DriftArguments& arguments, Timestamp now) {
  MUSTER_ASSIGN(const RowRange range, RangeOf(arguments));
  MUSTER_ASSIGN(const AgentSettings settings, LoadSettings(arguments.config));
  MUSTER_ASSIGN(const DriftContract contract, LoadDriftContract(arguments.contract));
  MUSTER_ASSIGN(const std::optional<TrainingReference> reference,
                LoadReference(arguments.reference));
  MUSTER_ASSIGN(MonitorSet set, LoadMonitors(arguments, contract, reference));
  MUSTER_ASSIGN(const std::vector<DriftRows> rows,
                ReadDriftRows(settings, contract, range, arguments.node));
  std::vector<Finding> findings;
  MUSTER_TRY(Replay(rows, contract.fields.size(), now, set, findings));
  const DriftOutcome outcome{contract, rows, set, reference ? &*reference : nullptr, findings};
  if (!arguments.html.empty()) {
    const std::string page = DriftHtml(outcome);
    const ByteView part = AsBytes(page);
    MUSTER_TRY(WriteFileBytes(arguments.html, std::span(&part, 1)));
  }
  return DriftCheck{arguments.json ? DriftJson(outcome) : DriftText(outcome),
                    std::ranges::any_of(findings, IsAlarm)};
}

}  // namespace muster::client
