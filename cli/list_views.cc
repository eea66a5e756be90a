// The tables of views.h.
#include <algorithm>
#include <vector>

#include "cli/pairs.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/views.h"

namespace muster::cli {
namespace {

std::string OrDash(std::string text) { return text.empty() ? "-" : std::move(text); }

// What the campaign is about: a model, or the contract whose rows it counts.
std::string Subject(const v1::Campaign& campaign) {
  return campaign.has_statistics() ? "rows of " + campaign.statistics().contract()
                                   : campaign.model();
}

// The newest evaluation's main metric.
std::string LatestMetric(const v1::CampaignView& view) {
  if (view.evaluations().empty()) return "-";
  const auto& metrics = view.evaluations(view.evaluations_size() - 1).metrics();
  const std::string name = MainMetric(view.campaign());
  const auto it = metrics.find(name);
  return it == metrics.end() ? "-" : fmt::format("{} {}", name, Real(it->second));
}

std::uint64_t Total(const google::protobuf::Map<std::string, std::uint64_t>& counts) {
  std::uint64_t sum = 0;
  for (const auto& item : counts) sum += item.second;
  return sum;
}

std::string Count(std::uint64_t n) { return fmt::format("{}", n); }

std::string Origin(const v1::ModelVersion& v) {
  if (v.campaign().empty()) return "a file";
  return fmt::format("v{}, {} round {}", v.parent(), v.campaign(), v.round());
}

std::string Aliases(const v1::ModelVersion& v) {
  return OrDash(fmt::format("{}", fmt::join(v.aliases(), ", ")));
}

}  // namespace

std::string MainMetric(const v1::Campaign& campaign) {
  return campaign.evaluation().metrics().empty() ? "rmse" : campaign.evaluation().metrics(0);
}

std::string ContractTable(const v1::ListContractsReply& reply, Timestamp now) {
  Table table({"NAME", "VERSION", "FIELDS", "OWNER", "COMPATIBILITY", "CREATED", "BY"});
  for (const v1::ContractVersion& c : reply.contracts())
    table.Add({c.contract().name(), Count(c.version()),
               Count(static_cast<std::uint64_t>(c.contract().fields_size())),
               OrDash(c.contract().owner()), CompatibilityText(c.contract()),
               Ago(now, c.created_unix_ms()), c.created_by()});
  return table.Text();
}

std::string ModelTable(const v1::ListModelsReply& reply, Timestamp now) {
  Table table({"NAME", "CONTRACT", "LATEST", "DIGEST", "ALIASES", "UPDATED"});
  for (const v1::ModelView& m : reply.models()) {
    const bool any = !m.versions().empty();
    const v1::ModelVersion latest = any ? m.versions(m.versions_size() - 1) : v1::ModelVersion();
    table.Add({m.model().name(),
               fmt::format("{} v{}", m.model().contract(), m.model().contract_version()),
               any ? Count(latest.version()) : "-", ShortDigest(latest.params_digest()),
               OrDash(PairsText(m.aliases())), any ? Ago(now, latest.created_unix_ms()) : "-"});
  }
  return table.Text();
}

std::string CampaignTable(const v1::ListCampaignsReply& reply, Timestamp now) {
  Table table({"NAME", "MODEL", "PHASE", "ROUNDS", "VERSION", "METRIC", "UPDATED"});
  for (const v1::CampaignView& c : reply.campaigns())
    table.Add({c.campaign().name(), Subject(c.campaign()), c.phase(),
               fmt::format("{}/{}", c.rounds_published(), c.campaign().plan().rounds()),
               c.latest_version() == 0 ? "-" : Count(c.latest_version()), LatestMetric(c),
               Ago(now, c.updated_unix_ms())});
  return table.Text();
}

std::string DeviceTable(const v1::ListDevicesReply& reply, Timestamp now) {
  Table table({"NAME", "STATE", "LABELS", "COUNTED", "MARKS", "LAST SEEN", "WHY"});
  for (const v1::DeviceView& d : reply.devices())
    table.Add({d.name(), d.state(), OrDash(PairsText(d.labels(), ",")), Count(d.updates_counted()),
               Count(Total(d.marks())), Ago(now, d.last_seen_unix_ms()), d.why()});
  return table.Text();
}

std::string VersionTable(const v1::ModelView& model, Timestamp now) {
  Table table({"VERSION", "DIGEST", "FROM", "METRICS", "ALIASES", "CREATED"});
  for (const v1::ModelVersion& v : model.versions())
    table.Add({Count(v.version()), ShortDigest(v.params_digest()), Origin(v),
               OrDash(PairsText(v.metrics())), Aliases(v), Ago(now, v.created_unix_ms())});
  return table.Text();
}

std::string FoundTable(const v1::SearchVersionsReply& reply, Timestamp now) {
  Table table({"MODEL", "VERSION", "DIGEST", "FROM", "METRICS", "TAGS", "ALIASES", "CREATED"});
  for (const v1::ModelVersion& v : reply.versions())
    table.Add({v.model(), Count(v.version()), ShortDigest(v.params_digest()), Origin(v),
               OrDash(PairsText(v.metrics())), OrDash(PairsText(v.tags())), Aliases(v),
               Ago(now, v.created_unix_ms())});
  return table.Text();
}

std::string TokenTable(const v1::ListTokensReply& reply, Timestamp now) {
  Table table({"TOKEN", "USED", "EXPIRES", "NAME PREFIX", "CREATED BY"});
  for (const auto& t : reply.tokens())
    table.Add({t.token_id(), fmt::format("{}/{}", t.used(), t.uses()),
               t.expires_unix_ms() <= UnixMillis(now) ? "expired" : Ago(now, t.expires_unix_ms()),
               OrDash(t.name_prefix()), t.created_by()});
  return table.Text();
}

}  // namespace muster::cli
