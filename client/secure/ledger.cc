#include "client/secure/ledger.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <vector>

namespace muster::client {
namespace {
constexpr std::string_view kNodes = "nodes/";
constexpr std::string_view kGiven = "/given/";

std::string FolderOf(std::string_view name) { return fmt::format("{}{}{}", kNodes, name, kGiven); }

// The second line of an entry.
Timestamp AnsweredAt(std::string_view entry, Timestamp unknown) {
  const std::size_t begin = entry.find('\n');
  if (begin == entry.npos) return unknown;
  const std::string_view text = entry.substr(begin + 1);
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc{} || end == text.data() || ms < 0) return unknown;
  return FromUnixMillis(ms);
}

struct Entry {
  Timestamp when;
  std::string file;
  friend auto operator<=>(const Entry&, const Entry&) = default;
};

// By folder, so by node.
StatusOr<std::map<std::string, std::vector<Entry>>> ReadLedgers(Files& files, Timestamp now) {
  MUSTER_ASSIGN(const std::vector<std::string> names, files.List(kNodes));
  std::map<std::string, std::vector<Entry>> out;
  for (const std::string& name : names) {
    const std::size_t given = name.find(kGiven, kNodes.size());
    if (given == name.npos) continue;
    MUSTER_ASSIGN(const Bytes entry, files.Get(name));
    out[name.substr(0, given)].push_back({AnsweredAt(AsText(entry), now), name});
  }
  return out;
}
}  // namespace

ContributionLedger::ContributionLedger(Files& files, const Hasher& hasher, const DeviceName& name)
    : files_(files), hasher_(hasher), folder_(FolderOf(name.value())) {}

// By hash, since a campaign's name comes from outside and a file's name must not.
std::string ContributionLedger::FileOf(const Question& question) const {
  return folder_ + hasher_.Sha256(AsBytes(question.line())).Hex();
}

Status ContributionLedger::Check(const Question& question) const {
  const StatusOr<Bytes> found = files_.Get(FileOf(question));
  if (absl::IsNotFound(found.status())) return Ok();
  MUSTER_TRY(found.status());
  const std::string_view line = question.line();
  return WithReason(
      FailedPrecondition(
          "this node has answered '{}' before, and answers a question once, since two "
          "sums that differ in one node show it; a campaign that begins again with "
          "the same model needs another name, statistics need new rows",
          line.substr(0, line.size() - 1)),
      Reason::kSECURE_REPEATED);
}

Status ContributionLedger::Enter(const Question& question, Timestamp now) const {
  MUSTER_TRY(Check(question));
  const std::string entry = fmt::format("{}{}\n", question.line(), UnixMillis(now));
  const std::array<ByteView, 1> parts = {AsBytes(entry)};
  return files_.Put(FileOf(question), parts);
}

StatusOr<std::size_t> PruneLedgers(Files& files, const LedgerLimits& limits, Timestamp now) {
  MUSTER_ASSIGN(auto ledgers, ReadLedgers(files, now));
  std::size_t removed = 0;
  for (auto& [folder, entries] : ledgers) {
    std::ranges::sort(entries);
    const std::size_t excess =
        entries.size() > limits.entries ? entries.size() - limits.entries : 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i >= excess && now - entries[i].when <= limits.age) break;  // And so are all that follow.
      MUSTER_TRY(files.Remove(entries[i].file));
      ++removed;
    }
  }
  return removed;
}

}  // namespace muster::client
