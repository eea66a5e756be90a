#include "platform/child_spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <vector>

namespace muster::platform {
namespace {
enum class Stage : int { kWorkingDir, kLimits, kExec };

// What the child reports when it does not get as far as its program.
struct Failure {
  Stage stage;
  int error;
};

struct Pipe {
  Fd read;
  Fd write;
};

// Above 2, so that the child can dup2 onto 0, 1 and 2 without overwriting one with another.
StatusOr<Fd> AboveStdio(Fd fd) {
  if (fd.get() > STDERR_FILENO) return fd;
  Fd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!moved.open()) return ErrnoStatus(errno, "cannot duplicate", "a pipe");
  return moved;
}

StatusOr<Pipe> MakePipe() {
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return ErrnoStatus(errno, "cannot make", "a pipe");
  Fd read(ends[0]), write(ends[1]);
  MUSTER_ASSIGN(read, AboveStdio(std::move(read)));
  MUSTER_ASSIGN(write, AboveStdio(std::move(write)));
  return Pipe{std::move(read), std::move(write)};
}

Status SetNonBlocking(const Fd& fd) {
  if (::fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0)
    return ErrnoStatus(errno, "cannot set non-blocking", "a pipe");
  return Ok();
}

// Everything the child needs, made before the fork: after it, in a process that had threads, no
// memory may be allocated and no lock taken.
struct Prepared {
  std::string program;
  std::vector<std::string> env;
  std::vector<char*> argv;
  std::vector<char*> envp;
  Pipe in, out, failure;
  Fd err;
};

std::vector<std::string> MergedEnvironment(const SubprocessSpec& spec) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!spec.env.contains(std::string(text.substr(0, text.find('='))))) out.emplace_back(text);
  }
  for (const auto& [key, value] : spec.env) out.push_back(key + "=" + value);
  return out;
}

// As execvp would find it, in the child's PATH.
StatusOr<std::string> FindProgram(const std::string& name, const std::vector<std::string>& env) {
  if (name.find('/') != name.npos) return name;
  std::string_view path = "/usr/local/bin:/usr/bin:/bin";
  for (const std::string& entry : env)
    if (entry.starts_with("PATH=")) path = std::string_view(entry).substr(5);
  while (!path.empty()) {
    const auto end = path.find(':');
    const std::string candidate = fmt::format("{}/{}", path.substr(0, end), name);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    path.remove_prefix(end == path.npos ? path.size() : end + 1);
  }
  return NotFound("no program {} in PATH", name);
}

Status CheckTexts(const SubprocessSpec& spec) {
  const auto has_nul = [](const std::string& text) { return text.find('\0') != text.npos; };
  if (spec.argv.empty() || spec.argv.front().empty())
    return InvalidArgument("subprocess: no program named");
  bool bad = has_nul(spec.working_dir) || has_nul(spec.stderr_path);
  for (const std::string& arg : spec.argv) bad = bad || has_nul(arg);
  for (const auto& [key, value] : spec.env)
    bad = bad || has_nul(key) || has_nul(value) || key.empty() || key.find('=') != key.npos;
  return bad ? InvalidArgument("subprocess: a NUL in a text, or '=' in a variable's name") : Ok();
}

StatusOr<Prepared> Prepare(const SubprocessSpec& spec) {
  MUSTER_TRY(CheckTexts(spec));
  Prepared out;
  out.env = MergedEnvironment(spec);
  MUSTER_ASSIGN(out.program, FindProgram(spec.argv.front(), out.env));
  for (const std::string& arg : spec.argv) out.argv.push_back(const_cast<char*>(arg.c_str()));
  for (const std::string& entry : out.env) out.envp.push_back(const_cast<char*>(entry.c_str()));
  out.argv.push_back(nullptr);
  out.envp.push_back(nullptr);
  MUSTER_ASSIGN(out.in, MakePipe());
  MUSTER_ASSIGN(out.out, MakePipe());
  MUSTER_ASSIGN(out.failure, MakePipe());
  MUSTER_TRY(SetNonBlocking(out.in.write));
  MUSTER_TRY(SetNonBlocking(out.out.read));
  if (!spec.stderr_path.empty()) {
    MUSTER_ASSIGN(Fd err, OpenFd(spec.stderr_path, O_WRONLY | O_CREAT | O_APPEND));
    MUSTER_ASSIGN(out.err, AboveStdio(std::move(err)));
  }
  return out;
}

