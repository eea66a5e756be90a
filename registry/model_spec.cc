// What a model may ask for, in itself and of its contract.
#include <algorithm>
#include <cmath>
#include <map>

#include "base/nearest.h"
#include "registry/model.h"
#include "registry/names.h"

namespace muster::registry {
namespace {
constexpr std::size_t kMaxFeatures = 1000;
constexpr std::uint32_t kMaxRows = 1'000'000;
constexpr std::uint64_t kMaxInputs = 1ULL << 24;

Status CheckFeatures(const std::vector<std::string>& features) {
  if (features.empty() || features.size() > kMaxFeatures)
    return InvalidField("input.features", "{} features are not 1 to {}", features.size(),
                        kMaxFeatures);
  std::map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < features.size(); ++i) {
    const std::string path = fmt::format("input.features[{}]", i);
    MUSTER_TRY(CheckName(features[i], path));
    const auto [first, fresh] = seen.emplace(features[i], i);
    if (!fresh)
      return WithReason(
          InvalidField(path, "'{}' is input.features[{}] already", features[i], first->second),
          Reason::kFIELD_DUPLICATE);
  }
  return Ok();
}

Status CheckWindow(const InputSpec& input) {
  if (input.rows == 0 || input.rows > kMaxRows)
    return InvalidField("input.window.rows", "{} is not in 1 to {}", input.rows, kMaxRows);
  if (input.stride == 0 || input.stride > kMaxRows)
    return InvalidField("input.window.stride", "{} is not in 1 to {}", input.stride, kMaxRows);
  if (input.rows * input.features.size() > kMaxInputs)
    return InvalidField("input.window.rows", "{} rows of {} features are more than {} inputs",
                        input.rows, input.features.size(), kMaxInputs);
  return Ok();
}

// What of a field reaches the model: its declared range is part of the model's input, and two terms
// that contradict one another are two things to learn from.
bool ReadsTheSame(const FieldSpec& a, const FieldSpec& b) {
  const bool contradict = !a.meaning.empty() && !b.meaning.empty() && a.meaning != b.meaning;
  return a.type == b.type && a.unit == b.unit && a.min == b.min && a.max == b.max && !contradict;
}

template <typename... Args>
Status Mismatch(std::string_view path, fmt::format_string<Args...> f, Args&&... args) {
  return WithField(
      WithReason(FailedPrecondition("{}: {}", path, fmt::format(f, std::forward<Args>(args)...)),
                 Reason::kCONTRACT_MISMATCH),
      path);
}

// The field of the contract that `path` names, when a model can read it.
StatusOr<const FieldSpec*> NumericField(const ContractVersion& contract, std::string_view name,
                                        std::string_view path) {
  const FieldSpec* field = contract.spec.Find(name);
  if (field == nullptr) {
    std::vector<std::string> names;
    for (const FieldSpec& f : contract.spec.fields) names.push_back(f.name);
    return Mismatch(path, "contract {} version {} has no field '{}'{}", contract.spec.name.value(),
                    contract.version.value(), name, DidYouMean(name, names));
  }
  if (!IsNumeric(field->type))
    return Mismatch(path, "'{}' is {} in contract {} version {}; a model reads FLOAT and INTEGER",
                    name, NameOf(field->type), contract.spec.name.value(),
                    contract.version.value());
  return field;
}
}  // namespace

Status Validate(const ModelSpec& spec) {
  MUSTER_TRY(CheckName(spec.name.value(), "name"));
  MUSTER_TRY(CheckDescription(spec.description, "description"));
  MUSTER_TRY(CheckName(spec.contract.value(), "contract"));
  MUSTER_TRY(CheckFeatures(spec.input.features));
  MUSTER_TRY(CheckWindow(spec.input));
  MUSTER_TRY(CheckName(spec.label.field, "label.field"));
  if (spec.label.max && !std::isfinite(*spec.label.max))
    return InvalidField("label.max", "is not finite");
  if (spec.label.scale && !(*spec.label.scale > 0 && std::isfinite(*spec.label.scale)))
    return InvalidField("label.scale", "{} is not more than 0", *spec.label.scale);
  const bool binary = spec.label.type == LabelType::kBinary;
  if (binary && (spec.label.max || spec.label.scale))
    return InvalidField(spec.label.max ? "label.max" : "label.scale",
                        "stands beside type binary, whose labels are 0 and 1 as they are");
  return spec.gates ? Validate(*spec.gates) : Ok();
}

Status CheckAgainst(const ModelSpec& spec, const ContractVersion& contract) {
  for (std::size_t i = 0; i < spec.input.features.size(); ++i) {
    const std::string path = fmt::format("input.features[{}]", i);
    const std::string& name = spec.input.features[i];
    MUSTER_ASSIGN(const FieldSpec* field, NumericField(contract, name, path));
    if (!field->min || !field->max)
      return Mismatch(path, "'{}' has no {} in contract {} version {}; features are scaled by it",
                      name, field->min ? "max" : "min", contract.spec.name.value(),
                      contract.version.value());
  }
  return NumericField(contract, spec.label.field, "label.field").status();
}

const std::string* FirstChange(const ModelSpec& spec, const ContractVersion& a,
                               const ContractVersion& b) {
  const auto same = [&](const std::string& name) {
    const FieldSpec* in_a = a.spec.Find(name);
    const FieldSpec* in_b = b.spec.Find(name);
    return in_a != nullptr && in_b != nullptr && ReadsTheSame(*in_a, *in_b);
  };
  for (const std::string& feature : spec.input.features)
    if (!same(feature)) return &feature;
  return same(spec.label.field) ? nullptr : &spec.label.field;
}

}  // namespace muster::registry
