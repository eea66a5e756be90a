#pragma once
// The folder of a node's spool, as a port: a few files that grow at their end. client/app has the
// real one; tests have one that dies at any byte.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace muster::client {

// Used from one thread at a time. Errors in writing: RESOURCE_EXHAUSTED (DISK_FULL),
// FAILED_PRECONDITION (READ_ONLY), UNAVAILABLE or INTERNAL.
class SegmentFolder {
 public:
  virtual ~SegmentFolder() = default;
  // All files, sorted; none when the folder is not there yet.
  virtual StatusOr<std::vector<std::string>> List() = 0;
  virtual StatusOr<Bytes> Read(std::string_view file) = 0;  // NOT_FOUND
  // Writes `bytes` at `offset`, the file's end, and makes them durable, and the file's name if it
  // is new. After an error any part of them may be there.
  virtual Status Append(std::string_view file, std::uint64_t offset, ByteView bytes) = 0;
  // Cuts the file off at `size`, durably.
  virtual Status Cut(std::string_view file, std::uint64_t size) = 0;
  // The file has these bytes or those it had, whatever happens.
  virtual Status Replace(std::string_view file, ByteView bytes) = 0;
  virtual Status Remove(std::string_view file) = 0;  // OK when absent.
};

}  // namespace muster::client
