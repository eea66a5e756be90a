#include "tests/unit/secagg/adversary.h"

#include <algorithm>
#include <numeric>

#include "aggregation/secagg/transcript.h"

namespace muster::aggregation::secagg {
namespace {

// A device of the server's believes everything.
Defences NoDefences() {
  Defences none;
#ifdef MUSTER_SECAGG_WEAKENABLE
#define MUSTER_OFF(name) none.name = false;
  MUSTER_SECAGG_DEFENCES(MUSTER_OFF)
#undef MUSTER_OFF
  none.model_binding = true;  // It has to speak of the same task as the others.
  none.shared_set_binding = true;
#endif
  return none;
}
testing::SymbolicCrypto& Symbolic(const Room& room) {
  return static_cast<testing::SymbolicCrypto&>(*room.crypto);
}
}  // namespace

Adversary::Adversary(const RoomOptions& options, std::uint32_t corrupt)
    : room(options), corrupt_(corrupt) {}

std::vector<Status> Adversary::Start(const Task& task) {
  return Start([&](std::size_t) { return task; });
}
std::vector<Status> Adversary::Start(const std::function<Task(std::size_t)>& task_of) {
  std::vector<Status> refusals;
  entries_.resize(size());
  for (std::size_t i = 0; i < size(); ++i) {
    RoomOptions options = room.options;
    if (IsCorrupt(i)) {
      options.defences = NoDefences();
      options.defences.model_binding = room.options.defences.model_binding;
      options.defences.shared_set_binding = room.options.defences.shared_set_binding;
    }
    if (const Status status = room.devices[i].Start(task_of(i), options); !status.ok()) {
      refusals.push_back(status);
      continue;
    }
    entries_[i] = *ParseAdvertiseKeys(room.devices[i].Owed());
    if (IsCorrupt(i)) owned_.insert({entries_[i].seal_key, entries_[i].mask_key});
  }
  return refusals;
}

Roster Adversary::HonestRoster() const { return RosterOf(entries_, *room.crypto); }

void Adversary::Substitute(AdvertiseKeys& entry) {
  testing::SeededSecureRng rng(owned_.size() + 1);
  entry.seal_key = room.crypto->NewAgreementKey(rng).value().public_key;
  entry.mask_key = room.crypto->NewAgreementKey(rng).value().public_key;
  owned_.insert({entry.seal_key, entry.mask_key});
}

AdvertiseKeys Adversary::Invent(std::uint64_t seed, const Task& task) {
  const testing::SymbolicSigner signer(Symbolic(room), seed);
  AdvertiseKeys entry;
  entry.identity = signer.public_key();
  entry.statement.resize(32);  // Not what the authority would say.
  Substitute(entry);
  const Digest hash = TaskHash(task, *room.crypto, room.options.defences);
  entry.signature = signer.Sign(AdvertiseText(hash, entry)).value();
  return entry;
}

Status Adversary::GiveRoster(std::size_t device, const Roster& roster) {
  TestDevice& d = room.devices[device];
  MUSTER_TRY(d.Receive(Encode(roster)));
  cohorts_.emplace(device, *d.session().cohort());
  MUSTER_ASSIGN(ShareKeys shares, ParseShareKeys(d.Owed()));
  dealt_.emplace(device, std::move(shares));
  return Ok();
}
void Adversary::GiveRosterToAll(const Roster& roster) {
  for (std::size_t i = 0; i < size(); ++i) GiveRoster(i, roster).IgnoreError();
}

Member Adversary::MemberOf(std::size_t device) const {
  const Roster roster = HonestRoster();
  for (Member m = 0; m < roster.members.size(); ++m)
    if (roster.members[m].identity == room.devices[device].identity()) return m;
  return kMostMembers;
}
std::size_t Adversary::DeviceOf(Member member) const {
  const SigningPublic identity = HonestRoster().members[member].identity;
  for (std::size_t i = 0; i < size(); ++i)
    if (room.devices[i].identity() == identity) return i;
  return size();
}

Status Adversary::GiveShares(std::size_t device, const MemberSet& shared) {
  TestDevice& d = room.devices[device];
  const Member me = dealt_.contains(device) ? dealt_.at(device).from : 0;
  InboundShares inbound{shared, {}, {}};
  for (const Member dealer : shared.Members()) {
    const auto from = std::find_if(dealt_.begin(), dealt_.end(), [&](const auto& entry) {
      return entry.second.from == dealer && entry.second.devices == shared.devices();
    });
    if (from == dealt_.end()) {  // Nobody sits there: junk, as a made-up member would deal.
      inbound.promises.emplace_back();
      inbound.dealt.resize(inbound.dealt.size() + kDealtBytes);
      continue;
    }
    const ByteView mine = ByteView(from->second.dealt).subspan(me * kDealtBytes, kDealtBytes);
    inbound.promises.push_back(from->second.promise);
    inbound.dealt.insert(inbound.dealt.end(), mine.begin(), mine.end());
  }
  MUSTER_TRY(d.Receive(Encode(inbound)));
  d.Mask();
  MUSTER_ASSIGN(const MaskedHeader header, ParseMaskedHeader(d.Owed()));
  headers_.insert_or_assign(device, header);
  return Ok();
}

Signature Adversary::HeaderOf(Member member, std::size_t viewer) const {
  const std::size_t device = DeviceOf(member);
  if (!IsCorrupt(device))
    return headers_.contains(device) ? headers_.at(device).signature : Signature{};
  MaskedHeader header = headers_.at(viewer);
  header.from = member;
  return room.devices[device].signer->Sign(MaskedText(cohorts_.at(viewer).context, header)).value();
}

Status Adversary::AskAgreement(std::size_t device, const MemberSet& survivors) {
  if (!Uploaded(device)) return FailedPrecondition("it has not come so far");
  TestDevice& d = room.devices[device];
  MUSTER_TRY(d.Receive(Encode(AgreementRequest{survivors})));
  MUSTER_ASSIGN(const Agreement agreement, ParseAgreement(d.Owed()));
  const Bytes text =
      AgreementText(cohorts_.at(device).context, headers_.at(device).shared, survivors);
  agreed_[text][agreement.from] = agreement.signature;
  return Ok();
}

Status Adversary::AskShares(std::size_t device, const MemberSet& survivors) {
  if (!Uploaded(device)) return FailedPrecondition("it has not come so far");
  TestDevice& d = room.devices[device];
  UnmaskRequest request{survivors, MemberSet(survivors.devices()), {}};
  if (room.task.cohort.profile == Profile::kActive) {
    const Bytes text =
        AgreementText(cohorts_.at(device).context, headers_.at(device).shared, survivors);
    std::map<Member, Signature>& signatures = agreed_[text];
    for (std::size_t i = 0; i < corrupt_; ++i)
      signatures[MemberOf(i)] = room.devices[i].signer->Sign(text).value();
    for (const auto& [member, signature] : signatures)
      if (survivors.Contains(member)) request.signers.Insert(member);
    for (const Member member : survivors.Members())
      if (request.signers.size() > 0)
        request.signatures.push_back(signatures.contains(member) ? signatures.at(member)
                                                                 : HeaderOf(member, device));
  }
  MUSTER_TRY(d.Receive(Encode(request)));
  MUSTER_ASSIGN(UnmaskReply reply, ParseUnmaskReply(d.Owed()));
  shown_.push_back({device, survivors, std::move(reply)});
  return Ok();
}

// A secret of a dealer is open once the server has t shares of that kind: those sealed for keys of
// its own, and those that honest holders sent.
Adversary::Opened Adversary::OpenedSecrets() const {
  Opened out;
  for (const auto& [dealer, cohort] : cohorts_) {
    if (IsCorrupt(dealer)) continue;
    std::set<Member> seats;
    for (Member m = 0; m < cohort.devices(); ++m)
      if (owned_.contains(cohort.At(m).seal_key)) seats.insert(m);
    std::set<Member> self = seats, mask_key = seats;
    for (const Shown& shown : shown_) {
      const Cohort& theirs = cohorts_.at(shown.device);
      const auto member = FindMember(theirs, room.devices[dealer].identity());
      if (!member || theirs.context.roster != cohort.context.roster ||
          !shown.reply.about.Contains(*member))
        continue;
      (shown.survivors.Contains(*member) ? self : mask_key).insert(shown.reply.from);
    }
    if (self.size() >= cohort.parameters.threshold) out.self.insert(dealer);
    if (mask_key.size() >= cohort.parameters.threshold) out.mask_key.insert(dealer);
  }
  return out;
}

bool Adversary::Knows(const TestDevice::UsedMask& mask, std::size_t device,
                      const Opened& opened) const {
  if (!mask.partner) return opened.self.contains(device);
  if (owned_.contains(*mask.partner) || opened.mask_key.contains(device)) return true;
  for (const std::size_t other : opened.mask_key)
    if (entries_[other].mask_key == *mask.partner) return true;
  return false;
}

// Masks are symbols. A sum of vectors stands bare when every unknown mask in it comes twice, with
// both signs: that is, for each connected set of honest devices that shares no unknown mask with
// anybody outside.
Verdict Adversary::Judge() const {
  const Opened opened = OpenedSecrets();
  Verdict verdict;
  for (const std::size_t device : opened.self)
    verdict.both_opened |= opened.mask_key.contains(device);

  std::map<Bytes, std::vector<std::size_t>> holders;  // Of each mask that stays unknown.
  std::vector<std::size_t> uploaded;
  for (std::size_t i = 0; i < size(); ++i) {
    if (IsCorrupt(i) || !Uploaded(i)) continue;
    uploaded.push_back(i);
    for (const TestDevice::UsedMask& mask : room.devices[i].masks)
      if (!Knows(mask, i, opened)) holders[mask.seed].push_back(i);
  }
  std::vector<std::size_t> leader(size());
  std::iota(leader.begin(), leader.end(), std::size_t{0});
  const auto find = [&](std::size_t i) {
    while (leader[i] != i) i = leader[i];
    return i;
  };
  std::set<std::size_t> hidden;  // Devices with a mask that nothing cancels.
  for (const auto& [seed, devices] : holders) {
    if (devices.size() == 1) hidden.insert(devices[0]);
    for (const std::size_t other : devices) leader[find(other)] = find(devices[0]);
  }
  std::map<std::size_t, std::pair<std::size_t, bool>> components;  // Size, bare.
  for (const std::size_t i : uploaded) {
    auto& [size, covered] = components[find(i)];
    ++size;
    covered |= hidden.contains(i);
  }
  for (const auto& [at, component] : components)
    if (!component.second) verdict.revealed.push_back(component.first);
  return verdict;
}

}  // namespace muster::aggregation::secagg
