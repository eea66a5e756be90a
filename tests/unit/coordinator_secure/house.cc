#include "tests/unit/coordinator_secure/house.h"

#include <gtest/gtest.h>

#include "aggregation/secagg/lane_vector.h"
#include "aggregation/secagg/update_layout.h"
#include "base/safetensors.h"
#include "base/seeded.h"
#include "coordinator/secure/secure_driver.h"

namespace muster::coordinator {
namespace secagg = aggregation::secagg;
namespace {

constexpr std::size_t kDim = 5;
const std::vector<float> kBase(kDim, 0.5F);

Params BaseParams() { return {*Layout::Make({{"w", DType::kF32, {kDim}}}), kBase}; }

// Enrolment's cryptography has tests of its own.
class TrustingIdentities final : public Identities {
 public:
  Status Verify(ByteView, ByteView, ByteView) const override { return Ok(); }
  StatusOr<std::string> IssueDevice(const std::string&, const DeviceId& id) override {
    return id.value();
  }
  std::string ca_pem() const override { return "ca"; }
};

class MemoryDirectory final : public DeviceDirectory {
 public:
  Status Put(const DeviceRecord& record) override {
    records_[record.id] = record;
    return Ok();
  }
  Status Erase(const DeviceId& id) override {
    records_.erase(id);
    return Ok();
  }
  StatusOr<std::vector<DeviceRecord>> All() override {
    std::vector<DeviceRecord> out;
    for (const auto& [id, record] : records_) out.push_back(record);
    return out;
  }

