#pragma once
// A TorchScript module as the rest of the project sees it: a layout of f32 parameters, and code.
// No torch header is needed to include this; .cc files that use `script()` include it themselves.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/params.h"
#include "base/status.h"

namespace torch::jit {
struct Module;
}

namespace muster::client {

// Tensors that are state, not parameters (running statistics): they stay as the file has them.
struct BufferSpec {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
};

// Movable, not copied by accident. One thread at a time.
class ScriptModule {
 public:
  // Reads a foreign file. INVALID_ARGUMENT (ARTEFACT_INVALID) when it is no TorchScript module,
  // when a parameter is not a dense F32 tensor, or when it has no parameter.
  static StatusOr<ScriptModule> Load(const std::filesystem::path& path);
  // A module that torch already holds; the same errors.
  static StatusOr<ScriptModule> Wrap(torch::jit::Module script);
  ScriptModule(ScriptModule&&) noexcept;
  ScriptModule& operator=(ScriptModule&&) noexcept;
  ~ScriptModule();

  const Layout& layout() const { return layout_; }
  bool frozen(std::size_t tensor) const { return frozen_[tensor]; }  // By place in the layout.
  std::vector<BufferSpec> Buffers() const;

  // A deep copy with other parameters: what is trained, so that no task sees another's buffers.
  // INVALID_ARGUMENT (CONTRACT_MISMATCH) when the layouts differ.
  StatusOr<ScriptModule> CopyWith(ParamView params) const;
  // The parameters as they are now; INVALID_ARGUMENT when the module's own code changed their
  // names or shapes.
  StatusOr<Params> Export() const;

  torch::jit::Module& script() { return *script_; }

 private:
  explicit ScriptModule(torch::jit::Module script);
  Status ReadLayout();
  std::unique_ptr<torch::jit::Module> script_;
  Layout layout_;
  std::vector<bool> frozen_;
};

}  // namespace muster::client
