#include "cli/watch_loop.h"

#include <muster/v1/model.grpc.pb.h>
#include <muster/v1/trigger.grpc.pb.h>

#include <algorithm>
#include <optional>
#include <set>

#include "cli/feed.h"
#include "cli/follow.h"
#include "cli/gather_loop.h"
#include "cli/live.h"
#include "cli/watch_events.h"
#include "cli/watch_loop_view.h"

namespace muster::cli {
namespace {
constexpr Duration kTimeout = std::chrono::seconds(20);

const Loop* Known(const Watched& watched, const std::string& trigger) {
  const auto it = std::ranges::find(watched.loops, trigger,
                                    [](const Loop& loop) { return loop.trigger.trigger().name(); });
  return it == watched.loops.end() ? nullptr : &*it;
}

// A tree redrawn in place on a terminal, else what happened, line by line.
class LoopDisplay {
 public:
  explicit LoopDisplay(Shell& shell)
      : shell_(shell),
        screen_(shell.world.screen),
        on_terminal_(shell.format == Format::kTable && screen_.OutIsTerminal()),
        live_(screen_) {}

  const Watched& shown() const { return shown_; }
  void Show(Watched watched) {
    note_.clear();
    if (!on_terminal_) Tell(watched);
    shown_ = std::move(watched);
    if (on_terminal_) Redraw();
  }
  void Note(const std::string& text) {
    if (!on_terminal_) return screen_.Err("note: " + text + "\n");
    note_ = text;
    Redraw();
  }

 private:
  void Tell(const Watched& watched) {
    for (const Loop& loop : watched.loops)
      for (const LoopEvent& event : EventsOf(Known(shown_, loop.trigger.trigger().name()), loop)) {
        if (shell_.format == Format::kTable) screen_.Out(EventLine(event) + "\n");
        if (shell_.format == Format::kJson)
          screen_.Out(EventJson(event).dump(-1, ' ', false,
                                            nlohmann::ordered_json::error_handler_t::replace) +
                      "\n");
        if (shell_.format == Format::kYaml) screen_.Out("---\n" + ToYaml(EventJson(event)));
      }
  }
  void Redraw() {
    const int columns = screen_.Columns();
    const Paint paint(screen_.Colours());
    std::vector<std::string> lines = WatchedTree(shown_, shell_.world.clock.Now(), columns, paint);
    if (!note_.empty()) lines.push_back(Clip(paint.Warn(note_), columns));
    live_.Draw(std::move(lines));
  }

  Shell& shell_;
  Screen& screen_;
  const bool on_terminal_;
  LiveLines live_;
  Watched shown_;
  std::string note_;
};

bool IsSettled(const Watched& watched) {
  const Loop* last = LastFired(watched);
  return last != nullptr && IsOver(*NewestFiring(last->trigger));
}

Status OutcomeOf(const Watched& watched) {
  const Loop& last = *LastFired(watched);
  const v1::Firing& firing = *NewestFiring(last.trigger);
  if (!IsFailed(firing)) return Ok();
  return WithReason(FailedPrecondition("firing {} of trigger {}: {}{}", firing.number(),
                                       last.trigger.trigger().name(), firing.state(),
                                       firing.why().empty() ? "" : ": " + firing.why()),
                    Reason::kTRIGGER_STATE);
}

// Where the aliases point that the model's triggers move, and champion.
StatusOr<std::map<std::string, std::uint64_t>> AliasesOf(const Link& link, const Watched& watched) {
  std::set<std::string> names = {"champion"};
  for (const Loop& loop : watched.loops) {
    const std::string& alias = loop.trigger.trigger().do_().promote().alias();
    if (!alias.empty()) names.insert(alias);
  }
  std::map<std::string, std::uint64_t> out;
  v1::ModelService::Stub stub(link.channel);
  for (const std::string& name : names) {
    v1::GetVersionRequest request;
    request.set_model(watched.model);
    request.set_alias(name);
    const auto version = rpc::Call(stub, &v1::ModelService::Stub::GetVersion, request, kTimeout);
    if (version.ok()) out[name] = version->version();
    if (!version.ok() && version.status().code() != absl::StatusCode::kNotFound)
      return version.status();
  }
  return out;
}

StatusOr<Watched> GatherModel(const Link& link, const std::string& model, const Watched& before) {
  v1::TriggerService::Stub stub(link.channel);
  MUSTER_ASSIGN(const v1::ListTriggersReply list,
                rpc::Call(stub, &v1::TriggerService::Stub::ListTriggers, v1::ListTriggersRequest(),
                          kTimeout));
  Watched now;
  now.model = model;
  for (const v1::TriggerView& view : list.triggers()) {
    if (view.trigger().model() != model) continue;
    MUSTER_ASSIGN(Loop loop, GatherLoop(link, view, Known(before, view.trigger().name())));
    now.loops.push_back(std::move(loop));
  }
  MUSTER_ASSIGN(now.aliases, AliasesOf(link, now));
  return now;
}

}  // namespace

Status WatchTrigger(Shell& shell, const std::string& name, const WatchLoopOptions& options) {
  LoopDisplay display(shell);
  v1::GetTriggerRequest request;
  request.set_name(name);
  const OverOneLink once = [&](Link& link, bool& seen) -> Status {
    v1::TriggerService::Stub stub(link.channel);
    Feed<v1::TriggerView> feed(
        [&](grpc::ClientContext* context) { return stub.WatchTrigger(context, request); });
    std::optional<v1::TriggerView> view;
    while (true) {
      if (auto next = feed.Next(kTick)) {
        view = std::move(next);
      } else if (const auto end = feed.end()) {
        return end->ok() ? Unavailable("the stream ended") : *end;
      }
      if (!view) continue;
      seen = true;
      // The trigger is told; the campaign's rounds and the monitors' windows are asked for.
      Watched now;
      MUSTER_ASSIGN(Loop loop, GatherLoop(link, *view, Known(display.shown(), name)));
      now.loops.push_back(std::move(loop));
      display.Show(std::move(now));
      if (options.until_settled && IsSettled(display.shown())) return Ok();
    }
  };
  MUSTER_TRY(ThroughRestarts(shell, once, [&](const std::string& text) { display.Note(text); }));
  return OutcomeOf(display.shown());
}

Status WatchModel(Shell& shell, const std::string& name, const WatchLoopOptions& options) {
  v1::GetModelRequest model;
  model.set_name(name);
  MUSTER_TRY(shell.Ask(&v1::ModelService::Stub::GetModel, model).status());  // It is there.
  LoopDisplay display(shell);
  const OverOneLink once = [&](Link& link, bool& seen) -> Status {
    while (true) {
      MUSTER_ASSIGN(Watched now, GatherModel(link, name, display.shown()));
      seen = true;
      display.Show(std::move(now));
      if (options.until_settled && IsSettled(display.shown())) return Ok();
      shell.world.sleep(kTick);
    }
  };
  MUSTER_TRY(ThroughRestarts(shell, once, [&](const std::string& text) { display.Note(text); }));
  return OutcomeOf(display.shown());
}

}  // namespace muster::cli
