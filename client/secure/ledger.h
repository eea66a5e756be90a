#pragma once
// What a node has given, so that it gives once for each question: two sums that differ in one
// device show that device. It outlives rounds, campaigns and restarts, and holds no update.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <optional>
#include <set>
#include <string>

#include "base/blobs.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "client/secure/question.h"

namespace muster::client {

// The file of client/secure/ledger_file.h, and the hashes of its questions in memory (80 bytes
// each). Its first use reads the file, cuts off what a crash left of a last line, and fails with
//   DATA_LOSS (SECURE_UNREADY) when another line is damaged, for as long as it is: any question may
//   be the one that it named; or the errors of Files, after which the next use tries again.
// Safe from any thread; the only one of its node, since it hears of no line that another writes.
class ContributionLedger {
 public:
  ContributionLedger(Files& files, const Hasher& hasher, const DeviceName& name);
  // OK, or FAILED_PRECONDITION (SECURE_REPEATED) when this was given. Touches no disk but at first
  // use; waits for an Enter that does.
  Status Check(const Question& question);
  // The same, and then it counts as given: on disk before the first byte leaves.
  //   errors  those of Files::Append: nothing may be given. The question counts as given only where
  //           its line may be on disk, which the next use finds out by writing the file anew;
  //           INVALID_ARGUMENT (SECURE_VIOLATION) when it fits no line.
  Status Enter(const Question& question, Timestamp now);

 private:
  Status Open() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Status CheckNew(const Question& question, const Digest& digest)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  Files& files_;
  const Hasher& hasher_;
  const std::string folder_;
  absl::Mutex mu_;
  std::optional<std::set<Digest>> given_ ABSL_GUARDED_BY(mu_);  // None: it is to be read.
  bool doubtful_ ABSL_GUARDED_BY(mu_) = false;  // What the disk has of the last line is not known.
};

// How long a ledger remembers, and how much: a question that comes again after that is answered
// again.
struct LedgerLimits {
  Duration age = std::chrono::hours(24 * 400);
  std::size_t entries = 100'000;  // Of a node.
};

// Removes from every node's ledger in `files` what is beyond the limits, the oldest first, and
// takes over what older versions left; writes only the ledgers that this changes. Before any is
// opened.
//   returns  how many entries were removed.
//   errors   those of Files and of ParseLedger, the first of them; such a ledger is left as it was,
//            the others are done.
//   cost     reads every ledger: for start-up.
StatusOr<std::size_t> PruneLedgers(Files& files, const Hasher& hasher, const LedgerLimits& limits,
                                   Timestamp now);

}  // namespace muster::client
