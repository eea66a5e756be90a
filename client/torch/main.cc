// muster-torch: the one program that links libtorch. The agent starts it as a worker; people use it
// to make, inspect and test modules and to train without a federation.
#include <CLI/CLI.hpp>

#include "client/torch/commands.h"
#include "client/torch/guard.h"
#include "client/torch/runtime.h"

int main(int argc, char** argv) {
  CLI::App app("Trains and inspects TorchScript modules for Muster.", "muster-torch");
  app.require_subcommand(1);
  muster::client::Command run;
  muster::client::AddCommands(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  muster::client::PrepareTorch();
  const muster::Status done =
      muster::client::Guarded("failed", muster::Reason::kTASK_FAILED, [&] { return run(); });
  if (!done.ok()) {
    fmt::print(stderr, "muster-torch: {}\n", muster::MessageOf(done));
    return 1;
  }
  return 0;
}
