#include "client/app/feedback_command.h"

#include "base/canonical_json.h"
#include "base/time_text.h"
#include "client/app/agent_telemetry.h"
#include "client/app/local_api.h"
#include "platform/dir_files.h"
#include "platform/dir_lock.h"
#include "platform/secure_rng.h"
#include "platform/system_clock.h"
#include "platform/thread_pool.h"

namespace muster::client {
namespace {
using Verdict = Feedback::Verdict;

Status Usage(std::string_view what) {
  return WithReason(InvalidArgument("{}", what), Reason::kFIELD_INVALID);
}

StatusOr<Verdict> VerdictOf(const FeedbackArguments& a) {
  const int said = int{a.false_positive} + int{a.missed} + int{a.confirmed};
  if (said > 1) return Usage("one of --false-positive, --missed and --confirmed, please");
  if (a.false_positive) return Verdict::kFalsePositive;
  if (a.missed) return Verdict::kMissed;
  if (a.confirmed) return Verdict::kConfirmed;
  if (!a.label.empty()) return Verdict::kLabel;
  return Usage("what do you say? --false-positive, --missed, --confirmed or --label X");
}

// The agent is not there: what it would do is done here, under its lock.
StatusOr<FeedbackDesk::Answer> GiveHere(const AgentSettings& settings, FeedbackRequest request,
                                        Logger& log) {
  const std::string dir = settings.state_dir.string();
  MUSTER_ASSIGN(const auto lock, platform::DirLock::Acquire(dir));
  MUSTER_ASSIGN(const auto files, platform::DirFiles::Open(dir));
  platform::SystemClock clock;
  platform::OpenSslRng rng;
  platform::ThreadPool pool(clock, log, {.threads = 1});
  MUSTER_ASSIGN(const auto telemetry,
                AgentTelemetry::Make(settings, {clock, pool, *files, rng, log}));
  return telemetry->desk().Submit(request.node, std::move(request.feedback));
}
}  // namespace

StatusOr<FeedbackRequest> FeedbackFrom(const FeedbackArguments& a) {
  FeedbackRequest out;
  Feedback& f = out.feedback;
  MUSTER_ASSIGN(f.verdict, VerdictOf(a));
  out.node = DeviceName(a.node);
  f.id = a.id;
  f.monitor = a.monitor;
  f.field = a.field;
  f.outcome = a.outcome;
  f.by = a.by;
  if (!a.label.empty()) {
    const StatusOr<double> label = ParseDecimal(a.label);
    if (!label.ok()) return Usage(fmt::format("--label: {}", MessageOf(label.status())));
    f.label = *label;
  }
  if (!a.about.empty()) {
    const StatusOr<Timestamp> about = ParseTime(a.about);
    if (!about.ok()) return Usage(fmt::format("--about: {}", MessageOf(about.status())));
    f.about = *about;
  }
  return out;
}

StatusOr<FeedbackDesk::Answer> GiveFeedback(const AgentSettings& settings, FeedbackRequest request,
                                            Logger& log) {
  // Drawn here, so that a call whose answer was lost is no second word.
  if (request.feedback.id.empty()) {
    Bytes bytes(16);
    platform::OpenSslRng().Fill(bytes);
    request.feedback.id = ToHex(bytes);
  }
  const StatusOr<FeedbackDesk::Answer> here = GiveHere(settings, request, log);
  if (ReasonOf(here.status()) != Reason::kDATA_DIR_IN_USE) return here;
  StatusOr<FeedbackDesk::Answer> there = CallLocal(settings.state_dir, request);
  if (!absl::IsNotFound(there.status()) || ReasonOf(there.status())) return there;
  return FailedPrecondition(
      "an agent runs on {}, and takes no feedback: `telemetry.local_http` is "
      "off in its file",
      settings.state_dir.string());
}

}  // namespace muster::client
