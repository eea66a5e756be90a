#include "client/torch/worker.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <istream>
#include <string>

#include "base/canonical_json.h"
#include "client/pipeline/one_line.h"
#include "client/torch/guard.h"
#include "client/torch/task_runner.h"

namespace muster::client {
namespace {

Status RunPrediction(TaskRunner& runner, const Json& request) {
  if (!request.is_object()) return InvalidArgument("predict: no object");
  JsonReader reader(request);
  const PredictTask task{.module = reader.Text("module"),
                         .params = reader.Text("model"),
                         .data = reader.Text("data"),
                         .out = reader.Text("out")};
  MUSTER_TRY(reader.status());
  return GuardedRun("prediction", [&] { return runner.Predict(task); });
}

Status RunRequest(TaskRunner& runner, std::string_view line) {
  MUSTER_ASSIGN(const Json request, ParseJson(line, 4));
  JsonReader reader(request);
  if (reader.Has("hello")) return Ok();
  if (reader.Has("predict")) return RunPrediction(runner, reader.At("predict"));
  const std::string dir = reader.Text("dir");
  MUSTER_TRY(reader.status());
  // Writing files and parsing may throw too (bad_alloc); nothing may end the worker.
  return GuardedRun("task", [&] { return runner.Run(dir); });
}

Status WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return Internal("writing an answer: {}", std::strerror(errno));
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return Ok();
}
}  // namespace

Status ServeTasks(std::istream& in, int answers) {
  TaskRunner runner;
  std::string line;
  while (std::getline(in, line)) {
    const Status done = RunRequest(runner, line);
    Json answer = {{"ok", done.ok()}};
    if (!done.ok()) answer["error"] = OneLine(MessageOf(done), 400);
    MUSTER_ASSIGN(const std::string text, CanonicalJson(answer));
    MUSTER_TRY(WriteAll(answers, text + "\n"));
  }
  return Ok();
}

}  // namespace muster::client
