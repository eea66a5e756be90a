#include "client/torch/script_module.h"

#include <cstring>
#include <map>

#include "client/torch/guard.h"
#include "client/torch/torch_api.h"

namespace muster::client {
namespace {

std::vector<std::int64_t> ShapeOf(const at::Tensor& t) { return t.sizes().vec(); }

// Parameters by name, so in the order of the layout.
StatusOr<std::map<std::string, at::Tensor>> ParametersOf(const torch::jit::Module& script) {
  std::map<std::string, at::Tensor> out;
  for (const auto& p : script.named_parameters()) {
    if (!p.value.defined() || p.value.scalar_type() != at::kFloat || p.value.is_sparse() ||
        !p.value.device().is_cpu())
      return InvalidArgument("parameter '{}' is not a dense F32 tensor", p.name);
    out.emplace(p.name, p.value);
  }
  return out;
}

StatusOr<Layout> LayoutOf(const std::map<std::string, at::Tensor>& parameters) {
  std::vector<TensorSpec> specs;
  for (const auto& [name, tensor] : parameters)
    specs.push_back({name, DType::kF32, ShapeOf(tensor)});
  return Layout::Make(std::move(specs));
}
}  // namespace

ScriptModule::ScriptModule(torch::jit::Module script)
    : script_(std::make_unique<torch::jit::Module>(std::move(script))) {}
ScriptModule::ScriptModule(ScriptModule&&) noexcept = default;
ScriptModule& ScriptModule::operator=(ScriptModule&&) noexcept = default;
ScriptModule::~ScriptModule() = default;

Status ScriptModule::ReadLayout() {
  MUSTER_ASSIGN(const auto parameters, ParametersOf(*script_));
  if (parameters.empty()) return InvalidArgument("the module has no parameter");
  MUSTER_ASSIGN(layout_, LayoutOf(parameters));
  for (const auto& item : parameters) frozen_.push_back(!item.second.requires_grad());
  return Ok();
}

StatusOr<ScriptModule> ScriptModule::Wrap(torch::jit::Module script) {
  ScriptModule out(std::move(script));
  if (const Status read = out.ReadLayout(); !read.ok())
    return WithReason(read, Reason::kARTEFACT_INVALID);
  return out;
}

StatusOr<ScriptModule> ScriptModule::Load(const std::filesystem::path& path) {
  std::optional<ScriptModule> out;
  const Status loaded =
      Guarded("no TorchScript module", Reason::kARTEFACT_INVALID, [&]() -> Status {
        MUSTER_ASSIGN(out, Wrap(torch::jit::load(path.string(), torch::kCPU)));
        return Ok();
      });
  if (!loaded.ok()) return Prefixed(loaded, path.string());
  return std::move(*out);
}

std::vector<BufferSpec> ScriptModule::Buffers() const {
  std::vector<BufferSpec> out;
  for (const auto& b : script_->named_buffers())
    out.push_back({b.name, std::string(c10::toString(b.value.scalar_type())), ShapeOf(b.value)});
  return out;
}

StatusOr<ScriptModule> ScriptModule::CopyWith(ParamView params) const {
  if (const Status same = layout_.CheckSame(params.layout); !same.ok())
    return WithReason(Prefixed(same, "the parameters do not fit the module"),
                      Reason::kCONTRACT_MISMATCH);
  const torch::NoGradGuard no_grad;  // Copies of parameters would be results of an operation.
  ScriptModule out(script_->deepcopy());
  out.layout_ = layout_;
  out.frozen_ = frozen_;
  MUSTER_ASSIGN(const auto parameters, ParametersOf(*out.script_));
  std::size_t i = 0;
  for (const auto& item : parameters) {
    const std::span<const float> from = params.values.subspan(layout_.offset(i), layout_.count(i));
    item.second.copy_(torch::from_blob(const_cast<float*>(from.data()), item.second.sizes()));
    item.second.requires_grad_(!frozen_[i++]);
  }
  return out;
}

StatusOr<Params> ScriptModule::Export() const {
  MUSTER_ASSIGN(const auto parameters, ParametersOf(*script_));
  MUSTER_ASSIGN(const Layout now, LayoutOf(parameters));
  MUSTER_TRY(layout_.CheckSame(now));
  Params out{layout_, std::vector<float>(layout_.size())};
  std::size_t i = 0;
  for (const auto& item : parameters) {
    const at::Tensor dense = item.second.detach().contiguous();
    std::memcpy(out.values.data() + layout_.offset(i), dense.data_ptr<float>(),
                layout_.count(i) * sizeof(float));
    ++i;
  }
  return out;
}

}  // namespace muster::client
