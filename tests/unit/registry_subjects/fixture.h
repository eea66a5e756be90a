#pragma once
// What the schema registry's tests share: use cases over storage that outlives them, and the fake
// format.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "platform/sha256.h"
#include "registry/schemas.h"
#include "tests/support/fake_schemas.h"
#include "tests/support/memory_journal.h"
#include "tests/support/status_matchers.h"

namespace muster::registry {
using absl::StatusCode;
using testing::Fails;
using testing::IsOk;

inline SchemaDraft Draft(std::string text, std::vector<SchemaReference> references = {}) {
  return {SchemaType::kAvro, std::move(text), std::move(references), {}, {}};
}
inline SchemaMetadata Properties(std::map<std::string, std::string> properties) {
  return {{}, std::move(properties), {}};
}
inline VersionNumber V(std::uint64_t number) { return VersionNumber(number); }
inline std::vector<VersionNumber> Numbers(std::initializer_list<std::uint64_t> numbers) {
  return {numbers.begin(), numbers.end()};
}

class SchemasTest : public ::testing::Test {
 protected:
  std::unique_ptr<Schemas> Start() {
    return std::make_unique<Schemas>(journal_, parser_, hasher_, clock_, log_);
  }
  // The same registry after a restart.
  void Restart() {
    schemas_ = Start();
    ASSERT_THAT(schemas_->Recover(), IsOk());
  }
  StatusOr<RegisteredSchema> Register(const std::string& subject, std::string text,
                                      std::vector<SchemaReference> references = {}) {
    return schemas_->Register(
        {SubjectName(subject), Draft(std::move(text), std::move(references)), false, {}, {}}, ann_);
  }
  StatusOr<RegisteredSchema> Import(const std::string& subject, std::string text, std::uint64_t id,
                                    std::uint64_t version) {
    return schemas_->Register(
        {SubjectName(subject), Draft(std::move(text)), false, SchemaId(id), V(version)}, ann_);
  }
  // The number and id of what ought to have been registered.
  std::pair<std::uint64_t, std::uint64_t> Made(const StatusOr<RegisteredSchema>& made) {
    EXPECT_THAT(made, IsOk());
    if (!made.ok()) return {};
    return {made->version.value(), made->schema->id.value()};
  }
  Status Level(const std::string& subject, CompatibilityLevel level) {
    ConfigChange change;
    change.level = level;
    return schemas_->Configure(SubjectName(subject), change, ann_).status();
  }
  Status Mode(const std::string& subject, SubjectMode mode, bool force = false) {
    return schemas_->SetMode(SubjectName(subject), mode, force, ann_);
  }
  Status Delete(const std::string& subject, std::uint64_t version, bool permanent = false) {
    return schemas_->DeleteVersion(SubjectName(subject), V(version), permanent, ann_).status();
  }
  Status DeleteAll(const std::string& subject, bool permanent = false) {
    return schemas_->DeleteSubject(SubjectName(subject), permanent, ann_).status();
  }
  std::vector<VersionNumber> Versions(const std::string& subject, Shown shown = Shown::kLive) {
    const auto found = schemas_->ListVersions(SubjectName(subject), shown);
    return found.ok() ? *found : std::vector<VersionNumber>();
  }
  std::size_t Rows() {
    std::size_t rows = 0;
    EXPECT_THAT(journal_.Replay("", false, [&](const JournalRow&) { return ++rows, Ok(); }),
                IsOk());
    return rows;
  }

  std::function<Status(std::string_view)> fault_;
  const std::shared_ptr<testing::MemoryJournal::Disk> disk_ = testing::MemoryJournal::NewDisk();
  testing::MemoryJournal journal_{
      disk_, [this](std::string_view op) { return fault_ ? fault_(op) : Ok(); }};
  const testing::FakeSchemaParser parser_{};
  const platform::OpenSslHasher hasher_{};
  ManualClock clock_{FromUnixMillis(1'790'000'000'000)};
  NullLogger log_;
  const Caller ann_ = Caller::Operator("ann");
  std::unique_ptr<Schemas> schemas_ = Start();
};

}  // namespace muster::registry
