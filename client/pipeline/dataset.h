#pragma once
// Examples ready to train on, and their file form for trainers: safetensors with two F32 tensors,
// "x" [n, inputs] and "y" [n, outputs].
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/status.h"

namespace muster::client {

struct Dataset {
  std::uint64_t examples = 0;
  std::uint64_t inputs = 0;
  std::uint64_t outputs = 1;
  std::vector<float> x;  // [examples, inputs], finite.
  std::vector<float> y;  // [examples, outputs], finite.
};

// RESOURCE_EXHAUSTED (DISK_FULL), FAILED_PRECONDITION (READ_ONLY) or UNAVAILABLE.
Status WriteDataset(const Dataset& dataset, const std::filesystem::path& path);

// INVALID_ARGUMENT with DATA_UNREADABLE when the file is not one that WriteDataset could have
// written, DATA_EMPTY when it holds no example.
StatusOr<Dataset> ReadDataset(const std::filesystem::path& path);

}  // namespace muster::client
