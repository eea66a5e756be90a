#pragma once
// The one that gives facts their place: checks stream heads, numbers leaves and writes a group of
// appends in one transaction. Never acknowledges what was not committed.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "platform/journal_rules.h"
#include "platform/sql.h"

namespace muster::platform {

// One caller's append, and how it went.
struct JournalAppend {
  std::string_view stream;
  std::uint64_t next_seq = 0;
  std::span<const std::string> facts;
  bool close = false;
  Status status;
};

// Makes the journal's tables where they are missing and checks their version:
// FAILED_PRECONDITION when a newer program wrote them, DATA_LOSS when leaves are missing.
Status PrepareJournalTables(Sql& sql);
// The number of leaves in the log.
StatusOr<std::uint64_t> CountLeaves(Sql& sql);

// Used by one thread.
class JournalSequencer {
 public:
  explicit JournalSequencer(Sql& sql) : sql_(sql) {}

  // Writes what it can of `group` in one transaction and sets each status: a stale append fails
  // alone, a failed transaction fails them all. Appends to one stream may follow on each other.
  // Returns the number of leaves after the commit, or nullopt when nothing was written.
  std::optional<std::uint64_t> Commit(std::span<JournalAppend* const> group);

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  using Heads = std::unordered_map<std::string, StreamHead, TextHash, std::equal_to<>>;

  Status Write(std::span<JournalAppend* const> group, Heads& changed, std::uint64_t& leaves);
  // Adds one append's facts, or sets its status and leaves no trace.
  Status Add(JournalAppend& append, Heads& changed, std::uint64_t& leaves);
  StatusOr<StreamHead> HeadOf(std::string_view stream, const Heads& changed);
  void Remember(Heads changed);

  Sql& sql_;
  Heads heads_;               // What the database holds, as of leaf `leaves_`.
  std::uint64_t leaves_ = 0;  // Other than in the database: somebody else wrote; forget heads_.
};

}  // namespace muster::platform
