#pragma once
// Follows one campaign, view by view, until it ends, through restarts of the server.
#include <muster/v1/campaign.pb.h>

#include <functional>
#include <string>

#include "cli/shell.h"

namespace muster::cli {

// Shows what is followed.
class Viewer {
 public:
  virtual ~Viewer() = default;
  virtual void Show(const v1::CampaignView& view) = 0;
  virtual void Tick() = 0;                         // A second without news.
  virtual void Note(const std::string& text) = 0;  // About the connection; until the next view.
};

// The first view for which `enough` is true. An error once the server refuses, was never reached,
// or stays away for more than five minutes. Views that come too fast to be shown are passed over.
StatusOr<v1::CampaignView> FollowCampaign(
    Shell& shell, const std::string& name, Viewer& viewer,
    const std::function<bool(const v1::CampaignView&)>& enough);

// OK when the last view is of a campaign that completed; else what became of it: CAMPAIGN_CANCELLED
// or CAMPAIGN_STATE.
Status EndOf(const v1::CampaignView& last);

}  // namespace muster::cli
