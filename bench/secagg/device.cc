#include "bench/secagg/device.h"

#include <variant>

#include "bench/require.h"
#include "bench/secagg/setting.h"
#include "client/secure/vector.h"

namespace muster::bench {
namespace secagg = aggregation::secagg;

Bytes Device::Start(const secagg::Task& task) {
  const secagg::LocalFloor floor{.allow_curious = true};
  meter_.Run([&] {
    session_.emplace(Require(secagg::DeviceSession::Start(
        task, floor, statement_, {world_.crypto, *signer_, world_.rng, world_.check}, kStart)));
  });
  return Owed();
}

Bytes Device::Answer(ByteView message) {
  Receive(message);
  return Owed();
}

Device::Upload Device::Mask(ByteView inbound, std::span<const float> update) {
  Receive(inbound);
  Upload out;
  secagg::LaneVector vector = meter_.Run([&] {
    return Require(
        client::QuantisedUpdate(session_->task(), update, kWeight, world_.crypto, world_.rng));
  });
  out.integers.resize(update.size());
  Require(vector.Sums(0, 0, 1, out.integers));
  meter_.Run([&] {
    const auto& masking = std::get<secagg::Masking>(session_->state());
    out.wire = Require(client::MaskedWire(std::move(vector), masking.seeds, world_.crypto));
    Require(session_->Handle(secagg::VectorMasked{}, kStart));
  });
  bytes_ += out.wire.size();
  out.header = Owed();
  return out;
}

void Device::Receive(ByteView message) {
  bytes_ += message.size();
  meter_.Run(
      [&] { Require(session_->Handle(Require(secagg::ParseDeviceEvent(message)), kStart)); });
}

Bytes Device::Owed() {
  Bytes out;
  meter_.Run([&] {
    for (const secagg::DeviceEffect& effect : session_->Pending()) {
      if (const auto* send = std::get_if<secagg::SendToServer>(&effect)) out = send->message;
      if (const auto* upload = std::get_if<secagg::UploadMasked>(&effect)) out = upload->header;
    }
  });
  bytes_ += out.size();
  return out;
}

}  // namespace muster::bench
