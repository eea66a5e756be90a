#pragma once
// A valid campaign for tests to bend.
#include "coordinator/campaign/campaign.h"

namespace muster::coordinator {

inline CampaignSpec SmallCampaign() {
  CampaignSpec spec;
  spec.name = CampaignName("turbofan");
  spec.model = ModelName("rul");
  spec.plan.rounds = 3;
  spec.plan.seed = 1;
  spec.plan.attempts = 2;
  spec.plan.selection.goal = spec.plan.selection.select = 2;
  spec.plan.selection.minimum = 1;
  spec.aggregation.rule = aggregation::FedAvgM{};
  spec.evaluation.labels = {{"role", "test"}};
  spec.evaluation.every = 2;
  return spec;
}

}  // namespace muster::coordinator
