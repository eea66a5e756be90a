#include "tests/unit/secagg/room.h"

#include <gtest/gtest.h>

#include "aggregation/secagg/server_facts.h"
#include "platform/sha256.h"

namespace muster::aggregation::secagg {
namespace {

const platform::OpenSslHasher& TestHasher() {
  static const platform::OpenSslHasher hasher;
  return hasher;
}
}  // namespace

Bytes StatementOf(const SigningPublic& identity) {
  Bytes text(AsBytes("vouched for ").begin(), AsBytes("vouched for ").end());
  text.insert(text.end(), identity.begin(), identity.end());
  const Digest word = TestHasher().Sha256(text);
  return {word.bytes().begin(), word.bytes().end()};
}
StatementCheck TestAuthority() {
  return [](const IdentityKey& identity, ByteView statement) {
    const Bytes right = StatementOf(identity);
    if (std::equal(right.begin(), right.end(), statement.begin(), statement.end())) return Ok();
    return Unauthenticated("not what the authority says");
  };
}

Task TaskOf(const RoomOptions& options) {
  Task task{.layout = *Segments::Make(std::max(options.devices, 2u), options.segments)};
  testing::SeededSecureRng(options.seed + 99).Fill(task.session);
  task.query = "turbofan/1/1";
  task.model = TestHasher().Sha256(task.session);
  task.clip = 1;
  task.weight_cap = 10;
  task.cohort = options.rule;
  task.expiry = kStart + std::chrono::hours(24);
  return task;
}

TestDevice::TestDevice(Crypto& crypto, std::unique_ptr<Signer> s, const Task& task,
                       std::uint64_t seed)
    : signer(std::move(s)), crypto_(crypto), rng_(seed + 1) {
  SeededRng rng(seed);
  for (const Segment& segment : task.layout.all()) {
    std::vector<std::int32_t> run(segment.count);
    const auto span = static_cast<std::uint64_t>(2 * segment.limit + 1);
    for (std::int32_t& v : run)
      v = static_cast<std::int32_t>(static_cast<std::int64_t>(rng.Below(span)) - segment.limit);
    values.push_back(std::move(run));
  }
}

Status TestDevice::Start(const Task& task, const RoomOptions& options) {
  auto session = DeviceSession::Start(task, options.floor, StatementOf(identity()),
                                      {crypto_, *signer, rng_, check_}, kStart, options.defences);
  if (!session.ok()) return session.status();
  session_.emplace(*std::move(session));
  return Ok();
}

Status TestDevice::Receive(ByteView message, Timestamp now) {
  MUSTER_ASSIGN(const DeviceEvent event, ParseDeviceEvent(message));
  return session_->Handle(event, now);
}

Bytes TestDevice::Owed() const {
  for (const DeviceEffect& effect : session_->Pending()) {
    if (const auto* send = std::get_if<SendToServer>(&effect)) return send->message;
    if (const auto* upload = std::get_if<UploadMasked>(&effect)) return upload->header;
  }
  return {};
}

Bytes TestDevice::Mask() {
  LaneVector vector(session_->task().layout);
  for (std::size_t s = 0; s < values.size(); ++s) EXPECT_TRUE(vector.Set(s, 0, values[s]).ok());
  std::vector<std::unique_ptr<Keystream>> streams;
  std::vector<aggregation::secagg::Mask> to_add;
  const auto& masking = std::get<Masking>(session_->state());
  const Cohort& cohort = *masking.view->cohort;
  std::vector<Member> partners = cohort.graph.NeighboursOf(masking.view->me);
  std::erase_if(partners, [&](Member m) { return !masking.view->inbound.shared.Contains(m); });
  for (const MaskSeed& seed : masking.seeds) {
    const ByteView raw = seed.seed.Reveal();
    std::optional<AgreementPublic> partner;
    if (masks.size() < partners.size()) partner = cohort.At(partners[masks.size()]).mask_key;
    masks.push_back({Bytes(raw.begin(), raw.end()), seed.sign, partner});
    streams.push_back(crypto_.NewKeystream(seed.seed).value());
    to_add.push_back({streams.back().get(), seed.sign});
  }
  EXPECT_TRUE(vector.AddMasks(to_add, vector.AllTiles()).ok());
  wire.resize(vector.segments().wire_bytes());
  EXPECT_TRUE(vector.WriteWire(vector.AllTiles(), wire).ok());
  EXPECT_TRUE(session_->Handle(VectorMasked{}, kStart).ok());
  return wire;
}

Room::Room(const RoomOptions& o)
    : options(o), crypto(std::make_unique<testing::SymbolicCrypto>(TestHasher())), task(TaskOf(o)) {
  auto& symbolic = static_cast<testing::SymbolicCrypto&>(*crypto);
  for (std::uint32_t i = 0; i < options.devices; ++i) {
    const std::uint64_t seed = SeedOf({std::to_string(options.seed), std::to_string(i)});
    devices.emplace_back(symbolic, std::make_unique<testing::SymbolicSigner>(symbolic, seed), task,
                         seed);
  }
  Restart();
}
Room::Room(const RoomOptions& o, std::unique_ptr<Crypto> c, const SignerOf& signer_of)
    : options(o), crypto(std::move(c)), task(TaskOf(o)) {
  for (std::uint32_t i = 0; i < options.devices; ++i) {
    const std::uint64_t seed = SeedOf({std::to_string(options.seed), std::to_string(i)});
    devices.emplace_back(*crypto, signer_of(seed), task, seed);
  }
  Restart();
}

void Room::Restart() {
  ServerPlan plan{task, options.devices, kWindow, kWindow, kWindow, kWindow, kWindow};
  server.reset();
  server.emplace(ServerSession::Make(std::move(plan), {*crypto, check}, options.defences).value());
  if (journal.empty())
    for (const ServerFact& fact : server->Open(now))
      journal.push_back(EncodeServerFact(fact, "coordinator", now).value());
  for (const std::string& row : journal) server->Apply(DecodeServerFact(row).value());
}

Status Room::Tell(const ServerEvent& event) {
  MUSTER_ASSIGN(const ServerFacts facts, server->Decide(event, now));
  for (const ServerFact& fact : facts) {
    MUSTER_ASSIGN(const std::string row, EncodeServerFact(fact, "coordinator", now));
    journal.push_back(row);
    server->Apply(fact);
  }
  return Ok();
}

void Room::PassDeadline() {
  now += kWindow;
  EXPECT_TRUE(Tell(SessionTick{kStart}).ok());
}

std::optional<Member> Room::MemberOf(std::size_t device) const {
  const Cohort* formed = server->cohort();
  return formed == nullptr ? std::nullopt : FindMember(*formed, devices[device].identity());
}
std::size_t Room::DeviceOf(Member member) const {
  for (std::size_t i = 0; i < devices.size(); ++i)
    if (devices[i].identity() == cohort().At(member).identity) return i;
  return devices.size();
}

void Room::Advertise(const Alive& alive) {
  for (std::size_t i = 0; i < devices.size(); ++i) {
    if (!alive(i)) continue;
    EXPECT_TRUE(devices[i].Start(task, options).ok());
    Deliver(i, ParseAdvertiseKeys);
  }
  if (In<Advertising>() != nullptr) PassDeadline();
}

void Room::Deal(const Alive& alive) {
  if (In<Sharing>() == nullptr) return;
  transcript.push_back(*server->RosterMessage());
  const Bytes roster = transcript.back();
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const auto member = MemberOf(i);
    if (!member || !alive(i)) continue;
    EXPECT_TRUE(devices[i].Receive(roster).ok());
    if (Deliver(i, ParseShareKeys)) spooled[*member] = transcript.back();
  }
  if (In<Sharing>() != nullptr) PassDeadline();
}

