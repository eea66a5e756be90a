// A session after its task: the update's way up, until it is let go, and reports.
#include <algorithm>

#include "client/pipeline/one_line.h"
#include "client/session/rules.h"
#include "client/session/session.h"

namespace muster::client {

// Of a coordinator that keeps losing what it received, we must not be the flood.
void NodeSession::SendAgain() {
  resend_ = true;
  if (!held_->received) return Upload();
  After(transfer_.Next(), [](NodeSession& self) { self.Upload(); });
}

void NodeSession::Upload() {
  if (LooksFirst([](NodeSession& self) { self.Upload(); })) return;
  const StatusOr<std::shared_ptr<const Bytes>> file = HeldFile();
  if (!file.ok()) {
    const RoundKey round = held_->round;
    LetGo("lost");
    return ReportFailure(
        {round, TaskKind::kTrain, FailureReason(file.status()), Detail(file.status())});
  }
  held_->file = *file;
  if (held_->fresh) return UploadFrom(0);
  link_->UploadOffset(held_->round, held_->file->size(),
                      Then([](NodeSession& self, StatusOr<std::uint64_t> offset) {
                        self.OnUploadOffset(std::move(offset));
                      }));
}

StatusOr<std::shared_ptr<const Bytes>> NodeSession::HeldFile() {
  if (held_->file) return held_->file;
  MUSTER_ASSIGN(std::optional<HeldUpdate> found, store_->Load());
  if (!found || found->round != held_->round) return DataLoss("the held update is gone from disk");
  return std::make_shared<const Bytes>(std::move(found->file));
}

void NodeSession::OnUploadOffset(StatusOr<std::uint64_t> offset) {
  if (!offset.ok()) return OnUploaded(offset.status());
  const std::uint64_t total = held_->file->size();
  // It has all of it. Unless it said otherwise before, there is nothing to send; if it did, the
  // end of the upload got lost, and goes again without a byte.
  if (*offset >= total && !resend_) return OnUploaded(Ok());
  UploadFrom(std::min(*offset, total));
}

void NodeSession::UploadFrom(std::uint64_t offset) {
  if (const Status paid = world_.budget.Take(held_->file->size() - offset); !paid.ok()) {
    if (ReasonOf(paid) != Reason::kPOLICY_BYTES) return OnUploaded(paid);
    const RoundKey round = held_->round;
    LetGo("policy");
    return ReportFailure({round, TaskKind::kTrain, FailureReason(paid), Detail(paid)});
  }
  held_->fresh = false;
  link_->Upload({.round = held_->round,
                 .examples = held_->examples,
                 .loss = held_->loss,
                 .file = held_->file,
                 .offset = offset,
                 .quality = held_->quality},
                Then([](NodeSession& self, const Status& status) { self.OnUploaded(status); }));
}

void NodeSession::OnUploaded(const Status& status) {
  if (status.ok() || ReasonOf(status) == Reason::kALREADY_COUNTED) {
    held_->received = true;
    resend_ = false;
    held_->file.reset();  // It lies on disk; memory is for what moves.
    world_.log.Info("update_received", {{"node", config_.name}, {"round", Text(held_->round)}});
    return CheckIn();
  }
  if (JudgeUploadError(status) == ErrorVerdict::kGiveUp) {
    LetGo(NameOf(FailureReason(status)));
    return CheckInAfter(Backoff::kFirst);
  }
  Doubt();
  const Duration wait = transfer_.Next();
  world_.log.Warn("upload_failed", {{"node", config_.name},
                                    {"round", Text(held_->round)},
                                    {"error", MessageOf(status)},
                                    {"retry_ms", wait.count()}});
  CheckInAfter(wait);
}

void NodeSession::LetGo(std::string_view why) {
  world_.log.Info("update_let_go",
                  {{"node", config_.name}, {"round", Text(held_->round)}, {"why", why}});
  DropHeldFile();
  held_.reset();
  resend_ = false;
  transfer_.Reset();
}

// A file that stays behind is harmless: the next start asks about it and learns that it is over.
void NodeSession::DropHeldFile() {
  if (const Status removed = store_->Remove(); !removed.ok())
    world_.log.Error("held_update_not_removed",
                     {{"node", config_.name}, {"error", MessageOf(removed)}});
}

// Reports.

void NodeSession::ReportEvaluation(const RoundKey& round, const EvaluationReport& report) {
  if (LooksFirst([round, report](NodeSession& self) { self.ReportEvaluation(round, report); }))
    return;
  link_->ReportEvaluation(
      round, report.examples, report.sums_micro,
      Then([round, report](NodeSession& self, const Status& status) {
        if (status.ok() || JudgeReportError(status) == ErrorVerdict::kGiveUp) {
          self.world_.log.Info("evaluated", {{"node", self.config_.name},
                                             {"round", Text(round)},
                                             {"accepted", status.ok() ? "yes" : "no"}});
          return self.CheckIn();
        }
        self.After(self.contact_.Next(),
                   [round, report](NodeSession& me) { me.ReportEvaluation(round, report); });
      }));
}

void NodeSession::ReportFailure(const Failure& failure) {
  world_.log.Warn("task_failed", {{"node", config_.name},
                                  {"round", Text(failure.round)},
                                  {"reason", NameOf(failure.reason)},
                                  {"error", failure.detail}});
  SendFailure(failure);
}

void NodeSession::SendFailure(const Failure& failure) {
  link_->ReportFailure(failure.round, failure.reason, failure.detail,
                       Then([failure](NodeSession& self, const Status& status) {
                         if (status.ok() || JudgeReportError(status) == ErrorVerdict::kGiveUp)
                           return self.RestAfterFailure(failure);
                         self.After(self.contact_.Next(),
                                    [failure](NodeSession& me) { me.SendFailure(failure); });
                       }));
}

// A coordinator that asks again for what this node refuses would hear the same as fast as the line
// allows.
void NodeSession::RestAfterFailure(const Failure& failure) {
  if (!failed_ || failed_->round != failure.round) again_.Reset();
  failed_ = failure;
  CheckInAfter(again_.Next());
}

}  // namespace muster::client
