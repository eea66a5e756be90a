#pragma once
// From settings to the sinks that predictions go to.
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/subprocess.h"
#include "client/app/settings.h"
#include "client/serving/sink.h"

namespace muster::client {

// What sinks are made with. `launcher` and `clock` outlive them.
struct SinkWorld {
  SubprocessLauncher& launcher;
  const Clock& clock;
  // Null: there is no broker.
  std::function<StatusOr<std::unique_ptr<PredictionSink>>(const MqttSinkSettings&)> mqtt = nullptr;
};

// FAILED_PRECONDITION (FIELD_INVALID) for a sink over MQTT without a broker.
StatusOr<std::unique_ptr<PredictionSink>> MakeSink(const SinkSettings& settings,
                                                   const SinkWorld& world);

}  // namespace muster::client
