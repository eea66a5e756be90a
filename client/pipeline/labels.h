#pragma once
// What was true, as people at the site said it later: labels of rows by event time. On the node's
// own disk, bounded, and never anywhere else.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/blobs.h"
#include "base/clock.h"
#include "base/status.h"

namespace muster::client {

// Safe from any thread. One file, replaced as a whole at each label: people are slow.
class Labels {
 public:
  static constexpr std::size_t kMost = 10'000;  // Then those of the oldest rows go.

  // Reads `file` of `files`. DATA_LOSS when it is not one that this wrote.
  static StatusOr<std::shared_ptr<Labels>> Open(Files& files, std::string file);

  // Durable once OK; a second label of the same row and field replaces the first. An empty field
  // stands for whichever field a model takes for its label. INVALID_ARGUMENT (PAYLOAD_INVALID) when
  // it is not finite; the errors of Files.
  Status Put(const std::string& field, Timestamp at, double value);
  // Of `field`, else of none; nullopt: nobody said.
  std::optional<double> Find(const std::string& field, Timestamp at) const;
  std::size_t size() const;
  // Another one after each change.
  std::uint64_t stamp() const;

 private:
  using Key = std::pair<Timestamp, std::string>;
  Labels(Files& files, std::string file) : files_(files), file_(std::move(file)) {}
  Status Read();
  Status Save(const std::map<Key, double>& labels) const;

  Files& files_;
  const std::string file_;
  mutable absl::Mutex mu_;
  std::map<Key, double> labels_ ABSL_GUARDED_BY(mu_);
  std::uint64_t stamp_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace muster::client
