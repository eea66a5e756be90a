#pragma once
// The schema registry's use cases, as Confluent's has them: parses and compares what is asked,
// gives ids, records it in the journal, then believes it. All texts are held in memory.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/caller.h"
#include "base/clock.h"
#include "base/journal.h"
#include "base/log.h"
#include "registry/book.h"
#include "registry/subject_globals.h"
#include "registry/subject_index.h"
#include "registry/subject_parsing.h"

namespace muster::registry {

// A schema as somebody brings it.
struct SchemaDraft {
  SchemaType type = SchemaType::kAvro;
  std::string text;
  std::vector<SchemaReference> references;
  std::optional<SchemaMetadata> metadata;  // Missing: that of the subject's newest version,
  std::optional<std::string> rules;        // and so are these; JSON text.
};
struct RegisterRequest {
  SubjectName subject;
  SchemaDraft schema;
  bool normalise = false;  // Keep the one spelling of what it means; settings may ask for it, too.
  SchemaId id;             // 0: the registry's choice. Others in mode IMPORT only.
  VersionNumber version;   // 0: the next one.
};
struct RegisteredSchema {
  SubjectName subject;
  VersionNumber version;
  bool deleted = false;
  SchemaHandle schema;  // Never null.
  Timestamp created_at = {};
  std::string created_by = {};
  bool created = false;  // By the registration that answers so.
};

enum class Shown { kLive, kAll, kDeletedOnly };
struct Page {
  std::size_t offset = 0;
  std::size_t limit = SIZE_MAX;
};
struct SchemaFilter {
  std::string subject_prefix;
  Shown shown = Shown::kLive;
  bool latest_only = false;  // Of each subject, the newest that is shown.
  Page page;
};
struct LookupOptions {
  bool normalise = false;
  bool deleted = false;  // Also among deleted versions.
};
struct CompatibilityQuestion {
  SubjectName subject;
  SchemaDraft schema;
  bool normalise = false;
  // Missing: what the level looks at, as when it is registered. 0: the newest version.
  std::optional<VersionNumber> version;
  std::optional<CompatibilityLevel> level = {};  // Missing: the subject's.
};
struct DiffQuestion {
  SubjectName subject;
  VersionNumber version;
  // What it becomes.
  SubjectName to_subject;  // Empty: the same.
  VersionNumber to_version;
  std::optional<SchemaDraft> to = {};  // Instead of both.
};
struct SchemaDiff {
  VersionNumber version;
  VersionNumber to_version;          // 0: the draft.
  std::vector<Difference> backward;  // A reader of the new one, over what the old one wrote,
  std::vector<Difference> forward;   // and the reverse.
};

// Settings to change: a missing member stays as it is, one that holds nothing is unset.
struct ConfigChange {
  std::optional<std::optional<CompatibilityLevel>> level;
  std::optional<std::optional<bool>> normalise;
  std::optional<std::optional<std::string>> group;
};

// Safe from any thread. Reads never wait for the disk: writers queue behind one another, and
// readers see what was recorded last. Version 0 means the newest live one.
//
// Refusals are those of Decide (subject.h, subject_globals.h, subject_ids.h), of parsing
// (SCHEMA_INVALID, SCHEMA_TOO_COMPLEX) and of the journal, after which nothing is believed that was
// not recorded. A stale write is redone.
class Schemas {
 public:
  Schemas(Journal& journal, const SchemaParser& parser, const Hasher& hasher, const Clock& clock,
          Logger& log);

  // Believes the journal again, whole; before anything else is asked. DATA_LOSS names the row that
  // is unreadable.
  Status Recover() ABSL_LOCKS_EXCLUDED(changing_, mu_);

  // --- Changes ---

  // The same schema again gives the version that it is. SUBJECT_INVALID.
  StatusOr<RegisteredSchema> Register(const RegisterRequest& request, const Caller& by)
      ABSL_LOCKS_EXCLUDED(changing_, mu_);
  // Gives the versions that are deleted, or erased, by this. Erased ids and numbers stay dead.
  StatusOr<std::vector<VersionNumber>> DeleteSubject(const SubjectName& subject, bool permanent,
                                                     const Caller& by)
      ABSL_LOCKS_EXCLUDED(changing_, mu_);
  StatusOr<VersionNumber> DeleteVersion(const SubjectName& subject, VersionNumber version,
                                        bool permanent, const Caller& by)
      ABSL_LOCKS_EXCLUDED(changing_, mu_);

