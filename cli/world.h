#pragma once
// What the commands ask of the machine. cli/app brings the real ones; tests bring their own and
// read back what was shown.
#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/endpoint.h"
#include "base/secret.h"
#include "base/status.h"
#include "base/subprocess.h"
#include "rpc/channel.h"

namespace muster::cli {

// Where text goes. Results to Out, everything said about them to Err.
class Screen {
 public:
  virtual ~Screen() = default;
  virtual void Out(std::string_view text) = 0;
  virtual void Err(std::string_view text) = 0;
  virtual bool OutIsTerminal() const = 0;
  virtual bool ErrIsTerminal() const = 0;
  virtual bool Colours() const = 0;       // Only ever on a terminal.
  virtual int Columns() const = 0;        // Of the terminal, now.
  virtual int Rows() const { return 0; }  // Likewise; 0: not known.
};

// Files that hold keys, or that must be whole or not there. Other files are read directly.
class Disk {
 public:
  virtual ~Disk() = default;
  virtual StatusOr<std::string> ReadText(const std::string& path) = 0;
  // FAILED_PRECONDITION when others than the owner may read it.
  virtual StatusOr<Secret> ReadPrivate(const std::string& path) = 0;
  // Atomic; mode 0600. The directory is made when it is missing (mode 0700).
  virtual Status WritePrivate(const std::string& path, const Secret& content) = 0;
  // A new directory of mode 0700 for files in between; the caller removes it.
  virtual StatusOr<std::string> MakeTempDir() = 0;
};

// Signals to and from this process.
class Signals {
 public:
  virtual ~Signals() = default;
  // From here on SIGINT and SIGTERM are told by Received, and end nothing by themselves.
  virtual void Catch() = 0;
  // SIGINT or SIGTERM when one has come since Catch, else 0.
  virtual int Received() const = 0;
  virtual void Send(int pid, int signal) = 0;
};

// The flags of `muster authority`.
struct AuthorityFlags {
  std::string data_dir;
  std::string listen;          // host:port
  std::string coordinator;     // host:port, as devices reach it; goes into join tokens.
  std::string coordinator_ca;  // Path of its CA's certificate, likewise.
  std::string advertise;       // How devices reach the authority itself; empty: as it listens.
  std::string log_level = "info", log_format = "text";
};

struct World {
  Screen& screen;
  Disk& disk;
  Signals& signals;
  const Clock& clock;
  const Hasher& hasher;
  const Crypto& crypto;  // To check what others signed.
  SubprocessLauncher& launcher;
  std::function<std::shared_ptr<grpc::Channel>(const Endpoint&, const rpc::TlsIdentity&)> connect;
  std::function<void(Duration)> sleep;
  std::string contexts_file;  // ~/.config/muster/contexts.yaml or $MUSTER_CONFIG.
  std::string program_dir;    // Where this binary is: musterd and muster-torch stand beside it.
  std::function<StatusOr<std::string>(std::size_t max_bytes)> read_stdin;
  // Serves as the enrolment authority until it is told to stop; says on stderr what went wrong.
  // The exit code.
  std::function<StatusOr<int>(const AuthorityFlags&)> run_authority;
};

}  // namespace muster::cli
