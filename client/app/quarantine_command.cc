#include "client/app/quarantine_command.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "base/canonical_json.h"
#include "client/pipeline/file_bytes.h"
#include "client/pipeline/one_line.h"

namespace muster::client {
namespace fs = std::filesystem;
namespace {
constexpr std::uint64_t kMostBytes = std::uint64_t{256} << 20;
constexpr std::size_t kShownRow = 60;

struct Found {
  QuarantineKey key;
  fs::path path;
};

struct Which {
  std::string contract;                  // Empty: all.
  std::optional<std::uint64_t> version;  // Of it; none: all.
};

StatusOr<Which> ParseWhich(const std::string& text) {
  Which out;
  const std::size_t slash = text.find('/');
  out.contract = text.substr(0, slash);
  if (slash == std::string::npos) return out;
  std::uint64_t version = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + slash + 1, last, version);
  if (error != std::errc{} || end != last)
    return WithReason(
        InvalidArgument("'{}' is neither CONTRACT nor CONTRACT/VERSION", OneLine(text, kShownRow)),
        Reason::kFIELD_INVALID);
  out.version = version;
  return out;
}

// The files there are, by contract and version.
StatusOr<std::vector<Found>> Find(const fs::path& state_dir, const std::string& which) {
  MUSTER_ASSIGN(const Which wanted, ParseWhich(which));
  std::error_code error;
  if (!fs::is_directory(state_dir, error))
    return WithReason(
        NotFound("there is no state directory {}; name the agent's file with --config "
                 "or the directory with --state-dir",
                 state_dir.string()),
        Reason::kRESOURCE_NOT_FOUND);
  std::vector<Found> out;
  fs::recursive_directory_iterator it(state_dir / kQuarantinePrefix, error), end;
  for (; !error && it != end; it.increment(error)) {
    const auto key = QuarantineKeyOf(it->path().lexically_relative(state_dir).generic_string());
    if (!key || (!wanted.contract.empty() && key->contract != wanted.contract) ||
        (wanted.version && key->version != *wanted.version))
      continue;
    out.push_back({*key, it->path()});
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return Unavailable("{}: {}", state_dir.string(), error.message());
  if (out.empty() && !wanted.contract.empty())
    return WithReason(NotFound("nothing of '{}' is in quarantine", OneLine(which, kShownRow)),
                      Reason::kRESOURCE_NOT_FOUND);
  std::sort(out.begin(), out.end(), [](const Found& a, const Found& b) { return a.key < b.key; });
  return out;
}

// NOT_FOUND is no error: the agent or another command may have taken it away meanwhile.
StatusOr<std::vector<QuarantineEntry>> EntriesOf(const Found& found) {
  const StatusOr<Bytes> bytes = ReadFileBytes(found.path, kMostBytes);
  if (absl::IsNotFound(bytes.status())) return std::vector<QuarantineEntry>();
  MUSTER_TRY(bytes.status());
  return ParseQuarantine(AsText(*bytes));
}

std::map<RowRule, std::uint64_t> RulesOf(const std::vector<QuarantineEntry>& entries) {
  std::map<RowRule, std::uint64_t> out;
  for (const QuarantineEntry& entry : entries) {
    std::set<RowRule> rules;
    for (const BadRow::Fault& fault : entry.faults) rules.insert(fault.rule);
    for (const RowRule rule : rules) ++out[rule];
  }
  return out;
}

bool Wanted(const QuarantineEntry& entry, const QuarantineArguments& arguments) {
  if (!arguments.node.empty() && entry.node != arguments.node) return false;
  if (arguments.rule.empty() && arguments.field.empty()) return true;
  return std::any_of(entry.faults.begin(), entry.faults.end(), [&](const BadRow::Fault& fault) {
    return (arguments.rule.empty() || NameOf(fault.rule) == arguments.rule) &&
           (arguments.field.empty() || fault.field == arguments.field);
  });
}

std::string FaultsText(const std::vector<BadRow::Fault>& faults) {
  std::string out;
  for (const BadRow::Fault& fault : faults)
    out += fmt::format("{}{}{}{}", out.empty() ? "" : ", ", fault.field,
                       fault.field.empty() ? "" : ": ", NameOf(fault.rule));
  return out;
}

Json FaultsJson(const std::vector<BadRow::Fault>& faults) {
  Json out = Json::array();
  for (const BadRow::Fault& fault : faults)
    out.push_back({{"field", fault.field}, {"rule", std::string(NameOf(fault.rule))}});
  return out;
}

std::string Printed(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}
}  // namespace

StatusOr<std::string> ListQuarantine(const fs::path& state_dir,
                                     const QuarantineArguments& arguments) {
  MUSTER_ASSIGN(const std::vector<Found> files, Find(state_dir, arguments.which));
  Json list = Json::array();
  std::string table = fmt::format("{:<24} {:>7} {:>8} {:>6}  {:<24}  {}\n", "CONTRACT", "VERSION",
                                  "ROWS", "NODES", "NEWEST", "RULES");
  for (const Found& found : files) {
    MUSTER_ASSIGN(const std::vector<QuarantineEntry> entries, EntriesOf(found));
    if (entries.empty()) continue;
    std::set<std::string> nodes;
    for (const QuarantineEntry& entry : entries) nodes.insert(entry.node);
    const auto rules = RulesOf(entries);
    table += fmt::format("{:<24} {:>7} {:>8} {:>6}  {:<24}  {}\n", found.key.contract,
                         found.key.version, entries.size(), nodes.size(),
                         OneLine(entries.back().at, kShownRow), RuleText(rules));
    Json by_rule = Json::object();
    for (const auto& [rule, rows] : rules) by_rule[std::string(NameOf(rule))] = rows;
    list.push_back({{"contract", found.key.contract},
                    {"version", found.key.version},
                    {"rows", entries.size()},
                    {"nodes", nodes},
                    {"newest", entries.back().at},
                    {"rules", std::move(by_rule)}});
  }
  if (arguments.json) return Printed({{"quarantine", std::move(list)}});
  return list.empty() ? std::string("Nothing is in quarantine.\n") : table;
}

StatusOr<std::string> ShowQuarantine(const fs::path& state_dir,
                                     const QuarantineArguments& arguments) {
  if (!arguments.rule.empty() && !ParseRowRule(arguments.rule))
    return WithReason(InvalidArgument("'{}' is no rule; there are shape, type, null, not_finite, "
                                      "range and future",
                                      OneLine(arguments.rule, kShownRow)),
                      Reason::kFIELD_INVALID);
  MUSTER_ASSIGN(const std::vector<Found> files, Find(state_dir, arguments.which));
  std::vector<std::pair<QuarantineKey, QuarantineEntry>> rows;
  for (const Found& found : files) {
    MUSTER_ASSIGN(std::vector<QuarantineEntry> entries, EntriesOf(found));
    for (QuarantineEntry& entry : entries)
      if (Wanted(entry, arguments)) rows.emplace_back(found.key, std::move(entry));
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.second.at < b.second.at; });
  const std::size_t all = rows.size();
  if (arguments.limit > 0 && all > arguments.limit)
    rows.erase(rows.begin(), rows.end() - static_cast<std::ptrdiff_t>(arguments.limit));
  Json list = Json::array();
  std::string text;
  for (const auto& [key, entry] : rows) {
    text +=
        fmt::format("{}  {}/{}  {}  {}:{}  {}\n    {}\n", OneLine(entry.at, kShownRow),
                    key.contract, key.version, OneLine(entry.node), OneLine(entry.source),
                    entry.line, OneLine(FaultsText(entry.faults)), OneLine(entry.row, kShownRow));
    list.push_back({{"at", entry.at},
                    {"contract", key.contract},
                    {"version", key.version},
                    {"node", entry.node},
                    {"source", entry.source},
                    {"line", entry.line},
                    {"faults", FaultsJson(entry.faults)},
                    {"row", entry.row}});
  }
  if (arguments.json) return Printed({{"rows", std::move(list)}, {"total", all}});
  return text + fmt::format("{} of {} rows{}\n", rows.size(), all,
                            rows.size() < all ? "; --limit 0 shows all" : "");
}

StatusOr<std::string> ClearQuarantine(const fs::path& state_dir,
                                      const QuarantineArguments& arguments) {
  if (arguments.which.empty() && !arguments.all)
    return WithReason(InvalidArgument("which? CONTRACT, CONTRACT/VERSION, or --all"),
                      Reason::kFIELD_INVALID);
  MUSTER_ASSIGN(const std::vector<Found> files, Find(state_dir, arguments.which));
  Json list = Json::array();
  std::string text;
  for (const Found& found : files) {
    MUSTER_ASSIGN(const std::vector<QuarantineEntry> entries, EntriesOf(found));
    std::error_code error;
    fs::remove(found.path, error);
    if (error) return Unavailable("{}: {}", found.path.string(), error.message());
    text += fmt::format("{}/{}: {} rows removed\n", found.key.contract, found.key.version,
                        entries.size());
    list.push_back({{"contract", found.key.contract},
                    {"version", found.key.version},
                    {"rows", entries.size()}});
  }
  if (arguments.json) return Printed({{"cleared", std::move(list)}});
  return text.empty() ? std::string("Nothing is in quarantine.\n") : text;
}

}  // namespace muster::client
