#include "platform/sqlite.h"

#include <sqlite3.h>

#include <cerrno>
#include <charconv>

namespace muster::platform {
namespace {
constexpr int kBusyTimeoutMs = 5000;
// Statements are few and fixed; the bound only guards against text made at run time.
constexpr std::size_t kMaxIdleStatements = 128;

Status DiskFull(std::string_view text) {
  return WithReason(ResourceExhausted("{}", text), Reason::kDISK_FULL);
}
Status ReadOnly(std::string_view text) {
  return WithReason(FailedPrecondition("{}", text), Reason::kREAD_ONLY);
}

// SQLite reports some full disks as a failed write; errno tells them apart.
Status IoError(int file_errno, std::string_view text) {
  switch (file_errno) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return DiskFull(text);
    case EROFS:
    case EACCES:
    case EPERM: return ReadOnly(text);
    default: return Internal("{}", text);
  }
}

Status StatusOf(int code, int file_errno, std::string_view text) {
  if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
    return Aborted("{}", text);
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT: return FailedPrecondition("{}", text);
    case SQLITE_FULL: return DiskFull(text);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM: return ReadOnly(text);
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Unavailable("{}", text);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return DataLoss("{}", text);
    case SQLITE_IOERR: return IoError(file_errno, text);
    default: return Internal("{}", text);
  }
}

SqlView ColumnOf(sqlite3_stmt* statement, int column) {
  const auto bytes = [&] {
    return static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER: return std::int64_t{sqlite3_column_int64(statement, column)};
    case SQLITE_FLOAT: return sqlite3_column_double(statement, column);
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return std::string_view(text, bytes());
    }
    case SQLITE_BLOB: {
      const auto* blob = static_cast<const std::byte*>(sqlite3_column_blob(statement, column));
      return ByteView(blob, bytes());
    }
    default: return SqlNull{};
  }
}

// Null pointers would bind as NULL, so empty text and bytes get an address.
int BindOne(sqlite3_stmt* statement, int index, const SqlView& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    return sqlite3_bind_int64(statement, index, *integer);
  if (const auto* real = std::get_if<double>(&value))
    return sqlite3_bind_double(statement, index, *real);
  if (const auto* text = std::get_if<std::string_view>(&value))
    return sqlite3_bind_text64(statement, index, text->empty() ? "" : text->data(), text->size(),
                               SQLITE_STATIC, SQLITE_UTF8);
  if (const auto* blob = std::get_if<ByteView>(&value))
    return sqlite3_bind_blob64(statement, index,
                               blob->empty() ? static_cast<const void*>("") : blob->data(),
                               blob->size(), SQLITE_STATIC);
  return sqlite3_bind_null(statement, index);
}
}  // namespace

void Sqlite::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);  // Repeats the error of the last step, which was reported.
}

StatusOr<std::unique_ptr<Sqlite>> Sqlite::Open(const std::string& path) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &db,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  if (db == nullptr) return Internal("sqlite: out of memory");
  auto sqlite = std::unique_ptr<Sqlite>(new Sqlite(db));
  if (code != SQLITE_OK) return Prefixed(sqlite->Fail(code, "open"), path);
  if (const Status status = sqlite->Configure(); !status.ok()) return Prefixed(status, path);
  return sqlite;
}

Status Sqlite::Configure() {
  if (const int code = sqlite3_busy_timeout(db_, kBusyTimeoutMs); code != SQLITE_OK)
    return Fail(code, "busy timeout");
  MUSTER_ASSIGN(const SqlResult mode, Exec("pragma journal_mode = wal"));
  if (mode.rows.size() != 1 || mode.rows[0] != std::vector<SqlValue>{std::string("wal")})
    return WithReason(FailedPrecondition("sqlite: the file cannot be put into WAL mode"),
                      Reason::kREAD_ONLY);
  MUSTER_TRY(Exec("pragma synchronous = full").status());
  MUSTER_TRY(Exec("pragma secure_delete = on").status());
  MUSTER_TRY(Exec("pragma journal_size_limit = 67108864").status());
  return Exec("pragma cache_size = -16384").status();
}

Sqlite::~Sqlite() {
  idle_.clear();
  sqlite3_close_v2(db_);  // Always SQLITE_OK; a checkpoint that fails is done at the next open.
}

