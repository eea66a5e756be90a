#pragma once
// Whole files in and out, bounded. For scratch files that a task leaves behind: nothing here is
// fsynced, so nothing here is durable (base/blobs.h is).
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/status.h"

namespace muster::client {

// NOT_FOUND when there is none, INVALID_ARGUMENT when it is no regular file (a link, a pipe or a
// device could block or mislead the reader), RESOURCE_EXHAUSTED when it is longer than
// `max_bytes`, UNAVAILABLE when reading fails.
StatusOr<Bytes> ReadFileBytes(const std::filesystem::path& path, std::uint64_t max_bytes);

// The last `max_bytes` of a file; empty when it cannot be read.
std::string ReadFileTail(const std::filesystem::path& path, std::size_t max_bytes);

// Writes beside and renames, so that a reader sees all parts, one after another, or the old file.
// RESOURCE_EXHAUSTED (DISK_FULL), FAILED_PRECONDITION (READ_ONLY) or UNAVAILABLE.
Status WriteFileBytes(const std::filesystem::path& path, std::span<const ByteView> parts);

}  // namespace muster::client
