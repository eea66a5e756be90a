#include "client/telemetry/telemetry_session.h"

#include <algorithm>
#include <utility>

namespace muster::client {
namespace {
// What a batch holds of each class, at most: nobody can acknowledge more of it.
std::map<TelemetryClass, std::uint64_t> HighestOf(const TelemetryBatch& batch) {
  std::map<TelemetryClass, std::uint64_t> out;
  for (const TelemetryRecord& record : batch.records)
    out[record.cls] = std::max(out[record.cls], record.sequence);
  return out;
}

bool Holds(const TelemetryBatch& batch, const TelemetryAck::Refused& refused) {
  return std::ranges::any_of(batch.records, [&](const TelemetryRecord& record) {
    return record.cls == refused.cls && record.sequence == refused.sequence;
  });
}
}  // namespace

std::shared_ptr<TelemetrySession> TelemetrySession::Make(
    DeviceName node, const TelemetryWorld& world, std::shared_ptr<TelemetrySpool> spool,
    std::shared_ptr<TelemetryTransport> transport) {
  return std::shared_ptr<TelemetrySession>(
      new TelemetrySession(std::move(node), world, std::move(spool), std::move(transport)));
}

TelemetrySession::TelemetrySession(DeviceName node, const TelemetryWorld& world,
                                   std::shared_ptr<TelemetrySpool> spool,
                                   std::shared_ptr<TelemetryTransport> transport)
    : Stepwise(world.clock, world.strand),
      node_(std::move(node)),
      world_(world),
      spool_(std::move(spool)),
      transport_(std::move(transport)),
      backoff_(world.rng) {}

void TelemetrySession::Start() {
  spool_->OnAdded([weak = weak_from_this(), &strand = world_.strand] {
    strand.Post([weak] {
      if (const auto self = weak.lock()) self->Wake();
    });
  });
  Look();
}

void TelemetrySession::Stop() {
  StopSteps();
  idle_ = false;
  spool_->OnAdded(nullptr);
}

void TelemetrySession::Wake() {
  if (std::exchange(idle_, false)) Look();
}

void TelemetrySession::Look() {
  StatusOr<TelemetryBatch> batch = spool_->Next();
  if (!batch.ok()) {
    world_.log.Warn("telemetry_unreadable",
                    {{"node", node_}, {"error", MessageOf(batch.status())}});
    return After(backoff_.Next(), [](TelemetrySession& self) { self.Look(); });
  }
  idle_ = batch->records.empty();
  if (idle_) return;
  batch_ = *std::move(batch);
  Send();
}

void TelemetrySession::Send() {
  transport_->Send(*batch_, Then([](TelemetrySession& self, const StatusOr<TelemetryAck>& answer) {
    self.OnAnswer(answer);
  }));
}

void TelemetrySession::OnAnswer(const StatusOr<TelemetryAck>& answer) {
  if (!answer.ok()) return Again("telemetry_not_sent", answer.status());
  if (!Believe(*answer))
    return Again("telemetry_not_taken", Unavailable("the coordinator took none of it"));
  if (std::exchange(failing_, false)) world_.log.Info("telemetry_sent", {{"node", node_}});
  backoff_.Reset();
  batch_.reset();
  Look();
}

// Said once, until something goes through again.
void TelemetrySession::Again(std::string_view event, const Status& why) {
  const Duration wait = backoff_.Next();
  world_.log.Write(std::exchange(failing_, true) ? LogLevel::kDebug : LogLevel::kWarn, event,
                   {{"node", node_}, {"error", MessageOf(why)}, {"retry_ms", wait.count()}});
  After(wait, [](TelemetrySession& self) { self.Send(); });
}

// Whether anything of the batch is done with.
bool TelemetrySession::Believe(const TelemetryAck& ack) {
  std::map<TelemetryClass, std::uint64_t> through;
  for (const auto& [cls, highest] : HighestOf(*batch_))
    if (const auto it = ack.through.find(cls); it != ack.through.end())
      through[cls] = std::min(it->second, highest);
  for (const TelemetryAck::Refused& refused : ack.refused)
    if (Holds(*batch_, refused))
      world_.log.Warn("telemetry_refused", {{"node", node_},
                                            {"class", NameOf(refused.cls)},
                                            {"sequence", refused.sequence},
                                            {"reason", refused.reason}});
  const auto moves = [&](const TelemetryRecord& record) {
    const auto it = through.find(record.cls);
    return it != through.end() && it->second >= record.sequence;
  };
  if (const Status saved = spool_->Acknowledge(through); !saved.ok())
    world_.log.Warn("telemetry_mark_not_written", {{"node", node_}, {"error", MessageOf(saved)}});
  return std::ranges::any_of(batch_->records, moves);
}

}  // namespace muster::client
