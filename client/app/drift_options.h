#pragma once
// `muster-edge drift ...` on the command line: its options, its help, and what runs it.
#include <CLI/CLI.hpp>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "client/app/drift_command.h"

namespace muster::client {

class DriftOptions {
 public:
  static constexpr int kAlarmed = 4;  // The exit code that says that there were alarms.

  // Adds the command to `app`, whose --config it shares.
  explicit DriftOptions(CLI::App& app);
  bool parsed() const { return command_.parsed(); }
  // Prints what there is to say on stdout; returns the exit code, 0 or kAlarmed.
  StatusOr<int> Run(const std::string& config, Timestamp now);

 private:
  CLI::App& Add(const char* name, const char* about);
  DriftArguments arguments_;
  std::string output_ = "table";
  CLI::App& command_;
  CLI::App& reference_;
  CLI::App& check_;
};

}  // namespace muster::client
