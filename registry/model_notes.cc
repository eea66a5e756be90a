// What people add to a version that is there: approvals, certifications, measurements, tags.
#include <algorithm>

#include "registry/model_parts.h"
#include "registry/names.h"

namespace muster::registry {
namespace {
constexpr std::size_t kLongestComment = 1024;
constexpr std::size_t kLongestTag = 256;
constexpr std::size_t kMaxTags = 64;
constexpr std::size_t kMaxCertified = 256;
constexpr std::size_t kMaxReferences = 64;

const VersionNotes& NotesOn(const ModelState& state, VersionNumber version) {
  return state.notes[version.value() - 1];
}

template <typename Event>
ModelFacts Denied(const char* action, const Event& e, Reason reason, std::string why,
                  Timestamp now) {
  return {ModelActionDenied{action, e.version, reason, std::move(why), now, e.by}};
}

// nullopt when the caller holds `role`, or none is asked.
template <typename Event>
std::optional<ModelFacts> DeniedByRole(const char* action, const Event& e, const std::string& role,
                                       Timestamp now) {
  if (role.empty() || e.roles.Holds(e.by, role)) return std::nullopt;
  return Denied(action, e, Reason::kROLE_MISSING,
                fmt::format("{} does not hold {}; {}", e.by, role, e.roles.WhoHolds(role)), now);
}

// Leaves in `fresh` what `known` does not have. What it has otherwise is refused.
Status Keep(Metrics& fresh, const Metrics& known, const std::string& path) {
  for (auto it = fresh.begin(); it != fresh.end();) {
    const auto old = known.find(it->first);
    if (old != known.end() && old->second != it->second)
      return Immutable(path + "." + it->first, "is recorded as {} and stays so", old->second);
    it = old == known.end() ? std::next(it) : fresh.erase(it);
  }
  return Ok();
}

Status KeepSpreads(Measurements& fresh, const Measurements& known) {
  for (auto it = fresh.spreads.begin(); it != fresh.spreads.end();) {
    const auto old = known.spreads.find(it->first);
    if (old != known.spreads.end() && old->second != it->second)
      return Immutable("metrics." + it->first, "has a recorded spread, which stays");
    it = old == known.spreads.end() ? std::next(it) : fresh.spreads.erase(it);
  }
  return Ok();
}

Status KeepNew(Measurements& fresh, const Measurements& known) {
  MUSTER_TRY(KeepSpreads(fresh, known));
  MUSTER_TRY(Keep(fresh.metrics, known.metrics, "metrics"));
  for (auto it = fresh.slices.begin(); it != fresh.slices.end();) {
    if (const auto old = known.slices.find(it->first); old != known.slices.end())
      MUSTER_TRY(Keep(it->second, old->second, "slices." + it->first));
    it = it->second.empty() ? fresh.slices.erase(it) : std::next(it);
  }
  if (!known.energy || !fresh.energy) return Ok();
  if (known.energy != fresh.energy) return Immutable("energy", "is recorded and stays so");
  fresh.energy.reset();
  return Ok();
}

Status CheckTags(const std::map<std::string, std::string>& tags) {
  for (const auto& [key, value] : tags) {
    MUSTER_TRY(CheckName(key, "set"));
    const bool control = std::any_of(value.begin(), value.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (control || value.size() > kLongestTag)
      return InvalidField("set." + key, "is not at most {} bytes without control characters",
                          kLongestTag);
  }
  return Ok();
}
}  // namespace

StatusOr<ModelFacts> On(const ModelState& state, const ApproveVersion& e, Timestamp now) {
  MUSTER_ASSIGN(const ModelVersion* version, Require(state, e.version));
  if (e.comment.size() > kLongestComment)
    return InvalidField("comment", "{} bytes are more than {}", e.comment.size(), kLongestComment);
  if (IsAuthor(*version, e.by))
    return Denied("approve", e, Reason::kAPPROVAL_BY_AUTHOR,
                  fmt::format("{} made version {}, so somebody else has to approve it", e.by,
                              e.version.value()),
                  now);
  const auto& gates = state.spec->gates;
  const std::string role = gates && gates->approvals ? gates->approvals->role : "";
  if (auto denied = DeniedByRole("approve", e, role, now)) return *std::move(denied);
  for (const Approval& approval : NotesOn(state, e.version).approvals)
    if (approval.by == e.by) return ModelFacts{};
  return ModelFacts{VersionApproved{e.version, e.comment, now, e.by}};
}

StatusOr<ModelFacts> On(const ModelState& state, const CertifyVersion& e, Timestamp now) {
  MUSTER_TRY(Require(state, e.version).status());
  MUSTER_TRY(CheckName(e.hardware, "hardware"));
  const auto& gates = state.spec->gates;
  const std::string role = gates && gates->hardware ? gates->hardware->role : "";
  if (auto denied = DeniedByRole("certify", e, role, now)) return *std::move(denied);
  const auto& certified = NotesOn(state, e.version).certified;
  if (certified.contains(e.hardware)) return ModelFacts{};
  if (certified.size() >= kMaxCertified)
    return InvalidField("hardware", "version {} is certified on {} kinds, the most",
                        e.version.value(), kMaxCertified);
  return ModelFacts{VersionCertified{e.version, e.hardware, now, e.by}};
}

StatusOr<ModelFacts> On(const ModelState& state, const MeasureVersion& e, Timestamp now) {
  MUSTER_ASSIGN(const ModelVersion* version, Require(state, e.version));
  Measurements fresh = e.measured;
  MUSTER_TRY(Validate(fresh));
  MUSTER_TRY(KeepNew(fresh, version->measured));
  if (fresh == Measurements{}) return ModelFacts{};
  VersionMeasured fact{e.version, std::move(fresh), now, e.by};
  // What is recorded and what comes have to be within bounds together.
  ModelState after = state;
  Apply(after, fact);
  MUSTER_TRY(Validate(after.Find(e.version)->measured));
  return ModelFacts{std::move(fact)};
}

StatusOr<ModelFacts> On(const ModelState& state, const TagVersion& e, Timestamp now) {
  MUSTER_TRY(Require(state, e.version).status());
  MUSTER_TRY(CheckTags(e.set));
  const auto& tags = NotesOn(state, e.version).tags;
  VersionTagged fact{e.version, {}, {}, now, e.by};
  std::size_t count = tags.size();
  for (const auto& [key, value] : e.set) {
    const auto known = tags.find(key);
    if (known == tags.end() || known->second != value) fact.set[key] = value;
    if (known == tags.end()) ++count;
  }
  for (const std::string& key : e.remove) {
    if (!tags.contains(key))
      return Missing("version {} has no tag '{}'", e.version.value(), key.substr(0, 80));
    if (e.set.contains(key)) return InvalidField("remove", "'{}' is set and removed at once", key);
    if (std::find(fact.removed.begin(), fact.removed.end(), key) == fact.removed.end())
      fact.removed.push_back(key);
  }
  count -= fact.removed.size();
  if (count > kMaxTags) return InvalidField("set", "{} tags are more than {}", count, kMaxTags);
  if (fact.set.empty() && fact.removed.empty()) return ModelFacts{};
  return ModelFacts{std::move(fact)};
}

StatusOr<ModelFacts> On(const ModelState& state, const ReferToVersion& e, Timestamp now) {
  MUSTER_TRY(Require(state, e.version).status());
  MUSTER_TRY(CheckName(e.monitor.value(), "monitor"));
  const auto& references = NotesOn(state, e.version).references;
  const auto known = references.find(e.monitor);
  if (known != references.end() && known->second.digest == e.digest) return ModelFacts{};
  if (known == references.end() && references.size() >= kMaxReferences)
    return InvalidField("monitor", "version {} has references of {} monitors, the most",
                        e.version.value(), kMaxReferences);
  return ModelFacts{VersionReferenced{e.version, e.monitor, e.digest, e.extent, now, e.by}};
}

Status RefusalIn(const ModelFacts& facts) {
  for (const ModelFact& fact : facts) {
    if (const auto* refused = std::get_if<PromotionRefused>(&fact)) return ToStatus(*refused);
    if (const auto* denied = std::get_if<ModelActionDenied>(&fact))
      return WithReason(PermissionDenied("{}", denied->why), denied->reason);
  }
  return Ok();
}

}  // namespace muster::registry
