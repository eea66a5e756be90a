#pragma once
// The two files of a prediction: examples there, outputs back. Scratch; nothing here is durable.
#include <filesystem>
#include <span>
#include <vector>

#include "base/status.h"

namespace muster::client {

struct Examples {
  std::size_t width = 0;
  std::vector<float> x;  // [n, width]
};

// "x" [n, width] as F32. Errors as WriteFileBytes.
Status WriteExamples(std::span<const float> x, std::size_t width,
                     const std::filesystem::path& path);
// INVALID_ARGUMENT (DATA_UNREADABLE) when the file is not one that WriteExamples could have
// written.
StatusOr<Examples> ReadExamples(const std::filesystem::path& path);

// "y" [n, outputs] as F32, whatever the numbers are.
Status WriteOutputs(std::span<const float> y, std::size_t outputs,
                    const std::filesystem::path& path);
// One number for each of `examples`, from a worker that is trusted in nothing: FAILED_PRECONDITION
// (TASK_FAILED) when the file holds anything else.
StatusOr<std::vector<float>> ReadOutputs(const std::filesystem::path& path, std::size_t examples);

}  // namespace muster::client
