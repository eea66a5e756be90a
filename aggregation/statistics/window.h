#pragma once
// A window of a fleet monitor, as devices are asked for it and as its secure sums come back: shard
// by shard, never by device. Pure description.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "aggregation/secagg/named_sums.h"
#include "aggregation/statistics/descriptor.h"
#include "base/status.h"

namespace muster::aggregation::statistics {

inline constexpr std::uint32_t kMostWindowRows = 100'000;

// Pseudo fields of what was served, over ranges that the query gives.
inline constexpr std::string_view kPredictionField = "$prediction";

struct WindowQuery {
  std::string monitor;
  std::uint64_t epoch = 0;
  std::string contract;
  std::uint64_t version = 0;  // Of the contract.
  std::string model;
  std::uint64_t model_version = 0;  // That is served.
  bool reference = false;           // Over rows that it was trained on, in place of those served.
  std::uint32_t rows = 50;          // At most so many of a device: what it may count for.
  std::vector<FieldRange> fields;   // 1 .. kMostFields; the last may be kPredictionField.
  // Sums over rows whose prediction (and label) is known: "error", "squared_error",
  // "expected_error", over ranges that clamp them. `bins` is not used.
  std::vector<FieldRange> measures;
  bool binary = false;  // The label is 0 or 1: an error is a prediction on the wrong side of 1/2.
  friend bool operator==(const WindowQuery&, const WindowQuery&) = default;
};
// As descriptor.h has them for Query: FIELD_INVALID; canonical JSON with "window": 1. A query for a
// reference has neither predictions nor measures.
Status CheckWindowQuery(const WindowQuery& query);
StatusOr<std::string> EncodeWindowQuery(const WindowQuery& query);
StatusOr<WindowQuery> ParseWindowQuery(std::string_view text);
// Whether `text` says of itself that it is a window's.
bool IsWindowQuery(std::string_view text);

// "cells": CellsOf(field) each, in the order of the fields (a device's of one field sum to at most
// `rows`); "counts" and "sums": one a measure, a sum in units of 2^-20 of its range; "given": 1
// from a device that had any row.
std::vector<secagg::SumField> FieldsOf(const WindowQuery& query);

struct ShardTotals {
  std::vector<std::string> group;  // Values of the drill-down's labels, from the coarsest.
  std::uint64_t devices = 0;       // Whose integers are in the totals.
  secagg::SumValues totals;        // Of FieldsOf(query).
  friend bool operator==(const ShardTotals&, const ShardTotals&) = default;
};
// OK when so many devices, each within its bounds, can have given these totals: no more than `rows`
// values of any field a device. FAILED_PRECONDITION (UPDATE_OVER_BOUND) when not; INVALID_ARGUMENT
// when they are not of FieldsOf(query).
Status CheckShard(const WindowQuery& query, const ShardTotals& shard);

// What a campaign over a window came to: its result, as canonical JSON.
struct WindowTally {
  WindowQuery query;
  std::vector<ShardTotals> shards;  // Those that gave; shards that were abandoned are not here.
  friend bool operator==(const WindowTally&, const WindowTally&) = default;
};
StatusOr<std::string> EncodeWindowTally(const WindowTally& tally);
// INVALID_ARGUMENT (ARTEFACT_INVALID) on what EncodeWindowTally would not have written.
StatusOr<WindowTally> ParseWindowTally(std::string_view text);

}  // namespace muster::aggregation::statistics
