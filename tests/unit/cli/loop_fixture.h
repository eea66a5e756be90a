#pragma once
// A turbofan fleet whose sensor s11 goes wrong at most sites, as the coordinator would show it:
// windows, findings, a trigger that fires, a campaign, and a version that helps.
#include <muster/v1/campaign.pb.h>
#include <muster/v1/model.pb.h>
#include <muster/v1/monitor.pb.h>
#include <muster/v1/promotion.pb.h>
#include <muster/v1/trigger.pb.h>

#include "base/clock.h"
#include "cli/loop.h"

namespace muster::cli {

inline constexpr std::int64_t kStart = 1'795'000'000'000;  // The first window; one an hour.
inline constexpr std::int64_t kHour = 3'600'000;

// Fourteen sensors, the prediction, three measures, five sites; s11 drifts from window 10 to 12.
v1::MonitorView TurbofanMonitor();
// Fires on windows 10 and 11; version 5 is champion since.
v1::TriggerView TurbofanTrigger();
// The same while it trains: round 3 of 10 of rul-drift-1.
v1::TriggerView TrainingTrigger();
v1::CampaignView TrainingCampaign();
v1::ModelView TurbofanModel();
v1::AliasHistory TurbofanHistory();

Timestamp TurbofanNow();  // Fourteen hours and five minutes after the first window.

}  // namespace muster::cli
