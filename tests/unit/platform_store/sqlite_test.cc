#include "platform/sqlite.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "tests/support/full_disk.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace muster::platform {
namespace {
using muster::testing::Fails;
using muster::testing::FullDisk;
using muster::testing::HasCode;
using muster::testing::IsOk;
using muster::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using enum absl::StatusCode;

class SqliteTest : public ::testing::Test {
 protected:
  std::unique_ptr<Sqlite> Connect() { return Sqlite::Open(dir / "test.db").value(); }
  std::int64_t Count() {
    return std::get<std::int64_t>(sql->Exec("select count(*) from t")->rows[0][0]);
  }
  Status Insert(std::int64_t k) {
    return sql->Exec("insert into t (k, v) values ($1, $2)", {k, std::string_view("v")}).status();
  }
  void SetUp() override {
    ASSERT_THAT(sql->Exec("create table t (k bigint not null primary key, v text)"), IsOk());
  }

  TempDir dir;
  std::unique_ptr<Sqlite> sql = Connect();
};

TEST_F(SqliteTest, ACommitIsOnDiskWhenItReturns) {
  EXPECT_EQ(sql->Exec("pragma journal_mode")->rows[0][0], SqlValue(std::string("wal")));
  EXPECT_EQ(sql->Exec("pragma synchronous")->rows[0][0], SqlValue(std::int64_t{2}));
}

TEST_F(SqliteTest, NothingOfADeletedRowIsLeftInItsFilesOnceTheyAreScrubbed) {
  const std::string secret = "annas-car-4711";
  const auto found = [&] {
    for (const char* name : {"test.db", "test.db-wal"}) {
      std::ifstream file(dir / name, std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      if (bytes.find(secret) != std::string::npos) return true;
    }
    return false;
  };
  for (std::int64_t k = 0; k < 100; ++k)
    ASSERT_THAT(sql->Exec("insert into t (k, v) values ($1, $2)", {k, std::string_view(secret)}),
                IsOk());
  ASSERT_THAT(sql->Exec("delete from t where k < 99"), IsOk());
  EXPECT_TRUE(found());
  ASSERT_THAT(sql->Exec("delete from t where k = 99"), IsOk());
  ASSERT_THAT(sql->Scrub(), IsOk());
  EXPECT_FALSE(found());
}

TEST_F(SqliteTest, ValuesComeBackAsTheyWere) {
  ASSERT_THAT(sql->Exec("create table every (a bigint, b double precision, c text, d blob)"),
              IsOk());
  const Bytes bytes = {std::byte{0}, std::byte{255}, std::byte{0}};
  const std::string text("a\0b\xc3\xa4", 5);
  const std::vector<std::vector<SqlView>> rows = {
      {std::numeric_limits<std::int64_t>::min(), -0.5, std::string_view(text), ByteView(bytes)},
      {std::int64_t{5'000'000'000}, 1e300, std::string_view(), ByteView()},
      {SqlNull(), SqlNull(), SqlNull(), SqlNull()}};
  for (const auto& row : rows)
    ASSERT_THAT(sql->Exec("insert into every (a, b, c, d) values ($1, $2, $3, $4)", row), IsOk());
  std::size_t n = 0;
  const auto visit = [&](const SqlRow& row) -> Status {
    EXPECT_EQ(row.IsNull(3), n == 2);
    if (n == 0) {
      EXPECT_EQ(*row.Integer(0), std::numeric_limits<std::int64_t>::min());
      EXPECT_EQ(*row.Double(1), -0.5);
      EXPECT_EQ(*row.Text(2), text);
      EXPECT_EQ(Bytes(row.Blob(3)->begin(), row.Blob(3)->end()), bytes);
    } else if (n == 1) {
      EXPECT_EQ(*row.Integer(0), 5'000'000'000);
      EXPECT_EQ(*row.Double(1), 1e300);
      EXPECT_EQ(*row.Text(2), "");
      EXPECT_TRUE(row.Blob(3)->empty());
    }
    ++n;
    return Ok();
  };
  EXPECT_THAT(sql->Query("select a, b, c, d from every order by rowid", {}, visit), IsOk());
  EXPECT_EQ(n, 3);
}

TEST_F(SqliteTest, AColumnOfAnotherTypeThanExpectedIsDataLoss) {
  const auto visit = [](const SqlRow& row) -> Status {
    EXPECT_THAT(row.Integer(1), HasCode(kDataLoss));
    EXPECT_THAT(row.Text(0), HasCode(kDataLoss));
    EXPECT_THAT(row.Blob(0), HasCode(kDataLoss));
    EXPECT_THAT(row.Double(2), HasCode(kDataLoss));
    EXPECT_THAT(row.Integer(3), HasCode(kDataLoss)) << "no such column";
    return Ok();
  };
  EXPECT_THAT(sql->Query("select 1, 'x', null", {}, visit), IsOk());
}

TEST_F(SqliteTest, ParametersAreFoundByTheirNumber) {
  const auto result = sql->Exec("select $2, $1, $2", {std::int64_t{1}, std::int64_t{2}});
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->rows[0], ElementsAre(SqlValue(std::int64_t{2}), SqlValue(std::int64_t{1}),
                                           SqlValue(std::int64_t{2})));
  EXPECT_THAT(sql->Exec("select $1", {}), HasCode(kInternal));
  EXPECT_THAT(sql->Exec("select 1", {std::int64_t{1}}), HasCode(kInternal));
}

TEST_F(SqliteTest, OneTextIsOneStatement) {
  EXPECT_THAT(sql->Exec("select 1; select 2"), HasCode(kInternal));
  EXPECT_THAT(sql->Exec(""), HasCode(kInternal));
  EXPECT_THAT(sql->Exec("selekt"), HasCode(kInternal));
}

TEST_F(SqliteTest, ChangedCountsTheRowsOfThisStatement) {
  for (std::int64_t k = 0; k < 3; ++k) ASSERT_THAT(Insert(k), IsOk());
  EXPECT_EQ(sql->Exec("update t set v = 'w' where k > 0")->changed, 2);
  EXPECT_EQ(sql->Exec("select k from t")->changed, 0);
  EXPECT_EQ(sql->Exec("delete from t where k > 100")->changed, 0);
}

TEST_F(SqliteTest, AUniqueViolationIsAbortedAndTellsNoValue) {
  ASSERT_THAT(sql->Exec("create table s (name text unique)"), IsOk());
  const std::string_view secret = "hunter2";
  ASSERT_THAT(sql->Exec("insert into s values ($1)", {secret}), IsOk());
  const auto again = sql->Exec("insert into s values ($1)", {secret});
  EXPECT_THAT(again, HasCode(kAborted));
  EXPECT_THAT(std::string(MessageOf(again.status())), Not(HasSubstr("hunter2")));
  ASSERT_THAT(Insert(7), IsOk());
  EXPECT_THAT(Insert(7), HasCode(kAborted)) << "a primary key is unique too";
  EXPECT_THAT(sql->Exec("insert into t (k) values (null)"), HasCode(kFailedPrecondition));
}

TEST_F(SqliteTest, AFullDatabaseIsResourceExhausted) {
  ASSERT_THAT(sql->Exec("pragma max_page_count = 4"), IsOk());
  const std::string big(100'000, 'x');
  EXPECT_THAT(sql->Exec("insert into t values (1, $1)", {std::string_view(big)}),
              Fails(kResourceExhausted, Reason::kDISK_FULL));
  EXPECT_EQ(Count(), 0);
}

TEST_F(SqliteTest, AFullDiskIsResourceExhausted) {
  {
    const FullDisk full;
    EXPECT_THAT(Insert(1), Fails(kResourceExhausted, Reason::kDISK_FULL));
  }
  EXPECT_EQ(Count(), 0);
  EXPECT_THAT(Insert(1), IsOk());
}

TEST_F(SqliteTest, WhatCannotBeWrittenIsReadOnly) {
  EXPECT_THAT(Sqlite::Open(dir / "missing/test.db"),
              Fails(kFailedPrecondition, Reason::kREAD_ONLY));
  ASSERT_THAT(sql->Exec("pragma query_only = on"), IsOk());
  EXPECT_THAT(Insert(1), Fails(kFailedPrecondition, Reason::kREAD_ONLY));
}

TEST_F(SqliteTest, AFileThatIsNoDatabaseIsDataLoss) {
  std::ofstream(dir / "garbage.db") << std::string(8192, 'x');
  EXPECT_THAT(Sqlite::Open(dir / "garbage.db"), HasCode(kDataLoss));
}

TEST_F(SqliteTest, ABusyDatabaseIsUnavailable) {
  const auto other = Connect();
  ASSERT_THAT(other->Exec("pragma busy_timeout = 0"), IsOk());
  ASSERT_THAT(sql->Transact([&] {
    EXPECT_THAT(other->Transact([] { return Ok(); }), HasCode(kUnavailable));
    return Ok();
  }),
              IsOk());
  EXPECT_THAT(other->Transact([] { return Ok(); }), IsOk());
}

TEST_F(SqliteTest, ATransactionIsAllOrNothing) {
  EXPECT_THAT(sql->Transact([&]() -> Status {
    MUSTER_TRY(Insert(1));
    MUSTER_TRY(Insert(2));
    return Insert(1);
  }),
              HasCode(kAborted));
  EXPECT_EQ(Count(), 0);
  EXPECT_THAT(sql->Transact([&]() -> Status {
    MUSTER_TRY(Insert(1));
    return Insert(2);
  }),
              IsOk());
  EXPECT_EQ(Count(), 2);
}

TEST_F(SqliteTest, ASavepointIsUndoneAlone) {
  EXPECT_THAT(sql->Transact([&]() -> Status {
    MUSTER_TRY(Insert(1));
    EXPECT_THAT(sql->Transact([&]() -> Status {
      MUSTER_TRY(Insert(2));
      MUSTER_TRY(sql->Transact([&] { return Insert(3); }));
      return Cancelled("no");
    }),
                HasCode(kCancelled));
    return sql->Transact([&] { return Insert(4); });
  }),
              IsOk());
  const auto rows = sql->Exec("select k from t order by k")->rows;
  ASSERT_EQ(rows.size(), 2);
  EXPECT_EQ(rows[0][0], SqlValue(std::int64_t{1}));
  EXPECT_EQ(rows[1][0], SqlValue(std::int64_t{4}));
}

// SQLite drops a whole transaction on some errors; "rollback" stands for them here.
TEST_F(SqliteTest, NothingIsCommittedOnceTheDatabaseDroppedTheTransaction) {
  EXPECT_THAT(sql->Transact([&]() -> Status {
    MUSTER_TRY(Insert(1));
    MUSTER_TRY(sql->Exec("rollback").status());
    EXPECT_THAT(Insert(2), HasCode(kAborted));
    EXPECT_THAT(sql->Transact([&] { return Insert(3); }), HasCode(kAborted));
    return Ok();
  }),
              HasCode(kAborted));
  EXPECT_EQ(Count(), 0);
  EXPECT_THAT(Insert(4), IsOk());
}

TEST_F(SqliteTest, AVisitorsErrorEndsTheWalkAndItMayRunTheSameStatement) {
  for (std::int64_t k = 0; k < 3; ++k) ASSERT_THAT(Insert(k), IsOk());
  const std::string_view text = "select k from t order by k";
  int outer = 0;
  int inner = 0;
  const auto visit = [&](const SqlRow& row) -> Status {
    ++outer;
    MUSTER_TRY(sql->Query(text, {},
                          [&inner](const SqlRow&) {
                            ++inner;
                            return Ok();
                          })
                   .status());
    return *row.Integer(0) == 1 ? Cancelled("enough") : Ok();
  };
  EXPECT_THAT(sql->Query(text, {}, visit), HasCode(kCancelled));
  EXPECT_EQ(outer, 2);
  EXPECT_EQ(inner, 6);
}

}  // namespace
}  // namespace muster::platform
