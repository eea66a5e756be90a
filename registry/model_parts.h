#pragma once
// The parts of model.h's Decide that stand in files of their own. For registry/*.cc alone.
#include "registry/model.h"

namespace muster::registry {

// What one event comes to, of a model that was applied. model_promotion.cc, model_notes.cc.
StatusOr<ModelFacts> On(const ModelState& state, const PromoteVersion& event, Timestamp now);
StatusOr<ModelFacts> On(const ModelState& state, const ApproveVersion& event, Timestamp now);
StatusOr<ModelFacts> On(const ModelState& state, const CertifyVersion& event, Timestamp now);
StatusOr<ModelFacts> On(const ModelState& state, const MeasureVersion& event, Timestamp now);
StatusOr<ModelFacts> On(const ModelState& state, const TagVersion& event, Timestamp now);
StatusOr<ModelFacts> On(const ModelState& state, const ReferToVersion& event, Timestamp now);

// RESOURCE_NOT_FOUND unless the model has this version.
StatusOr<const ModelVersion*> Require(const ModelState& state, VersionNumber version);

template <typename... Args>
Status Missing(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(NotFound(f, std::forward<Args>(args)...), Reason::kRESOURCE_NOT_FOUND);
}

template <typename... Args>
Status Immutable(std::string_view path, fmt::format_string<Args...> f, Args&&... args) {
  return WithField(
      WithReason(FailedPrecondition("{}: {}", path, fmt::format(f, std::forward<Args>(args)...)),
                 Reason::kVERSION_IMMUTABLE),
      path);
}

}  // namespace muster::registry
