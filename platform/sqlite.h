#pragma once
// Sql over SQLite 3: WAL, synchronous=FULL, so a commit is on disk when it returns. Keeps prepared
// statements; never shows their parameters.
#include <memory>
#include <string>
#include <unordered_map>

#include "platform/sql.h"

struct sqlite3;
struct sqlite3_stmt;

namespace muster::platform {

// Used by one thread at a time; connections to one file are independent of each other.
class Sqlite final : public Sql {
 public:
  // Opens or makes the database. A missing or closed directory is FAILED_PRECONDITION
  // (READ_ONLY); a file that is no database is DATA_LOSS.
  static StatusOr<std::unique_ptr<Sqlite>> Open(const std::string& path);
  ~Sqlite() override;
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;
  Status Scrub() override;

 protected:
  StatusOr<std::int64_t> Run(std::string_view text, SqlArgs args, const Visitor& visit) override;
  // "immediate" takes the write lock at once: a later upgrade could fail with BUSY for ever.
  std::string_view BeginText() const override { return "begin immediate"; }
  bool InTransaction() const override;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  explicit Sqlite(sqlite3* db) : db_(db) {}
  Status Configure();
  int FileErrno() const;
  Status Fail(int code, std::string_view doing) const;
  // A statement leaves the cache while it runs, so a visitor may run the same text again.
  StatusOr<Statement> Take(std::string_view text);
  void GiveBack(std::string_view text, Statement statement);
  Status Bind(sqlite3_stmt* statement, SqlArgs args) const;

  sqlite3* const db_;
  std::unordered_map<std::string, Statement> idle_;
};

}  // namespace muster::platform