Bytes Room::SharesFor(Member member) { return server->SharesMessage(member, Spool()).value(); }
SpooledShares Room::Spool() const {
  return [this](Member dealer, std::size_t offset, std::span<std::byte> out) {
    std::ranges::copy(ByteView(spooled.at(dealer)).subspan(offset, out.size()), out.begin());
    return Ok();
  };
}

void Room::SendVectors(const Alive& alive) {
  if (In<Collecting>() == nullptr) return;
  const MemberSet shared = In<Collecting>()->shared.members;
  std::vector<Bytes> inbound;
  for (const Member member : shared.Members()) inbound.push_back(SharesFor(member));
  for (std::size_t rank = 0; const Member member : shared.Members()) {
    TestDevice& device = devices[DeviceOf(member)];
    const Bytes& message = inbound[rank++];
    if (!alive(DeviceOf(member))) continue;
    transcript.push_back(message);
    const Status accepted = device.Receive(message);
    if (!accepted.ok()) continue;  // Too few of its mask neighbours dealt.
    vectors[member] = device.Mask();
    Deliver(DeviceOf(member), ParseMaskedHeader);
    Fold();
  }
  if (In<Collecting>() != nullptr) PassDeadline();
}

void Room::Fold() {
  for (const ServerEffect& effect : server->Pending())
    if (const auto* fold = std::get_if<FoldVectors>(&effect)) {
      if (!sum) sum.emplace(task.layout);
      for (const Member member : fold->members)
        EXPECT_TRUE(sum->AddWire(sum->AllTiles(), vectors.at(member)).ok());
      EXPECT_TRUE(Tell(VectorsFolded{fold->members, fmt::format("sum-{}", journal.size())}).ok());
    }
}

