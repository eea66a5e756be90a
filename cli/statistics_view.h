#pragma once
// What federated statistics found, as a table for people. Pure: a result and a contract in, text
// out.
#include <muster/v1/contract.pb.h>

#include <string>
#include <vector>

#include "aggregation/statistics/result.h"

namespace muster::cli {

using StatisticsResult = aggregation::statistics::Result;

// A line for each field: unit, values, nulls, moments, quantiles and its histogram. What too few
// devices stand behind is a dot, explained below the table. `contract` gives the units; an empty
// one leaves them out.
std::string StatisticsTable(const StatisticsResult& result, const v1::Contract& contract);

// "▁▃█▅▁", from 0 to the fullest bin, in at most `cells` signs: neighbours share one where there
// are more bins. "·" where nothing of it is shown.
std::string HistogramText(const std::vector<aggregation::statistics::Cell>& bins, int cells);

}  // namespace muster::cli
