#pragma once
// The suite that every journal runs: what the tests of base/journal.h's promises share.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/journal.h"
#include "tests/conformance/homes.h"
#include "tests/support/status_matchers.h"

namespace muster::testing {

using Row = std::tuple<std::string, std::uint64_t, std::uint64_t, std::string>;
using Facts = std::vector<std::string>;

inline Journal::Visitor CollectInto(std::vector<Row>& rows) {
  return [&rows](const JournalRow& row) {
    rows.emplace_back(row.stream, row.seq, row.leaf, row.fact);
    return Ok();
  };
}

inline std::string Numbered(std::size_t n) { return fmt::format(R"({{"n":{}}})", n); }

class JournalConformance : public ::testing::TestWithParam<Backend<Journal>> {
 protected:
  std::vector<Row> Stream(std::string_view stream, std::uint64_t from = 0) {
    std::vector<Row> rows;
    EXPECT_THAT(journal->Read(stream, from, CollectInto(rows)), IsOk());
    return rows;
  }
  std::vector<Row> Log(std::string_view prefix = "", bool open_only = false) {
    std::vector<Row> rows;
    EXPECT_THAT(journal->Replay(prefix, open_only, CollectInto(rows)), IsOk());
    return rows;
  }
  std::vector<Row> Leaves(std::uint64_t from, std::uint64_t to) {
    std::vector<Row> rows;
    EXPECT_THAT(journal->ReadLeaves(from, to, CollectInto(rows)), IsOk());
    return rows;
  }
  Status Append(std::string_view stream, std::uint64_t next_seq, const Facts& facts,
                bool close = false) {
    return journal->Append(stream, next_seq, facts, close);
  }

  std::unique_ptr<Home<Journal>> home = GetParam().make();
  Journal* journal = &home->Open();
};

}  // namespace muster::testing
