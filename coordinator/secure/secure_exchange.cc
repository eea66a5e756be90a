// What devices bring to a secure session, and what they are told next.
#include <variant>

#include "aggregation/secagg/violation.h"
#include "coordinator/secure/secure_round.h"

namespace muster::coordinator {
namespace secagg = aggregation::secagg;
namespace {

using DeviceMessage =
    std::variant<secagg::AdvertiseKeys, secagg::ShareKeys, secagg::Agreement, secagg::UnmaskReply>;

// By the first byte, which no two messages share.
StatusOr<DeviceMessage> ParseMessage(ByteView bytes) {
  if (auto message = secagg::ParseAdvertiseKeys(bytes); message.ok()) return *std::move(message);
  if (auto message = secagg::ParseShareKeys(bytes); message.ok()) return *std::move(message);
  if (auto message = secagg::ParseAgreement(bytes); message.ok()) return *std::move(message);
  if (auto message = secagg::ParseUnmaskReply(bytes); message.ok()) return *std::move(message);
  return secagg::Refused(secagg::Violation::kMALFORMED, "no message of a device");
}

// What the device hears of a refusal: a reason code, and the violation's name first.
Status ToDevice(const Status& status) {
  const auto violation = secagg::ViolationOf(status);
  if (!violation) return status;
  const Reason reason = *violation == secagg::Violation::kOUT_OF_STEP ? Reason::kROUND_CLOSED
                                                                      : Reason::kSECURE_REFUSED;
  return WithReason(MakeStatus(status.code(), fmt::format("{}: {}", secagg::NameOf(*violation),
                                                          MessageOf(status))),
                    reason);
}

SecureAnswer Over(std::string why = {}) { return {{}, true, std::move(why)}; }
SecureAnswer LeftOut() { return Over(std::string(NameOf(Reason::kROUND_CLOSED))); }
}  // namespace

void SecureRound::Exchange(DeviceId device, SecureAsk ask, Done<SecureAnswer> done) {
  strand_.Post([self = shared_from_this(), device = std::move(device), ask = std::move(ask),
                done = std::move(done)]() mutable {
    Bytes message = std::exchange(ask.message, {});
    auto then = [self, device, ask = std::move(ask), done = std::move(done)](const Status& taken) {
      self->Act();
      if (!taken.ok()) return done(ToDevice(taken));
      self->desk_.Wait(device, ask, done);
    };
    if (message.empty()) return then(Ok());
    self->Take(device, std::move(message), std::move(then));
  });
}

void SecureRound::Take(const DeviceId& device, Bytes message, Then then) {
  StatusOr<DeviceMessage> parsed = ParseMessage(message);
  if (!parsed.ok()) return then(parsed.status());
  const auto late = [then = std::move(then)](const Status& taken) {
    // It came late, as a retry does whose answer was lost: the device hears what comes next.
    const bool out_of_step = secagg::ViolationOf(taken) == secagg::Violation::kOUT_OF_STEP;
    then(out_of_step ? Ok() : taken);
  };
  if (auto* shares = std::get_if<secagg::ShareKeys>(&*parsed))
    return TakeShares(device, std::move(*shares), std::move(message), late);
  late(std::visit([&](const auto& m) { return TakeNow(device, m); }, *parsed));
}

// Files are written on the pool, side by side; the strand decides before and records after.
void SecureRound::Keep(const DeviceId& device, secagg::Member member,
                       const secagg::ServerEvent& event, std::function<Status()> write, Then then) {
  const StatusOr<secagg::ServerFacts> facts = driver_.Preview(event);
  if (!facts.ok() || facts->empty()) return then(facts.status());  // Refused, or here already.
  if (!writing_.insert(member).second)
    return then(Unavailable("the same message is being written"));
  ports_.pool.Post([self = shared_from_this(), device, member, event, write = std::move(write),
                    then = std::move(then)] {
    self->strand_.Post([self, device, member, event, then, written = write()] {
      self->writing_.erase(member);
      then(written.ok() ? self->Handle(event, Caller::Device(device)).status() : written);
    });
  });
}

Status SecureRound::TakeNow(const DeviceId& device, const secagg::AdvertiseKeys& keys) {
  if (DeviceIdOf(keys.identity, ports_.crypto) != device)
    return secagg::Refused(secagg::Violation::kOUTSIDER, "the keys are another device's");
  return Handle(keys, Caller::Device(device)).status();
}

void SecureRound::TakeShares(const DeviceId& device, secagg::ShareKeys shares, Bytes message,
                             Then then) {
  if (const Status sender = CheckSender(device, shares.from); !sender.ok()) return then(sender);
  const secagg::Member from = shares.from;
  Keep(
      device, from, std::move(shares),
      [this, from, message = std::move(message)] { return shares_.Put(from, message); },
      std::move(then));
}

Status SecureRound::TakeNow(const DeviceId& device, const secagg::Agreement& agreement) {
  MUSTER_TRY(CheckSender(device, agreement.from));
  return Handle(agreement, Caller::Device(device)).status();
}

Status SecureRound::TakeNow(const DeviceId& device, const secagg::UnmaskReply& reply) {
  MUSTER_TRY(CheckSender(device, reply.from));
  if (!unmasking_ || opening_) return Ok();  // Enough have come.
  Status added = unmasking_->Add(reply);
  NameLiars(std::vector<secagg::Named>(unmasking_->named()));
  return added;
}

Status SecureRound::CheckSender(const DeviceId& device, secagg::Member from) const {
  if (members_.empty())
    return secagg::Refused(secagg::Violation::kOUT_OF_STEP, "the roster is not closed");
  if (MemberOf(device) == from) return Ok();
  return secagg::Refused(secagg::Violation::kOUTSIDER, "member {} is another device", from);
}

void SecureRound::TakeVector(DeviceId device, Bytes header, Bytes vector,
                             std::shared_ptr<void> reservation, Done<bool> done) {
  strand_.Post([self = shared_from_this(), device = std::move(device), header = std::move(header),
                vector = std::move(vector), reservation = std::move(reservation),
                done = std::move(done)]() mutable {
    self->TakeVectorNow(
        device, header, std::move(vector), [self, device, reservation, done](const Status& taken) {
          self->Act();
          if (taken.ok()) {
            self->Tell([self, device] { self->events_.OnSecureVector(self->key_, device); });
            return done(true);
          }
          self->ports_.log.Warn("vector_refused", {{"campaign", self->key_.round.campaign},
                                                   {"device", device},
                                                   {"detail", MessageOf(taken)}});
          done(ToDevice(taken));
        });
  });
}

void SecureRound::TakeVectorNow(const DeviceId& device, ByteView header, Bytes vector, Then then) {
  const StatusOr<secagg::MaskedHeader> parsed = secagg::ParseMaskedHeader(header);
  if (!parsed.ok()) return then(parsed.status());
  const secagg::Member from = parsed->from;
  if (const Status sender = CheckSender(device, from); !sender.ok()) return then(sender);
  if (parsed->length != vector.size())
    return then(secagg::Refused(secagg::Violation::kLENGTH_WRONG, "{} bytes came of {}",
                                vector.size(), parsed->length));
  Keep(
      device, from, *parsed,
      [this, from, vector = std::move(vector)] { return sum_->Spool(from, vector); },
      std::move(then));
}

// --- What comes next ---

std::optional<secagg::Member> SecureRound::MemberOf(const DeviceId& device) const {
  const auto found = members_.find(device);
  if (found == members_.end()) return std::nullopt;
  return found->second;
}

std::optional<SecureAnswer> SecureRound::NextFor(const DeviceId& device, const SecureAsk& ask) {
  if (In<secagg::Advertising>() != nullptr) return std::nullopt;
  if (const auto* s = In<secagg::SessionDropped>()) return Over(std::string(NameOf(s->reason)));
  const auto member = MemberOf(device);
  if (!member) return LeftOut();
  return std::visit(
      Overloaded{
          [&](const secagg::Sharing&) { return NextCommon(session().RosterMessage(), ask); },
          [&](const secagg::Collecting& s) { return NextShares(s, *member, ask); },
          [&](const secagg::Agreeing& s) -> std::optional<SecureAnswer> {
            if (!s.survivors.Contains(*member)) return LeftOut();
            return NextCommon(session().AgreementMessage(), ask);
          },
          [&](const secagg::AwaitingShares& s) -> std::optional<SecureAnswer> {
            if (!s.survivors.Contains(*member)) return LeftOut();
            SecureAsk again = ask;
            // A reply that is wanted still, after a restart or a liar, is asked for once more.
            if (unmasking_ && !opening_ && unmasking_->Awaited().Contains(*member)) again.seen = {};
            return NextCommon(session().UnmaskMessage(), again);
          },
          [&](const secagg::Summed& s) -> std::optional<SecureAnswer> {
            return s.survivors.Contains(*member) ? Over() : LeftOut();
          },
          [](const auto&) -> std::optional<SecureAnswer> { return std::nullopt; },
      },
      session().state());
}

std::optional<SecureAnswer> SecureRound::NextShares(const secagg::Collecting& state,
                                                    secagg::Member member, const SecureAsk& ask) {
  if (!state.shared.members.Contains(member)) return LeftOut();
  if (state.headers.contains(member)) return std::nullopt;
  const DeviceId device = DeviceIdOf(state.shared.cohort->At(member).identity, ports_.crypto);
  // Made of every dealer's spool: not for nothing.
  if (const auto offered = offered_.find(device);
      offered != offered_.end() && offered->second == ask.seen)
    return std::nullopt;
  StatusOr<Bytes> message = session().SharesMessage(
      member, [this](secagg::Member dealer, std::size_t offset, std::size_t size) {
        return shares_.Read(dealer, offset, size);
      });
  if (message.ok()) offered_[device] = ports_.crypto.Sha256(*message);
  return NextCommon(std::move(message), ask);
}

std::optional<SecureAnswer> SecureRound::NextCommon(StatusOr<Bytes> message,
                                                    const SecureAsk& ask) const {
  if (!message.ok()) {
    ports_.log.Error("secure_message_not_made",
                     {{"campaign", key_.round.campaign}, {"error", MessageOf(message.status())}});
    return std::nullopt;
  }
  if (ports_.crypto.Sha256(*message) == ask.seen) return std::nullopt;
  return SecureAnswer{*std::move(message), false, {}};
}

}  // namespace muster::coordinator
