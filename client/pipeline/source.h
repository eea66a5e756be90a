#pragma once
// Where a node's rows come from: a port of the pipeline. Rows are private data: they leave a
// source only for the pipeline and the node's own quarantine, and no error message repeats a value.
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace muster::client {

// How a cell reads: a finite number; nothing (empty, NA, NaN, null); an infinity or what is too
// large for a double; any other text.
enum class CellKind : std::uint8_t { kNumber, kNull, kNotFinite, kText };

struct Cell {
  CellKind kind = CellKind::kNull;
  double number = 0;           // Of kNumber.
  std::string_view text = {};  // As it stands in the source.
};

// One row as it was found; its views hold until the next one.
struct Row {
  std::uint64_t line = 0;       // Where it stands in the source, from 1.
  std::span<const Cell> cells;  // Of the columns that were asked for; none when `broken`.
  std::string_view text;        // All of it, or its beginning.
  std::string_view broken;      // What makes it no row at all; empty: it is one.
};

// Used from one thread at a time.
class Source {
 public:
  // Takes the rows in time order. An error ends the reading, which fails with it.
  using Take = std::function<Status(const Row&)>;

  virtual ~Source() = default;
  // What messages call it: a path, an address.
  virtual std::string_view name() const = 0;
  // All rows, with the columns named, in that order; at least one row. What is wrong with a row is
  // said of that row. Reasons DATA_UNREADABLE, DATA_COLUMN_MISSING and DATA_EMPTY; messages say
  // where.
  virtual Status Read(std::span<const std::string> columns, const Take& take) = 0;
};

}  // namespace muster::client
