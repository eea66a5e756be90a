#pragma once
// The small linear task of client_data's tests, with a module file beside it.
#include <gmock/gmock.h>

#include "client/torch/learning.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_data/task_fixture.h"
#include "tests/unit/torch/modules.h"

namespace muster::client {

class TorchTask : public ::testing::Test {
 protected:
  TorchTask() {
    task_.dir.task.module = "module.pt";
    task_.dir.task.batch = 3;
    task_.dir.task.epochs = 1;
    Script(LinearTensors(), kLinear);
  }
  void Script(const std::vector<TestTensor>& tensors, const std::string& body,
              const std::string& returns = "Tensor") {
    SaveScript(ModulePath(), tensors, body, returns);
  }
  std::string ModulePath() const { return (task_.dir.path / "module.pt").string(); }
  // The module as its file has it.
  ScriptModule Load() {
    StatusOr<ScriptModule> module = ScriptModule::Load(ModulePath());
    EXPECT_THAT(module.status(), testing::IsOk());
    return *std::move(module);
  }
  std::string FileText(const char* name) const {
    const StatusOr<Bytes> bytes = ReadFileBytes(task_.dir.path / name, 1 << 20);
    return bytes.ok() ? std::string(AsText(*bytes)) : std::string(MessageOf(bytes.status()));
  }
  TaskOnDisk task_;
};

}  // namespace muster::client
