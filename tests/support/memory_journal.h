#pragma once
// The journal port in memory, for the simulator and for tests of what stands on it. Keeps every
// promise of base/journal.h but durability, which ends with the process.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/journal.h"
#include "platform/journal_rules.h"
#include "tests/support/fault.h"

namespace muster::testing {

// Safe from any thread. Observers run on the thread that appended, before Append returns.
class MemoryJournal final : public Journal {
 public:
  // What stays when the process of a simulated machine dies: give it to the next MemoryJournal.
  class Disk;
  static std::shared_ptr<Disk> NewDisk();

  explicit MemoryJournal(FaultHook fault = {}) : MemoryJournal(NewDisk(), std::move(fault)) {}
  explicit MemoryJournal(std::shared_ptr<Disk> disk, FaultHook fault = {})
      : disk_(std::move(disk)), fault_(std::move(fault)) {}

  Status Append(std::string_view stream, std::uint64_t next_seq, std::span<const std::string> facts,
                bool close = false) override;
  Status Read(std::string_view stream, std::uint64_t from_seq, const Visitor& visit) override;
  Status Replay(std::string_view prefix, bool open_only, const Visitor& visit) override;
  Status ReadLeaves(std::uint64_t from, std::uint64_t to, const Visitor& visit) override;
  std::shared_ptr<void> Subscribe(Observer observer) override;

 private:
  const std::shared_ptr<Disk> disk_;
  const FaultHook fault_;
  platform::JournalObservers observers_;
};

class MemoryJournal::Disk {
 private:
  friend class MemoryJournal;
  struct Stream {
    platform::StreamHead head;
    std::vector<std::uint64_t> leaves;  // Of its facts, in order of seq.
  };
  absl::Mutex mu_;
  std::vector<JournalRow> rows_ ABSL_GUARDED_BY(mu_);  // By leaf.
  std::map<std::string, Stream, std::less<>> streams_ ABSL_GUARDED_BY(mu_);
};

}  // namespace muster::testing
