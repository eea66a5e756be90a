#include "cli/statistics_question.h"

#include <algorithm>
#include <set>

#include "base/canonical_json.h"
#include "base/nearest.h"

namespace muster::cli {
namespace {

// A device that is away holds a pass up for so long, unless others come.
constexpr char kWindow[] = "30s";

bool IsCounted(const v1::Contract::Field& field) {
  const bool number = field.type() == v1::Contract::FLOAT || field.type() == v1::Contract::INTEGER;
  return number && field.has_min() && field.has_max();
}

StatusOr<std::vector<std::string>> FieldsOf(const StatisticsQuestion& question,
                                            const v1::ContractVersion& version) {
  const v1::Contract& contract = version.contract();
  std::set<std::string> wanted(question.fields.begin(), question.fields.end());
  std::vector<std::string> known, out;
  for (const auto& field : contract.fields()) {
    known.push_back(field.name());
    if (question.fields.empty() ? IsCounted(field) : wanted.erase(field.name()) > 0)
      out.push_back(field.name());
  }
  if (!wanted.empty())
    return WithReason(
        InvalidArgument("--field {}: contract {} version {} has no such field{}", *wanted.begin(),
                        contract.name(), version.version(), DidYouMean(*wanted.begin(), known)),
        Reason::kFIELD_UNKNOWN);
  if (out.empty())
    return WithReason(InvalidArgument("no numeric field of contract {} version {} declares a range "
                                      "to count over; give one min and max",
                                      contract.name(), version.version()),
                      Reason::kFIELD_INVALID);
  return out;
}

// What makes it this question and no other, as the canonical JSON that is hashed.
StatusOr<std::string> TextOf(const v1::Campaign& campaign) {
  const v1::Campaign::Statistics& s = campaign.statistics();
  Json quantiles = Json::array(), fields = Json::array(), labels = Json::object();
  for (const double p : s.quantiles()) quantiles.push_back(DecimalText(p));
  for (const std::string& field : s.fields()) fields.push_back(field);
  for (const auto& [key, value] : campaign.plan().selection().labels()) labels[key] = value;
  return CanonicalJson({{"contract", s.contract()},
                        {"version", s.contract_version()},
                        {"fields", std::move(fields)},
                        {"labels", std::move(labels)},
                        {"bins", s.bins()},
                        {"quantiles", std::move(quantiles)},
                        {"least", s.least()}});
}

}  // namespace

StatusOr<v1::Campaign> CampaignOf(const StatisticsQuestion& question,
                                  const v1::ContractVersion& contract, const Hasher& hasher) {
  MUSTER_ASSIGN(const std::vector<std::string> fields, FieldsOf(question, contract));
  for (const double p : question.quantiles)
    if (!(p > 0 && p < 1))  // NaN falls here too, before a set has to order it.
      return WithReason(InvalidArgument("--quantile {}: not in (0, 1)", p), Reason::kFIELD_INVALID);
  const std::set<double> quantiles(question.quantiles.begin(), question.quantiles.end());
  v1::Campaign out;
  v1::Campaign::Statistics& statistics = *out.mutable_statistics();
  statistics.set_contract(contract.contract().name());
  statistics.set_contract_version(contract.version());
  statistics.mutable_fields()->Assign(fields.begin(), fields.end());
  statistics.set_bins(question.bins);
  statistics.mutable_quantiles()->Assign(quantiles.begin(), quantiles.end());
  statistics.set_least(question.least);
  out.mutable_plan()->mutable_selection()->mutable_labels()->insert(question.labels.begin(),
                                                                    question.labels.end());
  out.mutable_plan()->set_report_window(kWindow);
  MUSTER_ASSIGN(const std::string text, TextOf(out));
  constexpr std::size_t kPrefix = 7, kDigits = 12;  // "sha256:" and so many of what follows.
  const std::string digest = hasher.Sha256(AsBytes(text)).ToString();
  out.set_name(question.name.empty() ? "stats-" + digest.substr(kPrefix, kDigits) : question.name);
  return out;
}

}  // namespace muster::cli
