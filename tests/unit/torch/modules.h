#pragma once
// TorchScript modules made to order for tests, without a torch header in sight.
#include <string>
#include <vector>

#include "client/torch/script_module.h"

namespace muster::client {

struct TestTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;
  bool frozen = false;
  bool buffer = false;
};

inline constexpr const char* kLinear = "return torch.linear(x, self.weight, self.bias)";

// A module file whose `forward(self, x: Tensor) -> returns` has the given body, of one statement a
// line. Throws what torch throws: a test's own mistake.
void SaveScript(const std::string& path, const std::vector<TestTensor>& tensors,
                const std::string& body, const std::string& returns = "Tensor");

// As above, with one parameter of double precision.
void SaveDoubleScript(const std::string& path);

// Weight [1, 2] and bias [1], as the fixture's linear model, in that order.
std::vector<TestTensor> LinearTensors();

}  // namespace muster::client
