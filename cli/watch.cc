// muster watch: follows a campaign until it ends, through restarts of the server.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <muster/v1/campaign.grpc.pb.h>

#include <optional>
#include <thread>

#include "cli/commands.h"
#include "cli/kinds.h"
#include "cli/watch_view.h"

namespace muster::cli {
namespace {
constexpr Duration kTick = std::chrono::seconds(1);  // The clock on the screen goes on.
constexpr Duration kLongestOutage = std::chrono::minutes(5);
constexpr Duration kRetryEvery = std::chrono::milliseconds(500);

// One stream of views, read on a thread of its own; only the newest view is kept.
class Feed {
 public:
  Feed(const Link& link, const std::string& name)
      : stub_(link.channel), reader_([this, name] { Read(name); }) {}
  ~Feed() {
    context_.TryCancel();
    reader_.join();
  }

  // The newest view that was not given yet, or nullopt after `wait` or at the end.
  std::optional<v1::CampaignView> Next(Duration wait) {
    absl::MutexLock lock(&mu_);
    const auto something = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return newest_.has_value() || end_.has_value();
    };
    mu_.AwaitWithTimeout(absl::Condition(&something), absl::Milliseconds(wait.count()));
    return std::exchange(newest_, std::nullopt);
  }
  // Why the stream ended, once it has and all views were given.
  std::optional<Status> end() {
    absl::MutexLock lock(&mu_);
    return newest_ ? std::nullopt : end_;
  }

 private:
  void Read(const std::string& name) {
    v1::GetCampaignRequest request;
    request.set_name(name);
    const auto stream = stub_.WatchCampaign(&context_, request);
    for (v1::CampaignView view; stream->Read(&view);) {
      absl::MutexLock lock(&mu_);
      newest_ = view;
    }
    const Status status = rpc::FromGrpc(stream->Finish());
    absl::MutexLock lock(&mu_);
    end_ = status;
  }

  v1::CampaignService::Stub stub_;
  grpc::ClientContext context_;
  absl::Mutex mu_;
  std::optional<v1::CampaignView> newest_ ABSL_GUARDED_BY(mu_);
  std::optional<Status> end_ ABSL_GUARDED_BY(mu_);
  std::thread reader_;  // Last: it uses all of the above.
};

// Shows views: a tree redrawn in place, lines when they change, or a JSON object a view.
class Display {
 public:
  explicit Display(Shell& shell)
      : shell_(shell),
        screen_(shell.world.screen),
        live_(shell.format == Format::kTable && screen_.OutIsTerminal()) {}

  void Show(const v1::CampaignView& view) {
    view_ = view;
    if (shell_.format == Format::kJson) return screen_.Out(ToJsonLine(view));
    if (shell_.format == Format::kYaml) return screen_.Out("---\n" + ToYaml(view));
    if (live_) return Redraw();
    const std::string line = WatchLine(view);
    if (line != last_line_) screen_.Out(line + "\n");
    last_line_ = line;
  }
  void Tick() {
    if (live_ && view_) Redraw();
  }
  // On a terminal under the tree, until the next view comes.
  void Note(const std::string& text) {
    if (!live_) return screen_.Err("note: " + text + "\n");
    note_ = text;
    Tick();
  }
  void ClearNote() { note_.clear(); }

 private:
  void Redraw() {
    const int columns = screen_.Columns();
    const Paint paint(screen_.Colours());
    std::vector<std::string> lines = WatchTree(*view_, shell_.world.clock.Now(), columns, paint);
    if (!note_.empty()) lines.push_back(Clip(paint.Warn(note_), columns));
    // Back to the first line of the last drawing, then overwrite it and clear what is left.
    std::string out = drawn_ > 0 ? fmt::format("\x1b[{}A", drawn_) : "";
    for (const std::string& line : lines) out += "\r" + line + "\x1b[K\n";
    screen_.Out(out + "\x1b[J");
    drawn_ = lines.size();
  }

