#include "tests/sim/world.h"

#include <gtest/gtest.h>

#include <cmath>

#include "aggregation/statistics/window.h"
#include "base/safetensors.h"
#include "client/session/window_count.h"

namespace muster::sim {
namespace {

const Layout& WorldLayout() {
  static const Layout layout =
      *Layout::Make({{"bias", DType::kF32, {3}}, {"weight", DType::kF32, {5, 3}}});
  return layout;
}

// Everybody is who they say: cryptography has tests of its own.
class TrustingIdentities final : public coordinator::Identities {
 public:
  Status Verify(ByteView, ByteView, ByteView) const override { return Ok(); }
  StatusOr<std::string> IssueDevice(const std::string&, const DeviceId& id) override {
    return "certificate of " + id.value();
  }
  std::string ca_pem() const override { return "ca"; }
};

Status FullDisk() {
  return WithReason(ResourceExhausted("simulated full disk"), Reason::kDISK_FULL);
}

class SimWorker final : public client::Worker {
 public:
  SimWorker(std::string name, bool lies) : name_(std::move(name)), lies_(lies) {}
  StatusOr<client::TrainResult> Run(const client::Assignment& task, std::uint64_t seed) override {
    if (task.kind == client::TaskKind::kEvaluate)
      return client::TrainResult{
          .examples = 2,
          .loss = 1,
          .metrics = {{"sse", task.round.round == coordinator::kBaselineRound ? 18.0 : 8.0}},
          .update = {}};
    Params update = World::UpdateOf(name_, seed);
    if (lies_) update = {*Layout::Make({{"weight", DType::kF32, {1}}}), {1.0F}};
    return client::TrainResult{
        .examples = 5, .loss = 1, .metrics = {}, .update = std::move(update)};
  }
  StatusOr<client::CountedRows> Count(const client::Assignment& task) override {
    MUSTER_ASSIGN(const auto query,
                  aggregation::statistics::ParseWindowQuery(AsText(task.statistics)));
    MUSTER_ASSIGN(auto values, client::CountWindow(query, World::ServedBy(name_)));
    return client::CountedRows{std::move(values), Digest()};
  }
  std::string DataStamp() override { return "1"; }
  bool NeedsModule() const override { return false; }

