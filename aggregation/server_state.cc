#include "aggregation/server_state.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/safetensors.h"

namespace muster::aggregation {
namespace {
constexpr char kFirst[] = "first_moment";
constexpr char kSecond[] = "second_moment";
constexpr char kSteps[] = "steps";

template <typename... Args>
Status Refused(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument(f, std::forward<Args>(args)...), Reason::kARTEFACT_INVALID);
}

StatusOr<std::uint64_t> StepsOf(const std::map<std::string, std::string>& metadata) {
  const auto it = metadata.find(kSteps);
  if (metadata.size() != 1 || it == metadata.end())
    return Refused("server state: the metadata is not the number of steps alone");
  const std::string& text = it->second;
  std::uint64_t steps = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), steps);
  if (error != std::errc{} || end != text.data() + text.size() || std::to_string(steps) != text)
    return Refused("server state: the number of steps is not a natural number");
  return steps;
}

StatusOr<std::vector<float>> MomentOf(const TensorView& tensor) {
  if (tensor.spec.dtype != DType::kF32 || tensor.spec.shape.size() != 1 || tensor.bytes.empty())
    return Refused("server state: a moment is not a flat F32 tensor");
  std::vector<float> out(tensor.bytes.size() / sizeof(float));
  std::memcpy(out.data(), tensor.bytes.data(), tensor.bytes.size());
  if (!std::all_of(out.begin(), out.end(), [](float x) { return std::isfinite(x); }))
    return Refused("server state: a moment is not finite");
  return out;
}
}  // namespace

Bytes SerializeState(const ServerState& state) {
  std::vector<TensorSpec> specs;
  for (const auto& [name, moment] :
       {std::pair(kFirst, &state.first_moment), std::pair(kSecond, &state.second_moment)})
    if (!moment->empty())
      specs.push_back({name, DType::kF32, {static_cast<std::int64_t>(moment->size())}});
  const std::string header = SafetensorsHeader(specs, {{kSteps, std::to_string(state.steps)}});
  Bytes out;
  out.reserve(header.size() + 4 * (state.first_moment.size() + state.second_moment.size()));
  for (const ByteView part : {AsBytes(header), std::as_bytes(std::span(state.first_moment)),
                              std::as_bytes(std::span(state.second_moment))})
    out.insert(out.end(), part.begin(), part.end());
  return out;
}

StatusOr<ServerState> ParseState(ByteView bytes) {
  MUSTER_ASSIGN(const SafetensorsView view, ParseSafetensors(bytes));
  ServerState out;
  MUSTER_ASSIGN(out.steps, StepsOf(view.metadata));
  for (const TensorView& tensor : view.tensors) {
    if (tensor.spec.name != kFirst && tensor.spec.name != kSecond)
      return Refused("server state: holds something that is not a moment");
    MUSTER_ASSIGN((tensor.spec.name == kFirst ? out.first_moment : out.second_moment),
                  MomentOf(tensor));
  }
  if (!out.second_moment.empty() && out.second_moment.size() != out.first_moment.size())
    return Refused("server state: {} and {} moments", out.first_moment.size(),
                   out.second_moment.size());
  if (std::any_of(out.second_moment.begin(), out.second_moment.end(),
                  [](float v) { return v < 0; }))
    return Refused("server state: a second moment is negative");
  if (out.steps == 0 && !out.first_moment.empty())
    return Refused("server state: moments before the first step");
  return out;
}

}  // namespace muster::aggregation
