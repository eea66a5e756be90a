#include "client/exec/worker_process.h"

#include "base/time_text.h"
#include "client/pipeline/one_line.h"

namespace muster::client {
namespace {
constexpr std::size_t kMaxAnswerBytes = 64 * 1024;
constexpr std::string_view kHello = R"({"hello":true})";

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

void WorkerProcess::End() {
  if (!worker_) return;
  children_.Remove(*worker_);
  worker_.reset();  // Kills and reaps it.
}

Status WorkerProcess::Ensure() {
  // It may have died since the last request (out of memory, an operator's kill).
  if (worker_ && worker_->Wait(Duration(0)).ok()) End();
  if (worker_) return Ok();
  // Sums in OpenBLAS depend on its threads; it reads these before main() runs.
  const SubprocessSpec spec{.argv = config_.command,
                            .env = {{"OMP_NUM_THREADS", "1"}, {"OPENBLAS_NUM_THREADS", "1"}},
                            .working_dir = {},
                            .stderr_path = config_.stderr_path,
                            .max_address_space_bytes = config_.max_address_space_bytes};
  auto started = launcher_.Start(spec);
  if (!started.ok())
    return WithReason(Unavailable("the worker did not start: {}", MessageOf(started.status())),
                      Reason::kTASK_FAILED);
  worker_ = *std::move(started);
  if (const Status added = children_.Add(*worker_); !added.ok()) {
    worker_.reset();
    return added;
  }
  return Greet();
}

Status WorkerProcess::Greet() {
  if (config_.start_limit == Duration(0)) return Ok();
  const StatusOr<std::string> answer = Exchange(kHello, config_.start_limit);
  const Status greeted = answer.ok() ? Decode(*answer) : answer.status();
  if (greeted.ok()) return Ok();
  End();
  return children_.Blame(
      WithReason(Unavailable("the worker did not start: {}", OneLine(MessageOf(greeted))),
                 Reason::kTASK_FAILED));
}

StatusOr<std::string> WorkerProcess::Exchange(std::string_view request, Duration limit) {
  const TimeLimit time(limit);
  MUSTER_TRY(worker_->WriteLine(request, time.left()));
  return worker_->ReadLine(time.left(), kMaxAnswerBytes);
}

Status WorkerProcess::Ask(const Json& request, Duration limit) {
  MUSTER_ASSIGN(const std::string line, CanonicalJson(request));
  MUSTER_TRY(children_.Blame(Ok()));
  MUSTER_TRY(Ensure());
  const StatusOr<std::string> answer = Exchange(line, limit);
  const Status done = answer.ok() ? Decode(*answer) : answer.status();
  if (done.ok() || ReasonOf(done) == Reason::kTASK_FAILED) return done;  // It is well.
  std::string why = absl::IsDeadlineExceeded(done)
                        ? fmt::format("no answer within {}", FormatDuration(limit))
                        : OneLine(MessageOf(done));
  if (const auto ended = worker_->Wait(Duration(0)); ended.ok()) why += "; it " + ended->Text();
  End();
  return children_.Blame(TaskFailed("the worker failed: " + why));
}

}  // namespace muster::client
