#include "client/torch/network.h"

#include <array>
#include <charconv>
#include <cmath>
#include <sstream>

#include "client/pipeline/file_bytes.h"
#include "client/pipeline/one_line.h"
#include "client/torch/guard.h"
#include "client/torch/torch_api.h"

namespace muster::client {
namespace {
constexpr std::size_t kMaxLayers = 64;
constexpr std::int64_t kMaxWidth = 65'536;

struct Spec {
  bool flat = false;  // One layer, and it is the module itself.
  std::vector<std::int64_t> widths;
};

StatusOr<Spec> ParseSpec(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return InvalidArgument("network '{}': {}; write mlp:420-64-32-1 or linear:14",
                           OneLine(text, 60), why);
  };
  Spec out;
  std::string_view rest = text;
  if (rest.starts_with("linear:")) out.flat = true;
  if (!out.flat && !rest.starts_with("mlp:")) return bad("unknown kind");
  for (rest.remove_prefix(rest.find(':') + 1);;) {
    std::int64_t width = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), width);
    if (error != std::errc{} || width < 1 || width > kMaxWidth)
      return bad(fmt::format("a width is not in 1 to {}", kMaxWidth));
    out.widths.push_back(width);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (rest.empty()) break;
    if (rest.front() != '-') return bad("widths are separated by '-'");
    rest.remove_prefix(1);
  }
  if (out.flat && out.widths.size() == 1) out.widths.push_back(1);
  if (out.widths.size() < 2) return bad("a layer needs two widths");
  if (out.flat && out.widths.size() > 2) return bad("linear has one layer");
  if (out.widths.size() > kMaxLayers + 1) return bad(fmt::format("over {} layers", kMaxLayers));
  return out;
}

using Unit = std::shared_ptr<torch::jit::CompilationUnit>;

torch::jit::Module NewModule(const Unit& unit, const std::string& name) {
  torch::jit::Module out(c10::QualifiedName("__torch__.muster." + name), unit);
  // Without it eval() and train() do nothing and say nothing.
  out.register_attribute("training", c10::BoolType::get(), true);
  return out;
}

// torch.nn.Linear.reset_parameters: kaiming_uniform with a = sqrt(5), which is this bound.
void AddLinear(torch::jit::Module& to, std::int64_t inputs, std::int64_t outputs) {
  const double bound = 1 / std::sqrt(static_cast<double>(inputs));
  for (const auto& [name, shape] : {std::pair{"weight", std::vector<std::int64_t>{outputs, inputs}},
                                    std::pair{"bias", std::vector<std::int64_t>{outputs}}})
    to.register_parameter(name, torch::empty(shape).uniform_(-bound, bound).set_requires_grad(true),
                          /*is_buffer=*/false);
  to.define(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "    return torch.linear(x, self.weight, self.bias)\n");
}

torch::jit::Module Build(const Spec& spec) {
  const auto unit = std::make_shared<torch::jit::CompilationUnit>();
  if (spec.flat) {
    torch::jit::Module out = NewModule(unit, "Linear");
    AddLinear(out, spec.widths[0], spec.widths[1]);
    return out;
  }
  torch::jit::Module out = NewModule(unit, "Mlp");
  std::string expression = "x";
  for (std::size_t i = 1; i < spec.widths.size(); ++i) {
    torch::jit::Module layer = NewModule(unit, fmt::format("Linear{}", i));
    AddLinear(layer, spec.widths[i - 1], spec.widths[i]);
    out.register_module(fmt::format("fc{}", i), layer);
    if (i > 1) expression = fmt::format("torch.relu({})", expression);
    expression = fmt::format("self.fc{}.forward({})", i, expression);
  }
  out.define(fmt::format("def forward(self, x: Tensor) -> Tensor:\n    return {}\n", expression));
  return out;
}
}  // namespace

StatusOr<ScriptModule> MakeNetwork(std::string_view text, std::uint64_t seed) {
  MUSTER_ASSIGN(const Spec spec, ParseSpec(text));
  std::optional<ScriptModule> out;
  MUSTER_TRY(Guarded("making the network", Reason::kARTEFACT_INVALID, [&]() -> Status {
    torch::manual_seed(seed);
    MUSTER_ASSIGN(out, ScriptModule::Wrap(Build(spec)));
    return Ok();
  }));
  return std::move(*out);
}

Status SaveModule(ScriptModule& module, const std::filesystem::path& path) {
  return Guarded("writing " + path.string(), Reason::kARTEFACT_INVALID, [&] {
    // Saving to a path would put the file's name into every entry of the archive.
    std::ostringstream out;
    module.script().save(out);
    const std::string text = std::move(out).str();
    const std::array parts = {AsBytes(text)};
    return WriteFileBytes(path, parts);
  });
}

}  // namespace muster::client
