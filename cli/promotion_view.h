#pragma once
// Gates, verdicts and the history of aliases as people read them. Pure.
#include <muster/v1/promotion.pb.h>

#include <string>

#include "base/clock.h"

namespace muster::cli {

// A line for each gate, then what became of the alias.
std::string PromotionText(const v1::PromoteReply& reply, bool dry_run);
std::string HistoryTable(const v1::AliasHistory& history);
// "metric rmse, approvals 2 reviewer": what guards which aliases, for `describe`.
std::string GatesText(const v1::Gates& gates);

}  // namespace muster::cli
