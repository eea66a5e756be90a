#pragma once
// The update that a node keeps until the coordinator says that it counts (or never will): on disk
// before the first byte of it is sent, so that a crash costs neither the update nor a second
// training.
#include <optional>
#include <string>

#include "base/blobs.h"
#include "base/ids.h"
#include "base/status.h"
#include "client/pipeline/row_sieve.h"

namespace muster::client {

struct HeldUpdate {
  RoundKey round;
  std::uint64_t examples = 0;  // As clamped to the round's cap.
  double loss = 0;
  Bytes file;  // The update as a safetensors file, exactly as it goes up.
  std::optional<RowQuality> quality = {};  // Of the rows behind it; not kept on disk.
};

// One file of a node's state. Safe from any thread; one call at a time.
class HeldStore {
 public:
  HeldStore(Files& files, std::string name) : files_(files), name_(std::move(name)) {}
  // Replaces what is held. RESOURCE_EXHAUSTED (DISK_FULL), FAILED_PRECONDITION (READ_ONLY).
  Status Save(const HeldUpdate& held);
  // nullopt when nothing is held; DATA_LOSS when the disk gives back other bytes than were saved.
  StatusOr<std::optional<HeldUpdate>> Load();
  Status Remove();

 private:
  Files& files_;
  const std::string name_;
};

}  // namespace muster::client
