#include "registry/subject_index.h"

namespace muster::registry {
namespace {
const std::set<VersionKey>& None() {
  static const std::set<VersionKey> kNone;
  return kNone;
}

// Keeps `key` among the values of `at`, or not; a set without values is none.
template <typename Map, typename Key>
void Keep(Map& map, const Key& at, const VersionKey& key, bool add) {
  if (add) {
    map[at].insert(key);
  } else if (const auto it = map.find(at); it != map.end()) {
    it->second.erase(key);
    if (it->second.empty()) map.erase(it);
  }
}
}  // namespace

void SubjectIndex::Change(const VersionKey& key, const SubjectVersion& version,
                          const SchemaIds& ids, bool add) {
  Keep(users_, version.id, key, add);
  if (version.deleted) return;
  const SchemaHandle schema = ids.Find(version.id);
  if (schema == nullptr) return;
  for (const SchemaReference& r : schema->content.references)
    Keep(referrers_, VersionKey{r.subject, r.version}, key, add);
}

void SubjectIndex::Put(const SubjectName& name, Snapshot state, const SchemaIds& ids) {
  static const SubjectState kEmpty;
  Snapshot& known = subjects_[name];
  const SubjectState& before = known ? *known : kEmpty;
  for (const auto& [number, version] : before.versions)
    if (const SubjectVersion* now = state->Find(number); now == nullptr || *now != version)
      Change({name, number}, version, ids, false);
  for (const auto& [number, version] : state->versions)
    if (const SubjectVersion* was = before.Find(number); was == nullptr || *was != version)
      Change({name, number}, version, ids, true);
  for (const auto& [number, version] : state->erased) spent_.insert(version.id);
  spent_.insert(state->retired.begin(), state->retired.end());
  live_ += state->live() ? 1 : 0;
  live_ -= before.live() ? 1 : 0;
  known = std::move(state);
}

SubjectIndex::Snapshot SubjectIndex::Find(const SubjectName& name) const {
  const auto it = subjects_.find(name);
  return it == subjects_.end() ? nullptr : it->second;
}

const std::set<VersionKey>& SubjectIndex::UsersOf(SchemaId id) const {
  const auto it = users_.find(id);
  return it == users_.end() ? None() : it->second;
}

const std::set<VersionKey>& SubjectIndex::ReferrersOf(const VersionKey& version) const {
  const auto it = referrers_.find(version);
  return it == referrers_.end() ? None() : it->second;
}

}  // namespace muster::registry
