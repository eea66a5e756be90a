#pragma once
// One secure sum of a node, from what it gives to the end of the session: it carries the
// contribution's messages and its masked vector, again and again until they arrive, and hands back
// how it ended. It decides nothing about the protocol, and is never resumed after a restart.
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/executor.h"
#include "base/log.h"
#include "base/rng.h"
#include "client/policy/byte_budget.h"
#include "client/secure/contribution.h"
#include "client/session/backoff.h"
#include "client/session/stepwise.h"

namespace muster::client {

// What a device does in a session, in this order.
enum class SecureStep : std::uint8_t { kAdvertise, kDeal, kUpload, kAgree, kReply };
inline constexpr std::uint64_t kSecureSteps = 5;

struct SecureUploadConfig {
  DeviceName name;
  Duration hold = std::chrono::seconds(30);  // Of a long poll.
  aggregation::secagg::LocalFloor floor;
  std::optional<SecureStep> silent_at = std::nullopt;  // A drill: nothing more from this step on.
};
struct SecureUploadWorld {
  Clock& clock;
  Executor& strand;
  Executor& tasks;  // Where signatures are checked and masks are made.
  Rng& rng;         // Jitter.
  ByteBudget& budget;
  Logger& log;
};

// Used on its world's strand. Dropping it ends it; what is out then finds nobody.
class SecureUpload : public Stepwise<SecureUpload> {
 public:
  // The server's word that it is over: empty when the sum was opened, else why it was abandoned;
  // "DRILL" when it fell silent on purpose.
  // Or an error: of Contribution's, of the upload's, or the coordinator's refusal.
  using Done = std::function<void(StatusOr<std::string> why)>;

  static std::shared_ptr<SecureUpload> Make(const SecureUploadConfig& config,
                                            const SecureUploadWorld& world,
                                            std::shared_ptr<CoordinatorLink> link,
                                            std::unique_ptr<Contribution> contribution);
  // `done` comes once, perhaps before this returns.
  void Start(SecureInput input, Done done);

 private:
  SecureUpload(const SecureUploadConfig& config, const SecureUploadWorld& world,
               std::shared_ptr<CoordinatorLink> link, std::unique_ptr<Contribution> contribution);

  // Does `work` on the tasks' executor, then goes on with `next`.
  using Work = std::function<Status(Contribution&, Timestamp now)>;
  void OnTasks(Work work, std::function<void(SecureUpload&)> next);
  void Drive();
  void Ask(Bytes message);
  void OnAnswer(StatusOr<SecureAnswer> answer);
  void Take(Bytes message);

  void Upload(const Bytes& header);
  void UploadFrom(const Bytes& header, std::uint64_t offset);
  void OnUploaded(const Status& status);

  // The step that is owed next.
  void NextStep() { step_ = static_cast<SecureStep>(static_cast<int>(step_) + 1); }
  void Retry(const Status& error);
  void End(StatusOr<std::string> why);

  const SecureUploadConfig config_;
  const SecureUploadWorld world_;
  const std::shared_ptr<CoordinatorLink> link_;
  // Lent to one closure on the tasks' executor at a time; meanwhile nothing here looks at it.
  const std::shared_ptr<Contribution> contribution_;
  Backoff backoff_;
  std::optional<Digest> seen_;
  SecureStep step_ = SecureStep::kAdvertise;
  bool delivered_ = false;  // The server has the message that is owed.
  bool begun_ = false;      // It may have some of the vector.
  bool uploaded_ = false;   // It has all of it.
  Done done_;
};

}  // namespace muster::client
