#include "client/app/make_sink.h"

#include "base/strong.h"
#include "client/serving/sinks.h"

namespace muster::client {
namespace {
using Made = StatusOr<std::unique_ptr<PredictionSink>>;
}  // namespace

Made MakeSink(const SinkSettings& settings, const SinkWorld& world) {
  return std::visit(
      Overloaded{[](const FileSinkSettings& file) -> Made {
                   return std::make_unique<FileSink>(
                       file.path, file.most_bytes > 0 ? file.most_bytes : FileSink::kDefaultBytes);
                 },
                 [&world](const ExecSinkSettings& exec) -> Made {
                   return std::make_unique<ExecSink>(
                       ExecSink::Config{.command = exec.command, .limit = exec.time_limit},
                       world.launcher, world.clock);
                 },
                 [&world](const MqttSinkSettings& mqtt) -> Made {
                   if (world.mqtt) return world.mqtt(mqtt);
                   return WithReason(
                       FailedPrecondition("the sink to topic {} needs `mqtt.broker`", mqtt.topic),
                       Reason::kFIELD_INVALID);
                 }},
      settings);
}

}  // namespace muster::client
