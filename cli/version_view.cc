// The description of one version of a model.
#include <map>
#include <vector>

#include "base/time_text.h"
#include "cli/pairs.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/views.h"

namespace muster::cli {
namespace {

std::string When(std::int64_t unix_ms, Timestamp now) {
  return fmt::format("{} ({})", FormatTime(FromUnixMillis(unix_ms)), Ago(now, unix_ms));
}

// "rmse=13.42 ± 0.2 (5,000 examples), mae=9.1", of a version or of a baseline.
template <typename Measured>
std::string MetricsText(const Measured& v) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : std::map(v.metrics().begin(), v.metrics().end())) {
    std::string part = fmt::format("{}={}", name, Real(value));
    if (const auto it = v.spreads().find(name); it != v.spreads().end()) {
      const v1::Spread& spread = it->second;
      if (spread.has_standard_error()) part += " ± " + Real(spread.standard_error());
      if (spread.count() > 0) part += fmt::format(" ({} examples)", Thousands(spread.count()));
    }
    parts.push_back(std::move(part));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

template <typename Measured>
std::string SlicesText(const Measured& v) {
  std::vector<std::string> lines;
  for (const auto& [name, slice] : std::map(v.slices().begin(), v.slices().end()))
    lines.push_back(fmt::format("{}: {}", name, PairsText(slice.metrics())));
  return fmt::format("{}", fmt::join(lines, "\n"));
}

void AddLineage(Properties& p, const v1::ModelVersion& v) {
  if (v.campaign().empty()) return p.Add("Made from", "a file");
  p.Add("Made by", fmt::format("campaign {}, from version {}", v.campaign(), v.parent()));
  if (!v.has_lineage()) return p.Add("Round", fmt::format("{}", v.round()));
  const v1::Lineage& l = v.lineage();
  p.Add("Rounds", fmt::format("{} to {}, {} updates counted", l.first_round(), l.last_round(),
                              Thousands(l.updates())));
  p.Add("Cohorts", l.cohort_commitment());
  p.Add("Aggregation", l.aggregation_json());
  p.Add("Secure", l.secure_json().empty() ? "no: the coordinator saw updates" : l.secure_json());
  p.Add("Config", l.config_digest());
  p.Add("Code", l.code_digest());
  if (l.evaluation_examples() > 0)
    p.Add("Evaluated", fmt::format("{} examples of {} devices", Thousands(l.evaluation_examples()),
                                   l.evaluation_devices()));
  p.Add("Applied by", l.applied_by());
  if (!l.has_baseline()) return;
  const v1::Baseline& b = l.baseline();
  p.Add("Baseline", fmt::format("version {}, evaluated before on {} devices, {} of which evaluated "
                                "this one: {}\n{}",
                                b.version(), b.devices(), b.both(), MetricsText(b), SlicesText(b)));
}

// What each monitor holds later rows against.
std::string ReferencesText(const v1::ModelVersion& v, Timestamp now) {
  std::vector<std::string> lines;
  for (const v1::VersionReference& r : v.references()) {
    const std::string extent = r.rows() == 0
                                   ? ""
                                   : fmt::format("{} rows of {} devices in {} shards, ",
                                                 Thousands(r.rows()), r.devices(), r.shards());
    lines.push_back(fmt::format("monitor {}: {}{}\n{}", r.monitor(), extent,
                                When(r.at_unix_ms(), now), r.digest()));
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

void AddNotes(Properties& p, const v1::ModelVersion& v, Timestamp now) {
  std::vector<std::string> approvals, certified;
  for (const v1::Approval& a : v.approvals())
    approvals.push_back(fmt::format("{}, {}{}{}", a.by(), When(a.at_unix_ms(), now),
                                    a.comment().empty() ? "" : ": ", a.comment()));
  for (const v1::Certification& c : v.certified())
    certified.push_back(
        fmt::format("{} by {}, {}", c.hardware(), c.by(), When(c.at_unix_ms(), now)));
  p.Add("Approved by", fmt::format("{}", fmt::join(approvals, "\n")));
  p.Add("Certified on", fmt::format("{}", fmt::join(certified, "\n")));
  p.Add("References", ReferencesText(v, now));
  p.Add("Tags", PairsText(v.tags()));
}
}  // namespace

std::string Describe(const v1::ModelVersion& v, Timestamp now) {
  Properties p;
  p.Add("Version", fmt::format("{}@{}", v.model(), v.version()));
  p.Add("Aliases", fmt::format("{}", fmt::join(v.aliases(), ", ")));
  p.Add("Params", v.params_digest());
  p.Add("Module", v.module_digest());
  p.Add("Parameters", Thousands(v.parameters()));
  p.Add("Contract", fmt::format("{} version {}", v.contract(), v.contract_version()));
  AddLineage(p, v);
  p.Add("Metrics", MetricsText(v));
  p.Add("Slices", SlicesText(v));
  if (v.has_energy())
    p.Add("Energy", fmt::format("{} kWh, by {}", Real(v.energy().kwh()), v.energy().source()));
  AddNotes(p, v, now);
  p.Add("Created", fmt::format("{} by {}", When(v.created_unix_ms(), now), v.created_by()));
  return p.Text();
}

}  // namespace muster::cli
