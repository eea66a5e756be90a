#include "client/mqtt/source.h"

namespace muster::client {

StatusOr<std::unique_ptr<MqttSource>> MqttSource::Start(const std::string& node,
                                                        const MqttSourceSettings& settings,
                                                        std::filesystem::path path, Mqtt& mqtt,
                                                        const Clock& clock, Logger& log) {
  MUSTER_ASSIGN(PayloadMap map, PayloadMap::Make(settings.mapping));
  MUSTER_ASSIGN(auto file, RowFile::Open(std::move(path), map.columns(), settings.keep_rows));
  std::unique_ptr<MqttSource> source(
      new MqttSource(node, std::move(map), std::move(file), clock, log));
  MUSTER_ASSIGN(source->subscription_,
                mqtt.Subscribe(settings.topic, 1, [raw = source.get()](const MqttMessage& message) {
                  raw->Take(message);
                }));
  return source;
}

MqttSource::Counts MqttSource::counts() const {
  absl::MutexLock lock(&mu_);
  return counts_;
}

void MqttSource::Take(const MqttMessage& message) {
  if (message.retained) return;  // What the broker remembers is not what was measured now.
  const MappedPayload mapped = map_.Map(AsText(message.payload), clock_.Now());
  absl::MutexLock lock(&mu_);
  for (const Status& fault : mapped.faults) Refuse(fault);
  for (const MappedRow& row : mapped.rows) Write(row);
}

// The first of each kind is told; how many there are by then, every power of ten.
void MqttSource::Refuse(const Status& fault) {
  ++counts_.invalid;
  const std::uint64_t count = ++faults_[std::string(MessageOf(fault))];
  std::uint64_t told = 1;
  while (told < count) told *= 10;
  if (told != count) return;
  log_.Warn("mqtt_payload_invalid", {{"node", node_},
                                     {"reason", NameOf(Reason::kPAYLOAD_INVALID)},
                                     {"error", MessageOf(fault)},
                                     {"count", count}});
}

void MqttSource::Write(const MappedRow& row) {
  const StatusOr<bool> written = file_->Append(row.cells);
  if (written.ok()) {
    disk_told_ = false;
    ++(*written ? counts_.rows : counts_.duplicates);
    return;
  }
  ++counts_.unwritten;
  if (!std::exchange(disk_told_, true))
    log_.Error("mqtt_rows_not_kept", {{"node", node_}, {"error", MessageOf(written.status())}});
}

}  // namespace muster::client
