#pragma once
// A schema registry of many subjects: listing, looking up, registering.
#include <cstdint>

#include "base/journal.h"
#include "bench/report.h"
#include "registry/schemas.h"

namespace muster::bench {

// One Avro schema for each subject, at the end of the journal. How many facts.
std::uint64_t WriteSubjects(Journal& journal, std::uint64_t subjects);
void BenchSubjects(Report& report, registry::Schemas& schemas, std::uint64_t subjects);

}  // namespace muster::bench
