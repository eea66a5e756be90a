#include "platform/sql_journal.h"

#include <absl/synchronization/notification.h>

#include <utility>
#include <vector>

#include "platform/sqlite.h"

namespace muster::platform {
namespace {
// Bounds of one transaction; appends are few and small, so only a flood comes near them.
constexpr std::size_t kMaxGroup = 1024;
constexpr std::size_t kMaxGroupBytes = 16 << 20;

std::size_t BytesOf(std::span<const std::string> facts) {
  std::size_t bytes = 0;
  for (const std::string& fact : facts) bytes += fact.size();
  return bytes;
}
}  // namespace

// On the stack of the thread that appends, until `done`.
struct SqlJournal::Waiting {
  JournalAppend append;
  absl::Notification done;
};

StatusOr<std::unique_ptr<SqlJournal>> SqlJournal::OpenSqlite(const std::string& path) {
  MUSTER_ASSIGN(auto writer, Sqlite::Open(path));
  MUSTER_ASSIGN(auto reader, Sqlite::Open(path));
  auto journal = Open(std::move(writer), std::move(reader));
  if (!journal.ok()) return Prefixed(journal.status(), path);
  return journal;
}

StatusOr<std::unique_ptr<SqlJournal>> SqlJournal::Open(std::unique_ptr<Sql> writer,
                                                       std::unique_ptr<Sql> reader) {
  MUSTER_TRY(PrepareJournalTables(*writer));
  return std::unique_ptr<SqlJournal>(new SqlJournal(std::move(writer), std::move(reader)));
}

SqlJournal::SqlJournal(std::unique_ptr<Sql> writer, std::unique_ptr<Sql> reader)
    : writer_(std::move(writer)),
      sequencer_(*writer_),
      reader_(std::move(reader)),
      committer_([this] { CommitGroups(); }) {}

SqlJournal::~SqlJournal() {
  {
    absl::MutexLock lock(&mu_);
    closing_ = true;
    work_.Signal();
  }
  committer_.join();
}

Status SqlJournal::Append(std::string_view stream, std::uint64_t next_seq,
                          std::span<const std::string> facts, bool close) {
  MUSTER_TRY(CheckAppend(stream, facts));
  if (facts.empty() && !close) return Ok();
  Waiting waiting;
  waiting.append = {
      .stream = stream, .next_seq = next_seq, .facts = facts, .close = close, .status = Ok()};
  {
    absl::MutexLock lock(&mu_);
    if (closing_)
      return WithReason(Unavailable("the journal is being closed"), Reason::kSHUTTING_DOWN);
    queue_.push_back(&waiting);
    work_.Signal();
  }
  waiting.done.WaitForNotification();
  return std::move(waiting.append.status);
}

std::vector<SqlJournal::Waiting*> SqlJournal::NextGroup() {
  std::vector<Waiting*> group;
  absl::MutexLock lock(&mu_);
  while (queue_.empty() && !closing_) work_.Wait(&mu_);
  for (std::size_t bytes = 0;
       !queue_.empty() && group.size() < kMaxGroup && bytes < kMaxGroupBytes;) {
    bytes += BytesOf(queue_.front()->append.facts);
    group.push_back(queue_.front());
    queue_.pop_front();
  }
  return group;
}

void SqlJournal::CommitGroups() {
  for (auto group = NextGroup(); !group.empty(); group = NextGroup()) {
    std::vector<JournalAppend*> appends;
    for (Waiting* waiting : group) appends.push_back(&waiting->append);
    const std::optional<std::uint64_t> leaves = sequencer_.Commit(appends);
    for (Waiting* waiting : group) waiting->done.Notify();  // Gone after this.
    if (leaves) observers_.Notify(*leaves);
  }
}

Status SqlJournal::Read(std::string_view stream, std::uint64_t from_seq, const Visitor& visit) {
  return reader_.Read(stream, from_seq, visit);
}
Status SqlJournal::Replay(std::string_view prefix, bool open_only, const Visitor& visit) {
  return reader_.Replay(prefix, open_only, visit);
}
Status SqlJournal::ReadLeaves(std::uint64_t from, std::uint64_t to, const Visitor& visit) {
  return reader_.ReadLeaves(from, to, visit);
}
std::shared_ptr<void> SqlJournal::Subscribe(Observer observer) {
  return observers_.Subscribe(std::move(observer));
}

}  // namespace muster::platform
