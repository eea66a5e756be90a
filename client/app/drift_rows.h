#pragma once
// A site's rows as monitors see them: every number of the contract, bad rows among them, since what
// breaks a contract is what monitors are for. Reads the nodes' own sources and talks to nobody.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "client/app/settings.h"
#include "drift/monitors/training_reference.h"

namespace muster::client {

// The numbers of a contract, and where its rows say when they were measured.
struct DriftContract {
  std::string name;
  std::vector<drift::MonitoredField> fields;
  std::string time_field;  // Empty: rows have no time.
};
// The one contract in a file. Errors of config::LoadResources, and INVALID_ARGUMENT (FIELD_INVALID)
// when it holds another number of contracts, or one without numbers.
StatusOr<DriftContract> LoadDriftContract(const std::string& path);

// Rows by number, from 1, both included; `share` counts from the first row of each node.
struct RowRange {
  std::uint64_t first = 1;
  std::optional<std::uint64_t> last;
  double share = 1;
};
// "100:200", "100:" and ":200". INVALID_ARGUMENT (FIELD_INVALID) otherwise.
StatusOr<RowRange> ParseRowRange(std::string_view text);

// A node's rows.
struct DriftRows {
  std::string node;
  std::uint64_t first = 1;                      // The number of the first one.
  std::vector<std::optional<Timestamp>> times;  // One for each row.
  std::vector<double> cells;  // Row-major, by the contract's fields; NaN: null, text or no row.
};
// Of all nodes, or of the one that is named. Errors of Source::Read; NOT_FOUND when there is no
// such node; INVALID_ARGUMENT (DATA_EMPTY) when the range leaves a node no row.
StatusOr<std::vector<DriftRows>> ReadDriftRows(const AgentSettings& settings,
                                               const DriftContract& contract, const RowRange& range,
                                               const std::string& node);

}  // namespace muster::client
