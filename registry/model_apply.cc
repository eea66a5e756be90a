// Making the facts of a model true.
#include <algorithm>

#include "registry/model.h"

namespace muster::registry {
namespace {

std::size_t IndexOf(VersionNumber version) { return version.value() - 1; }

void Take(ModelState& s, const ModelApplied& f) { s.spec = f.spec; }
void Take(ModelState& s, const ModelVersionCreated& f) {
  s.columns.Add(f.version);
  s.versions.push_back(f.version);
  s.notes.push_back({});
}
void Take(ModelState& s, const AliasMoved& f) {
  if (f.version.value() == 0)
    s.aliases.erase(f.alias);
  else
    s.aliases[f.alias] = f.version;
  s.history[f.alias].push_back({f.version, f.from, f.at, f.by, f.how, f.override_reason});
}
void Take(ModelState& s, const VersionApproved& f) {
  s.notes.Change(IndexOf(f.version), [&](VersionNotes& n) {
    n.approvals.push_back({f.by, f.at, f.comment});
  });
}
void Take(ModelState& s, const VersionCertified& f) {
  s.notes.Change(IndexOf(f.version), [&](VersionNotes& n) {
    n.certified[f.hardware] = {f.by, f.at};
  });
}
void Take(ModelState& s, const VersionMeasured& f) {
  s.versions.Change(IndexOf(f.version), [&](ModelVersion& v) {
    v.measured.metrics.insert(f.measured.metrics.begin(), f.measured.metrics.end());
    v.measured.spreads.insert(f.measured.spreads.begin(), f.measured.spreads.end());
    for (const auto& [name, metrics] : f.measured.slices)
      v.measured.slices[name].insert(metrics.begin(), metrics.end());
    if (f.measured.energy) v.measured.energy = f.measured.energy;
  });
  const std::size_t at = IndexOf(f.version);
  s.columns.SetMetrics(at, s.versions[at].measured.metrics);
}
void Take(ModelState& s, const VersionTagged& f) {
  s.notes.Change(IndexOf(f.version), [&](VersionNotes& n) {
    for (const std::string& key : f.removed) n.tags.erase(key);
    for (const auto& [key, value] : f.set) n.tags[key] = value;
  });
  const std::size_t at = IndexOf(f.version);
  s.columns.SetTags(at, s.notes[at].tags);
}
void Take(ModelState& s, const VersionReferenced& f) {
  s.notes.Change(IndexOf(f.version), [&](VersionNotes& n) {
    n.references[f.monitor] = {f.digest, f.extent, f.at};
  });
}
// What did not happen is history, and no state.
void Take(ModelState&, const PromotionRefused&) {}
void Take(ModelState&, const PromotionOverridden&) {}
void Take(ModelState&, const ModelActionDenied&) {}

// The version that a fact is about, and that has to be there; 0: none.
VersionNumber Needs(const VersionApproved& f) { return f.version; }
VersionNumber Needs(const VersionCertified& f) { return f.version; }
VersionNumber Needs(const VersionMeasured& f) { return f.version; }
VersionNumber Needs(const VersionTagged& f) { return f.version; }
VersionNumber Needs(const VersionReferenced& f) { return f.version; }
template <typename Fact>
VersionNumber Needs(const Fact&) {
  return VersionNumber();
}
}  // namespace

Timestamp TimeOf(const ModelFact& fact) {
  return std::visit(
      [](const auto& f) {
        if constexpr (requires { f.at; })
          return f.at;
        else
          return f.version.created_at;
      },
      fact);
}

void Apply(ModelState& state, const ModelFact& fact) {
  state.newest_at = std::max(state.newest_at, TimeOf(fact));
  std::visit(
      [&](const auto& f) {
        const VersionNumber needed = Needs(f);
        // Of a journal that somebody cut, not of ours.
        if (needed.value() > state.versions.size()) return;
        Take(state, f);
      },
      fact);
}

}  // namespace muster::registry