 private:
  std::map<DeviceId, DeviceRecord> records_;
};
}  // namespace

Node::Node(testing::SymbolicCrypto& crypto, const SigningPublic& authority, int number)
    : crypto_(crypto),
      signer_(crypto, static_cast<std::uint64_t>(number)),
      rng_(static_cast<std::uint64_t>(number) + 1000),
      number_(number) {
  statement_.identity_key = signer_.public_key();
  statement_.device_id = DeviceIdOf(statement_.identity_key, crypto);
  statement_.device_name = DeviceName(fmt::format("node-{}", number));
  statement_.labels = {{"role", "train"}};
  statement_.not_after = FromUnixMillis(1'900'000'000'000);
  const std::string text = EncodeStatement(Voucher(statement_)).value();
  packed_ = PackStatement(text, crypto.SignatureOf(authority, AsBytes(StatementBytesToSign(text))));
}

void Node::Start(const Assignment& assignment, Timestamp now) {
  const secagg::Task task = secagg::ParseTask(assignment.secure_task).value();
  round = assignment.round;
  seen = {};
  over = false;
  wire.clear();
  SeededRng values(static_cast<std::uint64_t>(number_));
  const secagg::Segment& segment = task.layout[0];
  update.assign(segment.count, 0);
  for (std::int32_t& q : update)
    q = static_cast<std::int32_t>(
        static_cast<std::int64_t>(values.Below(static_cast<std::uint64_t>(2 * segment.limit))) -
        segment.limit);
  weight = secagg::WeightUnits(1 + number_, 100, task.layout);
  auto started = secagg::DeviceSession::Start(task, {.least = 2, .allow_curious = true}, packed_,
                                              {crypto_, signer_, rng_, *authority_check}, now);
  ASSERT_TRUE(started.ok()) << started.status();
  session.emplace(*std::move(started));
}

Step Node::next() const {
  return std::visit(Overloaded{[](const secagg::Advertised&) { return Step::kAdvertise; },
                               [](const secagg::Dealt&) { return Step::kDeal; },
                               [](const secagg::Masking&) { return Step::kUpload; },
                               [](const secagg::Masked&) { return Step::kUpload; },
                               [](const secagg::Agreed&) { return Step::kAgree; },
                               [](const secagg::Answered&) { return Step::kReply; }},
                    session->state());
}

const Bytes& Node::Masked(Timestamp now) {
  for (const secagg::DeviceEffect& effect : session->Pending())
    if (const auto* mask = std::get_if<secagg::MaskVector>(&effect)) {
      secagg::LaneVector vector(session->task().layout);
      EXPECT_TRUE(vector.Set(0, 0, update).ok());
      EXPECT_TRUE(vector.Set(1, 0, std::span(&weight, 1)).ok());
      for (const secagg::MaskSeed& seed : mask->seeds) {
        const auto stream = crypto_.NewKeystream(seed.seed).value();
        const secagg::Mask one{stream.get(), seed.sign};
        EXPECT_TRUE(vector.AddMasks(std::span(&one, 1), vector.AllTiles()).ok());
      }
      wire.resize(session->task().layout.wire_bytes());
      EXPECT_TRUE(vector.WriteWire(vector.AllTiles(), wire).ok());
      EXPECT_TRUE(session->Handle(secagg::VectorMasked{}, now).ok());
      break;
    }
  return wire;
}

CampaignSpec SecureCampaign(std::uint32_t devices) {
  CampaignSpec spec;
  spec.name = CampaignName("turbofan");
  spec.model = ModelName("rul");
  spec.plan.rounds = 1;
  spec.plan.attempts = 2;
  spec.plan.selection.from = SelectionSpec::From::kEnrolled;
  spec.plan.selection.goal = spec.plan.selection.select = devices;
  spec.plan.selection.minimum = 3;
  spec.plan.selection.enrolled_at_least = devices;
  spec.aggregation.rule = aggregation::FedAvg{};
  spec.aggregation.weights = aggregation::WeightRule::kCappedExamples;
  spec.aggregation.example_cap = 100;
  spec.secure.emplace();
  spec.secure->least = 3;
  spec.secure->window = Duration(30'000);
  return spec;
}

struct House::Process {
  Process(House& house)
      : disk(house.journal_),
        journal(disk, house.journal_faults),
        blobs(house.blobs_),
        files(house.files_,
              [&house](std::string_view what) {
                return house.files_full && what == "file.put"
                           ? WithReason(ResourceExhausted("full"), Reason::kDISK_FULL)
                           : Ok();
              }),
        registry(journal, blobs, house.clock, house.log_),
        coordinator({house.clock, *executor, jitter, rng, journal, blobs, files, *house.directory_,
                     identities, house.crypto_, registry, house.log_, house.metrics_},
                    {Bytes(house.authority_.begin(), house.authority_.end()), {}}) {}
  // What was posted goes first, unrun: it may hold what belongs to the coordinator.
  ~Process() { executor.reset(); }
  std::unique_ptr<testing::ManualExecutor> executor = std::make_unique<testing::ManualExecutor>();
  testing::MemoryJournal disk;
  testing::FaultyJournal journal;
  testing::MemoryBlobs blobs;
  testing::MemoryFiles files;
  SeededRng jitter{7};
  testing::SeededSecureRng rng{8};
  TrustingIdentities identities;
  registry::Registry registry;
  Coordinator coordinator;
};

House::House(CampaignSpec spec)
    : spec_(std::move(spec)), directory_(std::make_unique<MemoryDirectory>()) {
  testing::SeededSecureRng(99).Fill(authority_);
  check_ = PinnedAuthority(authority_, crypto_, clock);
  Start();
  const SelectionSpec& asked = spec_.plan.selection;
  for (int i = 0; i < static_cast<int>(std::max(asked.select, asked.enrolled_at_least)); ++i) {
    nodes.push_back(std::make_unique<Node>(crypto_, authority_, i));
    nodes.back()->authority_check = &check_;
    process_->coordinator.Enrol(
        {EncodeStatement(nodes.back()->statement()).value(), "", "csr", ""},
        [](const StatusOr<EnrolmentResult>& result) { EXPECT_TRUE(result.ok()); });
    Settle();
  }
  const Caller by = Caller::Operator("ann");
  registry::Registry& registry = process_->registry;
  registry::ContractSpec contract;
  contract.name = ContractName("engine");
  contract.fields = {{"s", registry::FieldType::kFloat, "1", 0.0, 1.0, ""},
                     {"rul", registry::FieldType::kFloat, "1", 0.0, 1.0, ""}};
  EXPECT_TRUE(registry.ApplyContract(contract, false, by).ok());
  registry::ModelSpec model;
  model.name = spec_.model;
  model.contract = contract.name;
  model.input.features = {"s"};
  model.label.field = "rul";
  EXPECT_TRUE(registry.ApplyModel(model, {}, by).ok());
  const auto params = process_->blobs.Put(SerializeParams(BaseParams().View()));
  EXPECT_TRUE(registry.CreateVersion({model.name, *params, std::nullopt, {}}, by).ok());
}

void House::Start() {
  process_ = std::make_unique<Process>(*this);
  EXPECT_TRUE(process_->registry.Recover().ok());
  EXPECT_TRUE(process_->coordinator.Recover().ok());
  process_->coordinator.Start();
  Settle();
}
House::~House() { Stop(); }
void House::Stop() { process_.reset(); }
void House::Restart() {
  Stop();
  Start();
}
void House::Settle() { process_->executor->RunUntil(clock.Now()); }

void House::PassWindow() {
  clock.Advance(spec_.secure->window + Duration(1));
  Settle();
}

void House::PassMoment() {
  clock.Advance(Duration(250));
  Settle();
}

Status House::Apply() {
  Status status = Internal("no answer");
  process_->coordinator.Apply(
      spec_, false, {}, Caller::Operator("ann"),
      [&](const StatusOr<Coordinator::Applied>& applied) { status = applied.status(); });
  Settle();
  return status;
}

int House::CheckIn() {
  int started = 0;
  for (const auto& node : nodes) {
    if (node->session && !node->over) continue;
    process_->coordinator.CheckIn(node->id(), {}, [&](const StatusOr<CheckInReply>& reply) {
      if (!reply.ok() || !reply->assignment || reply->assignment->secure_task.empty()) return;
      node->Start(*reply->assignment, clock.Now());
      ++started;
    });
    Settle();
  }
  return started;
}

StatusOr<SecureAnswer> House::Secure(const DeviceId& device, SecureAsk ask) {
  StatusOr<SecureAnswer> out = Internal("no answer");
  process_->coordinator.Secure(device, std::move(ask),
                               [&](StatusOr<SecureAnswer> answer) { out = std::move(answer); });
  Settle();
  return out;
}

Status House::UploadMasked(const DeviceId& device, const RoundKey& round, const Bytes& header,
                           const Bytes& vector) {
  Status status = Internal("no answer");
  process_->coordinator.BeginMaskedUpload(
      device, round, TaskKind::kTrain, vector.size(),
      [&](const StatusOr<std::shared_ptr<UploadBuffer>>& buffer) {
        status = buffer.status();
        if (buffer.ok()) (*buffer)->bytes = vector;
      });
  Settle();
  if (!status.ok()) return status;
  status = Internal("no answer");
  process_->coordinator.FinishMaskedUpload(
      device, round, TaskKind::kTrain, header,
      [&](const StatusOr<bool>& done) { status = done.status(); });
  Settle();
  return status;
}

Status House::UploadPlain(const DeviceId& device, const RoundKey& round, const Bytes& file) {
  Status status = Internal("no answer");
  process_->coordinator.BeginUpload(
      device, round, file.size(),
      [&](const StatusOr<std::shared_ptr<UploadBuffer>>& buffer) { status = buffer.status(); });
  Settle();
  return status;
}

void House::ReportFailure(const DeviceId& device, const RoundKey& round, Reason reason) {
  process_->coordinator.ReportFailure(device, round, reason, "",
                                      [](const StatusOr<bool>& done) { EXPECT_TRUE(done.ok()); });
  Settle();
}

void House::Cancel() {
  process_->coordinator.Control(
      spec_.name, CancelCampaign{"no more"}, Caller::Operator("ann"),
      [](const StatusOr<CampaignSnapshot>& done) { EXPECT_TRUE(done.ok()); });
  Settle();
}

void House::CancelAfter(int turns) {
  if (turns > 0) return process_->executor->Post([this, turns] { CancelAfter(turns - 1); });
  // It may have completed by then.
  process_->coordinator.Control(spec_.name, CancelCampaign{"no more"}, Caller::Operator("ann"),
                                [](const StatusOr<CampaignSnapshot>&) {});
}

void House::TakeIn(Node& node, const SecureAnswer& answer) {
  if (answer.over) {
    node.over = true;
    node.why = answer.why;
  } else if (!answer.message.empty()) {
    node.seen = crypto_.Sha256(answer.message);
    const auto event = secagg::ParseDeviceEvent(answer.message);
    ASSERT_TRUE(event.ok()) << event.status();
    const Status handled = node.session->Handle(*event, clock.Now());
    ASSERT_TRUE(handled.ok()) << handled;
  }
}

// What the disk could not keep, and what a device hears that sends it again although it was kept.
bool House::WasFault(const Status& status) const {
  const auto reason = ReasonOf(status);
  return devices_persist && (reason == Reason::kDISK_FULL || reason == Reason::kROUND_CLOSED ||
                             absl::IsUnavailable(status));
}

bool House::TakeStep(Node& node) {
  const Step before = node.next();
  SecureAsk ask{.round = node.round, .message = {}, .seen = node.seen, .hold = Duration(0)};
  node.Masked(clock.Now());
  for (const secagg::DeviceEffect& effect : node.session->Pending()) {
    if (const auto* send = std::get_if<secagg::SendToServer>(&effect)) ask.message = send->message;
    if (const auto* upload = std::get_if<secagg::UploadMasked>(&effect)) {
      const Status sent = UploadMasked(node.id(), node.round, upload->header, node.wire);
      if (!sent.ok() && !WasFault(sent))
        EXPECT_TRUE(ReasonOf(sent) == Reason::kALREADY_COUNTED ||
                    ReasonOf(sent) == Reason::kUNKNOWN_ROUND)
            << sent;
    }
  }
  const auto answer = Secure(node.id(), std::move(ask));
  EXPECT_TRUE(answer.ok() || WasFault(answer.status())) << answer.status();
  if (answer.ok()) TakeIn(node, *answer);
  return node.over || node.next() != before;
}

void House::SendTogether(const std::function<void()>& meanwhile) {
  std::vector<StatusOr<SecureAnswer>> answers(nodes.size(), Internal("no answer"));
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    SecureAsk ask{.round = nodes[i]->round, .message = {}, .seen = nodes[i]->seen, .hold = {}};
    for (const secagg::DeviceEffect& effect : nodes[i]->session->Pending())
      if (const auto* send = std::get_if<secagg::SendToServer>(&effect))
        ask.message = send->message;
    process_->coordinator.Secure(
        nodes[i]->id(), std::move(ask),
        [&answers, i](StatusOr<SecureAnswer> answer) { answers[i] = std::move(answer); });
  }
  if (meanwhile) meanwhile();
  Settle();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    EXPECT_TRUE(answers[i].ok() || WasFault(answers[i].status())) << answers[i].status();
    if (answers[i].ok()) TakeIn(*nodes[i], *answers[i]);
  }
}

