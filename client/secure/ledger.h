#pragma once
// What a node has given, so that it gives once for each question: two sums that differ in one
// device show that device. It outlives rounds, campaigns and restarts, and holds no update.
#include <string>

#include "base/blobs.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "client/secure/question.h"

namespace muster::client {

// Safe from any thread; a file of two lines for each question: the question, and when it was
// answered.
class ContributionLedger {
 public:
  ContributionLedger(Files& files, const Hasher& hasher, const DeviceName& name);
  // OK, or FAILED_PRECONDITION (SECURE_REPEATED) when this was given; the errors of Files.
  Status Check(const Question& question) const;
  // The same, and then it counts as given: on disk before the first byte leaves.
  Status Enter(const Question& question, Timestamp now) const;

 private:
  std::string FileOf(const Question& question) const;
  Files& files_;
  const Hasher& hasher_;
  const std::string folder_;
};

// How long a ledger remembers, and how much: a question that comes again after that is answered
// again.
struct LedgerLimits {
  Duration age = std::chrono::hours(24 * 400);
  std::size_t entries = 100'000;  // Of a node.
};

// Removes from every node's ledger in `files` what is beyond the limits, the oldest first. An entry
// that does not say when it was made counts as made `now`: it is kept too long, never too short.
//   returns  how many were removed.
//   errors   those of Files; what was removed before stays so.
//   cost     reads every entry: for start-up.
StatusOr<std::size_t> PruneLedgers(Files& files, const LedgerLimits& limits, Timestamp now);

}  // namespace muster::client
