#pragma once
// One kind of lifecycle, all of its names: believed in memory, recorded in the journal. Every
// change is decided against what is believed, made durable, and only then believed.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/journal.h"
#include "base/status.h"

namespace muster::registry {

// `Kind` says which: types Name (a Strong<std::string>), State and Facts, the prefix kStreams of
// its streams "<prefix><name>", and Decode(name, row) -> StatusOr<fact>; beside the fact stand
// EncodeFact(fact), Decide(state, event, now) and Apply(state, fact).
//
// Safe from any thread. Readers never wait for the disk: they take the state as it was recorded
// last, and keep it; writers queue behind one another.
template <typename Kind>
class Book {
 public:
  using Name = typename Kind::Name;
  using State = typename Kind::State;
  using Facts = typename Kind::Facts;
  using Snapshot = std::shared_ptr<const State>;

  struct Changed {
    Snapshot before;  // Never null; of an unknown name the empty state.
    Snapshot after;   // The same when there was nothing to change.
    Facts facts;      // What was decided.
  };

  Book(Journal& journal, const Clock& clock) : journal_(journal), clock_(clock) {}

  // Believes the journal again, from its start.
  Status Recover() ABSL_LOCKS_EXCLUDED(writing_, mu_) {
    absl::MutexLock writing(&writing_);
    std::map<Name, Draft> drafts;
    MUSTER_TRY(journal_.Replay(Kind::kStreams, false, [&](const JournalRow& row) {
      const Name name(row.stream.substr(Kind::kStreams.size()));
      return Believe(name, row, drafts[name]);
    }));
    absl::MutexLock lock(&mu_);
    pages_.clear();
    for (auto& [name, draft] : drafts)
      pages_[name] = {std::make_shared<const State>(std::move(draft.state)), draft.next_seq};
    return Ok();
  }

  // Null: nothing was ever recorded under this name.
  Snapshot Find(const Name& name) const ABSL_LOCKS_EXCLUDED(mu_) { return PageOf(name).state; }

  std::vector<Snapshot> All() const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    std::vector<Snapshot> out;
    out.reserve(pages_.size());
    for (const auto& [name, page] : pages_) out.push_back(page.state);
    return out;
  }

  std::vector<std::string> Names() const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    std::vector<std::string> out;
    for (const auto& [name, page] : pages_) out.push_back(name.value());
    return out;
  }

  // Decides `event(state) -> StatusOr<an event>`, records the facts and believes them; when another
  // process wrote first, reads what it wrote and starts anew. With `dry_run`, decides only: `after`
  // is what would be. Errors of `event`, Decide and Journal::Append; after one nothing is believed.
  template <typename MakeEvent>
  StatusOr<Changed> Change(const Name& name, bool dry_run, const MakeEvent& event)
      ABSL_LOCKS_EXCLUDED(writing_, mu_) {
    absl::MutexLock writing(&writing_);
    for (int tries = 1;; ++tries) {
      const Page page = PageOf(name);
      const Snapshot before = page.state ? page.state : std::make_shared<const State>();
      MUSTER_ASSIGN(const auto asked, event(*before));
      MUSTER_ASSIGN(Facts facts, Decide(*before, asked, clock_.Now()));
      if (facts.empty()) return Changed{before, before, {}};
      auto after = std::make_shared<State>(*before);
      for (const auto& fact : facts) Apply(*after, fact);
      if (dry_run) return Changed{before, std::move(after), std::move(facts)};
      const Status recorded = Record(name, page.next_seq, facts);
      if (recorded.ok()) {
        Keep(name, {after, page.next_seq + facts.size()});
        return Changed{before, std::move(after), std::move(facts)};
      }
      if (recorded.code() != absl::StatusCode::kAborted || tries == kMostTries) return recorded;
      MUSTER_TRY(CatchUp(name));
    }
  }

 private:
  static constexpr int kMostTries = 8;  // Against a writer that is always first.

  struct Page {
    Snapshot state;
    std::uint64_t next_seq = 0;  // Facts of this name in the journal.
  };
  struct Draft {
    State state;
    std::uint64_t next_seq = 0;
  };

  static std::string StreamOf(const Name& name) {
    return std::string(Kind::kStreams) + name.value();
  }

  static Status Believe(const Name& name, const JournalRow& row, Draft& draft) {
    const auto fact = Kind::Decode(name, row.fact);
    if (!fact.ok()) return Prefixed(fact.status(), fmt::format("{}#{}", row.stream, row.seq));
    Apply(draft.state, *fact);
    draft.next_seq = row.seq + 1;
    return Ok();
  }

  Page PageOf(const Name& name) const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    const auto it = pages_.find(name);
    return it == pages_.end() ? Page() : it->second;
  }

  void Keep(const Name& name, Page page) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    std::swap(pages_[name], page);  // What was there goes after the lock.
  }

  template <typename Facts>
  Status Record(const Name& name, std::uint64_t next_seq, const Facts& facts) {
    std::vector<std::string> rows;
    for (const auto& fact : facts) {
      MUSTER_ASSIGN(std::string row, EncodeFact(fact));
      rows.push_back(std::move(row));
    }
    return journal_.Append(StreamOf(name), next_seq, rows);
  }

  Status CatchUp(const Name& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(writing_) {
    const Page page = PageOf(name);
    Draft draft{page.state ? *page.state : State(), page.next_seq};
    MUSTER_TRY(journal_.Read(StreamOf(name), draft.next_seq,
                             [&](const JournalRow& row) { return Believe(name, row, draft); }));
    if (draft.next_seq == 0) return Ok();
    Keep(name, {std::make_shared<const State>(std::move(draft.state)), draft.next_seq});
    return Ok();
  }

  Journal& journal_;
  const Clock& clock_;
  absl::Mutex writing_ ABSL_ACQUIRED_BEFORE(mu_);  // Held while a change is made durable.
  mutable absl::Mutex mu_;                         // Never held over input or output.
  std::map<Name, Page> pages_ ABSL_GUARDED_BY(mu_);
};

}  // namespace muster::registry
