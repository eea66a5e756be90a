#include "client/secure/ledger.h"

#include <algorithm>
#include <array>
#include <vector>

#include "client/secure/given_files.h"
#include "client/secure/ledger_file.h"

namespace muster::client {
namespace {
constexpr std::string_view kNodes = "nodes/";

std::string_view TextOf(const Question& question) {
  const std::string_view line = question.line();
  return line.substr(0, line.size() - 1);
}

// Of every node that has ever had a file here.
StatusOr<std::set<std::string>> NodeFolders(Files& files) {
  MUSTER_ASSIGN(const std::vector<std::string> names, files.List(kNodes));
  std::set<std::string> out;
  for (const std::string& name : names)
    if (const std::size_t end = name.find('/', kNodes.size()); end != name.npos)
      out.insert(name.substr(0, end + 1));
  return out;
}

StatusOr<std::size_t> PruneLedger(Files& files, const Hasher& hasher, const std::string& file,
                                  const LedgerLimits& limits, Timestamp now) {
  MUSTER_ASSIGN(const Bytes bytes, ReadLedger(files, file));
  MUSTER_ASSIGN(LedgerLines ledger, ParseLedger(hasher, bytes, file));
  std::vector<LedgerEntry>& entries = ledger.entries;
  std::ranges::stable_sort(entries, {}, &LedgerEntry::when);
  std::size_t removed = entries.size() > limits.entries ? entries.size() - limits.entries : 0;
  while (removed < entries.size() && now - entries[removed].when > limits.age) ++removed;
  if (removed == 0) return removed;
  std::vector<ByteView> kept;
  for (std::size_t i = removed; i < entries.size(); ++i) kept.push_back(entries[i].line);
  MUSTER_TRY(files.Put(file, kept));
  return removed;
}
}  // namespace

ContributionLedger::ContributionLedger(Files& files, const Hasher& hasher, const DeviceName& name)
    : files_(files), hasher_(hasher), folder_(fmt::format("{}{}/", kNodes, name.value())) {}

Status ContributionLedger::Open() {
  if (given_) return Ok();
  MUSTER_TRY(TakeOverGivenFiles(files_, hasher_, folder_));
  const std::string file = LedgerFileIn(folder_);
  MUSTER_ASSIGN(const Bytes bytes, ReadLedger(files_, file));
  MUSTER_ASSIGN(const LedgerLines ledger, ParseLedger(hasher_, bytes, file));
  if (ledger.torn || doubtful_) MUSTER_TRY(files_.Put(file, std::array{ledger.whole}));
  doubtful_ = false;
  given_.emplace();
  for (const LedgerEntry& entry : ledger.entries) given_->insert(entry.question);
  return Ok();
}

Status ContributionLedger::CheckNew(const Question& question, const Digest& digest) {
  MUSTER_TRY(Open());
  if (!given_->contains(digest)) return Ok();
  return WithReason(
      FailedPrecondition(
          "this node has answered '{}' before, and answers a question once, since two "
          "sums that differ in one node show it; a campaign that begins again with "
          "the same model needs another name, statistics need new rows",
          TextOf(question)),
      Reason::kSECURE_REPEATED);
}

Status ContributionLedger::Check(const Question& question) {
  const Digest digest = hasher_.Sha256(AsBytes(question.line()));
  absl::MutexLock lock(&mu_);
  return CheckNew(question, digest);
}

Status ContributionLedger::Enter(const Question& question, Timestamp now) {
  const Digest digest = hasher_.Sha256(AsBytes(question.line()));
  MUSTER_ASSIGN(const std::string line, LedgerLine(hasher_, TextOf(question), now));
  absl::MutexLock lock(&mu_);
  MUSTER_TRY(CheckNew(question, digest));
  const Status entered = files_.Append(LedgerFileIn(folder_), AsBytes(line));
  // A line may be there in part, and the next one must not join it.
  if (absl::IsDataLoss(entered)) {
    given_.reset();
    doubtful_ = true;
  }
  MUSTER_TRY(entered);
  given_->insert(digest);
  return Ok();
}

StatusOr<std::size_t> PruneLedgers(Files& files, const Hasher& hasher, const LedgerLimits& limits,
                                   Timestamp now) {
  MUSTER_ASSIGN(const std::set<std::string> folders, NodeFolders(files));
  std::size_t removed = 0;
  Status first;
  for (const std::string& folder : folders) {
    Status done = TakeOverGivenFiles(files, hasher, folder);
    if (done.ok()) {
      const auto pruned = PruneLedger(files, hasher, LedgerFileIn(folder), limits, now);
      if (pruned.ok()) removed += *pruned;
      done = pruned.status();
    }
    first.Update(done);
  }
  MUSTER_TRY(first);
  return removed;
}

}  // namespace muster::client
