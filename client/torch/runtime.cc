#include "client/torch/runtime.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>

#include "client/torch/torch_api.h"

namespace muster::client {

void PrepareTorch() {
  at::set_num_threads(1);
  at::set_num_interop_threads(1);
  // torch's setting does not reach OpenBLAS. It is absent when another BLAS is installed.
  using SetThreads = void (*)(int);
  if (const auto set =
          reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads")))
    set(1);
  torch::jit::getProfilingMode() = false;
  torch::jit::getExecutorMode() = false;
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
}

int TakeStdout() {
  std::fflush(stdout);
  const int answers = dup(STDOUT_FILENO);
  if (answers < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return -1;
  return answers;
}

}  // namespace muster::client
