#pragma once
// One secure session's shell around its pure core: journals what was decided, then believes it.
// The first row of the stream has the task, so that a restart goes on with the same one.
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aggregation/secagg/server_session.h"
#include "base/caller.h"
#include "base/journal.h"
#include "coordinator/secure/types.h"

namespace muster::coordinator {

// "secure/<campaign>/<round>-<attempt>", with "-evaluate" or "-statistics" where nothing is trained
// and "-part<n>" from the second part on.
std::string SecureStream(const SessionKey& key);
// What the streams of all sessions of a round begin with; '-' or nothing follows.
std::string SecureStreams(const RoundKey& key);

// What a session is opened with, unless the journal has it already.
struct SecureOpening {
  aggregation::secagg::Task task;
  std::uint32_t goal = 0;  // Devices invited.
  Duration window{};       // Idle window of each step.
};

// Used on the session's strand only. Borrowed ports outlive it.
class SecureDriver {
 public:
  SecureDriver(const SessionKey& key, aggregation::secagg::ServerPorts ports, Journal& journal,
               Clock& clock);

  // Reads the session's stream, or opens a new one. INVALID_ARGUMENT (FIELD_INVALID) when the
  // opening is infeasible.
  Status Open(const SecureOpening& opening);
  // Whether Open found a session that had been opened before.
  bool recovered() const { return recovered_; }

  struct Input {
    const aggregation::secagg::ServerEvent& event;
    const Caller& by;
  };
  using Result = StatusOr<aggregation::secagg::ServerFacts>;
  // Decide, record, believe; the facts that came of it. After an error nothing has changed. An
  // append whose answer was lost is found in the journal and believed first.
  Result Handle(const aggregation::secagg::ServerEvent& event, const Caller& by);
  // The same for several, one after the other, in a single append: a result each. What one refuses
  // is that one's alone; what the journal refuses is everybody's. Cost: one commit, and from the
  // second on a copy of the session.
  std::vector<Result> HandleAll(std::span<const Input> inputs);
  // What Handle would record; changes nothing.
  StatusOr<aggregation::secagg::ServerFacts> Preview(
      const aggregation::secagg::ServerEvent& event) const;

  const aggregation::secagg::ServerSession& session() const { return *session_; }

 private:
  std::vector<Result> HandleOnce(std::span<const Input> inputs, Status& recorded);
  Status CatchUp();
  Status Believe(const JournalRow& row);
  Status Make(aggregation::secagg::Task task, std::uint32_t goal);
  Status Record(std::vector<std::string> rows, bool over);

  const std::string stream_;
  aggregation::secagg::ServerPorts ports_;
  Journal& journal_;
  Clock& clock_;
  Duration window_{};
  std::optional<aggregation::secagg::ServerSession> session_;
  std::uint64_t next_seq_ = 0;
  bool recovered_ = false;
};

}  // namespace muster::coordinator
