#pragma once
// A ledger as it was before it was one file: for each question a file `given/HEX` of two lines, the
// question and when it was answered, under the SHA-256 of the first line.
#include <string>

#include "base/blobs.h"
#include "base/bytes.h"
#include "base/status.h"

namespace muster::client {

// Takes those of the node in `folder` ("nodes/engine-1/") into its ledger, and removes them once
// they are durable there: a crash at any point leaves each in one of the two places, or in both. A
// name counts even when the file does not say what it was; one that does not say when it was
// answered is never too old.
//   errors   those of Files and of ParseLedger; what was not taken is still there.
//   cost     one listing of `given/` when there is none.
Status TakeOverGivenFiles(Files& files, const Hasher& hasher, const std::string& folder);

}  // namespace muster::client
