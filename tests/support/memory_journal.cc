#include "tests/support/memory_journal.h"

#include <algorithm>

namespace muster::testing {

std::shared_ptr<MemoryJournal::Disk> MemoryJournal::NewDisk() { return std::make_shared<Disk>(); }

Status MemoryJournal::Append(std::string_view stream, std::uint64_t next_seq,
                             std::span<const std::string> facts, bool close) {
  MUSTER_TRY(platform::CheckAppend(stream, facts));
  if (facts.empty() && !close) return Ok();
  MUSTER_TRY(AskFault(fault_, "journal.append"));
  std::uint64_t leaves = 0;
  {
    absl::MutexLock lock(&disk_->mu_);
    auto it = disk_->streams_.find(stream);
    const platform::StreamHead head =
        it == disk_->streams_.end() ? platform::StreamHead{} : it->second.head;
    MUSTER_TRY(platform::CheckHead(stream, head, next_seq, facts.size()));
    if (it == disk_->streams_.end()) it = disk_->streams_.try_emplace(std::string(stream)).first;
    Disk::Stream& to = it->second;
    for (const std::string& fact : facts) {
      to.leaves.push_back(disk_->rows_.size());
      disk_->rows_.push_back({std::string(stream), to.head.next_seq++, to.leaves.back(), fact});
    }
    to.head.closed = to.head.closed || close;
    leaves = disk_->rows_.size();
  }
  const Status done = AskFault(fault_, "journal.append.done");
  observers_.Notify(leaves);
  return done;
}

Status MemoryJournal::Read(std::string_view stream, std::uint64_t from_seq, const Visitor& visit) {
  std::vector<JournalRow> rows;
  {
    absl::MutexLock lock(&disk_->mu_);
    const auto it = disk_->streams_.find(stream);
    if (it == disk_->streams_.end()) return Ok();
    for (std::uint64_t seq = from_seq; seq < it->second.leaves.size(); ++seq)
      rows.push_back(disk_->rows_[it->second.leaves[seq]]);
  }
  for (const JournalRow& row : rows) MUSTER_TRY(visit(row));
  return Ok();
}

Status MemoryJournal::Replay(std::string_view prefix, bool open_only, const Visitor& visit) {
  std::vector<JournalRow> rows;
  {
    absl::MutexLock lock(&disk_->mu_);
    for (const JournalRow& row : disk_->rows_)
      if (row.stream.starts_with(prefix) &&
          !(open_only && disk_->streams_.find(row.stream)->second.head.closed))
        rows.push_back(row);
  }
  for (const JournalRow& row : rows) MUSTER_TRY(visit(row));
  return Ok();
}

Status MemoryJournal::ReadLeaves(std::uint64_t from, std::uint64_t to, const Visitor& visit) {
  std::vector<JournalRow> rows;
  {
    absl::MutexLock lock(&disk_->mu_);
    const std::uint64_t end = std::min<std::uint64_t>(to, disk_->rows_.size());
    for (std::uint64_t leaf = from; leaf < end; ++leaf) rows.push_back(disk_->rows_[leaf]);
  }
  for (const JournalRow& row : rows) MUSTER_TRY(visit(row));
  return Ok();
}

std::shared_ptr<void> MemoryJournal::Subscribe(Observer observer) {
  return observers_.Subscribe(std::move(observer));
}

}  // namespace muster::testing
