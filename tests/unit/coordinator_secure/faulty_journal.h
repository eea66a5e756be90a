#pragma once
// A journal whose appends to chosen streams fail as a disk makes them fail: nothing is written, or
// all of it is and only the answer is lost.
#include <functional>
#include <string_view>

#include "base/journal.h"

namespace muster::testing {

enum class JournalFault { kNone, kNothingWritten, kAnswerLost };

// Decides on each append, by its stream.
using JournalFaults = std::function<JournalFault(std::string_view stream)>;

class FaultyJournal final : public Journal {
 public:
  // Both outlive this; `faults` may change meanwhile, and none set is none.
  FaultyJournal(Journal& journal, const JournalFaults& faults)
      : journal_(journal), faults_(faults) {}

  Status Append(std::string_view stream, std::uint64_t next_seq, std::span<const std::string> facts,
                bool close) override {
    const JournalFault fault = faults_ ? faults_(stream) : JournalFault::kNone;
    if (fault == JournalFault::kNothingWritten) return Full();
    MUSTER_TRY(journal_.Append(stream, next_seq, facts, close));
    return fault == JournalFault::kAnswerLost ? Full() : Ok();
  }
  Status Read(std::string_view stream, std::uint64_t from_seq, const Visitor& visit) override {
    return journal_.Read(stream, from_seq, visit);
  }
  Status Replay(std::string_view prefix, bool open_only, const Visitor& visit) override {
    return journal_.Replay(prefix, open_only, visit);
  }
  Status ReadLeaves(std::uint64_t from, std::uint64_t to, const Visitor& visit) override {
    return journal_.ReadLeaves(from, to, visit);
  }
  std::shared_ptr<void> Subscribe(Observer observer) override {
    return journal_.Subscribe(std::move(observer));
  }

 private:
  static Status Full() {
    return WithReason(ResourceExhausted("simulated full disk"), Reason::kDISK_FULL);
  }
  Journal& journal_;
  const JournalFaults& faults_;
};

// Of the appends to streams that begin with `prefix`, the one at `index` fails.
inline JournalFaults FailAt(std::string prefix, std::size_t index, JournalFault fault) {
  return [prefix = std::move(prefix), left = index, fault](std::string_view stream) mutable {
    if (!stream.starts_with(prefix)) return JournalFault::kNone;
    return left-- == 0 ? fault : JournalFault::kNone;
  };
}

}  // namespace muster::testing
