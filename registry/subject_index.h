#pragma once
// Where things are in the schema registry: subjects by name, versions by id, referrers by version.
// Derived from the states of subjects, never recorded.
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "registry/subject.h"
#include "registry/subject_ids.h"

namespace muster::registry {

struct VersionKey {
  SubjectName subject;
  VersionNumber version;
  friend auto operator<=>(const VersionKey&, const VersionKey&) = default;
};

class SubjectIndex {
 public:
  using Snapshot = std::shared_ptr<const SubjectState>;
  using Subjects = std::map<SubjectName, Snapshot>;

  // Takes `state` for what is known of `name` from now on; every id in it is one of `ids`.
  // O(versions of the subject), and little more for each that changed.
  void Put(const SubjectName& name, Snapshot state, const SchemaIds& ids);

  Snapshot Find(const SubjectName& name) const;  // Null: nothing was ever recorded of it.
  const Subjects& subjects() const { return subjects_; }
  bool any_live() const { return live_ > 0; }

  // The versions, live and deleted, that have this id.
  const std::set<VersionKey>& UsersOf(SchemaId id) const;
  // Whether versions had this id and all of them were erased: nobody may find it any more.
  bool IsDead(SchemaId id) const { return UsersOf(id).empty() && spent_.contains(id); }
  // The live versions that refer to this one.
  const std::set<VersionKey>& ReferrersOf(const VersionKey& version) const;

 private:
  void Change(const VersionKey& key, const SubjectVersion& version, const SchemaIds& ids, bool add);

  Subjects subjects_;
  std::size_t live_ = 0;  // Subjects with a live version.
  std::unordered_map<SchemaId, std::set<VersionKey>> users_;
  std::map<VersionKey, std::set<VersionKey>> referrers_;
  std::unordered_set<SchemaId> spent_;  // Ids of erased versions, and retired ones.
};                                      // Used under its owner's lock.

}  // namespace muster::registry
