#pragma once
// One agent with one node over a simulated machine: its disk outlives it, nothing else does.
#include <functional>
#include <memory>
#include <optional>

#include "base/safetensors.h"
#include "base/seeded.h"
#include "client/session/session.h"
#include "platform/sha256.h"
#include "tests/support/memory_blobs.h"
#include "tests/unit/client_session/fake_coordinator.h"

namespace muster::testing {

// Trains by seed: the same seed gives the same update.
class FakeWorker final : public client::Worker {
 public:
  struct Script {
    std::function<StatusOr<client::TrainResult>(const client::Assignment&, std::uint64_t)> run;
    std::function<StatusOr<client::CountedRows>(const client::Assignment&)> count;
    std::map<RoundKey, int> runs;
    std::string stamp = "1";
  };
  explicit FakeWorker(Script& script) : script_(script) {}
  StatusOr<client::TrainResult> Run(const client::Assignment& assignment,
                                    std::uint64_t seed) override {
    ++script_.runs[assignment.round];
    return script_.run ? script_.run(assignment, seed) : Result(seed);
  }
  StatusOr<client::CountedRows> Count(const client::Assignment& assignment) override {
    ++script_.runs[assignment.round];
    return script_.count ? script_.count(assignment) : Worker::Count(assignment);
  }
  std::string DataStamp() override { return script_.stamp; }
  bool NeedsModule() const override { return true; }

  static client::TrainResult Result(std::uint64_t seed) {
    SeededRng rng(seed);
    Params update{*Layout::Make({{"w", DType::kF32, {50}}}), std::vector<float>(50)};
    for (float& value : update.values) value = static_cast<float>(rng.Below(2001)) / 1000.0F - 1.0F;
    return {.examples = 7, .loss = 0.25, .metrics = {}, .update = std::move(update)};
  }

 private:
  Script& script_;
};

class SessionHarness {
 public:
  explicit SessionHarness(std::uint64_t seed = 1, std::uint64_t rounds = 3)
      : coordinator(rounds), rng(seed) {
    const Bytes params(500, std::byte{7}), module(300, std::byte{9});
    client::Assignment& a = coordinator.assignment;
    a.params = Publish(params);
    a.module = Publish(module);
    a.campaign_seed = 5;
    a.cohort = 10;
    a.metrics = {"rmse"};
  }
  ~SessionHarness() { Crash(); }

  client::Artefact Publish(const Bytes& bytes) {
    const Digest digest = platform::OpenSslHasher().Sha256(bytes);
    coordinator.blobs[digest] = bytes;
    return {digest, bytes.size()};
  }

  // A process starts on the machine's disk.
  void Boot() {
    process = std::make_unique<Process>(*this);
    session = client::NodeSession::Make(
        {.name = DeviceName("engine-1"),
         .secure = secure,
         .produces = produces,
         .hardware = hardware,
         .witness = witness ? witness(process->files) : nullptr,
         .ended = ended,
         .serving = serving},
        {.clock = clock,
         .strand = executor,
         .tasks = executor,
         .rng = rng,
         .files = process->files,
         .artefacts = *process->artefacts,
         .budget = process->budget,
         .policy = policy,
         .local_time = [this](Timestamp) { return local_time; },
         .log = log},
        std::make_shared<FakeLink>(coordinator, executor, clock, rng, faults),
        std::make_shared<FakeWorker>(worker));
    session->Start();
  }
  // kill -9: nothing more runs, only the disk stays.
  void Crash() {
    executor.Forget();
    session.reset();
    process.reset();
  }
  void RunFor(Duration d) { executor.RunFor(d); }

  // What lies on the disk.
  bool HoldsUpdate() const {
    absl::MutexLock lock(&files_disk->mu);
    return files_disk->files.contains(kHeld);
  }
  std::size_t CachedBlobs() const {
    absl::MutexLock lock(&blobs_disk->mu);
    return blobs_disk->blobs.size();
  }
  void SpoilHeldUpdate() {
    absl::MutexLock lock(&files_disk->mu);
    files_disk->files.find(kHeld)->second.back() ^= std::byte{1};
  }

  static constexpr char kHeld[] = "nodes/engine-1/held";

  Bytes Expected(const RoundKey& round) const {
    client::Assignment a = coordinator.assignment;
    a.round = round;
    const std::uint64_t seed = client::TrainingSeed(a, DeviceName("engine-1"));
    return SerializeParams(FakeWorker::Result(seed).update->View());
  }

  ManualClock clock{FromUnixMillis(1'700'000'000'000)};
  SimExecutor executor{clock};
  FakeCoordinator coordinator;
  SeededRng rng;
  LineFaults faults;
  FakeWorker::Script worker;
  client::LocalPolicy policy;
  std::shared_ptr<const client::SecureIdentity> secure;
  std::optional<client::Produced> produces;
  std::string hardware;
  std::function<std::shared_ptr<client::LogWitness>(Files&)> witness;
  std::function<void(const Status&)> ended;
  std::shared_ptr<client::ServingPort> serving;
  client::TimeOfDay local_time{720};
  FaultHook disk_fault;
  // Remembers warnings and errors, as text.
  struct Remembering final : Logger {
    void Write(LogLevel level, std::string_view event,
               std::initializer_list<LogField> fields) override {
      if (level < LogLevel::kWarn) return;
      std::string line(event);
      for (const LogField& field : fields) line += fmt::format(" {}={}", field.key, field.value);
      lines.push_back(std::move(line));
    }
    std::vector<std::string> lines;
  };
  Remembering log;
  std::shared_ptr<MemoryFiles::Disk> files_disk = std::make_shared<MemoryFiles::Disk>();
  std::shared_ptr<MemoryBlobs::Disk> blobs_disk = std::make_shared<MemoryBlobs::Disk>();

  struct Process {
    explicit Process(SessionHarness& h)
        : files(h.files_disk, [&h](std::string_view op) { return AskFault(h.disk_fault, op); }),
          blobs(h.blobs_disk, [&h](std::string_view op) { return AskFault(h.disk_fault, op); }),
          budget(files, h.clock, h.policy.bytes_a_day()),
          artefacts(
              std::make_unique<client::ArtefactCache>(blobs, files, budget, h.executor, h.log)) {}
    MemoryFiles files;
    MemoryBlobs blobs;
    client::ByteBudget budget;
    std::unique_ptr<client::ArtefactCache> artefacts;
  };
  std::unique_ptr<Process> process;
  std::shared_ptr<client::NodeSession> session;
};

}  // namespace muster::testing
