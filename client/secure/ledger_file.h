#pragma once
// A node's ledger as bytes: a line for each question that it answered,
//
//   <SHA-256 of what follows> <unix ms when it was answered> <question>
//
// What a crash cut short is behind the last '\n'. Never guesses what a damaged line said.
#include <string>
#include <string_view>
#include <vector>

#include "base/blobs.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"

namespace muster::client {

struct LedgerEntry {
  Digest question;  // The SHA-256 of Question::line().
  Timestamp when;
  ByteView line;  // With its '\n'; of the bytes that were parsed.
};

struct LedgerLines {
  std::vector<LedgerEntry> entries;
  ByteView whole;     // All of their lines; of the bytes that were parsed.
  bool torn = false;  // Something stood behind them.
};

// The ledger of the node whose files are in `folder` ("nodes/engine-1/").
inline std::string LedgerFileIn(std::string_view folder) { return fmt::format("{}ledger", folder); }

// The line of a question, which is given without its '\n'. One whose text is lost is given as the
// text form of its digest.
//   errors   INVALID_ARGUMENT (SECURE_VIOLATION) when it is no line of 1 to 512 printable ASCII
//            characters: nothing that came from outside may write a second line.
StatusOr<std::string> LedgerLine(const Hasher& hasher, std::string_view question, Timestamp when);

// DATA_LOSS (SECURE_UNREADY) when a whole line is not as LedgerLine made it: it may be any question
// that was answered; the text names `file`. Cost: two hashes a line.
StatusOr<LedgerLines> ParseLedger(const Hasher& hasher, ByteView bytes, std::string_view file);

// What is in the file, nothing when it is missing; the errors of Files.
StatusOr<Bytes> ReadLedger(Files& files, const std::string& file);

}  // namespace muster::client
