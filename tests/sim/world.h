#pragma once
// A whole deployment on one thread: the shipped coordinator (Assemble) and the shipped agents'
// sessions under a seeded clock, executor, network and store. Disks outlive processes.
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/serving/served_log.h"
#include "client/session/session.h"
#include "coordinator/app/assemble.h"
#include "tests/sim/link.h"
#include "tests/sim/people.h"
#include "tests/sim/scheduler.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/memory_journal.h"
#include "tests/support/null_metrics.h"

namespace muster::sim {

struct WorldOptions {
  std::uint64_t seed = 1;
  int trainers = 6;
  int evaluators = 2;
  std::set<std::string> liars;  // Devices that send updates which screening must refuse.
  Weather weather;
  std::uint64_t disk_fault_percent = 0;  // Of the coordinator's writes.
  std::uint64_t agent_disk_fault_percent = 0;
  bool real_crypto = false;            // OpenSSL's, not the symbolic one.
  coordinator::CampaignSpec campaign;  // Model "rul"; see DefaultCampaign().
};

coordinator::CampaignSpec DefaultCampaign();
// A world with secure rounds of two blocks of five devices, and four that evaluate. Few attempts: a
// device gives once for a round.
WorldOptions SecureWorld(std::uint64_t seed, const Weather& weather = {});
// A world of so many devices that serve version 1 of the model, with a window of a monitor over
// them in shards of five.
WorldOptions WindowWorld(std::uint64_t seed, int devices, const Weather& weather = {});

class World {
 public:
  explicit World(WorldOptions options);
  ~World();

  // --- What happens (the operations of a run) ---
  void StartCoordinator();
  void KillCoordinator();  // As kill -9 does: nothing is drained, the disk stays.
  void StartAgent(const std::string& name);
  void KillAgent(const std::string& name);
  void Apply();  // The model, its first version and the campaign.
  // Lets time pass until `done` or `limit` of simulated time; false when it ran out.
  bool RunUntil(const std::function<bool()>& done, Duration limit);
  void Run(Duration span);

  bool CampaignIsOver();
  // It is over, or has used up its attempts.
  bool CampaignRests();
  coordinator::CampaignSnapshot Snapshot();
  std::string Describe();  // Where the campaign stands, and the last facts.

  // --- What the checkers look at ---
  std::vector<JournalRow> Journal();
  Blobs& blobs() { return *blobs_; }
  const WorldOptions& options() const { return options_; }
  const std::map<DeviceId, std::string>& names() const { return names_; }
  const Wiretap& wiretap() const { return wiretap_; }
  // Any model that there ever was.
  StatusOr<Params> ModelOf(const Digest& digest);
  Scheduler& scheduler() { return scheduler_; }
  const Params& base() const { return base_; }
  // The update that an honest device of this name makes in this round, whenever it is asked.
  static Params UpdateOf(const std::string& name, std::uint64_t seed);
  // What a device of this name has served: more rows than a window takes of it.
  static client::ServedWindow ServedBy(const std::string& name);
  std::uint64_t SeedOfTask(RoundNumber round, const std::string& name) const;
  const std::string& failure() const { return failure_; }

 private:
  struct CoordinatorProcess;
  struct AgentProcess;
  struct AgentDisk;

  Status Fault(std::string_view operation);
  Status AgentFault();
  bool CampaignHas(std::initializer_list<std::string_view> facts);
  void Enrol(const std::string& name, const char* role);

  const WorldOptions options_;
  Scheduler scheduler_;
  NullLogger log_;
  testing::NullMetrics metrics_;
  People people_;
  Wiretap wiretap_;
  testing::SeededSecureRng secure_rng_{options_.seed};
  Params base_;
  std::map<DeviceId, std::string> names_;
  std::map<std::string, Statement> statements_;

  // The coordinator's disk.
  std::shared_ptr<testing::MemoryJournal::Disk> journal_disk_ = testing::MemoryJournal::NewDisk();
  std::shared_ptr<testing::MemoryBlobs::Disk> blob_disk_ =
      std::make_shared<testing::MemoryBlobs::Disk>();
  std::shared_ptr<testing::MemoryFiles::Disk> file_disk_ =
      std::make_shared<testing::MemoryFiles::Disk>();
  std::unique_ptr<testing::MemoryBlobs> blobs_;
  std::map<Digest, std::shared_ptr<const Bytes>> removed_;  // Blobs that are no longer there.
  class Directory;
  std::unique_ptr<Directory> directory_;

  Server server_;
  std::unique_ptr<CoordinatorProcess> coordinator_;
  std::map<std::string, std::unique_ptr<AgentDisk>> agent_disks_;
  std::map<std::string, std::unique_ptr<AgentProcess>> agents_;
  std::string failure_;  // Why something that may not fail did.
};

}  // namespace muster::sim
