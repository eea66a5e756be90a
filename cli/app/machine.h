#pragma once
// The real screen, disk and signals behind cli/world.h.
#include <atomic>
#include <string>

#include "cli/world.h"

namespace muster::cli {

class Terminal final : public Screen {
 public:
  void Out(std::string_view text) override;
  void Err(std::string_view text) override;
  bool OutIsTerminal() const override;
  bool ErrIsTerminal() const override;
  bool Colours() const override;  // A terminal, and no NO_COLOR (no-color.org), and TERM not dumb.
  int Columns() const override;
  int Rows() const override;
  // False when something could not be written: a full disk, a closed pipe.
  bool Flush();

 private:
  bool failed_ = false;
};

class RealDisk final : public Disk {
 public:
  StatusOr<std::string> ReadText(const std::string& path) override;
  StatusOr<Secret> ReadPrivate(const std::string& path) override;
  Status WritePrivate(const std::string& path, const Secret& content) override;
  StatusOr<std::string> MakeTempDir() override;
};

// From Catch() on SIGINT and SIGTERM no longer end the process but are told by Received().
class RealSignals final : public Signals {
 public:
  void Catch() override;
  int Received() const override;
  void Send(int pid, int signal) override;
};

// ~/.config/muster/contexts.yaml ($XDG_CONFIG_HOME is heeded), or $MUSTER_CONFIG.
std::string ContextsFile();
// The directory of the running binary.
std::string ProgramDir();
// Everything on stdin; RESOURCE_EXHAUSTED beyond `max_bytes`.
StatusOr<std::string> ReadStdin(std::size_t max_bytes);

}  // namespace muster::cli
