#pragma once
// Bad rows of this site, on its own disk: one file for each contract version, JSON lines, the
// oldest dropped beyond a bound. They never leave the machine. Files are replaced as a whole, so a
// crash leaves the old rows or the new. A row that lies there already is not added again, however
// often its source is read.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/blobs.h"
#include "base/clock.h"
#include "base/ids.h"
#include "client/pipeline/row_sieve.h"

namespace muster::client {

struct QuarantineLimits {
  std::size_t bytes = std::size_t{16} << 20;  // Of one contract version's file.
  std::size_t files = 32;  // Of all: before one more, the one that waits longest goes.
};

// A contract version, as it names a file.
struct QuarantineKey {
  std::string contract;
  std::uint64_t version = 0;
  friend auto operator<=>(const QuarantineKey&, const QuarantineKey&) = default;
};
inline constexpr std::string_view kQuarantinePrefix = "quarantine/";
// "quarantine/turbofan/3.jsonl". INVALID_ARGUMENT (NAME_INVALID) when the contract's name, which a
// server gave, is none.
StatusOr<std::string> QuarantineFile(const QuarantineKey& key);
// The inverse, of a path below the state directory; nullopt when it is no such file.
std::optional<QuarantineKey> QuarantineKeyOf(std::string_view file);

// One line.
struct QuarantineEntry {
  std::string at;  // RFC 3339: when it was found.
  std::string node;
  std::string source;  // A path.
  std::uint64_t line = 0;
  std::vector<BadRow::Fault> faults;
  std::string row;  // As it stands in the source; what is not UTF-8 is replaced.
};
// The lines of a file, oldest first; what is no entry is left out.
std::vector<QuarantineEntry> ParseQuarantine(std::string_view text);

// Safe from any thread.
class Quarantine {
 public:
  Quarantine(Files& files, const Clock& clock, QuarantineLimits limits = {})
      : files_(files), clock_(clock), limits_(limits) {}

  // Puts aside those of `rows` that are not there yet; durable on return.
  //   returns  how many were new.
  //   errors   those of QuarantineFile and of Files.
  //   cost     reads the file, and writes it when a row is new.
  StatusOr<std::size_t> Add(const QuarantineKey& key, const DeviceName& node,
                            std::string_view source, const std::deque<BadRow>& rows);

 private:
  Status MakeRoom(const std::string& file) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  Files& files_;
  const Clock& clock_;
  const QuarantineLimits limits_;
  absl::Mutex mu_;  // One writer of a file at a time.
};

}  // namespace muster::client
