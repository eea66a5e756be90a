#pragma once
// One closed loop as it stands: a trigger, what it listens to, and what came of its newest firing.
#include <muster/v1/campaign.pb.h>
#include <muster/v1/model.pb.h>
#include <muster/v1/monitor.pb.h>
#include <muster/v1/trigger.pb.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace muster::cli {

struct Loop {
  v1::TriggerView trigger;
  std::vector<v1::MonitorView> monitors;               // That its condition names, in its order.
  std::optional<v1::CampaignView> campaign;            // Of the newest firing.
  std::map<std::uint64_t, v1::ModelVersion> versions;  // The firing's base and its own, as known.
};

// The monitors that a condition names, each once, in order.
std::vector<std::string> MonitorsOf(const v1::Trigger::Condition& condition);

// nullptr when it has not fired yet.
const v1::Firing* NewestFiring(const v1::TriggerView& trigger);
// Nothing will change about it any more.
bool IsOver(const v1::Firing& firing);
// It is over, and no new version came of it although one was wanted.
bool IsFailed(const v1::Firing& firing);

// What an explanation rests on in the end: the sentences of its parts that hold, "; " between them.
// Foreign text.
std::string GroundsOf(const v1::Explanation& explanation);

// The newest window that is not a reference; nullptr when there is none.
const v1::WindowView* NewestWindow(const v1::MonitorView& monitor);
// Features of a window: drifted ones first, then by p, then by name; such without a p last.
std::vector<const v1::FeatureView*> ByEvidence(
    const google::protobuf::RepeatedPtrField<v1::FeatureView>& features);

// What predictions were held against: " (baseline: window 7)"; empty: the reference.
std::string BaselineText(const v1::FeatureView& feature);

// Open alarms, by rule and field.
struct OpenFindings {
  struct Cell {
    std::string rule, field;
    std::uint64_t devices = 0;
  };
  std::vector<Cell> cells;    // Those of the most devices first.
  std::uint64_t devices = 0;  // With at least one.
  std::int64_t newest_unix_ms = 0;
};
OpenFindings OpenFindingsOf(const v1::MonitorView& monitor);

}  // namespace muster::cli
