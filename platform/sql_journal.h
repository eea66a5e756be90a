#pragma once
// The journal of facts over SQL. Appends that wait at the same time are committed together by one
// thread, which alone gives seq and leaf; an Append returns once its transaction is on disk.
// Never acknowledges a fact that a crash could lose.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <deque>
#include <memory>
#include <string>
#include <thread>

#include "base/journal.h"
#include "platform/journal_reader.h"
#include "platform/journal_rules.h"
#include "platform/journal_sequencer.h"
#include "platform/sql.h"

namespace muster::platform {

// Safe from any thread. One process per database (DirLock). Observers run on the committing
// thread after the writers are answered: they must not Append, and should be quick.
class SqlJournal final : public Journal {
 public:
  // Opens or makes the journal in the SQLite file `path`. FAILED_PRECONDITION when a newer
  // program wrote it, DATA_LOSS when it is damaged, READ_ONLY when it cannot be written.
  static StatusOr<std::unique_ptr<SqlJournal>> OpenSqlite(const std::string& path);
  // The same over two connections to one database.
  static StatusOr<std::unique_ptr<SqlJournal>> Open(std::unique_ptr<Sql> writer,
                                                    std::unique_ptr<Sql> reader);
  // Commits what waits, then joins the thread.
  ~SqlJournal() override;

  // Beyond the port's errors: INVALID_ARGUMENT as CheckAppend has it, FAILED_PRECONDITION for
  // facts after the close. No facts and no close is OK and does nothing.
  Status Append(std::string_view stream, std::uint64_t next_seq, std::span<const std::string> facts,
                bool close) override;
  Status Read(std::string_view stream, std::uint64_t from_seq, const Visitor& visit) override;
  Status Replay(std::string_view prefix, bool open_only, const Visitor& visit) override;
  Status ReadLeaves(std::uint64_t from, std::uint64_t to, const Visitor& visit) override;
  std::shared_ptr<void> Subscribe(Observer observer) override;

 private:
  struct Waiting;
  SqlJournal(std::unique_ptr<Sql> writer, std::unique_ptr<Sql> reader);
  void CommitGroups();
  // Waits for appends; empty when the journal is being closed.
  std::vector<Waiting*> NextGroup();

  const std::unique_ptr<Sql> writer_;  // The committing thread's alone.
  JournalSequencer sequencer_;         // Likewise.
  JournalReader reader_;
  JournalObservers observers_;

  absl::Mutex mu_;
  absl::CondVar work_;
  std::deque<Waiting*> queue_ ABSL_GUARDED_BY(mu_);
  bool closing_ ABSL_GUARDED_BY(mu_) = false;
  std::thread committer_;  // Last: it uses all of the above.
};

}  // namespace muster::platform
