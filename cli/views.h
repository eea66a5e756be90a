#pragma once
// Answers of the coordinator as tables and as full descriptions. Pure: views and the time in, text
// out.
#include <muster/v1/authority.pb.h>
#include <muster/v1/campaign.pb.h>
#include <muster/v1/contract.pb.h>
#include <muster/v1/fleet.pb.h>
#include <muster/v1/model.pb.h>
#include <muster/v1/monitor.pb.h>
#include <muster/v1/trigger.pb.h>

#include <string>

#include "base/clock.h"

namespace muster::cli {

// For `get`: a line each.
std::string ContractTable(const v1::ListContractsReply& reply, Timestamp now);
std::string ModelTable(const v1::ListModelsReply& reply, Timestamp now);
std::string CampaignTable(const v1::ListCampaignsReply& reply, Timestamp now);
std::string DeviceTable(const v1::ListDevicesReply& reply, Timestamp now);
std::string MonitorTable(const v1::ListMonitorsReply& reply, Timestamp now);
std::string TriggerTable(const v1::ListTriggersReply& reply, Timestamp now);
std::string VersionTable(const v1::ModelView& model, Timestamp now);
std::string FoundTable(const v1::SearchVersionsReply& reply, Timestamp now);
std::string TokenTable(const v1::ListTokensReply& reply, Timestamp now);

// For `describe`: everything there is to say.
std::string Describe(const v1::ContractVersion& contract, Timestamp now);
std::string Describe(const v1::ModelView& model, Timestamp now);
std::string Describe(const v1::ModelVersion& version, Timestamp now);
std::string Describe(const v1::CampaignView& campaign, Timestamp now);
std::string Describe(const v1::DeviceView& device, Timestamp now);
std::string Describe(const v1::MonitorView& monitor, Timestamp now);
std::string Describe(const v1::TriggerView& trigger, Timestamp now);

// Whether a trigger would fire, and why: the tree of its conditions, a line each.
std::string ExplanationText(const v1::Explanation& explanation);

// What the campaign of a firing measured before and after, slice by slice; empty: nothing yet.
std::string ChangesText(const v1::Firing& firing);

// "BACKWARD": what the contract declares, or the default.
std::string CompatibilityText(const v1::Contract& contract);
// The metric that the campaign is about: the first it evaluates, else rmse.
std::string MainMetric(const v1::Campaign& campaign);

}  // namespace muster::cli