void House::Run(Step until) {
  for (bool moved = true; moved;) {
    moved = false;
    for (const auto& node : nodes) {
      if (!node->session || node->over || node->next() >= until ||
          node->next() >= node->falls_silent_at)
        continue;
      moved = TakeStep(*node) || moved;
    }
  }
}

CampaignSnapshot House::Snapshot() {
  CampaignSnapshot out;
  process_->coordinator.Get(spec_.name,
                            [&](const StatusOr<CampaignSnapshot>& s) { out = s.value(); });
  Settle();
  return out;
}

std::map<std::string, std::uint64_t> House::MarksOf(const DeviceId& device) {
  std::map<std::string, std::uint64_t> out;
  process_->coordinator.GetDevice(
      device.value(), [&](const StatusOr<DeviceSnapshot>& s) { out = s.value().device.marks; });
  Settle();
  return out;
}

std::string House::ActivityOf(const DeviceId& device) {
  std::string out;
  process_->coordinator.GetDevice(
      device.value(), [&](const StatusOr<DeviceSnapshot>& s) { out = s.value().activity; });
  Settle();
  return out;
}

Status House::Release(const DeviceId& device) {
  Status out = Internal("no answer");
  process_->coordinator.ReleaseDevice(device.value(), "mended", Caller::Operator("ann"),
                                      [&](const StatusOr<DeviceSnapshot>& s) { out = s.status(); });
  Settle();
  return out;
}

