#include "client/exec/worker_trainer.h"

#include "base/canonical_json.h"
#include "base/time_text.h"
#include "client/exec/task_dir.h"
#include "client/pipeline/one_line.h"

namespace muster::client {
namespace {
constexpr std::size_t kMaxAnswerBytes = 64 * 1024;

// OK, TASK_FAILED with the worker's own words, or INVALID_ARGUMENT when it is no answer.
Status Decode(std::string_view answer) {
  MUSTER_ASSIGN(const Json json, ParseJson(answer, 4));
  JsonReader reader(json);
  const bool ok = reader.Bool("ok");
  const std::string error = ok ? "" : reader.Text("error");
  MUSTER_TRY(reader.status());
  return ok ? Ok() : TaskFailed(OneLine(error, 400));
}
}  // namespace

WorkerTrainer::~WorkerTrainer() {
  absl::MutexLock lock(&mu_);
  EndWorker();
}

void WorkerTrainer::EndWorker() {
  if (!worker_) return;
  children_.Remove(*worker_);
  worker_.reset();  // Kills and reaps it.
}

Status WorkerTrainer::EnsureWorker() {
  // It may have died since the last task (out of memory, an operator's kill).
  if (worker_ && worker_->Wait(Duration(0)).ok()) EndWorker();
  if (worker_) return Ok();
  // Sums in OpenBLAS depend on its threads; it reads these before main() runs.
  const SubprocessSpec spec{.argv = config_.command,
                            .env = {{"OMP_NUM_THREADS", "1"}, {"OPENBLAS_NUM_THREADS", "1"}},
                            .working_dir = {},
                            .stderr_path = config_.stderr_path,
                            .max_address_space_bytes = config_.max_address_space_bytes};
  auto started = launcher_.Start(spec);
  if (!started.ok())
    return TaskFailed(fmt::format("the worker did not start: {}", MessageOf(started.status())));
  worker_ = *std::move(started);
  if (const Status added = children_.Add(*worker_); !added.ok()) {
    worker_.reset();
    return added;
  }
  return Ok();
}

StatusOr<std::string> WorkerTrainer::Ask(std::string_view request, Duration limit) {
  const TimeLimit time(limit);
  MUSTER_TRY(worker_->WriteLine(request, time.left()));
  return worker_->ReadLine(time.left(), kMaxAnswerBytes);
}

StatusOr<TrainResult> WorkerTrainer::Run(const TaskDir& dir, Duration limit) {
  MUSTER_ASSIGN(const std::string request,
                CanonicalJson({{"dir", std::filesystem::absolute(dir.path).string()}}));
  {
    absl::MutexLock lock(&mu_);
    MUSTER_TRY(children_.Blame(Ok()));
    MUSTER_TRY(EnsureWorker());
    const StatusOr<std::string> answer = Ask(request, limit);
    const Status done = answer.ok() ? Decode(*answer) : answer.status();
    if (ReasonOf(done) == Reason::kTASK_FAILED) return done;  // It said so itself, and is well.
    if (!done.ok()) {
      std::string why = absl::IsDeadlineExceeded(done)
                            ? fmt::format("no answer within {}", FormatDuration(limit))
                            : OneLine(MessageOf(done));
      if (const auto ended = worker_->Wait(Duration(0)); ended.ok()) why += "; it " + ended->Text();
      EndWorker();
      return children_.Blame(TaskFailed("the worker failed: " + why));
    }
  }
  return ReadResult(dir);
}

}  // namespace muster::client
