#pragma once
// How tests make storage fail at a chosen moment.
#include <functional>
#include <string_view>

#include "base/status.h"

namespace muster::testing {

// Asked before each operation that writes, by name ("journal.append", "blob.create", "blob.write",
// "blob.commit", "blob.remove", "file.put", "file.remove"): an error is returned to the caller and
// nothing is written. Asked again after it ("journal.append.done" and so on): an error is returned
// although everything was written, as when a crash swallows the answer.
using FaultHook = std::function<Status(std::string_view operation)>;

inline Status AskFault(const FaultHook& hook, std::string_view operation) {
  return hook ? hook(operation) : Ok();
}

}  // namespace muster::testing
