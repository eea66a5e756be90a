#pragma once
// `muster-edge feedback ...` on the command line: its options, its help, and what runs it.
#include <CLI/CLI.hpp>
#include <string>

#include "base/log.h"
#include "client/app/feedback_command.h"

namespace muster::client {

class FeedbackOptions {
 public:
  // Adds the command to `app`, whose --config it shares.
  explicit FeedbackOptions(CLI::App& app);
  bool parsed() const { return command_.parsed(); }
  // Prints what became of it. Errors are those of FeedbackFrom and GiveFeedback.
  Status Run(const AgentSettings& settings, Logger& log);

 private:
  FeedbackArguments arguments_;
  std::string output_ = "table";
  CLI::App& command_;
};

}  // namespace muster::client
