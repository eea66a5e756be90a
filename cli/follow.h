#pragma once
// Follows what the server shows, view by view, through restarts of the server.
#include <muster/v1/campaign.pb.h>

#include <functional>
#include <string>

#include "cli/shell.h"

namespace muster::cli {

// How long a stream may be silent before what is shown of it is drawn anew.
inline constexpr Duration kTick = std::chrono::seconds(1);

// What is done over one connection, until it is done (OK) or the connection broke. `seen` is set
// once the server has shown something.
using OverOneLink = std::function<Status(Link& link, bool& seen)>;

// Does it over a new connection each time that one broke. An error once the server refuses, was
// never reached, or stays away for more than five minutes; `note` is told when it went away.
Status ThroughRestarts(Shell& shell, const OverOneLink& once,
                       const std::function<void(const std::string&)>& note);

// Shows what is followed.
class Viewer {
 public:
  virtual ~Viewer() = default;
  virtual void Show(const v1::CampaignView& view) = 0;
  virtual void Tick() = 0;                         // A second without news.
  virtual void Note(const std::string& text) = 0;  // About the connection; until the next view.
};

// The first view for which `enough` is true, through restarts. Views that come too fast to be shown
// are passed over.
StatusOr<v1::CampaignView> FollowCampaign(
    Shell& shell, const std::string& name, Viewer& viewer,
    const std::function<bool(const v1::CampaignView&)>& enough);

// OK when the last view is of a campaign that completed; else what became of it: CAMPAIGN_CANCELLED
// or CAMPAIGN_STATE.
Status EndOf(const v1::CampaignView& last);

}  // namespace muster::cli