std::vector<float> House::Model() {
  return ParseParams(*process_->blobs.Get(Snapshot().state.params))->values;
}

std::vector<const Node*> House::Survivors() const {
  std::vector<const Node*> out;
  for (const auto& node : nodes)
    if (node->falls_silent_at > Step::kUpload) out.push_back(node.get());
  return out;
}

std::vector<float> House::Expected(const std::vector<const Node*>& survivors) const {
  const secagg::Segments& layout = survivors.front()->session->task().layout;
  const double step = spec_.aggregation.bound / static_cast<double>(layout[0].limit);
  std::int64_t units = 0;
  for (const Node* node : survivors) units += node->weight;
  std::vector<float> out = kBase;
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::int64_t sum = 0;
    for (const Node* node : survivors) sum += node->update[i];
    const double weight = static_cast<double>(units) / static_cast<double>(layout[1].limit);
    out[i] += static_cast<float>(static_cast<double>(sum) * step / weight);
  }
  return out;
}

std::vector<std::string> House::Facts(std::string_view prefix) {
  std::vector<std::string> out;
  EXPECT_TRUE(process_->journal
                  .Replay(prefix, false,
                          [&](const JournalRow& row) -> Status {
                            MUSTER_ASSIGN(const Json json, ParseJson(row.fact));
                            MUSTER_ASSIGN(const FactHeader header, HeaderOf(json));
                            out.push_back(header.type);
                            return Ok();
                          })
                  .ok());
  return out;
}

std::vector<std::string> House::FilesLeft() { return process_->files.List("").value(); }

}  // namespace muster::coordinator