[[noreturn]] void Fail(const Prepared& prepared, Stage stage) {
  const Failure failure{stage, errno};
  const ssize_t written = ::write(prepared.failure.write.get(), &failure, sizeof failure);
  ::_exit(written == sizeof failure ? 126 : 127);
}

bool Limit(int resource, std::uint64_t soft, std::uint64_t hard) {
  const rlimit limit{soft, hard};
  return ::setrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0;
}

// Ignored signals and the mask would survive exec.
void ResetSignals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void RunChild(const SubprocessSpec& spec, const Prepared& prepared, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // The parent died before the line above.
  ResetSignals();
  ::dup2(prepared.in.read.get(), STDIN_FILENO);
  ::dup2(prepared.out.write.get(), STDOUT_FILENO);
  if (prepared.err.open()) ::dup2(prepared.err.get(), STDERR_FILENO);
  // What a library opened without O_CLOEXEC stays ours as well.
  ::close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
  if (!spec.working_dir.empty() && ::chdir(spec.working_dir.c_str()) != 0)
    Fail(prepared, Stage::kWorkingDir);
  // A second between the soft and the hard limit, so that the signal tells the cause.
  if (!Limit(RLIMIT_CORE, 0, 0) ||
      (spec.max_cpu_seconds != 0 &&
       !Limit(RLIMIT_CPU, spec.max_cpu_seconds, spec.max_cpu_seconds + 1)) ||
      (spec.max_address_space_bytes != 0 &&
       !Limit(RLIMIT_AS, spec.max_address_space_bytes, spec.max_address_space_bytes)))
    Fail(prepared, Stage::kLimits);
  ::execve(prepared.program.c_str(), prepared.argv.data(), prepared.envp.data());
  Fail(prepared, Stage::kExec);
}

Status ToStatus(const Failure& failure, const SubprocessSpec& spec) {
  const std::string& program = spec.argv.front();
  if (failure.stage == Stage::kWorkingDir)
    return ErrnoStatus(failure.error, "cannot enter", spec.working_dir);
  if (failure.stage == Stage::kLimits) return ErrnoStatus(failure.error, "cannot limit", program);
  if (failure.error == EACCES || failure.error == ENOEXEC)
    return PermissionDenied("{} cannot be run: it is no executable file", program);
  if (failure.error == E2BIG) return InvalidArgument("{}: arguments too long", program);
  return ErrnoStatus(failure.error, "cannot run", program);
}

// With all signals blocked, so that no handler of ours runs in the child.
pid_t ForkWithoutSignals() {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid != 0) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return pid;
}

void Reap(pid_t pid) {
  ::kill(-pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
}
}  // namespace

StatusOr<SpawnedChild> SpawnChild(const SubprocessSpec& spec) {
  MUSTER_ASSIGN(Prepared prepared, Prepare(spec));
  const pid_t parent = ::getpid();
  const pid_t pid = ForkWithoutSignals();
  if (pid < 0) return ResourceExhausted("cannot fork for {}", spec.argv.front());
  if (pid == 0) RunChild(spec, prepared, parent);
  prepared.failure.write = Fd();
  Failure failure{};
  ssize_t n;
  do n = ::read(prepared.failure.read.get(), &failure, sizeof failure);
  while (n < 0 && errno == EINTR);
  if (n != 0) {  // Nothing to read means that exec closed the pipe.
    Reap(pid);
    return n == sizeof failure ? ToStatus(failure, spec)
                               : Internal("cannot start {}", spec.argv.front());
  }
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));  // glibc 2.36 lacks it for C++.
  if (!pidfd.open()) {
    const int error = errno;
    Reap(pid);
    return ErrnoStatus(error, "cannot watch", spec.argv.front());
  }
  return SpawnedChild{pid, std::move(pidfd), std::move(prepared.in.write),
                      std::move(prepared.out.read)};
}

}  // namespace muster::platform
