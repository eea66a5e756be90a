#pragma once
// A node's rows as they come: the port of the serving pipeline's first step. Where a reader stands
// is a value that it keeps with what it made of the rows, so that it takes each row once.
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/canonical_json.h"
#include "base/status.h"
#include "client/pipeline/source.h"

namespace muster::client {

struct StreamPosition {
  std::uint64_t offset = 0;  // Of the next line; 0: before the first row.
  std::uint64_t line = 0;    // Lines before it, the header among them.
  // The end of what was read, for finding the place again in a file that was rotated or rewritten.
  std::string anchor;
  friend bool operator==(const StreamPosition&, const StreamPosition&) = default;
};
Json PositionJson(const StreamPosition& position);
StatusOr<StreamPosition> ReadPosition(const Json& json);

// A column, and whether a stream without it is an error; else its cells are null.
struct StreamColumn {
  std::string name;
  bool required = true;
};

// Used from one thread at a time.
class RowStream {
 public:
  using Take = std::function<void(const Row&)>;
  virtual ~RowStream() = default;
  virtual std::string_view name() const = 0;
  // Gives at most `most` rows behind `at`, oldest first, with these columns, and moves `at` behind
  // them. How many there were; 0: there is nothing new. A broken row is a row. Stops at `until`, an
  // offset, when that is not 0.
  //   errors  INVALID_ARGUMENT (DATA_UNREADABLE, DATA_COLUMN_MISSING); `at` is as it was.
  virtual StatusOr<std::size_t> Read(std::span<const StreamColumn> columns, std::size_t most,
                                     std::uint64_t until, StreamPosition& at, const Take& take) = 0;
};

}  // namespace muster::client
