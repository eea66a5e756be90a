#pragma once
// A small training task on disk: a linear model of two inputs and three examples.
#include <array>
#include <fstream>
#include <string>

#include "base/safetensors.h"
#include "client/exec/task_dir.h"
#include "client/pipeline/dataset.h"
#include "client/pipeline/file_bytes.h"
#include "tests/support/temp_dir.h"

namespace muster::client {

inline Params LinearParams(std::vector<float> bias_and_weight) {
  return {*Layout::Make({{"bias", DType::kF32, {1}}, {"weight", DType::kF32, {1, 2}}}),
          std::move(bias_and_weight)};
}

inline Status WriteText(const std::filesystem::path& path, std::string_view text) {
  const std::array parts = {AsBytes(text)};
  return WriteFileBytes(path, parts);
}

inline Status WriteParamsTo(const std::filesystem::path& path, const Params& params) {
  const Bytes file = SerializeParams(params.View());
  const std::array parts = {ByteView(file)};
  return WriteFileBytes(path, parts);
}

// y = 2 a - b + 1, so a linear model can fit it.
inline Dataset ThreeExamples() {
  return {.examples = 3, .inputs = 2, .outputs = 1, .x = {1, 0, 0, 1, 1, 1}, .y = {3, 0, 2}};
}

struct TaskOnDisk {
  TaskOnDisk() {
    dir.path = temp / "task";
    dir.task = {.kind = TaskKind::kTrain,
                .campaign = "turbofan",
                .round = 7,
                .device = "engine-017",
                .seed = 18'446'744'073'709'551'615U,
                .optimizer = {.learning_rate = 0.1},
                .batch = 2,
                .epochs = 3};
    dir.layout = LinearParams({0, 0, 0}).layout;
    dir.examples = 3;
    // The files as a build step would leave them; a test that cannot write has no use for a frame.
    EXPECT_TRUE(WriteTask(dir).ok());
    EXPECT_TRUE(WriteParamsTo(dir.path / "model.safetensors", LinearParams({0.5, 0, 0})).ok());
    EXPECT_TRUE(WriteDataset(ThreeExamples(), dir.path / "data.safetensors").ok());
  }
  testing::TempDir temp;
  TaskDir dir;
};

inline constexpr const char* kGoodMetrics = R"({"examples":3,"loss":"0.25","metrics":{}})";

}  // namespace muster::client
