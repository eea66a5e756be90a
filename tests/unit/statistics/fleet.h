#pragma once
// Devices with rows, and what a secure sum would open of them.
#include <cmath>
#include <functional>
#include <vector>

#include "aggregation/statistics/local.h"
#include "aggregation/statistics/result.h"
#include "base/seeded.h"

namespace muster::aggregation::statistics {

using Rows = std::vector<std::vector<double>>;  // One column for each field.

inline secagg::SumValues Counted(const Query& query, const Rows& rows) {
  const std::vector<std::span<const double>> columns(rows.begin(), rows.end());
  return CountRows(query, columns).value();
}

inline Tally TallyOf(const Query& query, const std::vector<Rows>& devices) {
  Tally out{.query = query, .devices = devices.size(), .totals = {}};
  for (const secagg::SumField& field : FieldsOf(query)) out.totals.emplace_back(field.count);
  for (const Rows& rows : devices)
    if (!secagg::AddTotals(out.totals, Counted(query, rows)).ok()) return {};
  return out;
}

// Both passes over the same devices.
inline StatusOr<Result> Ask(const Query& query, const std::vector<Rows>& devices) {
  const Tally first = TallyOf(query, devices);
  MUSTER_ASSIGN(const Query next, NextQuery(first));
  const Tally second = TallyOf(next, devices);
  return Summarise(first, &second);
}

inline double Uniform(SeededRng& rng) { return static_cast<double>(rng.Next() >> 11) * 0x1p-53; }

// All values of a field that are any.
inline std::vector<double> Pooled(const std::vector<Rows>& devices, std::size_t field) {
  std::vector<double> out;
  for (const Rows& rows : devices)
    for (const double v : rows[field])
      if (!std::isnan(v)) out.push_back(v);
  return out;
}

inline Query OneField(double lo, double hi, std::uint32_t bins, std::uint32_t least = 1) {
  return {.contract = "turbofan",
          .version = 1,
          .fields = {{.name = "T30", .lo = lo, .hi = hi, .bins = bins}},
          .quantiles = {0.25, 0.5, 0.75},
          .least = least,
          .zooms = {}};
}

}  // namespace muster::aggregation::statistics
