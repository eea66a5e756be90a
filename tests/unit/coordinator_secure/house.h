#pragma once
// A coordinator in one thread with devices that take part in its secure rounds: the shipped
// Coordinator over disks that outlive it, and shipped device sessions without a network.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aggregation/secagg/device_session.h"
#include "coordinator/runner/coordinator.h"
#include "platform/sha256.h"
#include "tests/support/manual_executor.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/memory_journal.h"
#include "tests/support/null_metrics.h"
#include "tests/support/symbolic_crypto.h"
#include "tests/unit/coordinator_secure/faulty_journal.h"

namespace muster::coordinator {

// What a device does in a session, in order; it can fall silent before any of it.
enum class Step { kAdvertise, kDeal, kUpload, kAgree, kReply, kNever };

class Node {
 public:
  Node(testing::SymbolicCrypto& crypto, const SigningPublic& authority, int number);

  // Begins a session for the task of an assignment.
  void Start(const Assignment& assignment, Timestamp now);
  Step next() const;
  const Statement& statement() const { return statement_; }
  const DeviceId& id() const { return statement_.device_id; }
  const Signer& signer() const { return signer_; }

  const aggregation::secagg::StatementCheck* authority_check = nullptr;
  Step falls_silent_at = Step::kNever;
  bool over = false;
  std::string why;
  RoundKey round;
  Digest seen;
  std::vector<std::int32_t> update;  // Quantised.
  std::int32_t weight = 0;           // In units.
  Bytes wire;
  std::optional<aggregation::secagg::DeviceSession> session;

  // The masked vector, once.
  const Bytes& Masked(Timestamp now);

 private:
  testing::SymbolicCrypto& crypto_;
  testing::SymbolicSigner signer_;
  testing::SeededSecureRng rng_;
  Statement statement_;
  Bytes packed_;
  const int number_;
};

CampaignSpec SecureCampaign(std::uint32_t devices);

// Counts how often each text was hashed, by the coordinator and its devices.
class CountingHasher final : public Hasher {
 public:
  Digest Sha256(ByteView bytes) const override {
    const Digest digest = hasher_.Sha256(bytes);
    ++counts_[digest];
    return digest;
  }
  int CountOf(const Digest& digest) const { return counts_[digest]; }

 private:
  platform::OpenSslHasher hasher_;
  mutable std::map<Digest, int> counts_;
};

class House {
 public:
  explicit House(CampaignSpec spec);
  ~House();

  // As kill -9 does, and a new process over the same disks.
  void Restart();
  Status Apply();
  // Checks every idle device in; how many got a task.
  int CheckIn();
  // Every device that speaks takes its next step, until nobody has one to take or `until` comes.
  void Run(Step until = Step::kNever);
  // Every device sends what it owes but its vector, before the coordinator comes to any of it; then
  // `meanwhile`, before it comes to what that posts.
  void SendTogether(const std::function<void()>& meanwhile = {});
  // Cancels the campaign once what is posted has run, and what that posts, so many times over.
  void CancelAfter(int turns);
  // One call of a device.
  StatusOr<SecureAnswer> Secure(const DeviceId& device, SecureAsk ask);
  // The uploads of a device, whole, without a network.
  Status UploadMasked(const DeviceId& device, const RoundKey& round, const Bytes& header,
                      const Bytes& vector);
  Status UploadPlain(const DeviceId& device, const RoundKey& round, const Bytes& file);
  void ReportFailure(const DeviceId& device, const RoundKey& round, Reason reason);
  void Cancel();
  void PassWindow();
  // Lets a moment pass, for what the coordinator tries again.
  void PassMoment();

  CampaignSnapshot Snapshot();
  std::map<std::string, std::uint64_t> MarksOf(const DeviceId& device);
  std::string ActivityOf(const DeviceId& device);
  Status Release(const DeviceId& device);
  // The newest model.
  std::vector<float> Model();
  // What it must be when these devices' vectors are in the sum.
  std::vector<float> Expected(const std::vector<const Node*>& survivors) const;
  std::vector<const Node*> Survivors() const;
  // Types of the facts of streams that begin so.
  std::vector<std::string> Facts(std::string_view prefix);
  std::vector<std::string> FilesLeft();
  int TimesHashed(const Digest& digest) const { return hasher_.CountOf(digest); }

  std::vector<std::unique_ptr<Node>> nodes;
  bool files_full = false;  // Nothing can be written but the journal.
  testing::JournalFaults journal_faults;
  // Devices put up with what a failing journal makes of their calls, and come again.
  bool devices_persist = false;
  ManualClock clock{FromUnixMillis(1'700'000'000'000)};

 private:
  struct Process;
  void Start();
  void Stop();
  void Settle();
  bool WasFault(const Status& status) const;
  bool TakeStep(Node& node);
  void TakeIn(Node& node, const SecureAnswer& answer);

  const CampaignSpec spec_;
  CountingHasher hasher_;
  testing::SymbolicCrypto crypto_{hasher_};
  SigningPublic authority_{};
  aggregation::secagg::StatementCheck check_;
  std::shared_ptr<testing::MemoryJournal::Disk> journal_ = testing::MemoryJournal::NewDisk();
  std::shared_ptr<testing::MemoryBlobs::Disk> blobs_ =
      std::make_shared<testing::MemoryBlobs::Disk>();
  std::shared_ptr<testing::MemoryFiles::Disk> files_ =
      std::make_shared<testing::MemoryFiles::Disk>();
  std::unique_ptr<DeviceDirectory> directory_;
  NullLogger log_;
  testing::NullMetrics metrics_;
  std::unique_ptr<Process> process_;
};

}  // namespace muster::coordinator
