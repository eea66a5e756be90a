#include "tests/conformance/journal_homes.h"

#include "platform/sql_journal.h"
#include "tests/support/full_disk.h"
#include "tests/support/memory_journal.h"
#include "tests/support/temp_dir.h"

namespace muster::testing {
namespace {
class MemoryHome final : public JournalHome {
 public:
  Journal& Open() override {
    journal_ = std::make_unique<MemoryJournal>(disk_, [this](std::string_view operation) {
      if (full_.expired() || operation != "journal.append") return Ok();
      return WithReason(ResourceExhausted("the disk is full"), Reason::kDISK_FULL);
    });
    return *journal_;
  }
  std::shared_ptr<void> FillDisk() override {
    auto token = std::make_shared<int>();
    full_ = token;
    return token;
  }

 private:
  std::weak_ptr<int> full_;
  std::shared_ptr<MemoryJournal::Disk> disk_ = MemoryJournal::NewDisk();
  std::unique_ptr<MemoryJournal> journal_;
};

class SqliteHome final : public JournalHome {
 public:
  Journal& Open() override {
    journal_.reset();
    journal_ = platform::SqlJournal::OpenSqlite(dir_ / "journal.db").value();
    return *journal_;
  }
  std::shared_ptr<void> FillDisk() override { return std::make_shared<FullDisk>(); }

 private:
  TempDir dir_;
  std::unique_ptr<Journal> journal_;
};
}  // namespace

std::unique_ptr<JournalHome> MakeMemoryHome() { return std::make_unique<MemoryHome>(); }
std::unique_ptr<JournalHome> MakeSqliteHome() { return std::make_unique<SqliteHome>(); }

}  // namespace muster::testing
