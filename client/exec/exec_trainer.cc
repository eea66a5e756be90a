#include "client/exec/exec_trainer.h"

#include <algorithm>

#include "base/time_text.h"
#include "client/exec/task_dir.h"
#include "client/pipeline/file_bytes.h"
#include "client/pipeline/one_line.h"

namespace muster::client {
namespace {
constexpr std::size_t kMaxLineBytes = 1 << 20;
constexpr std::size_t kStderrTail = 400;
// A grandchild may hold stdout open after the command ended, so its end is looked for meanwhile.
constexpr Duration kLook{200};

// Drops what the child prints until it ends. DEADLINE_EXCEEDED when it does not.
StatusOr<ExitStatus> AwaitEnd(Subprocess& child, const TimeLimit& limit) {
  for (;;) {
    const Status line = child.ReadLine(std::min(kLook, limit.left()), kMaxLineBytes).status();
    if (line.ok() && limit.left() > Duration(0)) continue;
    if (absl::IsUnavailable(line)) return child.Wait(limit.left());  // stdout ended.
    if (absl::IsResourceExhausted(line)) return line;
    if (StatusOr<ExitStatus> ended = child.Wait(Duration(0)); ended.ok()) return ended;
    if (limit.left() == Duration(0)) return DeadlineExceeded("out of time");
  }
}
}  // namespace

Status ExecTrainer::RunCommand(const TaskDir& dir, Duration limit) {
  const std::filesystem::path log = dir.path / "stderr.log";
  std::error_code ignored;
  std::filesystem::remove_all(log, ignored);
  SubprocessSpec spec{.argv = config_.command,
                      .env = config_.env,
                      .working_dir = {},
                      .stderr_path = log.string(),
                      .max_address_space_bytes = config_.max_address_space_bytes};
  spec.argv.push_back(std::filesystem::absolute(dir.path).string());
  const auto child = launcher_.Start(spec);
  if (!child.ok())
    return TaskFailed(fmt::format("{} did not start: {}", OneLine(config_.command.front()),
                                  MessageOf(child.status())));
  MUSTER_TRY(children_.Add(**child));
  (*child)->CloseStdin();
  const StatusOr<ExitStatus> ended = AwaitEnd(**child, TimeLimit(limit));
  (*child)->Kill();
  children_.Remove(**child);
  if (ended.ok() && ended->ok()) return Ok();
  std::string why = OneLine(config_.command.front(), 80) + " ";
  if (ended.ok())
    why += ended->Text();
  else if (absl::IsDeadlineExceeded(ended.status()))
    why += fmt::format("did not end within {}", FormatDuration(limit));
  else
    why += fmt::format("was ended: {}", MessageOf(ended.status()));
  if (const std::string tail = OneLine(ReadFileTail(log, kStderrTail), kStderrTail); !tail.empty())
    why += ": " + tail;
  return children_.Blame(TaskFailed(why));
}

StatusOr<TrainResult> ExecTrainer::Run(const TaskDir& dir, Duration limit) {
  if (config_.command.empty()) return TaskFailed("no command is configured");
  MUSTER_TRY(RunCommand(dir, limit));
  return ReadResult(dir);
}

}  // namespace muster::client
