// Triggers as tables and descriptions.
#include <vector>

#include "cli/table.h"
#include "cli/text.h"
#include "cli/views.h"

namespace muster::cli {
namespace {
constexpr int kFiringsShown = 20;

std::string Count(std::uint64_t n) { return fmt::format("{}", n); }

void AddLines(const v1::Explanation& e, int depth, std::string& out) {
  out += fmt::format("{:{}}{} {}", "", 2 * depth, e.met() ? "[yes]" : "[no] ", Clean(e.what()));
  if (!e.why().empty()) out += ": " + Clean(e.why());
  if (!e.facts().empty())
    out += fmt::format(" ({})", Clean(fmt::format("{}", fmt::join(e.facts(), ", "))));
  out += "\n";
  for (const v1::Explanation& part : e.parts()) AddLines(part, depth + 1, out);
}

std::string CampaignText(const v1::Firing& f) {
  if (f.campaign().empty()) return "-";
  if (f.campaign_phase().empty()) return f.campaign();
  return fmt::format("{} {} {}/{}", f.campaign(), f.campaign_phase(), f.rounds_published(),
                     f.rounds());
}

std::string FiringsText(const v1::TriggerView& t, Timestamp now) {
  Table table(
      {"FIRING", "WHEN", "STATE", "DRIFTED", "OTHERS", "BASE", "CAMPAIGN", "VERSION", "WHY"});
  for (int i = std::max(0, t.firings_size() - kFiringsShown); i < t.firings_size(); ++i) {
    const v1::Firing& f = t.firings(i);
    table.Add({Count(f.number()), Ago(now, f.fired_unix_ms()), f.state(),
               Count(f.drifted_devices()), Count(f.other_devices()), Count(f.base_version()),
               CampaignText(f), f.version() == 0 ? "-" : Count(f.version()),
               f.why().empty() ? f.evidence().why() : f.why()});
  }
  return table.Text();
}

// "drifted  rmse 21.3 → 15.2".
std::string ChangeLine(const v1::Firing::Change& c) {
  return fmt::format("{}  {} {} → {}", c.slice().empty() ? "all" : Clean(c.slice()),
                     Clean(c.metric()), c.has_before() ? Real(c.before()) : "not measured",
                     c.has_after() ? Real(c.after()) : "...");
}

std::string BudgetText(const v1::Trigger::Budget& b) {
  std::vector<std::string> parts;
  if (b.campaigns() != 0) parts.push_back(fmt::format("{} campaigns", b.campaigns()));
  if (b.kwh() != 0) parts.push_back(Real(b.kwh()) + " kWh");
  if (b.device_hours() != 0) parts.push_back(Real(b.device_hours()) + " device-hours");
  if (parts.empty()) return "";
  return fmt::format("{} in {}", fmt::join(parts, ", "), b.per());
}

std::string AskText(const v1::Trigger& t) {
  if (!t.has_ask()) return "";
  return fmt::format("{}, within {}",
                     t.ask().role().empty() ? "any operator" : "who holds " + t.ask().role(),
                     t.ask().expires());
}

std::string CohortText(const v1::Trigger::Cohort& c) {
  if (!c.drifted()) return "all devices that the campaign selects";
  return fmt::format("drifted devices and {} times as many others; all when fewer than {} drifted",
                     Real(c.others()), c.least());
}
}  // namespace

std::string TriggerTable(const v1::ListTriggersReply& reply, Timestamp now) {
  Table table({"NAME", "MODEL", "PHASE", "FIRINGS", "LAST", "WHY", "UPDATED"});
  for (const v1::TriggerView& t : reply.triggers()) {
    const bool any = !t.firings().empty();
    const v1::Firing last = any ? t.firings(t.firings_size() - 1) : v1::Firing();
    table.Add({t.trigger().name(), t.trigger().model(), t.phase(), Count(last.number()),
               any ? fmt::format("{} {}", last.state(), Ago(now, last.fired_unix_ms())) : "-",
               t.why(), Ago(now, t.updated_unix_ms())});
  }
  return table.Text();
}

std::string ExplanationText(const v1::Explanation& explanation) {
  std::string out;
  AddLines(explanation, 0, out);
  return out;
}

std::string ChangesText(const v1::Firing& f) {
  if (f.changes().empty()) return "";
  std::string out = fmt::format("\nVersion {} → {}, on the devices that evaluate:\n",
                                f.base_version(), f.version() == 0 ? "..." : Count(f.version()));
  for (const v1::Firing::Change& change : f.changes()) out += "  " + ChangeLine(change) + "\n";
  return out;
}

std::string Describe(const v1::TriggerView& t, Timestamp now) {
  const v1::Trigger& spec = t.trigger();
  Properties p;
  p.Add("Name", spec.name());
  p.Add("Description", spec.description());
  p.Add("Model", spec.model());
  p.Add("Phase", t.why().empty() ? t.phase() : fmt::format("{}: {}", t.phase(), t.why()));
  p.Add("Cools down", spec.cool_down());
  p.Add("Budget", BudgetText(spec.budget()));
  p.Add("Asks", AskText(spec));
  p.Add("Cohort", CohortText(spec.do_().cohort()));
  p.Add("Promotes", spec.do_().has_promote() ? spec.do_().promote().alias() : "nothing");
  p.Add("Applied by", t.applied_by());
  std::string out = p.Text() + "\n" + ExplanationText(t.explanation());
  if (t.firings().empty()) return out;
  return out + "\n" + FiringsText(t, now) + ChangesText(t.firings(t.firings_size() - 1));
}

}  // namespace muster::cli
