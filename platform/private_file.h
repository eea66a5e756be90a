#pragma once
// Small files that matter: keys and certificates. Writing is atomic and durable; a key that others
// could read is refused, not used.
#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"

namespace muster::platform {

// Writes `path`.new, fsyncs, renames and fsyncs the directory: after a crash the old file or the
// new one is there, whole. One writer at a time. RESOURCE_EXHAUSTED (DISK_FULL),
// FAILED_PRECONDITION (READ_ONLY), NOT_FOUND when the directory is missing.
Status WritePrivateFile(const std::string& path, const Secret& content);    // Mode 0600.
Status WritePublicFile(const std::string& path, std::string_view content);  // Mode 0644.

// NOT_FOUND; FAILED_PRECONDITION when group or others have any right on it (the text names path
// and remedy) or it is no regular file; RESOURCE_EXHAUSTED beyond 64 KiB.
StatusOr<Secret> ReadPrivateFile(const std::string& path);
// NOT_FOUND; FAILED_PRECONDITION when it is no regular file; RESOURCE_EXHAUSTED when it is longer
// than `max_bytes`.
StatusOr<std::string> ReadTextFile(const std::string& path, std::size_t max_bytes);

// Makes `path` and what is missing above it with mode 0700, or takes a directory that is there;
// FAILED_PRECONDITION, with the remedy, when group or others have any right on that.
Status MakePrivateDirectory(const std::string& path);

}  // namespace muster::platform
