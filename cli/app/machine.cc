#include "cli/app/machine.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "platform/private_file.h"

namespace muster::cli {
namespace {
namespace fs = std::filesystem;

volatile sig_atomic_t received_signal = 0;
extern "C" void Remember(int signal) { received_signal = signal; }

std::string Environment(const char* name) {
  const char* value = ::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

void Terminal::Out(std::string_view text) {
  failed_ |= std::fwrite(text.data(), 1, text.size(), stdout) != text.size();
  failed_ |= std::fflush(stdout) != 0;  // Whoever reads the pipe sees each line as it comes.
}
void Terminal::Err(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }
bool Terminal::OutIsTerminal() const { return ::isatty(STDOUT_FILENO) == 1; }
bool Terminal::ErrIsTerminal() const { return ::isatty(STDERR_FILENO) == 1; }
bool Terminal::Colours() const {
  return OutIsTerminal() && Environment("NO_COLOR").empty() && Environment("TERM") != "dumb";
}
int Terminal::Columns() const {
  constexpr int kUsual = 80;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
  return size.ws_col;
}
int Terminal::Rows() const {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}
bool Terminal::Flush() { return std::fflush(stdout) == 0 && !failed_; }

StatusOr<std::string> RealDisk::ReadText(const std::string& path) {
  constexpr std::size_t kMost = 1 << 20;
  auto text = platform::ReadTextFile(path, kMost);
  return text.ok() ? std::move(text) : Prefixed(text.status(), path);
}
StatusOr<Secret> RealDisk::ReadPrivate(const std::string& path) {
  return platform::ReadPrivateFile(path);
}
Status RealDisk::WritePrivate(const std::string& path, const Secret& content) {
  const fs::path directory = fs::path(path).parent_path();
  std::error_code error;
  if (!directory.empty() && !fs::exists(directory, error))
    MUSTER_TRY(platform::MakePrivateDirectory(directory));
  return platform::WritePrivateFile(path, content);
}
StatusOr<std::string> RealDisk::MakeTempDir() {
  std::error_code error;
  std::string path = (fs::temp_directory_path(error) / "muster-XXXXXX").string();
  if (error || ::mkdtemp(path.data()) == nullptr)
    return FailedPrecondition("no temporary directory can be made: {}", std::strerror(errno));
  return path;
}

void RealSignals::Catch() {
  struct sigaction action {};
  action.sa_handler = Remember;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}
int RealSignals::Received() const { return received_signal; }
void RealSignals::Send(int pid, int signal) { ::kill(pid, signal); }

std::string ContextsFile() {
  if (const std::string file = Environment("MUSTER_CONFIG"); !file.empty()) return file;
  const std::string config = Environment("XDG_CONFIG_HOME");
  const std::string home = config.empty() ? Environment("HOME") + "/.config" : config;
  return home + "/muster/contexts.yaml";
}

std::string ProgramDir() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return error ? "." : self.parent_path().string();
}

StatusOr<std::string> ReadStdin(std::size_t max_bytes) {
  std::string text;
  char buffer[1 << 16];
  while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, stdin)) {
    text.append(buffer, n);
    if (text.size() > max_bytes)
      return ResourceExhausted("stdin holds more than {} bytes", max_bytes);
  }
  if (std::ferror(stdin)) return DataLoss("stdin: {}", std::strerror(errno));
  return text;
}

}  // namespace muster::cli
