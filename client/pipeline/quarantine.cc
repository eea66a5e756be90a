#include "client/pipeline/quarantine.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/bytes.h"
#include "base/canonical_json.h"
#include "base/time_text.h"

namespace muster::client {
namespace {
constexpr std::string_view kSuffix = ".jsonl";
constexpr std::string_view kAt = R"({"at":")";  // How each line begins; then the time, and:
constexpr std::string_view kAfterAt = R"(",)";
constexpr std::size_t kTime = 24;  // Characters of FormatTime.
constexpr std::size_t kLongestName = 63;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

// All of an entry but when it was found: what tells two of them apart.
std::string BodyOf(const DeviceName& node, std::string_view source, const BadRow& row) {
  Json faults = Json::array();
  for (const BadRow::Fault& fault : row.faults)
    faults.push_back({{"field", fault.field}, {"rule", std::string(NameOf(fault.rule))}});
  const Json body = {{"faults", std::move(faults)},
                     {"line", row.line},
                     {"node", node.value()},
                     {"row", row.text},
                     {"source", std::string(source)}};
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The body of a line, without its opening brace; empty when it is none of ours.
std::string_view BodyOf(std::string_view line) {
  constexpr std::size_t kHead = kAt.size() + kTime + kAfterAt.size();
  return line.starts_with(kAt) && line.size() > kHead ? line.substr(kHead) : std::string_view();
}

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

StatusOr<QuarantineEntry> EntryOf(std::string_view line) {
  MUSTER_ASSIGN(const Json json, ParseJson(line));
  JsonReader reader(json);
  QuarantineEntry out{
      reader.Text("at"), reader.Text("node"), reader.Text("source"), reader.Unsigned("line"), {},
      reader.Text("row")};
  const Json& faults = reader.At("faults");
  MUSTER_TRY(reader.status());
  if (!faults.is_array()) return InvalidArgument("faults is no list");
  for (const Json& item : faults) {
    JsonReader fault(item);
    const std::string field = fault.Text("field");
    const std::optional<RowRule> rule = ParseRowRule(fault.Text("rule"));
    MUSTER_TRY(fault.status());
    if (rule) out.faults.push_back({field, *rule});  // A rule of a later release is left out.
  }
  return out;
}
}  // namespace

StatusOr<std::string> QuarantineFile(const QuarantineKey& key) {
  const std::string& name = key.contract;
  if (name.empty() || name.size() > kLongestName || name[0] == '.' ||
      !std::all_of(name.begin(), name.end(), IsNameCharacter))
    return WithReason(
        InvalidArgument("a contract's name of {} characters names no file", name.size()),
        Reason::kNAME_INVALID);
  return fmt::format("{}{}/{}{}", kQuarantinePrefix, name, key.version, kSuffix);
}

std::optional<QuarantineKey> QuarantineKeyOf(std::string_view file) {
  if (!file.starts_with(kQuarantinePrefix) || !file.ends_with(kSuffix)) return std::nullopt;
  const std::size_t slash = file.rfind('/');
  if (slash < kQuarantinePrefix.size()) return std::nullopt;
  QuarantineKey key;
  key.contract = file.substr(kQuarantinePrefix.size(), slash - kQuarantinePrefix.size());
  const std::string_view number = file.substr(slash + 1, file.size() - slash - 1 - kSuffix.size());
  std::from_chars(number.data(), number.data() + number.size(), key.version);
  const StatusOr<std::string> back = QuarantineFile(key);
  if (!back.ok() || *back != file) return std::nullopt;
  return key;
}

std::vector<QuarantineEntry> ParseQuarantine(std::string_view text) {
  std::vector<QuarantineEntry> out;
  for (const std::string_view line : LinesOf(text))
    if (StatusOr<QuarantineEntry> entry = EntryOf(line); entry.ok())
      out.push_back(*std::move(entry));
  return out;
}

StatusOr<std::size_t> Quarantine::Add(const QuarantineKey& key, const DeviceName& node,
                                      std::string_view source, const std::deque<BadRow>& rows) {
  if (rows.empty()) return 0;
  MUSTER_ASSIGN(const std::string file, QuarantineFile(key));
  absl::MutexLock lock(&mu_);
  const StatusOr<Bytes> old = files_.Get(file);
  if (absl::IsNotFound(old.status())) {
    MUSTER_TRY(MakeRoom(file));
  } else {
    MUSTER_TRY(old.status());
  }
  std::vector<std::string_view> lines = LinesOf(old.ok() ? AsText(*old) : std::string_view());
  std::set<std::string_view> known;
  for (const std::string_view line : lines) known.insert(BodyOf(line));
  const std::string head = fmt::format("{}{}{}", kAt, FormatTime(clock_.Now()), kAfterAt);
  std::deque<std::string> fresh;  // Their places stay while it grows.
  for (const BadRow& row : rows) {
    std::string line = head + BodyOf(node, source, row).substr(1);
    if (known.contains(BodyOf(line))) continue;
    fresh.push_back(std::move(line));
    known.insert(BodyOf(fresh.back()));
    lines.push_back(fresh.back());
  }
  if (fresh.empty()) return 0;
  std::size_t bytes = 0;
  auto first = lines.end();  // The newest that fit.
  while (first != lines.begin() && bytes + std::prev(first)->size() + 1 <= limits_.bytes)
    bytes += (--first)->size() + 1;
  std::string text;
  text.reserve(bytes);
  for (; first != lines.end(); ++first) text.append(*first) += '\n';
  const std::array parts = {AsBytes(text)};
  MUSTER_TRY(files_.Put(file, parts));
  return fresh.size();
}

Status Quarantine::MakeRoom(const std::string& file) {
  MUSTER_ASSIGN(std::vector<std::string> files, files_.List(kQuarantinePrefix));
  std::erase(files, file);
  while (files.size() >= limits_.files) {
    std::pair<std::string, std::string> oldest;  // Its newest line's beginning, and its name.
    for (const std::string& each : files) {
      const StatusOr<Bytes> content = files_.Get(each);
      const auto lines = LinesOf(content.ok() ? AsText(*content) : std::string_view());
      std::pair<std::string, std::string> age{
          lines.empty() ? "" : lines.back().substr(0, kAt.size() + kTime), each};
      if (oldest.second.empty() || age < oldest) oldest = std::move(age);
    }
    MUSTER_TRY(files_.Remove(oldest.second));
    std::erase(files, oldest.second);
  }
  return Ok();
}

}  // namespace muster::client
