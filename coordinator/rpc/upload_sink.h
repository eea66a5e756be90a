#pragma once
// One device's upload on its way from the stream into its buffer.
#include "coordinator/runner/coordinator.h"
#include "rpc/chunk_server_stream.h"

namespace muster::coordinator {

struct UploadTarget {
  DeviceId device;
  RoundKey round;
  std::uint64_t total = 0;           // Of the whole file.
  std::uint64_t examples = 0;        // As the device claims; screened with the update.
  Bytes header;                      // Of a masked vector; empty: a plain update.
  TaskKind kind = TaskKind::kTrain;  // Which session of the round takes it.
  std::optional<RowTotals> rows;     // Behind a plain update, if the device says.
};

// Reads the call's metadata: muster-campaign, -round, -attempt, -bytes, -examples, -rows,
// -kind, -header-bin.
StatusOr<UploadTarget> TargetOf(const grpc::ServerContextBase& context, const Caller& caller);

std::unique_ptr<rpc::ChunkSink> MakeUploadSink(Coordinator& coordinator, UploadTarget target);

}  // namespace muster::coordinator
