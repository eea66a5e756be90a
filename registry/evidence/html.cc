// The report for people: one page that stands alone, without scripts.
#include "base/time_text.h"
#include "registry/evidence/exports.h"
#include "registry/evidence/frameworks.h"

namespace muster::registry::evidence {
namespace {
constexpr std::size_t kMostLeavesShown = 6;
constexpr std::size_t kMostRoundsShown = 50;  // At either end.

constexpr std::string_view kStyle = R"(
:root{--ink:#1c2530;--dim:#5b6876;--line:#dde3ea;--soft:#f5f7fa;--mark:#0b6e4f}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);max-width:62rem;margin:2rem auto;padding:0 1.2rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:2.2rem 0 .5rem}
.dim,small{color:var(--dim)}code{font:13px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
.seal{background:#e9f5f0;border-left:4px solid var(--mark);padding:.7rem 1rem;margin:1rem 0}
.note{background:var(--soft);border-left:4px solid var(--dim);padding:.7rem 1rem;margin:1rem 0}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;font-weight:600;color:var(--dim);border-bottom:2px solid var(--line)}
td,th{padding:.35rem .6rem;vertical-align:top}
td{border-bottom:1px solid var(--line);overflow-wrap:anywhere}
td:first-child{white-space:nowrap}td.n{text-align:right;font-variant-numeric:tabular-nums}
.wide td:first-child{white-space:normal}
.big{display:flex;gap:2.2rem;flex-wrap:wrap;margin:1.2rem 0}
.big div{min-width:7rem}.big b{display:block;font-size:1.5rem}
.clause{font-size:12px;color:var(--dim)}
svg{width:100%;height:auto;background:var(--soft)}
@media print{body{margin:0}h2{break-after:avoid}tr{break-inside:avoid}}
)";

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string LeavesText(const std::vector<std::uint64_t>& leaves) {
  std::string out;
  for (std::size_t i = 0; i < leaves.size() && i < kMostLeavesShown; ++i)
    out += fmt::format("{}{}", i == 0 ? "" : ", ", leaves[i]);
  if (leaves.size() > kMostLeavesShown)
    out += fmt::format(" and {} more", leaves.size() - kMostLeavesShown);
  return out;
}

std::string ClausesText(std::string_view key) {
  std::string out;
  for (const Clause& clause : ClausesOf(key))
    out += fmt::format("{}<span title=\"{}\">{} {}</span>", out.empty() ? "" : " · ",
                       Escaped(clause.about), Escaped(clause.framework), Escaped(clause.clause));
  return out;
}

std::string Headline(const Evidence& e) {
  std::uint64_t counted = 0;
  for (const RoundLine& round : e.card.rounds) counted += round.counted;
  std::string out = "<div class=\"big\">";
  for (const auto& [name, value] : e.card.metrics)
    out += fmt::format("<div><b>{}</b><small>{}</small></div>", Escaped(value.substr(0, 8)),
                       Escaped(name));
  for (const auto& [name, value] : e.card.baseline)
    out +=
        fmt::format("<div><b class=\"dim\">{}</b><small>{} of version {} beside it</small></div>",
                    Escaped(value.substr(0, 8)), Escaped(name), e.card.baseline_version);
  out += fmt::format("<div><b>{}</b><small>rounds</small></div>", e.card.rounds.size());
  out += fmt::format("<div><b>{}</b><small>updates summed</small></div>", counted);
  out +=
      fmt::format("<div><b>{}</b><small>facts, each proven</small></div>", e.verified.facts.size());
  return out + "</div>\n";
}

std::string Seal(const Evidence& e) {
  const auto& tree = e.verified.checkpoint.tree;
  return fmt::format(
      "<div class=\"seal\"><b>Verified.</b> {} facts are in the log <code>{}</code> of {} facts, "
      "whose root <code>{}</code> is signed by <code>{}</code>. No stream of facts has a gap. "
      "<small>Check it yourself: <code>muster audit verify FILE --key KEY</code>, with the key had "
      "from somebody you trust.</small></div>\n",
      e.verified.facts.size(), Escaped(e.verified.checkpoint.origin), tree.size, tree.root.Hex(),
      Escaped(e.bundle.key));
}

std::string SectionTable(const Section& section) {
  std::string out =
      fmt::format("<h2>{}</h2>\n<table><tr><th>Field</th><th>Value</th><th>Leaves</th></tr>\n",
                  Escaped(section.title));
  for (const Field& field : section.fields) {
    const bool code = field.value.starts_with("sha256:") || field.value.starts_with("{");
    out += fmt::format(
        "<tr><td>{}</td><td>{}{}{}<div class=\"clause\">{}</div></td><td>{}</td></tr>\n",
        Escaped(field.label), code ? "<code>" : "", Escaped(field.value), code ? "</code>" : "",
        ClausesText(field.key), LeavesText(field.leaves));
  }
  return out + "</table>\n";
}

// Updates in each round's sum, as bars.
std::string RoundsPicture(const std::vector<RoundLine>& rounds) {
  std::uint64_t most = 1;
  for (const RoundLine& round : rounds) most = std::max(most, round.counted);
  const double width = 1000.0 / static_cast<double>(rounds.size());
  std::string out =
      "<svg viewBox=\"0 0 1000 90\" role=\"img\" aria-label=\"updates summed in each round\">";
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    const double height = 80.0 * static_cast<double>(rounds[i].counted) / static_cast<double>(most);
    out += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
        "fill=\"#0b6e4f\"><title>round {}: {}</title></rect>",
        static_cast<double>(i) * width, 85 - height, std::max(width - 1, 0.5), height,
        rounds[i].round, rounds[i].counted);
  }
  return out + "</svg>\n";
}

std::string Rounds(const std::vector<RoundLine>& rounds) {
  if (rounds.empty()) return "";
  std::string out = fmt::format(
      "<h2>Rounds</h2>\n<p class=\"dim\">Updates summed in each of {} rounds.</p>\n{}"
      "<table><tr><th>Round</th><th>When</th><th>Updates</th><th>Model after it</th><th>Leaf</th>"
      "</tr>\n",
      rounds.size(), RoundsPicture(rounds));
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    if (rounds.size() > 2 * kMostRoundsShown && i == kMostRoundsShown) {
      i = rounds.size() - kMostRoundsShown;
      out += "<tr><td colspan=\"5\" class=\"dim\">… the bundle has them all …</td></tr>\n";
    }
    const RoundLine& round = rounds[i];
    out += fmt::format(
        "<tr><td class=\"n\">{}</td><td>{}</td><td class=\"n\">{}</td>"
        "<td><code>{}</code></td><td>{}</td></tr>\n",
        round.round, FormatTime(round.at), round.counted, Escaped(round.params), round.leaf);
  }
  return out + "</table>\n";
}

std::string History(const std::vector<HistoryLine>& history) {
  std::string out = fmt::format(
      "<h2>History</h2>\n<div class=\"clause\">{}</div>\n"
      "<table><tr><th>When</th><th>Who</th><th>What</th><th>Leaf</th></tr>\n",
      ClausesText("history"));
  for (const HistoryLine& line : history)
    out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                       FormatTime(line.at), Escaped(line.by), Escaped(line.what), line.leaf);
  return out + "</table>\n";
}
}  // namespace

std::string ToHtml(const Evidence& e) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\">"
      "<title>{0} version {1}: evidence</title><style>{2}</style></head><body>\n"
      "<h1>{0} <span class=\"dim\">version {1}</span></h1>\n<code>{3}</code>\n",
      Escaped(e.card.model), e.card.version, kStyle, Escaped(e.card.params));
  out += Headline(e) + Seal(e);
  out += fmt::format("<div class=\"note\">{}</div>\n", kDisclaimer);
  for (const Section& section : e.card.sections)
    if (!section.fields.empty()) out += SectionTable(section);
  return out + Rounds(e.card.rounds) + History(e.card.history) + "</body></html>\n";
}

}  // namespace muster::registry::evidence
