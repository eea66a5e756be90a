#include "platform/journal_reader.h"

#include <algorithm>
#include <limits>

#include "platform/journal_sequencer.h"

namespace muster::platform {
namespace {
constexpr std::size_t kPageRows = 512;
constexpr std::size_t kPageBytes = 1 << 20;
// Leaves so close together are read as one range: passing over a row costs less than a search.
constexpr std::uint64_t kNearLeaves = 16;
// Sorts after every stream name that begins as it does: names are printable ASCII.
constexpr char kAfterNames = '\x7f';

std::int64_t Signed(std::uint64_t n) { return static_cast<std::int64_t>(n); }

Status ToJournalRow(const SqlRow& row, JournalRow& out) {
  MUSTER_ASSIGN(const std::string_view stream, row.Text(0));
  MUSTER_ASSIGN(const std::int64_t seq, row.Integer(1));
  MUSTER_ASSIGN(const std::int64_t leaf, row.Integer(2));
  MUSTER_ASSIGN(const std::string_view fact, row.Text(3));
  out.stream.assign(stream);
  out.seq = static_cast<std::uint64_t>(seq);
  out.leaf = static_cast<std::uint64_t>(leaf);
  out.fact.assign(fact);
  return Ok();
}
}  // namespace

// Rows copied out of the database, in memory that is used again for the next page.
struct JournalReader::Page {
  std::vector<JournalRow> rows;
  std::size_t size = 0;
  std::span<const JournalRow> view() const { return std::span(rows).first(size); }
};

Status JournalReader::ReadPage(std::string_view text, std::initializer_list<SqlView> args,
                               Page& page) {
  page.size = 0;
  std::size_t bytes = 0;
  bool full = false;
  absl::MutexLock lock(&mu_);
  const Status status = sql_->Query(text, args,
                                    [&](const SqlRow& row) -> Status {
                                      if (page.size == page.rows.size()) page.rows.emplace_back();
                                      MUSTER_TRY(ToJournalRow(row, page.rows[page.size]));
                                      bytes += page.rows[page.size++].fact.size();
                                      full = page.size == kPageRows || bytes >= kPageBytes;
                                      return full ? Cancelled("page full") : Ok();
                                    })
                            .status();
  return full ? Ok() : status;
}

StatusOr<std::uint64_t> JournalReader::Leaves() {
  absl::MutexLock lock(&mu_);
  return CountLeaves(*sql_);
}

StatusOr<std::uint64_t> JournalReader::NextSeq(std::string_view stream) {
  std::uint64_t next_seq = 0;
  absl::MutexLock lock(&mu_);
  MUSTER_TRY(sql_->Query("select next_seq from streams where stream = $1", {stream},
                         [&next_seq](const SqlRow& row) -> Status {
                           MUSTER_ASSIGN(const std::int64_t n, row.Integer(0));
                           next_seq = static_cast<std::uint64_t>(n);
                           return Ok();
                         })
                 .status());
  return next_seq;
}

Status JournalReader::Read(std::string_view stream, std::uint64_t from_seq,
                           const Journal::Visitor& visit) {
  MUSTER_ASSIGN(const std::uint64_t end, NextSeq(stream));
  Page page;
  while (from_seq < end) {
    MUSTER_TRY(
        ReadPage("select stream, seq, leaf, fact from facts "
                 "where stream = $1 and seq >= $2 and seq < $3 order by seq limit $4",
                 {stream, Signed(from_seq), Signed(end), Signed(kPageRows)}, page));
    if (page.size == 0) return DataLoss("stream {} lacks its fact {}", stream, from_seq);
    for (const JournalRow& row : page.view()) {
      if (row.seq != from_seq++)
        return DataLoss("stream {} lacks a fact before {}", stream, row.seq);
      MUSTER_TRY(visit(row));
    }
  }
  return Ok();
}

StatusOr<std::vector<std::uint64_t>> JournalReader::LeavesOf(std::string_view prefix,
                                                             bool open_only) {
  std::vector<std::uint64_t> leaves;
  const std::string after = std::string(prefix) + kAfterNames;
  const std::string_view text =
      // cross join keeps the order of the tables in SQLite: few open streams, then their facts.
      open_only ? "select f.leaf from streams s cross join facts f where f.stream = s.stream "
                  "and s.closed = 0 and s.stream >= $1 and s.stream < $2"
                : "select leaf from facts where stream >= $1 and stream < $2";
  {
    absl::MutexLock lock(&mu_);
    MUSTER_TRY(sql_->Query(text, {prefix, std::string_view(after)},
                           [&leaves](const SqlRow& row) -> Status {
                             MUSTER_ASSIGN(const std::int64_t leaf, row.Integer(0));
                             leaves.push_back(static_cast<std::uint64_t>(leaf));
                             return Ok();
                           })
                   .status());
  }
  std::sort(leaves.begin(), leaves.end());
  return leaves;
}

Status JournalReader::ReadRange(std::uint64_t from, std::uint64_t to, Page& page,
                                const Journal::Visitor& visit) {
  while (from < to) {
    MUSTER_TRY(
        ReadPage("select stream, seq, leaf, fact from facts "
                 "where leaf >= $1 and leaf < $2 order by leaf limit $3",
                 {Signed(from), Signed(to), Signed(kPageRows)}, page));
    if (page.size == 0) return DataLoss("the journal lacks leaf {}", from);
    for (const JournalRow& row : page.view()) {
      if (row.leaf != from++) return DataLoss("the journal lacks a leaf before {}", row.leaf);
      MUSTER_TRY(visit(row));
    }
  }
  return Ok();
}

Status JournalReader::ReadLeaves(std::uint64_t from, std::uint64_t to,
                                 const Journal::Visitor& visit) {
  MUSTER_ASSIGN(const std::uint64_t leaves, Leaves());
  Page page;
  return ReadRange(from, std::min(to, leaves), page, visit);
}

Status JournalReader::Replay(std::string_view prefix, bool open_only,
                             const Journal::Visitor& visit) {
  if (prefix.empty() && !open_only)
    return ReadLeaves(0, std::numeric_limits<std::uint64_t>::max(), visit);
  Page page;
  MUSTER_ASSIGN(const std::vector<std::uint64_t> wanted, LeavesOf(prefix, open_only));
  for (auto begin = wanted.begin(); begin != wanted.end();) {
    auto end = begin + 1;
    while (end != wanted.end() && *end - *(end - 1) <= kNearLeaves) ++end;
    auto next = begin;
    MUSTER_TRY(ReadRange(*begin, *(end - 1) + 1, page, [&](const JournalRow& row) {
      if (row.leaf != *next) return Ok();
      ++next;
      return visit(row);
    }));
    begin = end;
  }
  return Ok();
}

}  // namespace muster::platform
