#pragma once
// The port to what an agent remembers of a coordinator's log, and whom it believes for it.
// client/witness keeps it on disk; without one a session asks for no log.
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"
#include "client/link.h"

namespace muster::client {

// Of one coordinator, for all nodes that go to it. Used on one strand.
class LogWitness {
 public:
  virtual ~LogWitness() = default;

  // Not OK: this coordinator contradicted itself, and nothing is done for it any more.
  virtual const Status& verdict() const = 0;
  // Whether it is to show its log before anything else: at first, after Doubt, and now and then.
  virtual bool Due(Timestamp now) const = 0;
  // Contact was lost: who answers next may be another.
  virtual void Doubt() = 0;
  // Leaves of the log as it was last believed; 0: nothing is remembered.
  virtual std::uint64_t remembered() const = 0;
  // Judges what was shown to the question "since `since`"; OK is remembered durably.
  //   ABORTED  another node's answer came first: look at Due again, and ask again if need be;
  //   otherwise a verdict (LOG_REWOUND, LOG_FORKED, PROOF_INVALID, NOTE_INVALID), or an error of
  //   the disk, which is none.
  virtual Status See(std::uint64_t since, const LogHead& head, Timestamp now) = 0;
  // That the log's key signed, in a DSSE envelope around an in-toto statement, that these files are
  // what the coordinator hands out. UNAUTHENTICATED (SIGNATURE_INVALID), naming what is not signed.
  virtual Status CheckSigned(std::string_view envelope, std::span<const Digest> files) const = 0;
};

}  // namespace muster::client
