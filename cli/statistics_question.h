#pragma once
// The question of `muster stats` as a campaign. The same question always has the same name, so that
// it is asked once and its answer found again. Pure.
#include <muster/v1/campaign.pb.h>
#include <muster/v1/contract.pb.h>

#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace muster::cli {

struct StatisticsQuestion {
  std::vector<std::string> fields;            // Empty: every numeric field with a declared range.
  std::map<std::string, std::string> labels;  // A device carries all of them.
  std::uint32_t bins = 20;
  std::vector<double> quantiles{0.25, 0.5, 0.75};
  std::uint32_t least = 5;
  std::string name;  // Empty: "stats-" and the first 12 hex digits of the question's SHA-256.
};

// The campaign that asks it of `contract`: fields in the contract's order, quantiles ascending,
// each once.
//   errors  FIELD_UNKNOWN with the nearest name; FIELD_INVALID when the contract has no field to
//           count. What else is wrong is for the server to say.
StatusOr<v1::Campaign> CampaignOf(const StatisticsQuestion& question,
                                  const v1::ContractVersion& contract, const Hasher& hasher);

}  // namespace muster::cli
