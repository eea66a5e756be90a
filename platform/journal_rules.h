#pragma once
// What every Journal asks of its callers and owes its observers, whatever it stores facts in.
// Never touches storage.
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/journal.h"

namespace muster::platform {

inline constexpr std::size_t kMaxFactBytes = 1 << 20;
inline constexpr std::size_t kMaxStreamBytes = 512;

struct StreamHead {
  std::uint64_t next_seq = 0;
  bool closed = false;
};

// INVALID_ARGUMENT unless `stream` is 1 to 512 printable ASCII characters and each fact at most
// 1 MiB of text from '{' to '}' without control characters (canonical JSON has none).
Status CheckAppend(std::string_view stream, std::span<const std::string> facts);

// Whether a stream at `head` takes an append of `facts` facts: ABORTED (STALE_WRITE) when
// `next_seq` is not its next, FAILED_PRECONDITION when facts come after the close.
Status CheckHead(std::string_view stream, const StreamHead& head, std::uint64_t next_seq,
                 std::size_t facts);

// Those who want to hear of commits. Safe from any thread.
class JournalObservers {
 public:
  JournalObservers();
  // Once the token is destroyed no call is running any more and none follows; so do not destroy
  // it under a lock that the observer takes. It may outlive this object, and an observer may
  // destroy its own token.
  std::shared_ptr<void> Subscribe(Journal::Observer observer);
  void Notify(std::uint64_t leaves);

 private:
  struct List;
  std::shared_ptr<List> list_;
};

}  // namespace muster::platform
