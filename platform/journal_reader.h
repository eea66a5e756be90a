#pragma once
// Reads the journal's tables page by page over a connection of its own, so that neither readers
// nor their visitors hold up the writer. Never writes.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/journal.h"
#include "platform/sql.h"

namespace muster::platform {

// Safe from any thread; visitors run without a lock, so they may use the journal. What a walk
// shows is the journal as it was when the walk began.
class JournalReader {
 public:
  explicit JournalReader(std::unique_ptr<Sql> sql) : sql_(std::move(sql)) {}

  Status Read(std::string_view stream, std::uint64_t from_seq, const Journal::Visitor& visit);
  // Memory: 8 bytes a fact visited when there is a prefix or open_only, and one page.
  Status Replay(std::string_view prefix, bool open_only, const Journal::Visitor& visit);
  // Memory: one page.
  Status ReadLeaves(std::uint64_t from, std::uint64_t to, const Journal::Visitor& visit);

 private:
  struct Page;
  Status ReadPage(std::string_view text, std::initializer_list<SqlView> args, Page& page);
  StatusOr<std::uint64_t> Leaves();
  StatusOr<std::uint64_t> NextSeq(std::string_view stream);
  StatusOr<std::vector<std::uint64_t>> LeavesOf(std::string_view prefix, bool open_only);
  Status ReadRange(std::uint64_t from, std::uint64_t to, Page& page, const Journal::Visitor& visit);

  absl::Mutex mu_;
  const std::unique_ptr<Sql> sql_ ABSL_PT_GUARDED_BY(mu_);
};

}  // namespace muster::platform
