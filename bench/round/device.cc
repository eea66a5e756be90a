#include "bench/round/device.h"

#include "bench/require.h"
#include "rpc/chunk_client_stream.h"

namespace muster::bench {
namespace {
constexpr Duration kConnectTimeout{30'000};
constexpr Duration kCheckInTimeout{90'000};
constexpr std::uint32_t kHoldMs = 30'000;
}  // namespace

Device::Device(const Endpoint& server, const rpc::TlsIdentity& identity)
    : channel_(rpc::MakeChannel(server, identity)), stub_(v1::EdgeService::NewStub(channel_)) {
  if (!channel_->WaitForConnected(std::chrono::system_clock::now() + kConnectTimeout))
    Require(Unavailable("no connection to {}", server.Text()));
}

StatusOr<v1::CheckInReply> Device::CheckIn(const v1::CheckInRequest& request) {
  return rpc::Call(*stub_, &v1::EdgeService::Stub::CheckIn, request, kCheckInTimeout);
}

StatusOr<v1::Assignment> Device::AwaitTask() {
  v1::CheckInRequest request;
  request.set_ready(true);
  request.set_hold_ms(kHoldMs);
  for (;;) {
    MUSTER_ASSIGN(const v1::CheckInReply reply, CheckIn(request));
    if (reply.has_assignment()) return reply.assignment();
  }
}

Status Device::AwaitCounted(const v1::RoundKey& round) {
  v1::CheckInRequest request;
  request.set_hold_ms(kHoldMs);
  *request.mutable_held() = round;
  for (;;) {
    MUSTER_ASSIGN(const v1::CheckInReply reply, CheckIn(request));
    switch (reply.held()) {
      case v1::CheckInReply::WAIT: continue;
      case v1::CheckInReply::COUNTED:
      case v1::CheckInReply::CLOSED: return Ok();  // The round may be over before we ask.
      default: return Internal("an update of round {} was not kept", round.round());
    }
  }
}

Status Device::Download(const std::string& digest, std::uint64_t bytes) {
  v1::DownloadRequest request;
  request.set_digest(digest);
  grpc::ClientContext context;
  MUSTER_ASSIGN(const std::uint64_t end,
                rpc::Download(channel_, rpc::kEdgeDownload, request, context,
                              [](std::uint64_t, const rpc::ChunkData&) { return Ok(); }));
  if (end != bytes) return DataLoss("{} of {} bytes came", end, bytes);
  return Ok();
}

Status Device::Upload(const v1::RoundKey& round, ByteView file) {
  grpc::ClientContext context;
  context.AddMetadata("muster-campaign", round.campaign());
  context.AddMetadata("muster-round", fmt::format("{}", round.round()));
  context.AddMetadata("muster-attempt", fmt::format("{}", round.attempt()));
  context.AddMetadata("muster-examples", "100");
  return rpc::Upload(channel_, rpc::kEdgeUpload, rpc::MemoryBlob(file), 0, context).status();
}

}  // namespace muster::bench
