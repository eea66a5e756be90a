#include "client/secure/secure_upload.h"

#include <algorithm>

#include "base/strong.h"
#include "client/session/rules.h"

namespace muster::client {
namespace {
namespace secagg = aggregation::secagg;
// A coordinator that answers "nothing yet" at once, for ever, is not asked as fast as the line
// allows.
constexpr Duration kLeastRest = std::chrono::milliseconds(10);
}  // namespace

std::shared_ptr<SecureUpload> SecureUpload::Make(const SecureUploadConfig& config,
                                                 const SecureUploadWorld& world,
                                                 std::shared_ptr<CoordinatorLink> link,
                                                 std::unique_ptr<Contribution> contribution) {
  return std::shared_ptr<SecureUpload>(
      new SecureUpload(config, world, std::move(link), std::move(contribution)));
}

SecureUpload::SecureUpload(const SecureUploadConfig& config, const SecureUploadWorld& world,
                           std::shared_ptr<CoordinatorLink> link,
                           std::unique_ptr<Contribution> contribution)
    : Stepwise(world.clock, world.strand),
      config_(config),
      world_(world),
      link_(std::move(link)),
      contribution_(std::move(contribution)),
      backoff_(world.rng) {}

void SecureUpload::Start(SecureInput input, Done done) {
  done_ = std::move(done);
  const auto shared = std::make_shared<const SecureInput>(std::move(input));
  OnTasks([shared, floor = config_.floor](Contribution& c,
                                          Timestamp now) { return c.Begin(*shared, floor, now); },
          [](SecureUpload& self) { self.Drive(); });
}

void SecureUpload::OnTasks(Work work, std::function<void(SecureUpload&)> next) {
  const auto done = Then([next = std::move(next)](SecureUpload& self, const Status& status) {
    if (!status.ok()) return self.End(status);
    next(self);
  });
  world_.tasks.Post([weak = weak_from_this(), contribution = contribution_, clock = &world_.clock,
                     work = std::move(work), done] {
    if (!weak.expired()) done(work(*contribution, clock->Now()));
  });
}

void SecureUpload::Drive() {
  if (config_.silent_at && step_ >= *config_.silent_at) return End("DRILL");
  if (world_.clock.Now() >= contribution_->expiry())
    return End(
        WithReason(FailedPrecondition("the secure round has expired"), Reason::kROUND_CLOSED));
  std::visit(Overloaded{[this](const secagg::SendToServer& send) { Ask(send.message); },
                        [this](const secagg::MaskVector&) {
                          OnTasks([](Contribution& c, Timestamp now) { return c.Mask(now); },
                                  [](SecureUpload& self) { self.Drive(); });
                        },
                        [this](const secagg::UploadMasked& upload) {
                          if (!uploaded_) return Upload(upload.header);
                          Ask({});
                        }},
             contribution_->Owed());
}

// The exchange.

void SecureUpload::Ask(Bytes message) {
  if (delivered_ && !contribution_->Answered()) message.clear();
  link_->Secure(
      {contribution_->round(), contribution_->kind(), std::move(message), seen_, config_.hold},
      Then([](SecureUpload& self, StatusOr<SecureAnswer> answer) {
        self.OnAnswer(std::move(answer));
      }));
}

void SecureUpload::OnAnswer(StatusOr<SecureAnswer> answer) {
  if (!answer.ok()) {
    // Whatever it had in memory only may be gone.
    delivered_ = uploaded_ = false;
    if (JudgeReportError(answer.status()) == ErrorVerdict::kGiveUp) return End(answer.status());
    return Retry(answer.status());
  }
  backoff_.Reset();
  delivered_ = true;
  if (answer->over) return End(std::move(answer->why));
  if (answer->message.empty()) return After(kLeastRest, [](SecureUpload& self) { self.Drive(); });
  Take(std::move(answer->message));
}

void SecureUpload::Take(Bytes message) {
  const auto shared = std::make_shared<const Bytes>(std::move(message));
  const auto digest = std::make_shared<Digest>();
  OnTasks(
      [shared, digest](Contribution& c, Timestamp now) {
        *digest = c.DigestOf(*shared);
        return c.Handle(*shared, now);
      },
      [digest](SecureUpload& self) {
        // The same message again, from one that overlooked `seen`, costs a rest and nothing else.
        const bool again = self.seen_ == *digest;
        self.seen_ = *digest;
        if (again) return self.After(kLeastRest, [](SecureUpload& me) { me.Drive(); });
        self.delivered_ = false;
        if (self.step_ < SecureStep::kReply) self.NextStep();
        self.Drive();
      });
}

// The vector's way up.

void SecureUpload::Upload(const Bytes& header) {
  if (!begun_) return UploadFrom(header, 0);
  const std::uint64_t total = contribution_->wire()->size();
  link_->UploadOffset(
      contribution_->round(), total,
      Then([header, total](SecureUpload& self, const StatusOr<std::uint64_t>& offset) {
        if (!offset.ok()) return self.OnUploaded(offset.status());
        if (*offset >= total) return self.OnUploaded(Ok());
        self.UploadFrom(header, *offset);
      }));
}

void SecureUpload::UploadFrom(const Bytes& header, std::uint64_t offset) {
  const std::shared_ptr<const Bytes>& wire = contribution_->wire();
  if (const Status paid = world_.budget.Take(wire->size() - offset); !paid.ok())
    return ReasonOf(paid) == Reason::kPOLICY_BYTES ? End(paid) : Retry(paid);
  begun_ = true;
  // No count of examples and no loss: what the coordinator may know of them is in the sum.
  link_->Upload({.round = contribution_->round(),
                 .file = wire,
                 .offset = offset,
                 .header = header,
                 .kind = contribution_->kind()},
                Then([](SecureUpload& self, const Status& status) { self.OnUploaded(status); }));
}

void SecureUpload::OnUploaded(const Status& status) {
  if (status.ok() || ReasonOf(status) == Reason::kALREADY_COUNTED) {
    uploaded_ = true;
    backoff_.Reset();
    world_.log.Info("masked_update_received",
                    {{"node", config_.name}, {"round", Text(contribution_->round())}});
    return Drive();
  }
  if (JudgeUploadError(status) == ErrorVerdict::kGiveUp) return End(status);
  if (JudgeFetchError(status) == ErrorVerdict::kRetry) return Retry(status);
  // The round takes no vector any more: the session's next message says why.
  After(backoff_.Next(), [](SecureUpload& self) { self.Ask({}); });
}

void SecureUpload::Retry(const Status& error) {
  const Duration wait = backoff_.Next();
  world_.log.Warn("secure_step_failed", {{"node", config_.name},
                                         {"round", Text(contribution_->round())},
                                         {"error", MessageOf(error)},
                                         {"retry_ms", wait.count()}});
  After(wait, [](SecureUpload& self) { self.Drive(); });
}

void SecureUpload::End(StatusOr<std::string> why) {
  if (const Done done = std::exchange(done_, nullptr)) done(std::move(why));
}

}  // namespace muster::client