  // Settings of a subject that need not exist, or of the registry; what they are then.
  StatusOr<SubjectConfig> Configure(const SubjectName& subject, const ConfigChange& change,
                                    const Caller& by) ABSL_LOCKS_EXCLUDED(changing_, mu_);
  StatusOr<SubjectConfig> ConfigureRegistry(const ConfigChange& change, const Caller& by)
      ABSL_LOCKS_EXCLUDED(changing_, mu_);
  // Unsets all of them; what they were. SUBJECT_NOT_FOUND: the subject had none.
  StatusOr<SubjectConfig> ResetConfig(const SubjectName& subject, const Caller& by)
      ABSL_LOCKS_EXCLUDED(changing_, mu_);
  StatusOr<SubjectConfig> ResetRegistryConfig(const Caller& by) ABSL_LOCKS_EXCLUDED(changing_, mu_);

  // A missing mode returns to that of the registry, or to READWRITE.
  Status SetMode(const SubjectName& subject, std::optional<SubjectMode> mode, bool force,
                 const Caller& by) ABSL_LOCKS_EXCLUDED(changing_, mu_);
  Status SetRegistryMode(std::optional<SubjectMode> mode, bool force, const Caller& by)
      ABSL_LOCKS_EXCLUDED(changing_, mu_);
  // What it was. SUBJECT_NOT_FOUND: the subject had none.
  StatusOr<SubjectMode> ResetMode(const SubjectName& subject, const Caller& by)
      ABSL_LOCKS_EXCLUDED(changing_, mu_);

  // --- Questions: NOT_FOUND with SUBJECT_NOT_FOUND, SUBJECT_VERSION_NOT_FOUND, SCHEMA_NOT_FOUND
  // ---

  // The version of the subject that is this schema.
  StatusOr<RegisteredSchema> Lookup(const SubjectName& subject, const SchemaDraft& schema,
                                    const LookupOptions& options) const ABSL_LOCKS_EXCLUDED(mu_);
  StatusOr<RegisteredSchema> GetVersion(const SubjectName& subject, VersionNumber version,
                                        bool deleted) const ABSL_LOCKS_EXCLUDED(mu_);
  // The newest version whose metadata has all of these properties.
  StatusOr<RegisteredSchema> FindByProperties(const SubjectName& subject,
                                              const std::map<std::string, std::string>& properties,
                                              bool deleted) const ABSL_LOCKS_EXCLUDED(mu_);
  // Unless all of its versions are erased.
  StatusOr<SchemaHandle> GetById(SchemaId id) const ABSL_LOCKS_EXCLUDED(mu_);
  SchemaId newest_id() const { return ids_.newest(); }
  // The versions that have this id, by subject and number.
  StatusOr<std::vector<RegisteredSchema>> VersionsOf(SchemaId id, Shown shown) const
      ABSL_LOCKS_EXCLUDED(mu_);
  std::vector<SubjectName> ListSubjects(std::string_view prefix, Shown shown, Page page) const
      ABSL_LOCKS_EXCLUDED(mu_);
  StatusOr<std::vector<VersionNumber>> ListVersions(const SubjectName& subject, Shown shown) const
      ABSL_LOCKS_EXCLUDED(mu_);
  std::vector<RegisteredSchema> ListSchemas(const SchemaFilter& filter) const
      ABSL_LOCKS_EXCLUDED(mu_);
  // The ids of the live schemas that refer to a version, deleted or not; ascending.
  StatusOr<std::vector<SchemaId>> ReferencedBy(const SubjectName& subject,
                                               VersionNumber version) const
      ABSL_LOCKS_EXCLUDED(mu_);
  // What breaks the subject's level: nothing when it is compatible. To an unknown subject's newest
  // version everything is.
  StatusOr<std::vector<Incompatibility>> CheckCompatibility(
      const CompatibilityQuestion& question) const ABSL_LOCKS_EXCLUDED(mu_);

  // Every difference, whether it breaks anything or not. Deleted versions can be asked for.
  StatusOr<SchemaDiff> Diff(const DiffQuestion& question) const ABSL_LOCKS_EXCLUDED(mu_);

