#pragma once
// The newest rows that a node served, on disk: a ring of whole segments, each a small file that is
// replaced as a whole. What was appended is durable once Flush returned; what a crash took with it
// is appended again under the same numbers, since the state that says how far the stream was read
// is saved after it.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/blobs.h"
#include "base/clock.h"
#include "base/ids.h"
#include "client/serving/row_windows.h"
#include "client/serving/served_log.h"

namespace muster::client {

struct ServedRowsLimits {
  std::size_t most = 8192;    // Rows kept, at least; a segment more at most.
  std::size_t segment = 512;  // Rows of a file.
};

class ServedRows final : public ServedLog {
 public:
  struct Kept {
    VersionNumber version;
    std::optional<Timestamp> time;
    std::vector<double> cells;  // Of the fields; NaN: null.
    double prediction = 0;      // NaN: none.
    double label = 0;           // NaN: not known when it was served.
  };
  // Of whom the rows are.
  struct Kind {
    ModelName model;
    std::vector<std::string> fields;
    std::string label;          // The label's field,
    std::optional<double> cap;  // and what larger ones count as.
    friend bool operator==(const Kind&, const Kind&) = default;
  };

  //   prefix  of the names in `files`: "nodes/engine-1/serving".
  //   labels  asked when a window is taken, for rows whose label was not known; null: nobody is.
  ServedRows(Files& files, std::string prefix, ServedRowsLimits limits = {},
             LabelOf labels = nullptr)
      : files_(files), prefix_(std::move(prefix)), limits_(limits), labels_(std::move(labels)) {}

  // Takes up what is on disk of rows up to number `last`, which the state says were served; later
  // ones are forgotten. A file that cannot be read costs its rows; how many files did.
  StatusOr<std::size_t> Load(std::uint64_t last);
  // Rows of this kind follow: others are forgotten. Numbers go on.
  void Begin(Kind kind);
  // The next row's number is one more than the last.
  void Append(Kept row);
  std::uint64_t last() const;
  // Writes what is new.
  Status Flush();

  StatusOr<ServedWindow> Newest(const ModelName& model, VersionNumber version,
                                std::string_view monitor, std::span<const std::string> fields,
                                std::size_t most) const override;
  Status Given(std::string_view monitor, std::uint64_t last) override;

 private:
  struct Segment {
    std::uint64_t first = 0;  // Number of its first row.
    std::vector<Kept> rows;
    bool written = false;  // As it is.
  };
  std::string NameOf(std::uint64_t first) const;
  StatusOr<Segment> ReadSegment(std::uint64_t first, std::uint64_t last)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Status WriteSegment(const Segment& segment) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  double LabelNow(const Kept& row) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Drop() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  Files& files_;
  const std::string prefix_;
  const ServedRowsLimits limits_;
  const LabelOf labels_;
  mutable absl::Mutex mu_;
  Kind kind_ ABSL_GUARDED_BY(mu_);
  std::deque<Segment> segments_ ABSL_GUARDED_BY(mu_);
  std::vector<std::uint64_t> dropped_ ABSL_GUARDED_BY(mu_);  // Files to be removed.
  std::uint64_t last_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<std::string, std::uint64_t, std::less<>> given_ ABSL_GUARDED_BY(mu_);
};

}  // namespace muster::client
