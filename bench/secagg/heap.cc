#include "bench/secagg/heap.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace muster::bench {
namespace {

thread_local bool counting = false;
std::atomic<std::size_t> alive = 0, peak = 0;

// In front of each block: how much of it is counted.
struct alignas(std::max_align_t) Header {
  std::size_t counted;
};

void* Allocate(std::size_t size) {
  auto* const header = static_cast<Header*>(std::malloc(sizeof(Header) + size));
  if (header == nullptr) std::abort();
  header->counted = counting ? size : 0;
  if (header->counted > 0) {
    const std::size_t now = alive += size;
    std::size_t most = peak;
    while (most < now && !peak.compare_exchange_weak(most, now)) {
    }
  }
  return header + 1;
}

void Release(void* block) {
  if (block == nullptr) return;
  Header* const header = static_cast<Header*>(block) - 1;
  alive -= header->counted;
  std::free(header);
}
}  // namespace

HeapScope::HeapScope() : before_(counting) { counting = true; }
HeapScope::~HeapScope() { counting = before_; }

std::size_t TakeHeapPeak() { return peak.exchange(alive); }
std::size_t RestartHeapPeak() {
  TakeHeapPeak();
  return TakeHeapPeak();
}

}  // namespace muster::bench

// The array and nothrow forms come down to these; over-aligned ones are not counted.
void* operator new(std::size_t size) { return muster::bench::Allocate(size); }
void operator delete(void* block) noexcept { muster::bench::Release(block); }
void operator delete(void* block, std::size_t) noexcept { muster::bench::Release(block); }
