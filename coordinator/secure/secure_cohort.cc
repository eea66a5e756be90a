#include "coordinator/secure/secure_cohort.h"

#include "coordinator/training/round_work.h"

namespace muster::coordinator {

SecureCohort::Parts CutCohort(const std::vector<DeviceId>& devices, std::uint32_t most) {
  const std::size_t parts = (devices.size() + most - 1) / most;
  SecureCohort::Parts out(parts);
  for (std::size_t i = 0; i < devices.size(); ++i)
    out[i * parts / devices.size()].insert(devices[i]);
  return out;
}

StatusOr<std::shared_ptr<SecureCohort>> SecureCohort::Open(const RoundKey& round,
                                                           const SecureSubject& subject,
                                                           const SecureSpec& spec, Parts parts,
                                                           SecureRng& rng, SecureRoundPorts ports,
                                                           SecureRoundEvents& events, Ended ended) {
  std::shared_ptr<SecureCohort> cohort(new SecureCohort(round, subject, ports, std::move(ended)));
  for (std::uint32_t i = 0; i < parts.size(); ++i) {
    for (const DeviceId& device : parts[i]) cohort->part_of_.emplace(device, i);
    const auto devices = static_cast<std::uint32_t>(parts[i].size());
    const auto open = [&]() -> StatusOr<std::shared_ptr<SecureRound>> {
      MUSTER_ASSIGN(aggregation::secagg::Task task,
                    DrawTask(subject, spec, devices, rng, ports.clock.Now()));
      return SecureRound::Open({round, subject.kind, i}, {std::move(task), devices, spec.window},
                               std::move(parts[i]), subject.FormOf(i), ports, events);
    };
    StatusOr<std::shared_ptr<SecureRound>> session = open();
    Part& part = cohort->parts_.emplace_back();
    if (session.ok()) {
      part.session = *std::move(session);
      continue;
    }
    if (ReasonOf(session.status()) != Reason::kFIELD_INVALID) return session.status();
    ports.log.Warn("session_not_opened", {{"campaign", round.campaign},
                                          {"round", round.round},
                                          {"error", MessageOf(session.status())}});
    part.end =
        SecureEnd{{}, {}, Reason::kTOO_FEW_DEVICES, std::string(MessageOf(session.status()))};
  }
  return cohort;
}

std::shared_ptr<SecureRound> SecureCohort::SessionOf(const DeviceId& device) const {
  const auto part = part_of_.find(device);
  return part == part_of_.end() ? nullptr : parts_[part->second].session;
}

std::optional<Bytes> SecureCohort::TaskFor(const DeviceId& device) const {
  const std::shared_ptr<SecureRound> session = SessionOf(device);
  if (!session || !session->Invites(device)) return std::nullopt;
  return session->task();
}

void SecureCohort::Lost(const DeviceId& device) {
  if (const std::shared_ptr<SecureRound> session = SessionOf(device)) session->Lost(device);
}

void SecureCohort::Tick(Timestamp last_progress) {
  if (IsOver()) return Finish();
  for (const Part& part : parts_)
    if (!part.end) part.session->Tick(last_progress);
}

void SecureCohort::Abandon(Reason reason, const std::string& why) {
  for (const Part& part : parts_)
    if (part.session) part.session->Abandon(reason, why);
}

void SecureCohort::SendHome() {
  for (const Part& part : parts_)
    if (part.session) part.session->SendHome();
}

void SecureCohort::OnSum(std::uint32_t part, std::vector<DeviceId> survivors, std::string file) {
  EndPart(part, {std::move(survivors), std::move(file), {}, {}});
}

void SecureCohort::OnAbandoned(std::uint32_t part, Reason reason, std::string why) {
  EndPart(part, {{}, {}, reason, std::move(why)});
}

void SecureCohort::EndPart(std::uint32_t part, SecureEnd end) {
  if (part >= parts_.size()) return;
  if (!parts_[part].end) parts_[part].end = std::move(end);
  if (IsOver()) Finish();
}

bool SecureCohort::IsOver() const {
  return std::all_of(parts_.begin(), parts_.end(),
                     [](const Part& part) { return part.end.has_value(); });
}

void SecureCohort::Finish() {
  if (end_) {
    const Ended ended = ended_;  // It may drop this cohort.
    return ended(*end_);
  }
  if (adding_) return;
  SecureEnd all;
  if (parts_.empty()) all = {{}, {}, Reason::kTOO_FEW_DEVICES, "no part has enough devices"};
  std::vector<std::string> files;
  for (const Part& part : parts_) {
    if (part.end->file.empty()) {
      all.reason = part.end->reason;
      all.why = part.end->why;
      continue;
    }
    files.push_back(part.end->file);
    all.survivors.insert(all.survivors.end(), part.end->survivors.begin(),
                         part.end->survivors.end());
  }
  if (files.size() > 1) return AddSums(std::move(files), std::move(all));
  if (!files.empty()) all.file = files.front();
  end_ = std::move(all);
  Finish();
}

void SecureCohort::AddSums(std::vector<std::string> files, SecureEnd all) {
  adding_ = true;
  ports_.pool.Post([self = shared_from_this(), files = std::move(files), all]() mutable {
    const auto add = [&]() -> Status {
      std::vector<Bytes> parts;
      for (const std::string& file : files) {
        MUSTER_ASSIGN(parts.emplace_back(), self->ports_.files.Get(file));
      }
      MUSTER_ASSIGN(const Bytes sum, self->subject_.form->Add(parts));
      all.file = CheckpointName(self->round_, fmt::format("{}-all", NameOf(self->kind())));
      const ByteView bytes = sum;
      return self->ports_.files.Put(all.file, std::span(&bytes, 1));
    };
    const Status added = add();
    self->ports_.control.Post([self, added, all = std::move(all)]() mutable {
      self->adding_ = false;
      if (!added.ok())  // The next tick tries again.
        return self->ports_.log.Error(
            "sums_not_added", {{"campaign", self->round_.campaign}, {"error", MessageOf(added)}});
      self->end_ = std::move(all);
      self->Finish();
    });
  });
}

}  // namespace muster::coordinator
