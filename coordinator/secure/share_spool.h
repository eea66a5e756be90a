#pragma once
// What devices dealt, sealed, on its way to the other devices: in the session's spool, and in
// memory only a window of it, whatever the cohort. Sealed bytes only; the coordinator cannot open
// them.
#include <optional>
#include <vector>

#include "aggregation/secagg/members.h"
#include "base/blobs.h"

namespace muster::coordinator {

// Used on the session's strand only.
class ShareSpool {
 public:
  static constexpr std::size_t kMostCached = std::size_t{32} << 20;

  explicit ShareSpool(Spool& spool, std::size_t most_cached = kMostCached)
      : spool_(spool), most_cached_(most_cached) {}

  // Keeps an encoded ShareKeys; `done` hears, on any thread, when it is durable. Safe from any
  // thread.
  void Put(aggregation::secagg::Member dealer, ByteView shares,
           std::function<void(Status)> done) const;
  // Fills `out` from `offset` of what this member dealt. DATA_LOSS when there are fewer bytes.
  //
  // Holders ask for the same offset of every dealer, and most often one after the other. So the
  // same range of all records is kept, as wide as memory allows: n holders in a row read each
  // record n^2 * size / kMostCached times, and once when all fits. What does not fit is read
  // without being kept.
  Status Read(aggregation::secagg::Member dealer, std::size_t offset, std::span<std::byte> out);
  // Empties the memory; the records stay.
  void Forget();

 private:
  struct Window {
    std::size_t begin;
    std::size_t end;
    bool Covers(std::size_t offset, std::size_t size) const {
      return begin <= offset && offset + size <= end;
    }
  };
  // The range to keep when one of `size` at `offset` is asked of records that are so long.
  Window WindowAt(std::size_t offset, std::size_t size, std::size_t record) const;
  // The window's part of a record that is so long.
  StatusOr<Bytes> Load(aggregation::secagg::Member dealer, std::size_t record) const;

  Spool& spool_;
  const std::size_t most_cached_;
  std::optional<Window> window_;
  std::vector<Bytes> slices_;  // Of window_, by dealer; empty: not read.
  std::size_t cached_ = 0;     // Bytes of slices_.
};

}  // namespace muster::coordinator
