#pragma once
// Where what people at the site say arrives, whichever way it came: the command line, the local
// HTTP call, MQTT. A label goes to the node's labels and no further; the verdict is told as
// telemetry.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/blobs.h"
#include "base/rng.h"
#include "client/pipeline/labels.h"
#include "client/telemetry/spool.h"

namespace muster::client {

// Safe from any thread.
class FeedbackDesk {
 public:
  struct Serves {
    ModelName model = {};
    VersionNumber version = {};  // 0: not known.
  };
  struct Answer {
    std::string id;     // As asked, or drawn.
    bool taken = true;  // False: it was said before.
  };
  static constexpr std::size_t kRemembered = 1024;  // Ids of a node.

  FeedbackDesk(Files& files, const Clock& clock, SecureRng& rng, Logger& log)
      : files_(files), clock_(clock), rng_(rng), log_(log) {}

  // Before the first Submit. What it remembers is read from the disk.
  Status AddNode(const DeviceName& node, std::shared_ptr<TelemetrySpool> spool,
                 std::shared_ptr<Labels> labels);
  // What a node serves at the time; asked at each Submit, under the desk's lock.
  void SetServes(const DeviceName& node, std::function<Serves()> serves);

  // Durable once it returned. The same id again says nothing new, and is an answer all the same.
  //   errors  INVALID_ARGUMENT (PAYLOAD_INVALID); NOT_FOUND (RESOURCE_NOT_FOUND) when there is no
  //           such node, or several and none was named; those of TelemetrySpool::Add and Labels.
  StatusOr<Answer> Submit(const DeviceName& node, Feedback feedback);

 private:
  struct Node {
    std::shared_ptr<TelemetrySpool> spool;
    std::shared_ptr<Labels> labels;
    std::function<Serves()> serves;  // Null: nothing.
    std::deque<std::string> said;    // Oldest first.
  };
  StatusOr<std::pair<const DeviceName, Node>*> Find(const DeviceName& name)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Status Recall(const DeviceName& name, Node& node);
  void Remember(const DeviceName& name, Node& node, const std::string& id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::string DrawId();

  Files& files_;
  const Clock& clock_;
  SecureRng& rng_;
  Logger& log_;
  absl::Mutex mu_;
  std::map<DeviceName, Node> nodes_ ABSL_GUARDED_BY(mu_);
};

}  // namespace muster::client
