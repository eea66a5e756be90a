#pragma once
// The journal of facts: the one history, and the port to it. platform/ implements it over SQL.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace muster {

// One fact as it lies in the journal. (stream, seq) is unique and seq counts from 0 without gaps;
// leaf is the fact's place in the whole log, given at commit by the one sequencer, without gaps.
struct JournalRow {
  std::string stream;  // "round/turbofan/12/1": a lifecycle and its key, '/' between parts.
  std::uint64_t seq = 0;
  std::uint64_t leaf = 0;
  std::string fact;  // RFC 8785 JSON object with members "type" and "by" (see base/fact.h).
};

class Journal {
 public:
  virtual ~Journal() = default;

  // Adds `facts` (canonical JSON) at the end of `stream`, all or none, durable on return.
  //   next_seq  what the writer believes to be the next seq of the stream (0: a new stream).
  //   ABORTED (STALE_WRITE) when it is another: somebody else wrote first; re-read and redo.
  //   RESOURCE_EXHAUSTED (DISK_FULL), FAILED_PRECONDITION (READ_ONLY): nothing was written.
  // `close` marks the stream as finished in the same transaction; start-up skips closed streams.
  // Blocks for the group commit. Safe from any thread.
  virtual Status Append(std::string_view stream, std::uint64_t next_seq,
                        std::span<const std::string> facts, bool close = false) = 0;

  using Visitor = std::function<Status(const JournalRow&)>;
  // The facts of one stream from `from_seq`, in order. An unknown stream has none. A visitor's
  // error ends the walk and is returned.
  virtual Status Read(std::string_view stream, std::uint64_t from_seq, const Visitor& visit) = 0;
  // The facts of all streams that begin with `prefix`, in leaf order; with `open_only`, those of
  // streams that are not closed.
  virtual Status Replay(std::string_view prefix, bool open_only, const Visitor& visit) = 0;
  // The facts at leaves [from, to) of the log, in order, as far as there are any.
  virtual Status ReadLeaves(std::uint64_t from, std::uint64_t to, const Visitor& visit) = 0;

  // Calls `observer` after each commit with the number of leaves in the log; from any thread.
  // The returned token ends the subscription when it is destroyed.
  using Observer = std::function<void(std::uint64_t leaves)>;
  virtual std::shared_ptr<void> Subscribe(Observer observer) = 0;
};

}  // namespace muster
