#pragma once
// What devices dealt, sealed, on its way to the other devices: files, and in memory only a window
// of them, whatever the cohort. Sealed bytes only; the coordinator cannot open them.
#include <map>
#include <optional>
#include <string>

#include "aggregation/secagg/members.h"
#include "base/blobs.h"

namespace muster::coordinator {

// Used on the session's strand only.
class ShareSpool {
 public:
  static constexpr std::size_t kMostCached = std::size_t{32} << 20;

  ShareSpool(Files& files, std::string prefix, std::size_t most_cached = kMostCached)
      : files_(files), prefix_(std::move(prefix)), most_cached_(most_cached) {}

  // Keeps an encoded ShareKeys; durable on return. Safe from any thread.
  Status Put(aggregation::secagg::Member dealer, ByteView shares) const;
  // `size` bytes at `offset` of what this member dealt. DATA_LOSS when there are fewer.
  //
  // Holders ask for the same offset of every dealer, and most often one after the other. So the
  // same range of all files is kept, as wide as memory allows: n holders in a row read each file
  // n^2 * size / kMostCached times, and once when all fits.
  StatusOr<Bytes> Read(aggregation::secagg::Member dealer, std::size_t offset, std::size_t size);
  // Empties the memory; the files stay.
  void Forget();

 private:
  struct Window {
    std::size_t begin;
    std::size_t end;
    bool Covers(std::size_t offset, std::size_t size) const {
      return begin <= offset && offset + size <= end;
    }
  };
  std::string NameOf(aggregation::secagg::Member dealer) const;
  // The range to keep when one of `size` at `offset` is asked of files that are so long.
  Window WindowAt(std::size_t offset, std::size_t size, std::size_t file) const;

  Files& files_;
  const std::string prefix_;
  const std::size_t most_cached_;
  std::optional<Window> window_;
  std::map<aggregation::secagg::Member, Bytes> slices_;  // Of window_.
};

}  // namespace muster::coordinator