  Shell& shell_;
  Screen& screen_;
  const bool live_;
  std::optional<v1::CampaignView> view_;
  std::string last_line_, note_;
  std::size_t drawn_ = 0;
};

Status Outcome(const v1::CampaignView& view) {
  if (view.phase() == "completed") return Ok();
  const std::string why = view.why().empty() ? "" : ": " + view.why();
  const Status status =
      FailedPrecondition("campaign {} {}{}", view.campaign().name(),
                         view.phase() == "cancelled" ? "was cancelled" : "failed", why);
  return WithReason(
      status, view.phase() == "cancelled" ? Reason::kCAMPAIGN_CANCELLED : Reason::kCAMPAIGN_STATE);
}

// Shows one stream to its end: the last view when the campaign is over, else why it broke off.
StatusOr<v1::CampaignView> FollowOnce(const Link& link, const std::string& name, Display& display,
                                      bool& seen) {
  Feed feed(link, name);
  while (true) {
    if (const auto view = feed.Next(kTick)) {
      seen = true;
      display.ClearNote();
      display.Show(*view);
      if (IsOver(*view)) return *view;
    } else if (const auto end = feed.end()) {
      return end->ok() ? Unavailable("the stream ended before the campaign") : *end;
    } else {
      display.Tick();
    }
  }
}

Status Follow(Shell& shell, const std::string& name) {
  Display display(shell);
  bool ever_seen = false;
  for (Timestamp lost = shell.world.clock.Now();;) {
    // A new connection each time: an old one would sit out its backoff, and a server that came back
    // may have another address.
    MUSTER_ASSIGN(Link* const link, shell.CoordinatorAnew());
    bool seen = false;
    const auto last = FollowOnce(*link, name, display, seen);
    if (last.ok()) return Outcome(*last);
    const Timestamp now = shell.world.clock.Now();
    if (seen) lost = now;
    const bool first_note = seen;
    ever_seen = ever_seen || seen;
    if (ExitCodeOf(last.status()) != 3 || !ever_seen || now - lost > kLongestOutage)
      return Explained(last.status(), *link);
    if (first_note) display.Note("the coordinator went away; trying to reach it again …");
    shell.world.sleep(kRetryEvery);
  }
}

// The campaign that is under way, when there is just one.
StatusOr<std::string> OnlyCampaign(Shell& shell) {
  MUSTER_ASSIGN(const auto reply, shell.Ask(&v1::CampaignService::Stub::ListCampaigns, {}));
  std::vector<std::string> open;
  for (const auto& view : reply.campaigns())
    if (!IsOver(view)) open.push_back(view.campaign().name());
  if (open.size() == 1) return open.front();
  if (open.empty()) return NotFound("no campaign is under way; name one to see how it ended");
  return InvalidArgument("several campaigns are under way, name one: {}", fmt::join(open, ", "));
}

Status Watch(Shell& shell, const std::vector<std::string>& words) {
  if (words.empty()) {
    MUSTER_ASSIGN(const std::string name, OnlyCampaign(shell));
    return Follow(shell, name);
  }
  if (words.size() == 1) return Follow(shell, words.front());
  MUSTER_ASSIGN(const Kind kind, ParseKind(words.front()));
  if (kind != Kind::kCampaign) return InvalidArgument("only campaigns can be watched");
  return Follow(shell, words.back());
}

}  // namespace

void AddWatch(CLI::App& app, Shell& shell) {
  auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* watch = app.add_subcommand("watch", "Follow a campaign until it ends");
  watch->add_option("NAME", *words, "campaign NAME, or nothing when just one is under way")
      ->expected(0, 2)
      ->option_text("[campaign NAME]");
  watch->footer(
      "\nOn a terminal a live tree; else a line for each change; with -o json an object "
      "a line.\nGoes on through a restart of the coordinator. Exit code 0 when the "
      "campaign completed,\n1 when it failed or was cancelled.\n\nExamples:\n"
      "  muster watch campaign turbofan\n  muster watch campaign turbofan -o json | jq "
      ".round.phase");
  shell.On(watch, [&shell, words] { return Watch(shell, *words); });
}

}  // namespace muster::cli
