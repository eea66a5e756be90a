#include "platform/journal_sequencer.h"

#include <utility>

namespace muster::platform {
namespace {
constexpr std::int64_t kSchema = 1;
// Heads of streams that are written to again and again; the rest is read when needed.
constexpr std::size_t kMaxHeads = 1 << 17;

// Text keys compare by bytes in SQLite; PostgreSQL needs a database with the C collation.
constexpr std::string_view kTables[] = {
    "create table if not exists journal_meta ("
    "name text not null primary key, value bigint not null)",
    "create table if not exists facts ("
    "stream text not null, seq bigint not null, leaf bigint not null unique, fact text not null, "
    "primary key (stream, seq))",
    "create table if not exists streams ("
    "stream text not null primary key, next_seq bigint not null, closed bigint not null)",
    "create index if not exists streams_open on streams (stream) where closed = 0",
    "insert into journal_meta (name, value) values ('next_leaf', 0) on conflict (name) do nothing",
};

std::int64_t Signed(std::uint64_t n) { return static_cast<std::int64_t>(n); }

// The one integer of a one-row result, or nullopt for no row.
StatusOr<std::optional<std::int64_t>> OneInteger(Sql& sql, std::string_view text) {
  std::optional<std::int64_t> out;
  MUSTER_TRY(sql.Query(text, {},
                       [&out](const SqlRow& row) -> Status {
                         if (row.IsNull(0)) return Ok();
                         MUSTER_ASSIGN(out, row.Integer(0));
                         return Ok();
                       })
                 .status());
  return out;
}

Status CheckSchema(Sql& sql) {
  MUSTER_ASSIGN(const auto schema,
                OneInteger(sql, "select value from journal_meta where name = 'schema'"));
  if (!schema)
    return sql.Exec("insert into journal_meta (name, value) values ('schema', $1)", {kSchema})
        .status();
  if (*schema > kSchema)
    return FailedPrecondition(
        "the journal was written by a newer program (schema {}; this one knows {})", *schema,
        kSchema);
  return Ok();
}

Status CheckLeaves(Sql& sql) {
  MUSTER_ASSIGN(const auto last, OneInteger(sql, "select max(leaf) from facts"));
  MUSTER_ASSIGN(const std::uint64_t leaves, CountLeaves(sql));
  if (static_cast<std::uint64_t>(last.value_or(-1) + 1) != leaves)
    return DataLoss("the journal counts {} leaves, its last is {}", leaves, last.value_or(-1));
  return Ok();
}
}  // namespace

Status PrepareJournalTables(Sql& sql) {
  return sql.Transact([&sql]() -> Status {
    for (const std::string_view text : kTables) MUSTER_TRY(sql.Exec(text).status());
    MUSTER_TRY(CheckSchema(sql));
    return CheckLeaves(sql);
  });
}

StatusOr<std::uint64_t> CountLeaves(Sql& sql) {
  MUSTER_ASSIGN(const auto leaves,
                OneInteger(sql, "select value from journal_meta where name = 'next_leaf'"));
  if (!leaves || *leaves < 0) return DataLoss("the journal does not say how many leaves it has");
  return static_cast<std::uint64_t>(*leaves);
}

std::optional<std::uint64_t> JournalSequencer::Commit(std::span<JournalAppend* const> group) {
  Heads changed;
  std::uint64_t leaves = 0;
  const Status status = sql_.Transact([&] { return Write(group, changed, leaves); });
  if (!status.ok()) {
    heads_.clear();
    for (JournalAppend* append : group) append->status = status;
    return std::nullopt;
  }
  leaves_ = leaves;
  if (changed.empty()) return std::nullopt;
  Remember(std::move(changed));
  return leaves_;
}

Status JournalSequencer::Write(std::span<JournalAppend* const> group, Heads& changed,
                               std::uint64_t& leaves) {
  MUSTER_ASSIGN(leaves, CountLeaves(sql_));
  if (leaves != leaves_) heads_.clear();
  const std::uint64_t first = leaves;
  for (JournalAppend* append : group) MUSTER_TRY(Add(*append, changed, leaves));
  for (const auto& item : changed)
    MUSTER_TRY(sql_.Exec("insert into streams (stream, next_seq, closed) values ($1, $2, $3) "
                         "on conflict (stream) do update "
                         "set next_seq = excluded.next_seq, closed = excluded.closed",
                         {std::string_view(item.first), Signed(item.second.next_seq),
                          std::int64_t{item.second.closed}})
                   .status());
  if (leaves == first) return Ok();
  return sql_.Exec("update journal_meta set value = $1 where name = 'next_leaf'", {Signed(leaves)})
      .status();
}

Status JournalSequencer::Add(JournalAppend& append, Heads& changed, std::uint64_t& leaves) {
  MUSTER_ASSIGN(StreamHead head, HeadOf(append.stream, changed));
  append.status = CheckHead(append.stream, head, append.next_seq, append.facts.size());
  if (!append.status.ok()) return Ok();
  for (const std::string& fact : append.facts)
    MUSTER_TRY(sql_.Exec("insert into facts (stream, seq, leaf, fact) values ($1, $2, $3, $4)",
                         {append.stream, Signed(head.next_seq++), Signed(leaves++),
                          std::string_view(fact)})
                   .status());
  head.closed = head.closed || append.close;
  changed.insert_or_assign(std::string(append.stream), head);
  return Ok();
}

StatusOr<StreamHead> JournalSequencer::HeadOf(std::string_view stream, const Heads& changed) {
  if (const auto it = changed.find(stream); it != changed.end()) return it->second;
  if (const auto it = heads_.find(stream); it != heads_.end()) return it->second;
  StreamHead head;
  MUSTER_TRY(sql_.Query("select next_seq, closed from streams where stream = $1", {stream},
                        [&head](const SqlRow& row) -> Status {
                          MUSTER_ASSIGN(const std::int64_t next_seq, row.Integer(0));
                          MUSTER_ASSIGN(const std::int64_t closed, row.Integer(1));
                          head = {static_cast<std::uint64_t>(next_seq), closed != 0};
                          return Ok();
                        })
                 .status());
  return head;
}

void JournalSequencer::Remember(Heads changed) {
  if (heads_.size() + changed.size() > kMaxHeads) heads_.clear();
  for (auto& item : changed) {
    if (item.second.closed)
      heads_.erase(item.first);  // Nobody will write to it again.
    else
      heads_.insert_or_assign(item.first, item.second);
  }
}

}  // namespace muster::platform
