#pragma once
// Checks a data directory that no coordinator has open: the journal for gaps and unreadable facts,
// the log's tree against the journal, and every blob against its name. Changes no fact.
#include <functional>
#include <string>

#include "base/status.h"

namespace muster::coordinator {

// One thing that was looked at, as a line for people.
struct Finding {
  bool ok = true;
  std::string subject;  // "journal", "log", "blobs".
  std::string detail;   // What was found; when not ok, which thing and what to do.
};

// Tells each finding as it is made; whether all were ok. FAILED_PRECONDITION (DATA_DIR_IN_USE)
// while a coordinator runs; NOT_FOUND when there is no data directory. Cost: reads everything.
StatusOr<bool> CheckDataDir(const std::string& path, const std::string& trust_domain,
                            const std::function<void(const Finding&)>& tell);

}  // namespace muster::coordinator
