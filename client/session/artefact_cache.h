#pragma once
// Parameters and modules by digest, on disk, shared by the nodes of an agent: two nodes that want
// the same blob cost one download. A download that broke off goes on where it was; what does not
// match its digest is thrown away. Never evicts the blob that it has just fetched.
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>

#include "base/blobs.h"
#include "base/executor.h"
#include "base/log.h"
#include "client/link.h"
#include "client/policy/byte_budget.h"

namespace muster::client {

// Used from one strand at a time (the agent's); a link's sink may run beside it.
class ArtefactCache {
 public:
  using Done = std::function<void(Status)>;
  static constexpr std::uint64_t kDefaultBytes = 8ULL << 30;

  // Takes up what an earlier run left in `blobs`, by the index in `files`: a line for each blob, in
  // the order of being wanted when one went last, and of being fetched since. Downloads are paid
  // for from `budget`. Calls back on `strand`.
  ArtefactCache(Blobs& blobs, Files& files, ByteBudget& budget, Executor& strand, Logger& log,
                std::uint64_t max_bytes = kDefaultBytes);

  // Bytes that Fetch would take from the budget.
  std::uint64_t Missing(const Artefact& artefact);

  // Makes sure that the blob is in `blobs`, over `link` unless another node fetches it already.
  //   errors  those of Download, after which the next Fetch goes on at the same place; DATA_LOSS
  //           (DIGEST_MISMATCH) when other bytes came, after which it begins anew;
  //           FAILED_PRECONDITION (ARTEFACT_INVALID) when it is larger than the whole cache;
  //           PERMISSION_DENIED (POLICY_BYTES); those of BlobWriter.
  void Fetch(const std::shared_ptr<CoordinatorLink>& link, const Artefact& artefact, Done done);

 private:
  struct Waiter {
    std::shared_ptr<CoordinatorLink> link;
    Done done;
  };
  struct Flight {
    Artefact artefact;
    std::unique_ptr<BlobWriter> writer;  // This and `written` belong to the sink while it runs.
    std::uint64_t written = 0;
    std::uint64_t attempt = 0;  // Answers to an earlier attempt are late ones.
    bool running = false;
    std::deque<Waiter> waiting;
  };
  struct Entry {
    Digest digest;
    std::uint64_t bytes = 0;
  };

  bool Has(const Digest& digest) { return blobs_.Has(digest).value_or(false); }
  void Run(const std::shared_ptr<Flight>& flight);
  Status Prepare(Flight& flight);
  static Status Take(Flight& flight, ByteView bytes);
  void Finished(const std::shared_ptr<Flight>& flight, const Status& status);
  Status Settle(Flight& flight);
  void FailFirst(const std::shared_ptr<Flight>& flight, const Status& status);
  void DropIdleFlights();
  void Touch(const Digest& digest);
  void Evict(std::uint64_t room_for);
  void ReadIndex(std::string_view text);
  static StatusOr<std::string> LineOf(const Entry& entry);
  Status SaveIndex();

  Blobs& blobs_;
  Files& files_;
  ByteBudget& budget_;
  Executor& strand_;
  Logger& log_;
  const std::uint64_t max_bytes_;
  std::list<Entry> entries_;  // Least recently wanted first.
  bool index_grows_ = false;  // It names just the others: the newest may be appended.
  std::map<Digest, std::shared_ptr<Flight>> flights_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // Callbacks hold it weakly.
};

}  // namespace muster::client
