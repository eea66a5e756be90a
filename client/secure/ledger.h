#pragma once
// What a node has given, so that it gives once for each question: two sums that differ in one
// device show that device. It outlives rounds, campaigns and restarts, and holds no update.
#include <string>

#include "base/blobs.h"
#include "base/bytes.h"
#include "base/ids.h"
#include "base/status.h"

namespace muster::client {

// A question is a round of a campaign about one model, whatever its attempt: a later attempt trains
// the same update again, so it may follow only one that sent nothing. Safe from any thread; a file
// of a line for each question.
class ContributionLedger {
 public:
  ContributionLedger(Files& files, const Hasher& hasher, const DeviceName& name);
  // OK, or FAILED_PRECONDITION (SECURE_REPEATED) when this was given; the errors of Files.
  Status Check(const RoundKey& round, const Digest& model) const;
  // The same, and then it counts as given: on disk before the first byte leaves.
  Status Enter(const RoundKey& round, const Digest& model) const;

 private:
  std::string FileOf(const std::string& line) const;
  Files& files_;
  const Hasher& hasher_;
  const std::string folder_;
};

}  // namespace muster::client
