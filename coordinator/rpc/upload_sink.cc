#include "coordinator/rpc/upload_sink.h"

#include <cstring>

#include "muster/v1/edge.pb.h"

namespace muster::coordinator {
namespace {
constexpr char kKindKey[] = "muster-kind";          // Which session of the round; train.
constexpr char kRowsKey[] = "muster-rows";          // ParseRowTotals; of a plain update.
constexpr char kHeaderKey[] = "muster-header-bin";  // MaskedHeader, encoded.

StatusOr<TaskKind> KindOf(const grpc::ServerContextBase& context) {
  if (context.client_metadata().count(kKindKey) == 0) return TaskKind::kTrain;
  MUSTER_ASSIGN(const std::string name, rpc::MetadataText(context, kKindKey));
  if (const auto kind = ParseTaskKind(name)) return *kind;
  return InvalidField(kKindKey, "'{}' is not train, evaluate or statistics", name);
}

class UploadSink final : public rpc::ChunkSink {
 public:
  UploadSink(Coordinator& coordinator, UploadTarget target)
      : coordinator_(coordinator),
        target_(std::move(target)),
        buffer_(std::make_shared<std::shared_ptr<UploadBuffer>>()) {}

  void Start(std::function<void(StatusOr<rpc::UploadRange>)> admitted) override {
    begun_ = true;
    // The buffer is handed over before `admitted` lets the first Take come.
    auto take = [buffer = buffer_, total = target_.total, admitted = std::move(admitted)](
                    StatusOr<std::shared_ptr<UploadBuffer>> admission) {
      if (!admission.ok()) return admitted(admission.status());
      *buffer = *std::move(admission);
      admitted(rpc::UploadRange{(*buffer)->received, total});
    };
    if (target_.header.empty())
      return coordinator_.BeginUpload(target_.device, target_.round, target_.total,
                                      std::move(take));
    coordinator_.BeginMaskedUpload(target_.device, target_.round, target_.kind, target_.total,
                                   std::move(take));
  }

  bool TakeBlocks() const override { return false; }  // A copy; the rest is posted.

  Status Take(std::uint64_t offset, const rpc::ChunkData& data) override {
    std::byte* out = (*buffer_)->bytes.data() + offset;
    for (const ByteView part : data.parts()) {
      std::memcpy(out, part.data(), part.size());
      out += part.size();
    }
    return coordinator_.UploadProgress(target_.device, target_.round, *buffer_,
                                       offset + data.size());
  }

  void Finish(std::function<void(StatusOr<std::string>)> done) override {
    auto answer = [done = std::move(done)](StatusOr<bool> received) {
      if (!received.ok()) return done(received.status());
      done(v1::UploadReply().SerializeAsString());
    };
    if (target_.header.empty())
      return coordinator_.FinishUpload(target_.device, target_.round, target_.examples,
                                       target_.rows, std::move(answer));
    coordinator_.FinishMaskedUpload(target_.device, target_.round, target_.kind, target_.header,
                                    std::move(answer));
  }

  void Broken(const Status&) override {
    // Another stream's upload is not ours to pause: only one that was let in is.
    if (begun_ && *buffer_) coordinator_.PauseUpload(target_.device, target_.round, *buffer_);
  }

 private:
  Coordinator& coordinator_;
  const UploadTarget target_;
  const std::shared_ptr<std::shared_ptr<UploadBuffer>> buffer_;
  bool begun_ = false;
};
}  // namespace

StatusOr<UploadTarget> TargetOf(const grpc::ServerContextBase& context, const Caller& caller) {
  UploadTarget target;
  target.device = DeviceId(caller.name);
  MUSTER_ASSIGN(const std::string campaign, rpc::MetadataText(context, "muster-campaign"));
  MUSTER_ASSIGN(const std::uint64_t round, rpc::MetadataNumber(context, "muster-round"));
  MUSTER_ASSIGN(const std::uint64_t attempt, rpc::MetadataNumber(context, "muster-attempt"));
  target.round = {CampaignName(campaign), RoundNumber(round), static_cast<std::uint32_t>(attempt)};
  MUSTER_ASSIGN(target.total, rpc::MetadataNumber(context, rpc::kBytesKey));
  MUSTER_ASSIGN(target.examples, rpc::MetadataNumber(context, "muster-examples"));
  if (context.client_metadata().count(kHeaderKey) > 0) {
    MUSTER_ASSIGN(const std::string header, rpc::MetadataText(context, kHeaderKey));
    target.header.assign(AsBytes(header).begin(), AsBytes(header).end());
    MUSTER_ASSIGN(target.kind, KindOf(context));
  } else if (context.client_metadata().count(kRowsKey) > 0) {
    MUSTER_ASSIGN(const std::string rows, rpc::MetadataText(context, kRowsKey));
    MUSTER_ASSIGN(target.rows, ParseRowTotals(rows));
  }
  return target;
}

std::unique_ptr<rpc::ChunkSink> MakeUploadSink(Coordinator& coordinator, UploadTarget target) {
  return std::make_unique<UploadSink>(coordinator, std::move(target));
}

}  // namespace muster::coordinator
