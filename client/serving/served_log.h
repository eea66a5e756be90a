#pragma once
// The newest rows that a node served with a model, for the windows of fleet monitors and for what
// comes later than a prediction: its label. A port: serving writes, tasks of statistics read.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/status.h"

namespace muster::client {

struct ServedWindow {
  std::vector<std::string> fields;  // As asked.
  std::vector<double> cells;        // Row-major; NaN: null.
  std::vector<double> predictions;  // A row each: in the label's unit; of a binary label the
                                    // probability of 1. NaN: none.
  std::vector<double> labels;       // NaN: not known yet.
  std::uint64_t last = 0;           // Number of the newest row in it; 0: it is empty.
  std::size_t rows() const { return predictions.size(); }
};

// Safe from any thread.
class ServedLog {
 public:
  virtual ~ServedLog() = default;
  // The newest `most` rows served by this version that no earlier window of `monitor` had, oldest
  // first; none when it served none. FAILED_PRECONDITION (CONTRACT_MISMATCH) when a field is not of
  // the rows.
  virtual StatusOr<ServedWindow> Newest(const ModelName& model, VersionNumber version,
                                        std::string_view monitor,
                                        std::span<const std::string> fields,
                                        std::size_t most) const = 0;
  // The same rows, or older ones, are not given to `monitor` again. Durable once OK.
  virtual Status Given(std::string_view monitor, std::uint64_t last) = 0;
};

}  // namespace muster::client
