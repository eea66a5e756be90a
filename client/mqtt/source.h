#pragma once
// A node's rows out of a broker's messages: subscribes, maps, and keeps them in a file, which the
// pipeline reads. What is no row is counted by what is wrong with it and left out.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/mqtt.h"
#include "client/mqtt/payload_map.h"
#include "client/mqtt/row_file.h"

namespace muster::client {

struct MqttSourceSettings {
  std::string topic;  // A filter.
  PayloadMapping mapping;
  std::uint64_t keep_rows = 100'000;
};

// Safe from any thread; its work is done on the client's.
class MqttSource {
 public:
  struct Counts {
    std::uint64_t rows = 0;        // Written.
    std::uint64_t duplicates = 0;  // Same as the one before.
    std::uint64_t invalid = 0;     // No rows, PAYLOAD_INVALID.
    std::uint64_t unwritten = 0;   // The disk would not have them.
  };

  // `path`: the file; its folder is there. Errors of PayloadMap::Make, RowFile::Open and Subscribe.
  // The ports outlive it.
  static StatusOr<std::unique_ptr<MqttSource>> Start(const std::string& node,
                                                     const MqttSourceSettings& settings,
                                                     std::filesystem::path path, Mqtt& mqtt,
                                                     const Clock& clock, Logger& log);
  Counts counts() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  MqttSource(std::string node, PayloadMap map, std::unique_ptr<RowFile> file, const Clock& clock,
             Logger& log)
      : node_(std::move(node)),
        map_(std::move(map)),
        clock_(clock),
        log_(log),
        file_(std::move(file)) {}
  void Take(const MqttMessage& message) ABSL_LOCKS_EXCLUDED(mu_);
  void Refuse(const Status& fault) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Write(const MappedRow& row) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string node_;
  const PayloadMap map_;
  const Clock& clock_;
  Logger& log_;
  mutable absl::Mutex mu_;
  std::unique_ptr<RowFile> file_ ABSL_GUARDED_BY(mu_);
  Counts counts_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::uint64_t> faults_ ABSL_GUARDED_BY(mu_);  // By what is wrong.
  bool disk_told_ ABSL_GUARDED_BY(mu_) = false;
  std::shared_ptr<void> subscription_;  // The last member: it ends first.
};

}  // namespace muster::client
