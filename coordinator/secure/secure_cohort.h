#pragma once
// All secure sessions of one round's stage: a cohort cut into parts that one session can take, each
// with a session of its own, and their sums added. With one part, just that.
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/campaign/spec.h"
#include "coordinator/secure/secure_round.h"
#include "coordinator/secure/subject.h"

namespace muster::coordinator {

// How a stage ended: a file that holds the survivors' sum in the subject's form, or a reason.
struct SecureEnd {
  std::vector<DeviceId> survivors;
  std::string file;  // Empty: every part was abandoned.
  Reason reason{};
  std::string why;
};

// Used on the control strand only.
class SecureCohort : public std::enable_shared_from_this<SecureCohort> {
 public:
  using Parts = std::vector<std::set<DeviceId>>;
  // Told on the control strand, and again at every tick until the round has moved on.
  using Ended = std::function<void(const SecureEnd&)>;

  // Takes up the sessions that the journal has, or opens them. Parts that are too small for one are
  // abandoned. Blocks for the journal; its errors are to be tried again.
  static StatusOr<std::shared_ptr<SecureCohort>> Open(const RoundKey& round,
                                                      const SecureSubject& subject,
                                                      const SecureSpec& spec, Parts parts,
                                                      SecureRng& rng, SecureRoundPorts ports,
                                                      SecureRoundEvents& events, Ended ended);

  const RoundKey& round() const { return round_; }
  TaskKind kind() const { return subject_.kind; }
  bool Has(const DeviceId& device) const { return part_of_.contains(device); }
  // secagg::EncodeTask, while this device's session waits for its keys.
  std::optional<Bytes> TaskFor(const DeviceId& device) const;
  // The session of a device of the cohort; null when it had none.
  std::shared_ptr<SecureRound> SessionOf(const DeviceId& device) const;

  // As SecureRound.
  void Lost(const DeviceId& device);
  void Tick(Timestamp last_progress);
  void Abandon(Reason reason, const std::string& why);
  void SendHome();

  // What a session told.
  void OnSum(std::uint32_t part, std::vector<DeviceId> survivors, std::string file);
  void OnAbandoned(std::uint32_t part, Reason reason, std::string why);

 private:
  struct Part {
    std::shared_ptr<SecureRound> session;  // Null: it could not have one.
    std::optional<SecureEnd> end;
  };
  SecureCohort(RoundKey round, SecureSubject subject, SecureRoundPorts ports, Ended ended)
      : round_(std::move(round)),
        subject_(std::move(subject)),
        ports_(ports),
        ended_(std::move(ended)) {}

  void EndPart(std::uint32_t part, SecureEnd end);
  bool IsOver() const;
  // Tells the end, once all parts have theirs and the sums are one.
  void Finish();
  void AddSums(std::vector<std::string> files, SecureEnd all);

  const RoundKey round_;
  const SecureSubject subject_;
  SecureRoundPorts ports_;
  const Ended ended_;
  std::vector<Part> parts_;
  std::map<DeviceId, std::uint32_t> part_of_;
  bool adding_ = false;
  std::optional<SecureEnd> end_;
};

// Cuts `devices` into as few parts of at most `most` as will do, of near-equal size, in this order.
SecureCohort::Parts CutCohort(const std::vector<DeviceId>& devices, std::uint32_t most);

}  // namespace muster::coordinator
