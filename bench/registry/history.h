#pragma once
// A long history in SQLite: a model that a campaign of many rounds made, among facts of others.
#include <cstdint>

#include "base/journal.h"

namespace muster::bench {

inline constexpr const char* kModel = "rul";
inline constexpr std::uint64_t kFactsOfARound = 9;  // And one of its campaign.

// Facts of streams that nobody asks about, so many of them.
void WriteOthers(Journal& journal, std::uint64_t facts);
// Contract, model, campaign and its rounds of `devices` devices each; version 2 came out of the
// last one. How many facts that were.
std::uint64_t WriteCampaign(Journal& journal, std::uint64_t rounds, std::uint64_t devices);

}  // namespace muster::bench
