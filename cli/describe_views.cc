// The descriptions of views.h.
#include <algorithm>
#include <vector>

#include "base/time_text.h"
#include "cli/pairs.h"
#include "cli/promotion_view.h"
#include "cli/statistics_view.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/views.h"

namespace muster::cli {
namespace {
constexpr std::uint32_t kMostInSession = 1024;  // The default, which goes without saying.

std::string When(std::int64_t unix_ms, Timestamp now) {
  if (unix_ms == 0) return "never";
  return fmt::format("{} ({})", FormatTime(FromUnixMillis(unix_ms)), Ago(now, unix_ms));
}

std::string Or(std::string text, std::string_view fallback) {
  return text.empty() ? std::string(fallback) : std::move(text);
}

std::string RangeText(const v1::Contract::Field& f) {
  if (!f.has_min() && !f.has_max()) return "-";
  return fmt::format("{} … {}", f.has_min() ? Real(f.min()) : "", f.has_max() ? Real(f.max()) : "");
}

std::string LowerCase(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string Indented(std::string_view text) {
  std::string out = "  ";
  for (const char c : text.substr(0, text.size() - 1))
    out += c == '\n' ? "\n  " : std::string(1, c);
  return out + "\n";
}

std::string FreshnessText(const v1::Contract& c) {
  if (c.freshness().empty()) return c.time_field().empty() ? "" : "times in " + c.time_field();
  return fmt::format("the newest row at most {} old, by {}", c.freshness(), c.time_field());
}

std::string RowsText(const v1::Contract::Rows& rows) {
  const double share = rows.has_max_bad_share() ? rows.max_bad_share() : 0.5;
  return fmt::format("{}; data with more than {}% bad rows is refused",
                     rows.out_of_range() == v1::Contract::KEEP
                         ? "values out of range are kept"
                         : "values out of range make a row bad",
                     Real(share * 100));
}

// Columns that no field fills are left out.
std::string FieldsText(const v1::Contract& c) {
  const auto any = [&](auto has) { return std::any_of(c.fields().begin(), c.fields().end(), has); };
  const bool nulls = any([](const v1::Contract::Field& f) { return f.nullable(); });
  const bool meanings = any([](const v1::Contract::Field& f) { return !f.meaning().empty(); });
  std::vector<std::string> head{"FIELD", "TYPE", "UNIT", "RANGE"};
  if (nulls) head.push_back("NULLS");
  if (meanings) head.push_back("MEANING");
  head.push_back("DESCRIPTION");
  Table table(std::move(head));
  for (const v1::Contract::Field& f : c.fields()) {
    std::vector<std::string> row{f.name(), LowerCase(v1::Contract::Type_Name(f.type())),
                                 Or(f.unit(), "-"), RangeText(f)};
    if (nulls) row.push_back(f.nullable() ? "allowed" : "-");
    if (meanings) row.push_back(Or(f.meaning(), "-"));
    row.push_back(f.description());
    table.Add(std::move(row));
  }
  return table.Text();
}

std::string SelectionText(const v1::Campaign::Selection& s) {
  std::string out = s.from() == v1::Campaign::ENROLLED ? "enrolled devices, drawn by seed"
                                                       : "available devices, as they come";
  if (!s.replay().empty()) out = fmt::format("the cohorts that {} counted", s.replay());
  if (!s.labels().empty()) out += fmt::format(", with {}", PairsText(s.labels()));
  if (s.enrolled_at_least() > 0) out += fmt::format(", once {} enrolled", s.enrolled_at_least());
  return out;
}

std::string CohortText(const v1::Campaign::Cohort& c) {
  if (c.goal() == 0) return fmt::format("all that match, at least {}", c.minimum());
  return fmt::format("{} updates wanted, at least {}, {} devices asked", c.goal(),
                     c.minimum() == 0 ? c.goal() : c.minimum(),
                     c.select() == 0 ? c.goal() : c.select());
}

std::string TrainingText(const v1::Campaign::Training& t) {
  return fmt::format("{} by {}, batch {}, {} epoch(s)", Or(t.loss(), "loss of the trainer"),
                     Or(t.optimizer().name(), "sgd"), t.batch() == 0 ? 32 : t.batch(),
                     t.epochs() == 0 ? 1 : t.epochs());
}

std::string RateText(const v1::Campaign::LearningRate& r) {
  return fmt::format("{} {}", Real(r.initial()), Or(r.schedule(), "constant"));
}

std::string RuleText(const v1::Campaign::Aggregation& a) {
  std::string rule = "FedAvg";
  if (a.has_fedavgm()) rule = "FedAvgM";
  if (a.has_fedadam()) rule = "FedAdam";
  return fmt::format("{}, {} weights", rule,
                     a.weights().uniform()
                         ? "uniform"
                         : fmt::format("examples, capped at {},", a.weights().example_cap()));
}

std::string SecureText(const v1::Campaign::Secure& secure) {
  std::string out = fmt::format("secure aggregation ({}), sums over at least {} devices, {} bits",
                                secure.profile(), secure.least(), secure.bits());
  if (secure.session() != 0 && secure.session() < kMostInSession)
    out += fmt::format(", sessions of at most {}", secure.session());
  return out;
}

std::string QuestionText(const v1::Campaign::Statistics& s) {
  const std::string fields =
      s.fields().empty() ? "all numeric fields" : fmt::format("{}", fmt::join(s.fields(), ", "));
  const std::string version = s.contract_version() == 0
                                  ? "the newest version when it was applied"
                                  : fmt::format("version {}", s.contract_version());
  return fmt::format("{} of contract {}, {}", fields, s.contract(), version);
}

std::string BinsText(const v1::Campaign::Statistics& s) {
  return fmt::format("{} bins, shown where at least {} devices have rows; quantiles {}", s.bins(),
                     s.least(), fmt::join(s.quantiles(), ", "));
}

std::string EvaluationText(const v1::Campaign::Evaluation& e) {
  if (e.labels().empty()) return "none";
  std::vector<std::string> metrics(e.metrics().begin(), e.metrics().end());
  if (metrics.empty()) metrics.push_back("rmse");
  return fmt::format("{} on devices with {}, every {} rounds{}", fmt::join(metrics, ", "),
                     PairsText(e.labels()), e.every() == 0 ? 10 : e.every(),
                     e.baseline() ? ", and of the version it starts from" : "");
}

std::string RoundText(std::string_view name, const v1::RoundView& r) {
  Properties p(2);
  p.Add("Phase", r.why().empty() ? r.phase() : fmt::format("{}: {}", r.phase(), r.why()));
  p.Add("Attempt", fmt::format("{}", r.attempt()));
  p.Add("Progress", fmt::format("{} joined, {} received, {} counted of {}, {} dropped", r.joined(),
                                r.received(), r.counted(), r.goal(), r.dropped()));
  if (r.evaluators() > 0)
    p.Add("Evaluators", fmt::format("{} of {} reported", r.evaluated(), r.evaluators()));
  if (r.learning_rate() > 0) p.Add("Learning rate", Real(r.learning_rate()));
  if (r.round() == 0) return "\nBaseline:\n" + p.Text();
  return fmt::format("\n{} {}:\n{}", name, r.round(), p.Text());
}

void AddTraining(Properties& p, const v1::CampaignView& view) {
  const v1::Campaign& c = view.campaign();
  if (view.latest_version() > 0)
    p.Add("Newest", fmt::format("version {}, {}", view.latest_version(), view.latest_digest()));
  p.Add("Seed", fmt::format("{}", c.plan().seed()));
  p.Add("Training", TrainingText(c.training()));
  p.Add("Learning rate", RateText(c.training().learning_rate()));
  p.Add("Aggregation", RuleText(c.aggregation()));
  p.Add("Evaluation", EvaluationText(c.evaluation()));
}

std::string EvaluationsText(const v1::CampaignView& view) {
  const bool none = view.evaluations().empty() && !view.has_baseline();
  if (none || view.campaign().has_statistics()) return "";
  Table table({"ROUND", "METRICS", "DEVICES", "VERSION"});
  if (view.has_baseline())
    table.Add({"baseline",
               view.baseline_why().empty() ? PairsText(view.baseline().metrics())
                                           : "none: " + view.baseline_why(),
               fmt::format("{}", view.baseline().devices()),
               fmt::format("{}", view.baseline().version())});
  for (const auto& e : view.evaluations())
    table.Add({fmt::format("{}", e.round()), PairsText(e.metrics()), fmt::format("{}", e.devices()),
               e.version() == 0 ? "-" : fmt::format("{}", e.version())});
  return "\nEvaluations:\n" + Indented(table.Text());
}

std::string FoundText(const v1::CampaignView& view) {
  if (view.statistics_json().empty()) return "";
  const auto result = aggregation::statistics::ParseResult(view.statistics_json());
  if (!result.ok()) return "\nFound: an answer that this program cannot read\n";
  return fmt::format("\nFound over {} devices, {}:\n", result->devices, view.latest_digest()) +
         Indented(StatisticsTable(*result, v1::Contract()));
}

}  // namespace

std::string CompatibilityText(const v1::Contract& contract) {
  if (contract.compatibility() == v1::Contract::COMPATIBILITY_UNSPECIFIED) return "BACKWARD";
  return v1::Contract::Compatibility_Name(contract.compatibility());
}

std::string Describe(const v1::ContractVersion& c, Timestamp now) {
  Properties p;
  p.Add("Contract", c.contract().name());
  p.Add("Version", fmt::format("{}", c.version()));
  p.Add("Description", c.contract().description());
  p.Add("Owner", c.contract().owner());
  p.Add("Freshness", FreshnessText(c.contract()));
  p.Add("Rows", RowsText(c.contract().rows()));
  p.Add("Compatibility", CompatibilityText(c.contract()));
  p.Add("Created", fmt::format("{} by {}", When(c.created_unix_ms(), now), c.created_by()));
  return p.Text() + "Fields:\n" + Indented(FieldsText(c.contract()));
}

std::string Describe(const v1::ModelView& view, Timestamp now) {
  const v1::Model& m = view.model();
  std::vector<std::string> features(m.input().features().begin(), m.input().features().end());
  const auto rows = m.input().window().rows() == 0 ? 1 : m.input().window().rows();
  Properties p;
  p.Add("Model", m.name());
  p.Add("Description", m.description());
  p.Add("Contract", fmt::format("{} version {}", m.contract(), m.contract_version()));
  p.Add("Reads", fmt::format("{} row(s) of {}", rows, fmt::join(features, ", ")));
  std::string label = m.label().field();
  if (m.label().has_max()) label = fmt::format("min({}, {})", label, Real(m.label().max()));
  if (m.label().has_scale()) label += " / " + Real(m.label().scale());
  p.Add("Predicts", label);
  p.Add("Aliases", PairsText(view.aliases()));
  if (m.has_gates()) p.Add("Gates", GatesText(m.gates()));
  if (view.versions().empty())
    return p.Text() + fmt::format("Versions:  none yet; make one with 'muster model create {}'\n",
                                  Clean(m.name()));
  const auto& latest = view.versions(view.versions_size() - 1);
  p.Add("Parameters", Thousands(latest.parameters()));
  p.Add("Params", latest.params_digest());
  p.Add("Module", Or(latest.module_digest(), "none: the trainer brings its own"));
  const auto shown = static_cast<std::uint64_t>(view.versions_size());
  const std::string which =
      view.version_count() > shown
          ? fmt::format("Versions (the newest {} of {}; see 'muster model search'):\n", shown,
                        view.version_count())
          : "Versions:\n";
  return p.Text() + which + Indented(VersionTable(view, now));
}

namespace {
std::string RowsText(const v1::RowTotals& rows) {
  return fmt::format("{} behind the updates of {} devices, {} left out{}{}", Thousands(rows.rows()),
                     rows.devices(), Thousands(rows.bad()), rows.bad() > 0 ? ": " : "",
                     PairsText(rows.by_rule()));
}
}  // namespace

std::string Describe(const v1::CampaignView& view, Timestamp now) {
  const v1::Campaign& c = view.campaign();
  const bool counts = c.has_statistics();
  Properties p;
  p.Add("Campaign", c.name());
  p.Add("Description", c.description());
  p.Add("Phase",
        view.why().empty() ? view.phase() : fmt::format("{}: {}", view.phase(), view.why()));
  if (counts) {
    p.Add("Counts", QuestionText(c.statistics()));
    p.Add("Histograms", BinsText(c.statistics()));
  } else {
    p.Add("Model", c.base_version() == 0
                       ? c.model() + ", from the newest version when it was applied"
                       : fmt::format("{}, from version {}", c.model(), c.base_version()));
  }
  p.Add(counts ? "Passes" : "Rounds",
        fmt::format("{} of {} {}, {} abandoned", view.rounds_published(), c.plan().rounds(),
                    counts ? "done" : "published", view.rounds_abandoned()));
  if (!counts) AddTraining(p, view);
  p.Add("Selection", SelectionText(c.plan().selection()));
  p.Add("Cohort", CohortText(c.plan().selection().cohort()));
  p.Add("Windows", fmt::format("recruit {}, report {}", Or(c.plan().recruit_window(), "60s"),
                               Or(c.plan().report_window(), "120s")));
  if (c.plan().has_energy())
    p.Add("Energy", fmt::format("{} W a device ({})", Real(c.plan().energy().device_watts()),
                                c.plan().energy().source()));
  p.Add("Privacy", c.has_secure() ? SecureText(c.secure()) : "none: the coordinator sees updates");
  p.Add("Started", When(view.started_unix_ms(), now));
  p.Add("Updated", When(view.updated_unix_ms(), now));
  p.Add("Applied by", view.applied_by());
  p.Add("Refused", PairsText(view.refused_updates()));
  if (view.has_rows()) p.Add("Rows", RowsText(view.rows()));
  std::string out = p.Text();
  if (view.has_round()) out += RoundText(counts ? "Pass" : "Round", view.round());
  return out + EvaluationsText(view) + FoundText(view);
}

std::string Describe(const v1::DeviceView& d, Timestamp now) {
  Properties p;
  p.Add("Device", d.name());
  p.Add("Id", d.id());
  p.Add("State", d.why().empty() ? d.state() : fmt::format("{}: {}", d.state(), d.why()));
  p.Add("Labels", Or(PairsText(d.labels()), "none"));
  if (!d.produces_contract().empty())
    p.Add("Produces", fmt::format("{} version {}", d.produces_contract(), d.produces_version()));
  for (const auto& [campaign, why] : d.refused_by())
    p.Add("Refused by", fmt::format("campaign {}: {}", campaign, why));
  if (!d.hardware().empty()) p.Add("Hardware", d.hardware());
  p.Add("Enrolled", When(d.enrolled_unix_ms(), now));
  p.Add("Last seen", When(d.last_seen_unix_ms(), now));
  p.Add("Counted", fmt::format("{} updates", d.updates_counted()));
  p.Add("Marks", Or(PairsText(d.marks()), "none"));
  return p.Text();
}

}  // namespace muster::cli
