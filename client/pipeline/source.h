#pragma once
// Where a node's rows come from: a port of the pipeline. Rows are private data: they leave a
// source only as numbers for the pipeline, and no error message repeats a value.
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace muster::client {

// What to make of a cell without a value: of one that is empty, or reads NA, NaN or null.
enum class Nulls { kRefuse, kAllow };

// Rows in time order; `cells` is row-major and holds only the columns that were asked for.
struct Table {
  std::vector<std::string> columns;
  std::vector<double> cells;  // Finite; where nulls are allowed, NaN is one.
  std::size_t rows() const { return columns.empty() ? 0 : cells.size() / columns.size(); }
  std::span<const double> row(std::size_t i) const {
    return std::span(cells).subspan(i * columns.size(), columns.size());
  }
};

// Used from one thread at a time.
class Source {
 public:
  virtual ~Source() = default;
  // What messages call it: a path, an address.
  virtual std::string_view name() const = 0;
  // All rows, with the columns named, in that order; at least one row. Reasons DATA_UNREADABLE,
  // DATA_COLUMN_MISSING, DATA_NOT_A_NUMBER (of a null too, where these are refused) and DATA_EMPTY;
  // messages say where.
  virtual StatusOr<Table> Read(std::span<const std::string> columns, Nulls nulls) = 0;
};

}  // namespace muster::client
