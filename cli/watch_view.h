#pragma once
// A campaign as `muster watch` shows it: a live tree for terminals, one line a change elsewhere.
// Pure: a view, the time and the width in, lines out.
#include <muster/v1/campaign.pb.h>

#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/text.h"

namespace muster::cli {

// The lines of the tree, none wider than `columns`.
std::vector<std::string> WatchTree(const v1::CampaignView& view, Timestamp now, int columns,
                                   const Paint& paint);

// One line that says where the campaign is; it changes when the campaign has moved on, and only
// then.
std::string WatchLine(const v1::CampaignView& view);

// completed, cancelled or failed: nothing will change any more.
bool IsOver(const v1::CampaignView& view);

}  // namespace muster::cli
