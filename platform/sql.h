#pragma once
// One connection to a SQL database, the same for SQLite and PostgreSQL: parameters are $1..$n,
// values are integers, doubles, text, bytes and null. Never puts a value into an error text.
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace muster::platform {

using SqlNull = std::monostate;
// A value that somebody else owns: an argument of a statement, or a column while a row is visited.
using SqlView = std::variant<SqlNull, std::int64_t, double, std::string_view, ByteView>;
using SqlValue = std::variant<SqlNull, std::int64_t, double, std::string, Bytes>;
using SqlArgs = std::span<const SqlView>;

// One row while it is visited. The getters give DATA_LOSS when the column is absent or holds
// another type, for then the file does not hold what this program wrote.
class SqlRow {
 public:
  explicit SqlRow(std::span<const SqlView> columns) : columns_(columns) {}
  std::span<const SqlView> columns() const { return columns_; }
  bool IsNull(std::size_t column) const;
  StatusOr<std::int64_t> Integer(std::size_t column) const;
  StatusOr<double> Double(std::size_t column) const;
  StatusOr<std::string_view> Text(std::size_t column) const;
  StatusOr<ByteView> Blob(std::size_t column) const;

 private:
  std::span<const SqlView> columns_;
};

struct SqlResult {
  std::vector<std::vector<SqlValue>> rows;
  std::int64_t changed = 0;  // Rows inserted, updated or deleted; 0 for a select.
};

// Codes of all methods: ABORTED for a unique violation or a lost race (redo the transaction),
// RESOURCE_EXHAUSTED (DISK_FULL), FAILED_PRECONDITION (READ_ONLY, or another constraint),
// UNAVAILABLE when the database is busy or away, DATA_LOSS when it is damaged, INTERNAL.
// Used by one thread at a time.
class Sql {
 public:
  virtual ~Sql() = default;

  // Runs one statement and visits its rows without keeping them; a visitor's error ends the walk
  // and is returned. Returns the number of rows changed.
  using Visitor = std::function<Status(const SqlRow&)>;
  StatusOr<std::int64_t> Query(std::string_view text, SqlArgs args, const Visitor& visit);
  StatusOr<std::int64_t> Query(std::string_view text, std::initializer_list<SqlView> args,
                               const Visitor& visit) {
    return Query(text, SqlArgs(args.begin(), args.size()), visit);
  }
  // The same with all rows kept: for results that are known to be small.
  StatusOr<SqlResult> Exec(std::string_view text, SqlArgs args);
  StatusOr<SqlResult> Exec(std::string_view text, std::initializer_list<SqlView> args = {}) {
    return Exec(text, SqlArgs(args.begin(), args.size()));
  }

  // Runs `body` inside a transaction: committed when it returns OK, else rolled back and its error
  // returned. Within another Transact it is a savepoint, undone alone. OK means durable, once the
  // outermost returns it.
  Status Transact(const std::function<Status()>& body);
  // Makes what was deleted unreadable in the database's files, as far as it keeps any itself.
  // UNAVAILABLE when somebody still reads; what was deleted stays deleted.
  virtual Status Scrub() { return Ok(); }

 protected:
  virtual StatusOr<std::int64_t> Run(std::string_view text, SqlArgs args, const Visitor& visit) = 0;
  // The statement that begins a transaction for writing.
  virtual std::string_view BeginText() const = 0;
  // Whether the database itself still has a transaction open: it may drop one on a full disk.
  virtual bool InTransaction() const = 0;

 private:
  Status Control(std::string_view text);
  Status Nested(const std::function<Status()>& body);
  int depth_ = 0;  // Transactions and savepoints open.
};

}  // namespace muster::platform
