#pragma once
// Process-wide settings of torch. Called once, before anything else of this folder.

namespace muster::client {

// One thread for everything, so that sums have one order and results are the same bits; no
// profiling executor, whose specialised plans would depend on what ran before.
void PrepareTorch();

// Moves what was stdout to a new descriptor and points stdout at stderr: a module's print() must
// not pass for our answer. Returns the new descriptor, or -1.
int TakeStdout();

}  // namespace muster::client
