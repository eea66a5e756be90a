#include "tests/unit/torch/modules.h"

#include <sstream>

#include "client/torch/torch_api.h"

namespace muster::client {
namespace {
torch::jit::Module EmptyModule() {
  torch::jit::Module out(c10::QualifiedName("__torch__.test.Net"),
                         std::make_shared<torch::jit::CompilationUnit>());
  out.register_attribute("training", c10::BoolType::get(), true);
  return out;
}
}  // namespace

void SaveScript(const std::string& path, const std::vector<TestTensor>& tensors,
                const std::string& body, const std::string& returns) {
  torch::jit::Module module = EmptyModule();
  for (const TestTensor& t : tensors) {
    at::Tensor value = torch::from_blob(const_cast<float*>(t.values.data()), t.shape).clone();
    if (!t.buffer) value.set_requires_grad(!t.frozen);
    module.register_parameter(t.name, value, t.buffer);
  }
  std::string source = "def forward(self, x: Tensor) -> " + returns + ":\n";
  std::istringstream lines(body);
  for (std::string line; std::getline(lines, line);) source += "    " + line + "\n";
  module.define(source);
  module.save(path);
}

void SaveDoubleScript(const std::string& path) {
  torch::jit::Module module = EmptyModule();
  module.register_parameter("weight", torch::zeros({1, 2}, torch::kDouble), false);
  module.define(
      "def forward(self, x: Tensor) -> Tensor:\n    return torch.linear(x, self.weight)\n");
  module.save(path);
}

std::vector<TestTensor> LinearTensors() {
  return {{"weight", {1, 2}, {0, 0}}, {"bias", {1}, {0.5}}};
}

}  // namespace muster::client
