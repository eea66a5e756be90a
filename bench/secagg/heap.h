#pragma once
// What the server of a bench has on the heap, though its devices share the process: new and delete
// count what is asked for while a HeapScope lives on the thread. malloc's own overhead, page cache
// and OpenSSL's objects are not in it.
#include <cstddef>

namespace muster::bench {

class HeapScope {
 public:
  HeapScope();
  ~HeapScope();
  HeapScope(const HeapScope&) = delete;
  HeapScope& operator=(const HeapScope&) = delete;

 private:
  const bool before_;
};

// The most bytes that were alive at once since the last call. From any thread.
std::size_t TakeHeapPeak();
// What is alive now, from where the peak is counted anew.
std::size_t RestartHeapPeak();

}  // namespace muster::bench
