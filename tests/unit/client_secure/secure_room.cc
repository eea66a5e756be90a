#include "tests/unit/client_secure/secure_room.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "aggregation/secagg/update_layout.h"
#include "aggregation/statistics/descriptor.h"
#include "client/secure/terms.h"
#include "client/secure/vector.h"

namespace muster::testing {
namespace {
using client::SecureAnswer;
using client::SecureAsk;

// One device's line.
class RoomLink final : public client::CoordinatorLink {
 public:
  RoomLink(SecureServer& server, SimExecutor& executor, std::size_t device)
      : server_(server), executor_(executor), device_(device) {}

  void Secure(const SecureAsk& ask, Callback<SecureAnswer> done) override {
    if (server_.offline.contains(device_)) return;
    executor_.Post([this, ask, done] {
      if (server_.fails_next.erase(device_) > 0) return done(Unavailable("it starts again"));
      Bytes content = ask.message;
      if (ask.seen)
        content.insert(content.end(), ask.seen->bytes().begin(), ask.seen->bytes().end());
      const bool lost = server_.Loses(device_, "secure", content);
      server_.Poll(device_, ask, [done, lost](const StatusOr<SecureAnswer>& answer) {
        done(lost ? StatusOr<SecureAnswer>(Unavailable("lost")) : answer);
      });
    });
  }
  void UploadOffset(const RoundKey&, std::uint64_t, Callback<std::uint64_t> done) override {
    executor_.Post([this, done] {
      if (server_.Loses(device_, "offset", {})) return done(Unavailable("lost"));
      done(server_.Offset(device_));
    });
  }
  // The first one breaks half way, when answers are lost.
  void Upload(const client::UpdateUpload& upload, Done done) override {
    if (server_.offline.contains(device_)) return;
    executor_.Post([this, upload, done] {
      if (server_.forgets.erase(device_) > 0) {
        server_.fails_next.insert(device_);
        return done(Ok());
      }
      const std::uint64_t left = upload.file->size() - upload.offset;
      const bool broken = server_.Loses(device_, "upload", {});
      server_.uploads[device_] = upload;
      Bytes& stored = server_.stored[device_];
      if (stored.size() != upload.offset)
        return done(WithReason(InvalidArgument("a hole"), Reason::kCHUNK_OUT_OF_ORDER));
      const auto from = upload.file->begin() + static_cast<std::ptrdiff_t>(upload.offset);
      stored.insert(stored.end(), from,
                    from + static_cast<std::ptrdiff_t>(broken ? left / 2 : left));
      if (broken) return done(Unavailable("the line broke"));
      const Status received = server_.Receive(upload, left);
      done(server_.Loses(device_, "uploaded", {}) ? Unavailable("lost") : received);
    });
  }
  void CheckIn(const client::CheckInRequest&, Callback<client::CheckInReply>) override {}
  void Download(const Digest&, std::uint64_t, Sink, Done) override {}
  void ReportEvaluation(const RoundKey&, std::uint64_t, const std::map<std::string, std::int64_t>&,
                        Done) override {}
  void ReportFailure(const RoundKey&, Reason, const std::string&, Done) override {}
  void GetLogHead(std::uint64_t, Callback<client::LogHead>) override {}

