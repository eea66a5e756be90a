#include "platform/sql.h"

#include "base/strong.h"

namespace muster::platform {
namespace {
template <typename T>
StatusOr<T> ColumnAs(std::span<const SqlView> columns, std::size_t column, const char* type) {
  if (column >= columns.size()) return DataLoss("column {} of a row of {}", column, columns.size());
  if (const T* value = std::get_if<T>(&columns[column])) return *value;
  return DataLoss("column {} does not hold {}", column, type);
}

SqlValue Owned(const SqlView& view) {
  return std::visit(Overloaded{[](std::string_view v) -> SqlValue { return std::string(v); },
                               [](ByteView v) -> SqlValue { return Bytes(v.begin(), v.end()); },
                               [](auto v) -> SqlValue { return v; }},
                    view);
}
}  // namespace

bool SqlRow::IsNull(std::size_t column) const {
  return column < columns_.size() && std::holds_alternative<SqlNull>(columns_[column]);
}
StatusOr<std::int64_t> SqlRow::Integer(std::size_t column) const {
  return ColumnAs<std::int64_t>(columns_, column, "an integer");
}
StatusOr<double> SqlRow::Double(std::size_t column) const {
  return ColumnAs<double>(columns_, column, "a double");
}
StatusOr<std::string_view> SqlRow::Text(std::size_t column) const {
  return ColumnAs<std::string_view>(columns_, column, "text");
}
StatusOr<ByteView> SqlRow::Blob(std::size_t column) const {
  return ColumnAs<ByteView>(columns_, column, "bytes");
}

StatusOr<std::int64_t> Sql::Query(std::string_view text, SqlArgs args, const Visitor& visit) {
  // Without this check the rest of a transaction that the database dropped would be committed
  // statement by statement.
  if (depth_ > 0 && !InTransaction()) return Aborted("the database dropped the transaction");
  return Run(text, args, visit);
}

StatusOr<SqlResult> Sql::Exec(std::string_view text, SqlArgs args) {
  SqlResult result;
  MUSTER_ASSIGN(result.changed, Query(text, args, [&result](const SqlRow& row) {
                  auto& values = result.rows.emplace_back();
                  for (const SqlView& column : row.columns()) values.push_back(Owned(column));
                  return Ok();
                }));
  return result;
}

Status Sql::Control(std::string_view text) {
  return Run(text, {}, [](const SqlRow&) { return Ok(); }).status();
}

Status Sql::Transact(const std::function<Status()>& body) {
  if (depth_ > 0) return Nested(body);
  MUSTER_TRY(Control(BeginText()));
  ++depth_;
  Status status = body();
  if (status.ok() && !InTransaction()) status = Aborted("the database dropped the transaction");
  --depth_;
  if (status.ok()) status = Control("commit");
  // The first error is the one to tell; a rollback that fails leaves the database to undo it.
  if (!status.ok() && InTransaction()) Control("rollback").IgnoreError();
  return status;
}

Status Sql::Nested(const std::function<Status()>& body) {
  const std::string name = fmt::format("s{}", depth_);
  if (!InTransaction()) return Aborted("the database dropped the transaction");
  MUSTER_TRY(Control("savepoint " + name));
  ++depth_;
  Status status = body();
  --depth_;
  if (status.ok() && InTransaction()) return Control("release savepoint " + name);
  if (status.ok()) return Aborted("the database dropped the transaction");
  if (InTransaction()) {
    MUSTER_TRY(Control("rollback to savepoint " + name));
    MUSTER_TRY(Control("release savepoint " + name));
  }
  return status;
}

}  // namespace muster::platform
