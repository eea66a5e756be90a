#pragma once
// The worker's side of the pipe: one JSON line a task in, one JSON line an answer out.
#include <iosfwd>

#include "base/status.h"

namespace muster::client {

// Answers {"dir":"..."}, a task, and {"predict":{"data":"...","model":"...","module":"...",
// "out":"..."}}, files of predict_files.h, and {"hello":true}, with {"ok":true} or
// {"error":"...","ok":false} until `in` ends; a line that is no request is answered with an error
// too. Writes answers to the descriptor `answers`. INTERNAL when an answer cannot be written.
Status ServeTasks(std::istream& in, int answers);

}  // namespace muster::client
