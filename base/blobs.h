#pragma once
// Immutable bytes by their SHA-256. What Put acknowledged is on disk.
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace muster {

// A stored blob opened for reading; safe to read from several threads.
class BlobReader {
 public:
  virtual ~BlobReader() = default;
  virtual std::uint64_t size() const = 0;
  // Fills `out` from `offset`; OUT_OF_RANGE beyond the end, DATA_LOSS when the disk disagrees.
  virtual Status Read(std::uint64_t offset, std::span<std::byte> out) const = 0;
};

// Takes a blob piece by piece; gone without Commit, it leaves nothing.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  virtual Status Write(ByteView bytes) = 0;
  // Makes the blob durable and returns its digest; idempotent for equal content.
  virtual StatusOr<Digest> Commit() = 0;
};

class Blobs {
 public:
  virtual ~Blobs() = default;
  virtual StatusOr<std::unique_ptr<BlobWriter>> Create() = 0;
  virtual StatusOr<std::unique_ptr<BlobReader>> Open(const Digest& digest) = 0;  // NOT_FOUND
  virtual StatusOr<bool> Has(const Digest& digest) = 0;
  // Forgets a blob that nothing names any more; OK when it is absent.
  virtual Status Remove(const Digest& digest) = 0;

  StatusOr<Digest> Put(ByteView bytes) {
    MUSTER_ASSIGN(const auto writer, Create());
    MUSTER_TRY(writer->Write(bytes));
    return writer->Commit();
  }
  StatusOr<Bytes> Get(const Digest& digest) {
    MUSTER_ASSIGN(const auto reader, Open(digest));
    Bytes out(reader->size());
    MUSTER_TRY(reader->Read(0, out));
    return out;
  }
};

// One file that grows by records, each under a tag: what many writers put down side by side for the
// price of a few syncs. Safe from any thread.
class Spool {
 public:
  virtual ~Spool() = default;
  // Writes a record behind the others and tells `done` once it is durable, from this thread or from
  // one that waits for the same sync: whoever comes while the disk is busy shares the next one. The
  // last record of a tag is its record. After an error in a sync no more are taken.
  virtual void Append(std::uint32_t tag, ByteView record, std::function<void(Status)> done) = 0;
  // NOT_FOUND: no record has this tag.
  virtual StatusOr<std::uint64_t> SizeOf(std::uint32_t tag) const = 0;
  // Fills `out` from `offset` of a tag's record; NOT_FOUND, and DATA_LOSS when it is shorter.
  virtual Status Read(std::uint32_t tag, std::uint64_t offset, std::span<std::byte> out) const = 0;
};

// Small named files that are replaced as a whole (accumulator checkpoints, agent state): Put
// writes beside, fsyncs and renames, so a reader sees the old bytes or the new. A file that grows
// by one writer's lines is appended to: an Append that a crash interrupts may leave its beginning.
class Files {
 public:
  virtual ~Files() = default;
  virtual Status Put(std::string_view name, std::span<const ByteView> parts) = 0;
  // Writes `bytes` behind what the file has, durable when OK; makes a file that is missing. One
  // writer of a file at a time. After an error the file is as it was (or empty, if it was missing),
  // but for DATA_LOSS: then any part of `bytes` may be in it until it is Put anew.
  virtual Status Append(std::string_view name, ByteView bytes) = 0;
  virtual StatusOr<Bytes> Get(std::string_view name) = 0;  // NOT_FOUND
  virtual Status Remove(std::string_view name) = 0;        // OK when absent.
  virtual StatusOr<std::vector<std::string>> List(std::string_view prefix) = 0;
  // Opens a growing file, or makes one. What a crash cut short at its end is gone; what was told
  // durable is there. Removed by its name as any other; nobody else may have it open.
  virtual StatusOr<std::unique_ptr<Spool>> OpenSpool(std::string_view name) = 0;
};

}  // namespace muster
