// muster watch: follows a campaign until it ends, or a trigger or model as its loop goes round,
// through restarts of the server.
#include <muster/v1/campaign.grpc.pb.h>

#include <optional>

#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/kinds.h"
#include "cli/live.h"
#include "cli/watch_loop.h"
#include "cli/watch_view.h"

namespace muster::cli {
namespace {

// Shows views: a tree redrawn in place, lines when they change, or a JSON object a view.
class Display final : public Viewer {
 public:
  explicit Display(Shell& shell)
      : shell_(shell),
        screen_(shell.world.screen),
        live_(shell.format == Format::kTable && screen_.OutIsTerminal()),
        lines_(screen_) {}

  void Show(const v1::CampaignView& view) override {
    note_.clear();
    view_ = view;
    if (shell_.format == Format::kJson) return screen_.Out(ToJsonLine(view));
    if (shell_.format == Format::kYaml) return screen_.Out("---\n" + ToYaml(view));
    if (live_) return Redraw();
    const std::string line = WatchLine(view);
    if (line != last_line_) screen_.Out(line + "\n");
    last_line_ = line;
  }
  void Tick() override {
    if (live_ && view_) Redraw();
  }
  // On a terminal under the tree.
  void Note(const std::string& text) override {
    if (!live_) return screen_.Err("note: " + text + "\n");
    note_ = text;
    Tick();
  }

 private:
  void Redraw() {
    const int columns = screen_.Columns();
    const Paint paint(screen_.Colours());
    std::vector<std::string> lines = WatchTree(*view_, shell_.world.clock.Now(), columns, paint);
    if (!note_.empty()) lines.push_back(Clip(paint.Warn(note_), columns));
    lines_.Draw(std::move(lines));
  }

  Shell& shell_;
  Screen& screen_;
  const bool live_;
  LiveLines lines_;
  std::optional<v1::CampaignView> view_;
  std::string last_line_, note_;
};

Status Follow(Shell& shell, const std::string& name) {
  Display display(shell);
  MUSTER_ASSIGN(const v1::CampaignView last, FollowCampaign(shell, name, display, IsOver));
  return EndOf(last);
}

bool IsTrigger(const std::string& word) {
  return word == "trigger" || word == "triggers" || word == "tr";
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

struct Arguments {
  std::vector<std::string> words;
  WatchLoopOptions loop;
};

Status Watch(Shell& shell, const Arguments& arguments) {
  const std::vector<std::string>& words = arguments.words;
  if (words.empty()) {
    MUSTER_ASSIGN(const std::string name, OnlyCampaign(shell));
    return Follow(shell, name);
  }
  if (words.size() == 1) return Follow(shell, words.front());
  const std::string& name = words.back();
  if (IsTrigger(words.front())) return WatchTrigger(shell, name, arguments.loop);
  MUSTER_ASSIGN(const Kind kind, ParseKind(words.front()));
  if (kind == Kind::kModel) return WatchModel(shell, name, arguments.loop);
  if (kind == Kind::kCampaign) return Follow(shell, name);
  return InvalidArgument("only campaigns, triggers and models can be watched");
}

}  // namespace

void AddWatch(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* watch =
      app.add_subcommand("watch", "Follow a campaign until it ends, or a trigger's closed loop");
  watch
      ->add_option("NAME", arguments->words,
                   "What to follow; nothing when just one campaign is under way")
      ->expected(0, 2)
      ->option_text("[campaign|trigger|model NAME]");
  watch->add_flag("--until-settled", arguments->loop.until_settled,
                  "Of a trigger or model: end with its newest firing");
  watch->footer(
      "\nOn a terminal a live tree; else a line for each change; with -o json an object "
      "a line.\nGoes on through a restart of the coordinator. Of a campaign the exit code is 0 "
      "when "
      "it\ncompleted, 1 when it failed or was cancelled.\n\nA trigger shows as one tree what its "
      "monitors see, why it fired or did not, the campaign\nthat it started, the version that came "
      "of it and whether it was promoted; a model all its\ntriggers. That goes on until Ctrl-C; "
      "with "
      "--until-settled until the newest firing has ended:\nexit code 0 when a version was made "
      "(promoted, held or left as a candidate), 1 when not.\n\nExamples:\n"
      "  muster watch campaign turbofan\n  muster watch campaign turbofan -o json | jq "
      ".round.phase\n  muster watch trigger rul-drift\n"
      "  muster watch trigger rul-drift --until-settled -o json | jq -r .event");
  shell.On(watch, [&shell, arguments] { return Watch(shell, *arguments); });
}

}  // namespace muster::cli