 private:
  SecureServer& server_;
  SimExecutor& executor_;
  const std::size_t device_;
};

secagg::ServerPlan PlanOf(const secagg::Task& task) {
  return {task,          task.layout.devices(), kSecureWindow, kSecureWindow,
          kSecureWindow, kSecureWindow,         kSecureWindow};
}
}  // namespace

client::Assignment SecureAssignment(std::uint32_t devices, std::uint64_t dim,
                                    std::uint32_t dropout_ppm) {
  client::Assignment a;
  a.round = {CampaignName("turbofan"), RoundNumber(3), 1};
  a.params = {platform::OpenSslHasher().Sha256(AsBytes("base model")), 100};
  a.example_cap = 10;
  a.bound = 4;
  secagg::Task task{.layout = *secagg::UpdateLayout(dim, secagg::LaneBits::k24, a.bound, devices)};
  SeededSecureRng(7).Fill(task.session);
  task.query = client::QueryOf(a.round);
  task.model = a.params.digest;
  task.clip = a.bound;
  task.weight_cap = 10;
  task.cohort.least = 3;
  task.cohort.dropout_ppm = dropout_ppm;
  task.expiry = kRoundStart + std::chrono::hours(24);
  a.secure_task = secagg::EncodeTask(task);
  return a;
}
client::Assignment SumsAssignment(client::TaskKind kind, std::uint32_t devices) {
  client::Assignment a;
  a.round = {CampaignName("turbofan"), RoundNumber(3), 1};
  a.kind = kind;
  a.params = {platform::OpenSslHasher().Sha256(AsBytes("base model")), 100};
  a.metrics = {"rmse", "mae"};
  Digest model = a.params.digest;
  if (kind == client::TaskKind::kStatistics) {
    const std::string query =
        aggregation::statistics::EncodeQuery({.contract = "turbofan",
                                              .version = 1,
                                              .fields = {{.name = "T30", .lo = 0, .hi = 10}},
                                              .quantiles = {0.5},
                                              .least = 3,
                                              .zooms = {}})
            .value();
    a.statistics = Bytes(AsBytes(query).begin(), AsBytes(query).end());
    model = platform::OpenSslHasher().Sha256(a.statistics);
  }
  secagg::Task task{.layout = *secagg::SumsLayout(client::SumFieldsOf(a).value(), devices)};
  SeededSecureRng(7).Fill(task.session);
  task.query = client::QueryOf(a.round, kind);
  task.model = model;
  task.clip = task.weight_cap = 1;
  task.cohort.least = 3;
  task.expiry = kRoundStart + std::chrono::hours(24);
  a.secure_task = secagg::EncodeTask(task);
  return a;
}
secagg::Task TaskIn(const client::Assignment& assignment) {
  return secagg::ParseTask(assignment.secure_task).value();
}

// The coordinator's half.

SecureServer::SecureServer(const secagg::Task& task, Crypto& crypto, ManualClock& clock,
                           SimExecutor& executor)
    : crypto_(crypto),
      clock_(clock),
      executor_(executor),
      session_(secagg::ServerSession::Make(PlanOf(task), {crypto, check_}).value()) {
  for (const secagg::ServerFact& fact : session_.Open(clock.Now())) session_.Apply(fact);
}

bool SecureServer::Loses(std::size_t device, std::string_view kind, ByteView content) {
  if (!lose_first_answers) return false;
  return lost_.insert(fmt::format("{} {} {}", device, kind, crypto_.Sha256(content).Hex())).second;
}

Status SecureServer::Tell(const secagg::ServerEvent& event) {
  MUSTER_ASSIGN(const secagg::ServerFacts facts, session_.Decide(event, clock_.Now()));
  for (const secagg::ServerFact& fact : facts) session_.Apply(fact);
  Fold();
  return Ok();
}

std::optional<secagg::Member> SecureServer::MemberOf(std::size_t device) const {
  const auto identity = identities_.find(device);
  if (session_.cohort() == nullptr || identity == identities_.end()) return std::nullopt;
  return secagg::FindMember(*session_.cohort(), identity->second);
}

// A message that was taken before is no news, whatever the phase.
Status SecureServer::Take(std::size_t device, const Bytes& message) {
  if (message.empty() || !taken_.emplace(device, crypto_.Sha256(message)).second) return Ok();
  if (const auto keys = secagg::ParseAdvertiseKeys(message); keys.ok()) {
    identities_[device] = keys->identity;
    return Tell(*keys);
  }
  if (const auto shares = secagg::ParseShareKeys(message); shares.ok()) {
    spooled_[shares->from] = message;
    return Tell(*shares);
  }
  if (const auto agreement = secagg::ParseAgreement(message); agreement.ok())
    return In<secagg::AwaitingShares>() != nullptr ? Ok() : Tell(*agreement);
  MUSTER_ASSIGN(const secagg::UnmaskReply reply, secagg::ParseUnmaskReply(message));
  if (session_.IsOver()) return Ok();
  if (!unmasking_) unmasking_.emplace(session_.BeginUnmasking(Spool()).value());
  MUSTER_TRY(unmasking_->Add(reply));
  TryOpen();
  return Ok();
}

StatusOr<Bytes> SecureServer::NextFor(std::size_t device) {
  const auto member = MemberOf(device);
  if (!member) return Bytes();
  if (In<secagg::Sharing>() != nullptr) return session_.RosterMessage();
  if (In<secagg::Collecting>() != nullptr) return session_.SharesMessage(*member, Spool());
  if (In<secagg::Agreeing>() != nullptr) return session_.AgreementMessage();
  return session_.UnmaskMessage();
}

secagg::SpooledShares SecureServer::Spool() const {
  return [this](secagg::Member dealer, std::size_t offset, std::span<std::byte> out) {
    std::ranges::copy(ByteView(spooled_.at(dealer)).subspan(offset, out.size()), out.begin());
    return Ok();
  };
}

void SecureServer::Poll(std::size_t device, const SecureAsk& ask,
                        const client::CoordinatorLink::Callback<SecureAnswer>& done) {
  kinds.insert(ask.kind);
  if (const Status taken = Take(device, ask.message); !taken.ok()) return done(taken);
  Wait(device, ask, clock_.Now() + ask.hold, done);
}

void SecureServer::Wait(std::size_t device, const SecureAsk& ask, Timestamp until,
                        const client::CoordinatorLink::Callback<SecureAnswer>& done) {
  EXPECT_TRUE(session_.IsOver() || Tell(secagg::SessionTick{kRoundStart}).ok());
  if (const auto* dropped = In<secagg::SessionDropped>())
    return done(SecureAnswer{{}, true, std::string(NameOf(dropped->reason))});
  if (session_.IsOver()) return done(SecureAnswer{{}, true, {}});
  StatusOr<Bytes> next = NextFor(device);
  if (!next.ok()) return done(next.status());
  if (!next->empty()) next = tamper(device, Bytes(*next));
  if (!next->empty() && ask.seen != crypto_.Sha256(*next))
    return done(SecureAnswer{*std::move(next), false, {}});
  if (clock_.Now() >= until) return done(SecureAnswer{});
  executor_.PostAt(clock_.Now() + std::chrono::milliseconds(100),
                   [this, device, ask, until, done] { Wait(device, ask, until, done); });
}

std::uint64_t SecureServer::Offset(std::size_t device) const {
  const auto found = stored.find(device);
  return found == stored.end() ? 0 : found->second.size();
}

Status SecureServer::Receive(const client::UpdateUpload& upload, std::uint64_t) {
  MUSTER_ASSIGN(const secagg::MaskedHeader header, secagg::ParseMaskedHeader(upload.header));
  vectors_[header.from] = *upload.file;
  return Tell(header);
}

void SecureServer::Fold() {
  for (const secagg::ServerEffect& effect : session_.Pending())
    if (const auto* fold = std::get_if<secagg::FoldVectors>(&effect)) {
      if (!sum_) sum_.emplace(session_.plan().task.layout);
      for (const secagg::Member member : fold->members)
        EXPECT_TRUE(sum_->AddWire(sum_->AllTiles(), vectors_.at(member)).ok());
      const std::string name = fmt::format("sum-{}", fold->members.front());
      const auto facts =
          session_.Decide(secagg::VectorsFolded{fold->members, name}, clock_.Now()).value();
      for (const secagg::ServerFact& fact : facts) session_.Apply(fact);
    }
}

void SecureServer::TryOpen() {
  if (!unmasking_->Ready()) return;
  const auto* awaiting = In<secagg::AwaitingShares>();
  const auto opened = unmasking_->Open().value();
  const std::size_t count =
      secagg::CountSeedsToRemove(awaiting->shared, awaiting->survivors, opened);
  const auto seeds =
      secagg::SeedsToRemove(awaiting->shared, awaiting->survivors, opened, {0, count}, crypto_);
  for (const secagg::MaskSeed& seed : seeds.value()) {
    const auto stream = crypto_.NewKeystream(seed.seed).value();
    const secagg::Mask mask{stream.get(), seed.sign};
    EXPECT_TRUE(sum_->AddMasks(std::span(&mask, 1), sum_->AllTiles()).ok());
  }
  for (std::size_t s = 0; s < sum_->segments().all().size(); ++s) {
    sums.emplace_back(sum_->segments()[s].count);
    EXPECT_TRUE(sum_->Sums(s, 0, awaiting->survivors.size(), sums.back()).ok());
  }
  EXPECT_TRUE(Tell(secagg::SumOpened{}).ok());
}

// Devices.

SecureDevice::SecureDevice(SymbolicCrypto& crypto, std::size_t i) : index(i), rng(100 + i) {
  const auto signer = std::make_shared<SymbolicSigner>(crypto, 500 + i);
  identity = std::make_shared<const client::SecureIdentity>(client::SecureIdentity{
      crypto, rng, signer, TestStatement(signer->public_key()), TestCheck()});
}

secagg::LaneVector SecureDevice::Expected(const secagg::Task& task, const Crypto& crypto) const {
  if (const auto* sums = std::get_if<client::SecureSums>(&input))
    return client::SumsVector(task, sums->fields, sums->values).value();
  const auto& update = std::get<client::SecureUpdate>(input);
  SeededSecureRng again(100 + index);
  return client::QuantisedUpdate(task, update.values, update.weight, crypto, again).value();
}

SecureRoom::SecureRoom(const client::Assignment& a)
    : assignment(a), task(TaskIn(a)), server(task, crypto, clock, executor) {
  for (std::size_t i = 0; i < task.layout.devices(); ++i)
    devices.push_back(std::make_unique<SecureDevice>(crypto, i));
}
SecureRoom::SecureRoom(std::uint32_t n, std::uint64_t dim, std::uint32_t dropout_ppm)
    : SecureRoom(SecureAssignment(n, dim, dropout_ppm)) {
  for (std::size_t i = 0; i < n; ++i) {
    client::SecureUpdate update;
    SeededRng values(i);
    for (std::uint64_t k = 0; k < dim; ++k)
      update.values.push_back(static_cast<float>(values.Below(8001)) / 1000.0F - 4);
    update.weight = 1 + static_cast<double>(i);
    devices[i]->input = std::move(update);
  }
}
SecureRoom::SecureRoom(client::TaskKind kind, std::uint32_t n)
    : SecureRoom(SumsAssignment(kind, n)) {
  for (std::size_t i = 0; i < n; ++i) {
    client::SecureSums sums{client::SumFieldsOf(assignment).value(), {}};
    SeededRng rng(i);
    for (const secagg::SumField& field : sums.fields) {
      std::vector<std::uint64_t>& values = sums.values.emplace_back(field.count);
      for (std::uint64_t& value : values) value = rng.Below(field.most + 1);
    }
    devices[i]->input = std::move(sums);
  }
}
SecureRoom::~SecureRoom() { executor.Forget(); }

client::Question SecureRoom::Question(std::size_t device) const {
  switch (assignment.kind) {
    case client::TaskKind::kEvaluate:
      return client::Question::OfEvaluation(assignment.round, task.model);
    case client::TaskKind::kStatistics:
      return client::Question::OfStatistics(
          task.model, hasher.Sha256(AsBytes(fmt::format("rows of {}", device))));
    default: return client::Question::OfUpdate(assignment.round, task.model);
  }
}
client::ContributionLedger SecureRoom::Ledger(std::size_t device) {
  return {devices[device]->files, hasher, DeviceName(fmt::format("engine-{}", device))};
}

void SecureRoom::Start(std::size_t i) {
  SecureDevice& device = *devices[i];
  const DeviceName name(fmt::format("engine-{}", i));
  device.upload = client::SecureUpload::Make(
      {name, std::chrono::seconds(30), secagg::LocalFloor{}, device.silent_at},
      {clock, executor, executor, jitter, budget, log},
      std::make_shared<RoomLink>(server, executor, i),
      std::make_unique<client::Contribution>(
          device.identity, std::make_shared<client::ContributionLedger>(device.files, hasher, name),
          client::SecureSubject{assignment.round, assignment.kind, Question(i)}, task));
  device.upload->Start(device.input,
                       [&device](StatusOr<std::string> why) { device.ended = std::move(why); });
}
void SecureRoom::StartAll() {
  for (std::size_t i = 0; i < devices.size(); ++i) Start(i);
}

std::vector<std::vector<std::int32_t>> SecureRoom::PlainSum(
    const std::vector<std::size_t>& of) const {
  std::vector<std::vector<std::int32_t>> out;
  for (const secagg::Segment& segment : task.layout.all()) out.emplace_back(segment.count);
  for (const std::size_t i : of) {
    const secagg::LaneVector vector = devices[i]->Expected(task, crypto);
    for (std::size_t s = 0; s < out.size(); ++s) {
      std::vector<std::int32_t> one(out[s].size());
      EXPECT_TRUE(vector.Sums(s, 0, 1, one).ok());
      for (std::size_t k = 0; k < one.size(); ++k) out[s][k] += one[k];
    }
  }
  return out;
}

}  // namespace muster::testing