 private:
  const std::string name_;
  const bool lies_;
};
}  // namespace

coordinator::CampaignSpec DefaultCampaign() {
  coordinator::CampaignSpec spec;
  spec.name = CampaignName("turbofan");
  spec.model = ModelName("rul");
  spec.plan.rounds = 4;
  spec.plan.seed = 11;
  spec.plan.attempts = 1000;
  spec.plan.selection.from = coordinator::SelectionSpec::From::kEnrolled;
  spec.plan.selection.labels = {{"role", "train"}};
  spec.plan.selection.goal = spec.plan.selection.select = 4;
  spec.plan.selection.minimum = 2;
  spec.plan.selection.enrolled_at_least = 6;
  spec.plan.report_window = Duration(45'000);  // Longer than the agents' backoff.
  spec.aggregation.rule = aggregation::FedAvgM{};
  spec.evaluation.labels = {{"role", "test"}};
  spec.evaluation.every = 2;
  spec.evaluation.report_window = Duration(45'000);
  return spec;
}

WorldOptions SecureWorld(std::uint64_t seed, const Weather& weather) {
  coordinator::CampaignSpec spec = DefaultCampaign();
  spec.plan.rounds = 3;
  spec.plan.attempts = 4;
  spec.plan.selection.goal = spec.plan.selection.select = 5;
  spec.plan.selection.minimum = 3;
  spec.plan.selection.enrolled_at_least = 10;
  spec.aggregation.rule = aggregation::FedAvg{};
  spec.secure.emplace();
  spec.secure->least = 3;
  spec.secure->window = Duration(45'000);
  spec.evaluation.enrolled_at_least = 4;
  return {.seed = seed, .trainers = 10, .evaluators = 4, .weather = weather, .campaign = spec};
}

WorldOptions WindowWorld(std::uint64_t seed, int devices, const Weather& weather) {
  const auto all = static_cast<std::uint32_t>(devices);
  coordinator::CampaignSpec spec;
  spec.name = CampaignName("wear-1");
  spec.plan.rounds = 1;
  spec.plan.seed = seed;
  spec.plan.attempts = 4;
  spec.plan.selection.from = coordinator::SelectionSpec::From::kEnrolled;
  spec.plan.selection.goal = spec.plan.selection.select = coordinator::kMostCohort;
  spec.plan.selection.minimum = 5;
  spec.plan.selection.enrolled_at_least = all;
  spec.secure.emplace();
  spec.secure->least = 4;
  spec.secure->window = Duration(45'000);
  spec.statistics.emplace();
  spec.statistics->contract = ContractName("engine");
  spec.statistics->bins = 10;
  coordinator::WindowSpec& window = spec.statistics->window.emplace();
  window.monitor = MonitorName("wear");
  window.epoch = 1;
  window.model = ModelName("rul");
  window.version = VersionNumber(1);
  window.prediction = window.error = true;
  return {.seed = seed, .trainers = devices, .evaluators = 0, .weather = weather, .campaign = spec};
}

class World::Directory final : public coordinator::DeviceDirectory {
 public:
  Status Put(const coordinator::DeviceRecord& record) override {
    records_[record.id] = record;
    return Ok();
  }
  Status Erase(const DeviceId& id) override {
    records_.erase(id);
    return Ok();
  }
  StatusOr<std::vector<coordinator::DeviceRecord>> All() override {
    std::vector<coordinator::DeviceRecord> out;
    for (const auto& [id, record] : records_) out.push_back(record);
    return out;
  }

 private:
  std::map<DeviceId, coordinator::DeviceRecord> records_;
};

struct World::CoordinatorProcess {
  explicit CoordinatorProcess(World& w)
      : process(w.scheduler_),
        journal(w.journal_disk_, [&w](std::string_view what) { return w.Fault(what); }),
        blobs(w.blob_disk_, [&w](std::string_view what) { return w.Fault(what); }),
        files(w.file_disk_, [&w](std::string_view what) { return w.Fault(what); }),
        jitter(7) {}
  Process process;
  testing::MemoryJournal journal;
  testing::MemoryBlobs blobs;
  testing::MemoryFiles files;
  SeededRng jitter;
  TrustingIdentities identities;
  coordinator::Assembled assembled;
};

struct World::AgentDisk {
  std::shared_ptr<testing::MemoryBlobs::Disk> blobs =
      std::make_shared<testing::MemoryBlobs::Disk>();
  std::shared_ptr<testing::MemoryFiles::Disk> files =
      std::make_shared<testing::MemoryFiles::Disk>();
};
struct World::AgentProcess {
  AgentProcess(World& w, AgentDisk& disk, const std::string& name)
      : process(w.scheduler_),
        strand(process),
        blobs(disk.blobs),
        files(disk.files, [&w](std::string_view) { return w.AgentFault(); }),
        rng(SeedOf({"agent", name, std::to_string(w.options_.seed)})),
        budget(files, w.scheduler_.clock(), 0),
        artefacts(blobs, files, budget, strand, w.log_) {}
  Process process;
  Strand strand;
  testing::MemoryBlobs blobs;
  testing::MemoryFiles files;
  SeededRng rng;
  client::ByteBudget budget;
  client::ArtefactCache artefacts;
  client::LocalPolicy policy;
  std::shared_ptr<client::NodeSession> session;
};

World::World(WorldOptions options)
    : options_(std::move(options)),
      scheduler_(options_.seed),
      people_(options_.real_crypto, options_.seed, scheduler_.clock()),
      base_{WorldLayout(), std::vector<float>(WorldLayout().size(), 0.5F)},
      blobs_(std::make_unique<testing::MemoryBlobs>(blob_disk_)),
      directory_(std::make_unique<Directory>()) {
  StartCoordinator();
  for (int i = 0; i < options_.trainers; ++i) Enrol("train-" + std::to_string(i), "train");
  for (int i = 0; i < options_.evaluators; ++i) Enrol("test-" + std::to_string(i), "test");
}

World::~World() {
  scheduler_.Close();
  agents_.clear();
  KillCoordinator();
}

Status World::Fault(std::string_view operation) {
  if (operation == "blob.remove") {
    absl::MutexLock lock(&blob_disk_->mu);
    removed_.insert(blob_disk_->blobs.begin(), blob_disk_->blobs.end());
  }
  if (!scheduler_.Chance(options_.disk_fault_percent)) return Ok();
  return FullDisk();
}

Status World::AgentFault() {
  const std::uint64_t percent = options_.agent_disk_fault_percent;
  return percent > 0 && scheduler_.Chance(percent) ? FullDisk() : Ok();
}

void World::StartCoordinator() {
  // Recovery reads only; should a fault still hit it, the supervisor starts the process again.
  for (int tries = 0; tries < 100; ++tries) {
    auto next = std::make_unique<CoordinatorProcess>(*this);
    auto assembled = coordinator::Assemble(
        {Bytes(people_.authority().begin(), people_.authority().end()), {}},
        {scheduler_.clock(), next->process, next->jitter, secure_rng_, next->journal, next->blobs,
         next->files, *directory_, next->identities, people_.crypto(), log_, metrics_});
    if (!assembled.ok()) {
      failure_ = assembled.status().ToString();
      continue;
    }
    next->assembled = *std::move(assembled);
    next->assembled.coordinator->Start();
    server_ = {next->assembled.coordinator.get(), &next->blobs, &next->process};
    coordinator_ = std::move(next);
    failure_.clear();
    return;
  }
}

void World::KillCoordinator() {
  if (!coordinator_) return;
  server_ = {};
  coordinator_->process.Kill();
  coordinator_.reset();
}

void World::Enrol(const std::string& name, const char* role) {
  const Statement statement = people_.StatementOf(name, role);
  names_[statement.device_id] = name;
  statements_[name] = statement;
  const auto enrolled = std::make_shared<bool>(false);  // Answers may outlast this call.
  const bool in_time = RunUntil(
      [&] {
        if (*enrolled) return true;
        server_.coordinator->Enrol(
            {*EncodeStatement(statement), "", "csr", ""},
            [enrolled](const StatusOr<coordinator::EnrolmentResult>& result) {
              *enrolled = *enrolled || result.ok();
            });
        return false;
      },
      Duration(60'000));
  if (!in_time) failure_ = "enrolment of " + name + " never succeeded";
}

void World::StartAgent(const std::string& name) {
  auto& disk = agent_disks_[name];
  if (!disk) disk = std::make_unique<AgentDisk>();
  auto agent = std::make_unique<AgentProcess>(*this, *disk, name);
  agent->session =
      client::NodeSession::Make({.name = DeviceName(name),
                                 .hold = Duration(5'000),
                                 .secure = people_.IdentityOf(statements_.at(name))},
                                {.clock = scheduler_.clock(),
                                 .strand = agent->strand,
                                 .tasks = agent->process,
                                 .rng = agent->rng,
                                 .files = agent->files,
                                 .artefacts = agent->artefacts,
                                 .budget = agent->budget,
                                 .policy = agent->policy,
                                 .local_time = [](Timestamp) { return client::TimeOfDay(); },
                                 .log = log_},
                                MakeLink(statements_.at(name).device_id, scheduler_, server_,
                                         agent->process, options_.weather, wiretap_),
                                std::make_shared<SimWorker>(name, options_.liars.contains(name)));
  agents_[name] = std::move(agent);
  AgentProcess& started = *agents_[name];
  started.strand.Post([session = started.session] { session->Start(); });
}

void World::KillAgent(const std::string& name) { agents_.erase(name); }

void World::Apply() {
  registry::Registry& registry = *coordinator_->assembled.registry;
  const Caller by = Caller::Operator("ann");
  const auto again = [this](const auto& attempt) {
    for (int i = 0; i < 100; ++i)
      if (attempt().ok()) return;
    failure_ = "the model could not be applied";
  };
  registry::ContractSpec contract;
  contract.name = ContractName("engine");
  contract.fields = {{"s", registry::FieldType::kFloat, "1", 0.0, 1.0, ""},
                     {"rul", registry::FieldType::kFloat, "1", 0.0, 1.0, ""}};
  again([&] { return registry.ApplyContract(contract, false, by).status(); });
  registry::ModelSpec model;
  const auto& counts = options_.campaign.statistics;
  model.name = counts ? counts->window->model : options_.campaign.model;
  model.contract = contract.name;
  model.input.features = {"s"};
  model.label.field = "rul";
  again([&] { return registry.ApplyModel(model, {}, by).status(); });
  StatusOr<Digest> params = NotFound("not put yet");
  again([&] {
    params = coordinator_->blobs.Put(SerializeParams(base_.View()));
    return params.status();
  });
  again([&] {
    return registry.CreateVersion({model.name, *params, std::nullopt, {}}, by).status();
  });
  const auto applied = std::make_shared<bool>(false);
  const bool in_time = RunUntil(
      [&] {
        if (!*applied)
          server_.coordinator->Apply(
              options_.campaign, false, {}, by,
              [applied](const StatusOr<coordinator::Coordinator::Applied>& result) {
                *applied = *applied || result.ok();
              });
        return *applied;
      },
      Duration(60'000));
  if (!in_time) failure_ = "the campaign could not be applied";
}

bool World::RunUntil(const std::function<bool()>& done, Duration limit) {
  const Timestamp end = scheduler_.clock().Now() + limit;
  while (!done()) {
    if (scheduler_.clock().Now() > end || !scheduler_.Step()) return done();
    for (int i = 0; i < 20 && scheduler_.clock().Now() <= end; ++i)
      if (!scheduler_.Step()) break;
  }
  return true;
}

void World::Run(Duration span) {
  const Timestamp end = scheduler_.clock().Now() + span;
  while (scheduler_.clock().Now() < end && scheduler_.Step()) {
  }
}

coordinator::CampaignSnapshot World::Snapshot() {
  const auto snapshot = std::make_shared<std::optional<coordinator::CampaignSnapshot>>();
  server_.coordinator->Get(options_.campaign.name,
                           [snapshot](StatusOr<coordinator::CampaignSnapshot> s) {
                             if (s.ok()) *snapshot = *std::move(s);
                           });
  while (!*snapshot && scheduler_.Step()) {
  }
  return snapshot->value_or(coordinator::CampaignSnapshot{});
}

std::string World::Describe() {
  const coordinator::CampaignSnapshot s = Snapshot();
  std::string out = fmt::format("{} round {} {} received {}\n", PhaseOf(s.state),
                                s.plan ? s.plan->key.round.value() : 0,
                                s.plan ? PhaseOf(s.round) : "-", s.received);
  const std::vector<JournalRow> rows = Journal();
  for (std::size_t i = rows.size() - std::min<std::size_t>(rows.size(), 12); i < rows.size(); ++i)
    out += rows[i].stream + " " + rows[i].fact.substr(0, 300) + "\n";
  return out;
}

bool World::CampaignIsOver() { return CampaignHas({"CampaignCompleted", "CampaignCancelled"}); }

bool World::CampaignRests() {
  return CampaignHas({"CampaignCompleted", "CampaignCancelled", "CampaignPaused"});
}

bool World::CampaignHas(std::initializer_list<std::string_view> facts) {
  bool has = false;
  testing::MemoryJournal(journal_disk_)
      .Read(coordinator::CampaignStream(options_.campaign.name), 0,
            [&](const JournalRow& row) {
              for (const std::string_view type : facts)
                has = has || row.fact.find(fmt::format("\"{}\"", type)) != std::string::npos;
              return Ok();
            })
      .IgnoreError();
  return has;
}

StatusOr<Params> World::ModelOf(const Digest& digest) {
  if (const auto gone = removed_.find(digest); gone != removed_.end())
    return ParseParams(*gone->second);
  MUSTER_ASSIGN(const Bytes file, blobs_->Get(digest));
  return ParseParams(file);
}

std::vector<JournalRow> World::Journal() {
  std::vector<JournalRow> rows;
  testing::MemoryJournal(journal_disk_)
      .Replay("", false,
              [&rows](const JournalRow& row) {
                rows.push_back(row);
                return Ok();
              })
      .IgnoreError();
  return rows;
}

Params World::UpdateOf(const std::string& name, std::uint64_t seed) {
  SeededRng rng(SeedOf({"update", name, std::to_string(seed)}));
  Params update{WorldLayout(), std::vector<float>(WorldLayout().size())};
  for (float& value : update.values)
    value = static_cast<float>(rng.Below(20'001)) / 10'000.0F - 1.0F;
  return update;
}

client::ServedWindow World::ServedBy(const std::string& name) {
  constexpr std::size_t kRows = 70;
  SeededRng rng(SeedOf({"served", name}));
  const auto some = [&rng] { return static_cast<double>(rng.Below(1'001)) / 1'000; };
  client::ServedWindow out;
  out.fields = {"s"};
  for (std::size_t i = 0; i < kRows; ++i) {
    out.cells.push_back(some());
    out.predictions.push_back(some());
    out.labels.push_back(rng.Below(2) == 0 ? some() : std::nan(""));
  }
  out.last = kRows;
  return out;
}

std::uint64_t World::SeedOfTask(RoundNumber round, const std::string& name) const {
  return SeedOf(
      {"train", std::to_string(options_.campaign.plan.seed), std::to_string(round.value()), name});
}

}  // namespace muster::sim
