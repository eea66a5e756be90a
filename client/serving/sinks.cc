#include "client/serving/sinks.h"

#include <cerrno>
#include <cstring>

#include "client/pipeline/one_line.h"

namespace muster::client {
namespace {
namespace fs = std::filesystem;
constexpr std::size_t kMostPrinted = 1 << 16;  // Of one line that a program prints.
constexpr int kMostLines = 64;                 // That are dropped at a time.

template <typename... Args>
Status Fails(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(Unavailable(f, std::forward<Args>(args)...), Reason::kSINK_FAILED);
}
}  // namespace

Status FileSink::Open(std::size_t room) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path_, error);
  const bool gone = static_cast<bool>(error);
  if (gone) file_.reset();
  if (!gone && size > 0 && size + room > most_bytes_) {
    file_.reset();
    fs::path older = path_;
    older += ".1";
    fs::rename(path_, older, error);
    if (error) return Fails("{}: {}", older.string(), error.message());
  }
  if (!file_) file_.reset(std::fopen(path_.c_str(), "ab"));
  return file_ ? Ok() : Fails("{}: {}", path_.string(), std::strerror(errno));
}

Status FileSink::Give(std::string_view line) {
  MUSTER_TRY(Open(line.size() + 1));
  const bool written = std::fwrite(line.data(), 1, line.size(), file_.get()) == line.size() &&
                       std::fputc('\n', file_.get()) != EOF && std::fflush(file_.get()) == 0;
  if (written) return Ok();
  const int why = errno;
  file_.reset();
  return Fails("{}: {}", path_.string(), std::strerror(why));
}

ExecSink::ExecSink(Config config, SubprocessLauncher& launcher, const Clock& clock)
    : config_(std::move(config)),
      name_("exec " + (config_.command.empty() ? "" : config_.command.front())),
      launcher_(launcher),
      clock_(clock) {}

Status ExecSink::Ensure() {
  if (child_) {
    const StatusOr<ExitStatus> ended = child_->Wait(Duration(0));
    if (!ended.ok()) return Ok();
    child_.reset();
    if (clock_.Now() < next_start_) return Fails("the program {}", ended->Text());
  }
  const Timestamp now = clock_.Now();
  if (now < next_start_) return Fails("the program failed; another is started later");
  next_start_ = now + config_.rest;
  auto started = launcher_.Start(
      {.argv = config_.command, .env = {}, .working_dir = {}, .stderr_path = config_.stderr_path});
  if (!started.ok()) return Fails("it did not start: {}", MessageOf(started.status()));
  child_ = *std::move(started);
  return Ok();
}

// A program whose output nobody reads would stop at a full pipe.
void ExecSink::DropOutput() {
  for (int i = 0; i < kMostLines; ++i)
    if (!child_->ReadLine(Duration(0), kMostPrinted).ok()) return;
}

Status ExecSink::Give(std::string_view line) {
  MUSTER_TRY(Ensure());
  DropOutput();
  const Status written = child_->WriteLine(line, config_.limit);
  if (written.ok()) return Ok();
  child_.reset();  // Part of the line may have gone.
  return Fails("{}", OneLine(MessageOf(written)));
}

}  // namespace muster::client