  SubjectConfig registry_config() const;  // With what is built in.
  // Its own settings (SUBJECT_NOT_CONFIGURED: none), or with the registry's for what is missing.
  StatusOr<SubjectConfig> GetConfig(const SubjectName& subject, bool inherited) const
      ABSL_LOCKS_EXCLUDED(mu_);
  SubjectMode registry_mode() const;
  StatusOr<SubjectMode> GetMode(const SubjectName& subject, bool inherited) const  // …MODE_NOT_SET.
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct SubjectKind {
    using Name = SubjectKey;
    using State = SubjectState;
    using Facts = SubjectFacts;
    static constexpr std::string_view kStreams = kSubjectStreams;
    static StatusOr<SubjectFact> Decode(const SubjectKey&, std::string_view row) {
      return DecodeSubjectFact(row);
    }
  };
  struct RegistryKind {
    using Name = Strong<std::string, struct RegistryKeyTag>;
    using State = RegistryState;
    using Facts = RegistryFacts;
    static constexpr std::string_view kStreams = kRegistryStreams;
    static StatusOr<RegistryFact> Decode(const Name&, std::string_view row) {
      return DecodeRegistryFact(row);
    }
  };
  using Snapshot = SubjectIndex::Snapshot;
  using Parsed = ParsedSchemas::Parsed;
  using Changed = Book<SubjectKind>::Changed;
  // A registration as it stands against one state of its subject.
  struct Judgement {
    std::uint64_t changes = 0;  // Of that state,
    RegistryState registry;     // and this one of the registry.
    SchemaContent content;
    ContentDigests digests;
    RegisterVersion event;
  };
  // How much of a draft has to be the same.
  struct Likeness {
    bool normalise = false;
    bool metadata = false;
    bool rules = false;
  };

  // schemas.cc
  Status IndexAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(changing_) ABSL_LOCKS_EXCLUDED(mu_);
  Status Reindex(const SubjectName& subject, Snapshot state)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(changing_) ABSL_LOCKS_EXCLUDED(mu_);
  template <typename MakeEvent>
  StatusOr<Changed> Change(const SubjectName& subject, const MakeEvent& event)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(changing_) ABSL_LOCKS_EXCLUDED(mu_);
  template <typename Event>
  StatusOr<Book<RegistryKind>::Changed> ChangeRegistry(const Event& event)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(changing_);
  StatusOr<Changed> Delete(const SubjectName& subject, std::optional<VersionNumber> version,
                           bool permanent, const Caller& by)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(changing_) ABSL_LOCKS_EXCLUDED(mu_);
  std::set<VersionNumber> ReferencedVersions(const SubjectName& subject, const SubjectState& state,
                                             bool by_itself) const ABSL_LOCKS_EXCLUDED(mu_);

  // schemas_register.cc
  StatusOr<Judgement> Judge(const RegisterRequest& request, const Schema& parsed,
                            const SubjectState& state, const Caller& by) const
      ABSL_LOCKS_EXCLUDED(mu_);
  Status CheckReferencesLive(const std::vector<SchemaReference>& references) const
      ABSL_LOCKS_EXCLUDED(mu_);
  StatusOr<SchemaId> GiveId(const Judgement& judgement, SchemaId wanted)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(changing_) ABSL_LOCKS_EXCLUDED(mu_);
  const SubjectVersion* FindSame(const SubjectState& state, const SchemaContent& content,
                                 const ContentDigests& digests, Likeness likeness,
                                 bool deleted) const;
  StatusOr<std::vector<Incompatibility>> Compare(const SubjectState& state,
                                                 const SubjectConfig& config,
                                                 const SchemaContent& content,
                                                 const Schema& parsed) const
      ABSL_LOCKS_EXCLUDED(mu_);
  Predecessor PredecessorOf(const SubjectVersion& version) const ABSL_LOCKS_EXCLUDED(mu_);
  StatusOr<Parsed> ParsedOf(const IdentifiedSchema& schema) const ABSL_LOCKS_EXCLUDED(mu_);
  StatusOr<Parsed> Parse(const SchemaDraft& draft) const ABSL_LOCKS_EXCLUDED(mu_);

  // schemas_questions.cc
  Snapshot StateOf(const SubjectName& subject) const ABSL_LOCKS_EXCLUDED(mu_);  // Never null.
  StatusOr<Snapshot> Require(const SubjectName& subject, bool deleted) const
      ABSL_LOCKS_EXCLUDED(mu_);
  static StatusOr<const SubjectVersion*> RequireVersion(const SubjectName& subject,
                                                        const SubjectState& state,
                                                        VersionNumber version, bool deleted);
  SchemaHandle Referenced(const SchemaReference& reference) const ABSL_LOCKS_EXCLUDED(mu_);
  RegisteredSchema View(const SubjectName& subject, const SubjectVersion& version) const;
  RegistryState RegistryNow() const;

  const Hasher& hasher_;
  const Clock& clock_;
  Logger& log_;
  SchemaIds ids_;
  Book<SubjectKind> subjects_;
  Book<RegistryKind> registry_;
  mutable ParsedSchemas parsed_;
  absl::Mutex changing_ ABSL_ACQUIRED_BEFORE(mu_);  // One change after the other.
  mutable absl::Mutex mu_;                          // Never held over input or output.
  SubjectIndex index_ ABSL_GUARDED_BY(mu_);
};

}  // namespace muster::registry
