#pragma once
// The port to whatever runs a model on rows as they come. What it gives back is foreign: numbers
// that may not be finite, from a module that may hang or crash.
#include <filesystem>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace muster::client {

// A model on disk. The same paths hold the same bytes for ever (they are blobs).
struct ModelFiles {
  std::filesystem::path module;  // TorchScript.
  std::filesystem::path params;  // safetensors.
  friend bool operator==(const ModelFiles&, const ModelFiles&) = default;
};

// Safe from any thread; one call may wait for another.
class Predictor {
 public:
  virtual ~Predictor() = default;
  //   x        examples of `width` values each, one after another; at least one.
  //   returns  what the model gives for each, as it is: in scaled units, or a log-odds.
  //   errors   FAILED_PRECONDITION (TASK_FAILED) when the model failed, took longer than `limit`,
  //   or
  //            gives anything but one number an example; UNAVAILABLE when it could not be asked at
  //            all, which says nothing of it; CANCELLED (SHUTTING_DOWN) after Stop.
  virtual StatusOr<std::vector<float>> Predict(const ModelFiles& model, std::span<const float> x,
                                               std::size_t width, Duration limit) = 0;
  // Ends a call that runs and refuses later ones. Idempotent.
  virtual void Stop() = 0;
};

}  // namespace muster::client
