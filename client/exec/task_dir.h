#pragma once
// The files of a task directory, both ways. task.json is written by the agent and read by trainers;
// update.safetensors and metrics.json come back and are trusted in nothing.
#include <filesystem>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"
#include "client/trainer.h"

namespace muster::client {

inline constexpr const char* kTaskFile = "task.json";
inline constexpr const char* kUpdateFile = "update.safetensors";
inline constexpr const char* kMetricsFile = "metrics.json";

// task.json as canonical JSON: counts are integers, seed and decimals are decimal strings.
//   errors  INVALID_ARGUMENT (FIELD_INVALID) when a value is out of bounds.
StatusOr<std::string> EncodeTask(const Task& task);
StatusOr<Task> DecodeTask(std::string_view json);

// Makes the directory when it is missing, removes a result of an earlier task, writes task.json.
Status WriteTask(const TaskDir& dir);
// The task in `path`. NOT_FOUND, or INVALID_ARGUMENT (FIELD_INVALID).
StatusOr<Task> ReadTask(const std::filesystem::path& path);
// A path that task.json names, as seen from the directory.
std::filesystem::path Resolve(const std::filesystem::path& dir, const std::string& named);

// What the trainer reports beside the update.
struct TaskMetrics {
  std::uint64_t examples = 0;
  double loss = 0;
  std::map<std::string, double> metrics;
};
StatusOr<std::string> EncodeMetrics(const TaskMetrics& metrics);
// INVALID_ARGUMENT (UPDATE_BAD_METRICS) on JSON of another shape, numbers that are not finite,
// more than 64 metrics, or examples outside 1 to `max_examples`.
StatusOr<TaskMetrics> DecodeMetrics(std::string_view json, std::uint64_t max_examples);

// Checks an update against the base model's layout. INVALID_ARGUMENT with UPDATE_UNREADABLE (no
// safetensors), UPDATE_WRONG_DTYPE, UPDATE_WRONG_LAYOUT (names, shapes) or UPDATE_NON_FINITE.
StatusOr<Params> DecodeUpdate(ByteView file, const Layout& layout);

// The result in the directory, whoever wrote it: bounded, of the right layout, finite. Errors as
// above; a missing file is UPDATE_UNREADABLE or UPDATE_BAD_METRICS.
StatusOr<TrainResult> ReadResult(const TaskDir& dir);

}  // namespace muster::client
