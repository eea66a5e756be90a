#pragma once
// Where the journals under the conformance suite live, one kind per backend.
#include <functional>
#include <memory>

#include "base/journal.h"

namespace muster::testing {

class JournalHome {
 public:
  virtual ~JournalHome() = default;
  // Opens the journal that lives here, after closing the one opened before.
  virtual Journal& Open() = 0;
  // While the returned token lives, the disk is full.
  virtual std::shared_ptr<void> FillDisk() = 0;
};

using MakeJournalHome = std::function<std::unique_ptr<JournalHome>()>;
std::unique_ptr<JournalHome> MakeMemoryHome();
std::unique_ptr<JournalHome> MakeSqliteHome();

}  // namespace muster::testing