void Room::Agree(const Alive& alive) {
  Fold();
  if (In<Agreeing>() == nullptr) return;
  transcript.push_back(*server->AgreementMessage());
  const Bytes message = transcript.back();
  const MemberSet survivors = In<Agreeing>()->survivors;
  for (const Member member : survivors.Members()) {
    TestDevice& device = devices[DeviceOf(member)];
    if (!alive(DeviceOf(member))) continue;
    EXPECT_TRUE(device.Receive(message).ok());
    if (In<Agreeing>() != nullptr) Deliver(DeviceOf(member), ParseAgreement);
  }
  if (In<Agreeing>() != nullptr) PassDeadline();
}

std::optional<std::vector<std::vector<std::int32_t>>> Room::Unmask(const Alive& alive) {
  const auto* awaiting = In<AwaitingShares>();
  if (awaiting == nullptr) return std::nullopt;
  Fold();
  transcript.push_back(*server->UnmaskMessage());
  const Bytes message = transcript.back();
  Unmasking unmasking = server->BeginUnmasking(Spool()).value();
  const auto ask = [&] {
    for (const Member member : unmasking.Awaited().Members()) {
      if (!alive(DeviceOf(member))) continue;
      TestDevice& device = devices[DeviceOf(member)];
      EXPECT_TRUE(device.Receive(message).ok());
      transcript.push_back(tamper(DeviceOf(member), device.Owed()));
      const auto reply = ParseUnmaskReply(transcript.back());
      const Status status = reply.ok() ? unmasking.Add(*reply) : reply.status();
      if (!status.ok()) refusals.push_back({DeviceOf(member), status});
    }
    return unmasking.Open();
  };
  auto opened = ask();
  if (absl::IsUnavailable(opened.status())) opened = ask();
  named = unmasking.named();
  for (const Named& n : unmasking.Undealt()) named.push_back(n);
  if (!opened.ok()) return std::nullopt;
  std::vector<MaskSeed> seeds;
  const std::size_t count = CountSeedsToRemove(awaiting->shared, awaiting->survivors, *opened);
  for (std::size_t at = 0; at < count; at += 4) {  // As threads would share them.
    const SeedRange range{at, std::min(at + 4, count)};
    auto part = SeedsToRemove(awaiting->shared, awaiting->survivors, *opened, range, *crypto);
    EXPECT_EQ(part.value().size(), range.end - range.begin);
    for (MaskSeed& seed : *part) seeds.push_back(std::move(seed));
  }
  for (const MaskSeed& seed : seeds) {
    const auto stream = crypto->NewKeystream(seed.seed).value();
    const Mask mask{stream.get(), seed.sign};
    EXPECT_TRUE(sum->AddMasks(std::span(&mask, 1), sum->AllTiles()).ok());
  }
  std::vector<std::vector<std::int32_t>> out;
  const std::uint32_t contributors = awaiting->survivors.size();
  for (std::size_t s = 0; s < task.layout.all().size(); ++s) {
    out.emplace_back(task.layout[s].count);
    if (!sum->Sums(s, 0, contributors, out.back()).ok()) return std::nullopt;  // Noise.
  }
  EXPECT_TRUE(Tell(SumOpened{}).ok());
  return out;
}

std::vector<std::vector<std::int32_t>> Room::PlainSum(const MemberSet& of) const {
  std::vector<std::vector<std::int32_t>> out;
  for (const Segment& segment : task.layout.all()) out.emplace_back(segment.count);
  for (const Member member : of.Members()) {
    const TestDevice& device = devices[DeviceOf(member)];
    for (std::size_t s = 0; s < out.size(); ++s)
      for (std::size_t i = 0; i < out[s].size(); ++i) out[s][i] += device.values[s][i];
  }
  return out;
}

}  // namespace muster::aggregation::secagg
