#pragma once
// What a check of drift found, as text, as JSON and as a page. Pure.
#include <span>
#include <string>
#include <vector>

#include "client/app/drift_rows.h"
#include "drift/monitors/monitor_set.h"

namespace muster::client {

struct DriftOutcome {
  const DriftContract& contract;
  const std::vector<DriftRows>& rows;
  const drift::MonitorSet& set;
  const drift::TrainingReference* reference;  // Null: none.
  const std::vector<drift::Finding>& findings;
};

// Tables: the findings in their order, a line for each monitor, and what was not judged.
std::string DriftText(const DriftOutcome& outcome);
std::string DriftJson(const DriftOutcome& outcome);
// One HTML file with inline SVG and no script: for each field with an alarm its distribution then
// and now, and its values over time with the alarms.
std::string DriftHtml(const DriftOutcome& outcome);

// Where a finding's mark is, in the numbers of its node's file: "row 812" or a time.
std::string WhereText(const DriftOutcome& outcome, const drift::Finding& finding,
                      const drift::Mark& mark);

}  // namespace muster::client
