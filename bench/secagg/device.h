#pragma once
// One device of a bench: the shipped session over the shipped vector code, with what it computed
// and what went over its wire counted.
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "aggregation/secagg/device_session.h"
#include "base/crypto.h"
#include "base/rng.h"
#include "bench/secagg/meter.h"

namespace muster::bench {

class Device {
 public:
  struct World {
    Crypto& crypto;
    SecureRng& rng;
    const aggregation::secagg::StatementCheck& check;
  };
  // All borrowed; `statement` is about the signer.
  Device(World world, std::unique_ptr<Signer> signer, Bytes statement)
      : world_(world), signer_(std::move(signer)), statement_(std::move(statement)) {}

  // AdvertiseKeys.
  Bytes Start(const aggregation::secagg::Task& task);
  // What the device sends when it is sent this: ShareKeys, Agreement or UnmaskReply.
  Bytes Answer(ByteView message);

  struct Upload {
    Bytes header;
    Bytes wire;
    std::vector<std::int32_t> integers;  // The quantised update, for the check of the sum.
  };
  Upload Mask(ByteView inbound, std::span<const float> update);

  double seconds() const { return meter_.seconds(); }  // Everything but training.
  std::uint64_t wire_bytes() const { return bytes_; }  // Both ways, but for the model.
  const SigningPublic& identity() const { return signer_->public_key(); }

 private:
  Bytes Owed();
  void Receive(ByteView message);

  World world_;
  std::unique_ptr<Signer> signer_;
  Bytes statement_;
  std::optional<aggregation::secagg::DeviceSession> session_;
  Meter meter_;
  std::uint64_t bytes_ = 0;
};  // Used from one thread at a time.

}  // namespace muster::bench
