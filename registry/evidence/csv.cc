// RFC 4180, with the text of spreadsheets in mind: a value that a spreadsheet would run as a
// formula is put behind an apostrophe.
#include "base/time_text.h"
#include "registry/evidence/exports.h"
#include "registry/evidence/frameworks.h"

namespace muster::registry::evidence {
namespace {
std::string Cell(std::string_view text) {
  std::string out = "\"";
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos)
    out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string LeavesText(const std::vector<std::uint64_t>& leaves) {
  std::string out;
  for (const std::uint64_t leaf : leaves) out += fmt::format("{}{}", out.empty() ? "" : " ", leaf);
  return out;
}

std::string ClausesText(std::string_view key) {
  std::string out;
  for (const Clause& clause : ClausesOf(key))
    out += fmt::format("{}{} {}", out.empty() ? "" : "; ", clause.framework, clause.clause);
  return out;
}

std::string Line(std::string_view section, std::string_view key, std::string_view label,
                 std::string_view value, const std::vector<std::uint64_t>& leaves) {
  return fmt::format("{},{},{},{},{},{}\r\n", Cell(section), Cell(key), Cell(label), Cell(value),
                     Cell(LeavesText(leaves)), Cell(ClausesText(key)));
}
}  // namespace

std::string ToCsv(const Evidence& e) {
  std::string out = "section,key,label,value,leaves,clauses\r\n";
  for (const Section& section : e.card.sections)
    for (const Field& field : section.fields)
      out += Line(section.title, field.key, field.label, field.value, field.leaves);
  for (const RoundLine& round : e.card.rounds)
    out +=
        Line("Rounds", "training.rounds", fmt::format("{} round {}", round.campaign, round.round),
             fmt::format("{} updates summed, {}, attempt {}", round.counted, round.params,
                         round.attempt),
             {round.leaf});
  for (const HistoryLine& line : e.card.history)
    out += Line("History", "history", fmt::format("{} by {}", FormatTime(line.at), line.by),
                line.what, {line.leaf});
  out += Line("About", "about", "What this is", kDisclaimer, {});
  return out;
}

}  // namespace muster::registry::evidence