// Deleted content was overwritten in the pages (secure_delete); older pages lie in the WAL.
Status Sqlite::Scrub() {
  MUSTER_ASSIGN(const SqlResult done, Exec("pragma wal_checkpoint(truncate)"));
  const bool whole = done.rows.size() == 1 && !done.rows[0].empty() &&
                     done.rows[0][0] == SqlValue(std::int64_t{0});
  return whole ? Ok() : Unavailable("sqlite: a reader keeps the WAL from being emptied");
}

bool Sqlite::InTransaction() const { return sqlite3_get_autocommit(db_) == 0; }

// The errno of the last failed call on a file of the database. sqlite3_system_errno() would tell
// that of whatever SQLite did last, which after a failed write is to roll back.
int Sqlite::FileErrno() const {
  int error = 0;
  sqlite3_file* wal = nullptr;
  if (sqlite3_file_control(db_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) == SQLITE_OK &&
      wal != nullptr && wal->pMethods != nullptr)
    wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &error);
  if (error == 0) sqlite3_file_control(db_, "main", SQLITE_FCNTL_LAST_ERRNO, &error);
  return error;
}

Status Sqlite::Fail(int code, std::string_view doing) const {
  const int error = (code & 0xff) == SQLITE_IOERR ? FileErrno() : 0;
  return StatusOf(code, error,
                  fmt::format("sqlite: {}: {} ({})", doing, sqlite3_errstr(code), code));
}

StatusOr<Sqlite::Statement> Sqlite::Take(std::string_view text) {
  if (auto node = idle_.extract(std::string(text)); !node.empty()) return std::move(node.mapped());
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(db_, text.data(), static_cast<int>(text.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, &tail);
  Statement statement(raw);
  // Nothing is bound yet, so the detailed message can only quote the statement.
  if (code == SQLITE_ERROR) return Internal("sqlite: prepare: {}", sqlite3_errmsg(db_));
  if (code != SQLITE_OK) return Fail(code, "prepare");
  if (raw == nullptr || tail != text.data() + text.size())
    return Internal("sqlite: prepare: not exactly one statement");
  return statement;
}

void Sqlite::GiveBack(std::string_view text, Statement statement) {
  sqlite3_reset(statement.get());  // Repeats the error of the last step, which was reported.
  sqlite3_clear_bindings(statement.get());
  if (idle_.size() < kMaxIdleStatements) idle_.try_emplace(std::string(text), std::move(statement));
}

Status Sqlite::Bind(sqlite3_stmt* statement, SqlArgs args) const {
  if (static_cast<std::size_t>(sqlite3_bind_parameter_count(statement)) != args.size())
    return Internal("sqlite: {} values for {} parameters", args.size(),
                    sqlite3_bind_parameter_count(statement));
  for (std::size_t i = 0; i < args.size(); ++i) {
    char name[16] = "$";
    *std::to_chars(name + 1, name + sizeof name - 1, i + 1).ptr = '\0';
    const int index = sqlite3_bind_parameter_index(statement, name);
    if (index == 0) return Internal("sqlite: the statement has no parameter {}", name);
    if (const int code = BindOne(statement, index, args[i]); code != SQLITE_OK)
      return Fail(code, "bind");
  }
  return Ok();
}

StatusOr<std::int64_t> Sqlite::Run(std::string_view text, SqlArgs args, const Visitor& visit) {
  MUSTER_ASSIGN(Statement statement, Take(text));
  Status status = Bind(statement.get(), args);
  std::vector<SqlView> columns(static_cast<std::size_t>(sqlite3_column_count(statement.get())));
  int code = SQLITE_ROW;
  while (status.ok() && (code = sqlite3_step(statement.get())) == SQLITE_ROW) {
    for (std::size_t i = 0; i < columns.size(); ++i)
      columns[i] = ColumnOf(statement.get(), static_cast<int>(i));
    status = visit(SqlRow(columns));
  }
  if (status.ok() && code != SQLITE_DONE) status = Fail(code, "step");
  const std::int64_t changed = sqlite3_stmt_readonly(statement.get()) ? 0 : sqlite3_changes64(db_);
  GiveBack(text, std::move(statement));
  if (!status.ok()) return status;
  return changed;
}

}  // namespace muster::platform
