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
      if (!taken.ok()) return done(ToDevice(taken));
      self->desk_.Wait(device, ask, done);
    };
    if (message.empty()) return self->ActThen(then, Ok());
    self->Take(device, std::move(message), std::move(then));
  });
}

void SecureRound::Take(const DeviceId& device, Bytes message, Then then) {
  StatusOr<DeviceMessage> parsed = ParseMessage(message);
  if (!parsed.ok()) return ActThen(then, parsed.status());
  Then late = [then = std::move(then)](const Status& taken) {
    // It came late, as a retry does whose answer was lost: the device hears what comes next.
    const bool out_of_step = secagg::ViolationOf(taken) == secagg::Violation::kOUT_OF_STEP;
    then(out_of_step ? Ok() : taken);
  };
  std::visit(Overloaded{[&](secagg::ShareKeys& m) {
                          TakeShares(device, std::move(m), std::move(message), std::move(late));
                        },
                        [&](secagg::UnmaskReply& m) { ActThen(late, TakeReply(device, m)); },
                        [&](auto& m) {
                          const Status sender = CheckSender(device, m);
                          if (!sender.ok()) return ActThen(late, sender);
                          Enqueue({std::move(m), Caller::Device(device), {}, std::move(late)});
                        }},
             *parsed);
}

void SecureRound::ActThen(const Then& then, const Status& status) {
  Act();
  then(status);
}

// Messages that came while the journal was busy go into it together.
void SecureRound::Enqueue(Letter letter) {
  inbox_.push_back(std::move(letter));
  if (inbox_.size() == 1) strand_.Post([self = shared_from_this()] { self->OpenInbox(); });
}

void SecureRound::OpenInbox() {
  const std::vector<Letter> letters = std::exchange(inbox_, {});
  if (letters.empty()) return;
  std::vector<SecureDriver::Input> inputs;
  for (const Letter& letter : letters) inputs.push_back({letter.event, letter.by});
  const std::vector<SecureDriver::Result> results = driver_.HandleAll(inputs);
  for (const SecureDriver::Result& facts : results)
    if (facts.ok()) Announce(*facts);
  for (const Letter& letter : letters)
    if (letter.wrote) writing_.erase(*letter.wrote);
  Act();
  for (std::size_t i = 0; i < letters.size(); ++i) letters[i].then(results[i].status());
}

// The spool is written on the pool; the strand decides before and records after.
void SecureRound::Keep(const DeviceId& device, secagg::Member member,
                       const secagg::ServerEvent& event, Write write, Then then) {
  const StatusOr<secagg::ServerFacts> facts = driver_.Preview(event);
  // Refused, or here already.
  if (!facts.ok() || facts->empty()) return ActThen(then, facts.status());
  if (!writing_.insert(member).second)
    return ActThen(then, Unavailable("the same message is being written"));
  Letter letter{event, Caller::Device(device), member, std::move(then)};
  ports_.pool.Post(
      [self = shared_from_this(), letter = std::move(letter), write = std::move(write)]() mutable {
        write([self, letter = std::move(letter)](const Status& written) mutable {
          self->strand_.Post([self, letter = std::move(letter), written]() mutable {
            if (written.ok()) return self->Enqueue(std::move(letter));
            self->writing_.erase(*letter.wrote);
            self->ActThen(letter.then, written);
          });
        });
      });
}

void SecureRound::TakeShares(const DeviceId& device, secagg::ShareKeys shares, Bytes message,
                             Then then) {
  if (const Status sender = CheckSender(device, shares.from); !sender.ok())
    return ActThen(then, sender);
  const secagg::Member from = shares.from;
  Keep(
      device, from, std::move(shares),
      [this, from, message = std::move(message)](std::function<void(Status)> durable) {
        shares_->Put(from, message, std::move(durable));
      },
      std::move(then));
}

Status SecureRound::TakeReply(const DeviceId& device, const secagg::UnmaskReply& reply) {
  MUSTER_TRY(CheckSender(device, reply.from));
  if (!unmasking_ || opening_) return Ok();  // Enough have come.
  Status added = unmasking_->Add(reply);
  NameLiars(std::vector<secagg::Named>(unmasking_->named()));
  return added;
}

Status SecureRound::CheckSender(const DeviceId& device, const secagg::AdvertiseKeys& keys) const {
  if (DeviceIdOf(keys.identity, ports_.crypto) == device) return Ok();
  return secagg::Refused(secagg::Violation::kOUTSIDER, "the keys are another device's");
}

Status SecureRound::CheckSender(const DeviceId& device, const secagg::Agreement& agreement) const {
  return CheckSender(device, agreement.from);
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
  if (!parsed.ok()) return ActThen(then, parsed.status());
  const secagg::Member from = parsed->from;
  if (const Status sender = CheckSender(device, from); !sender.ok()) return ActThen(then, sender);
  if (parsed->length != vector.size())
    return ActThen(then, secagg::Refused(secagg::Violation::kLENGTH_WRONG, "{} bytes came of {}",
                                         vector.size(), parsed->length));
  Keep(
      device, from, *parsed,
      [this, from, vector = std::move(vector)](std::function<void(Status)> durable) {
        sum_->Put(from, vector, std::move(durable));
      },
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
  return std::visit(Overloaded{
                        [&](const secagg::Sharing&) {
                          return NextCommon(&secagg::ServerSession::RosterMessage, ask);
                        },
                        [&](const secagg::Collecting& s) { return NextShares(s, *member, ask); },
                        [&](const secagg::Agreeing& s) -> std::optional<SecureAnswer> {
                          if (!s.survivors.Contains(*member)) return LeftOut();
                          return NextCommon(&secagg::ServerSession::AgreementMessage, ask);
                        },
                        [&](const secagg::AwaitingShares& s) -> std::optional<SecureAnswer> {
                          if (!s.survivors.Contains(*member)) return LeftOut();
                          SecureAsk again = ask;
                          // A reply that is wanted still, after a restart or a liar, is asked for
                          // once more.
                          if (unmasking_ && !opening_ && unmasking_->Awaited().Contains(*member))
                            again.seen = {};
                          return NextCommon(&secagg::ServerSession::UnmaskMessage, again);
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
      member, [this](secagg::Member dealer, std::size_t offset, std::span<std::byte> out) {
        return shares_->Read(dealer, offset, out);
      });
  if (!message.ok()) return NotMade(message.status());
  const Digest digest = ports_.crypto.Sha256(*message);
  offered_[device] = digest;
  if (digest == ask.seen) return std::nullopt;
  return SecureAnswer{*std::move(message), false, {}};
}

std::optional<SecureAnswer> SecureRound::NextCommon(MakeCommon make, const SecureAsk& ask) {
  const std::size_t step = session().state().index();
  if (!common_ || common_->step != step) {
    StatusOr<Bytes> message = (session().*make)();
    if (!message.ok()) return NotMade(message.status());
    const Digest digest = ports_.crypto.Sha256(*message);
    common_ = {step, *std::move(message), digest};
  }
  if (common_->digest == ask.seen) return std::nullopt;
  return SecureAnswer{common_->message, false, {}};
}

std::nullopt_t SecureRound::NotMade(const Status& error) const {
  ports_.log.Error("secure_message_not_made",
                   {{"campaign", key_.round.campaign}, {"error", MessageOf(error)}});
  return std::nullopt;
}

}  // namespace muster::coordinator
