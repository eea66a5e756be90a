// muster watch: follows a campaign until it ends, through restarts of the server.
#include <muster/v1/campaign.grpc.pb.h>

#include <optional>

#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/kinds.h"
#include "cli/watch_view.h"

namespace muster::cli {
namespace {

// Shows views: a tree redrawn in place, lines when they change, or a JSON object a view.
class Display final : public Viewer {
 public:
  explicit Display(Shell& shell)
      : shell_(shell),
        screen_(shell.world.screen),
        live_(shell.format == Format::kTable && screen_.OutIsTerminal()) {}

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

Status Follow(Shell& shell, const std::string& name) {
  Display display(shell);
  MUSTER_ASSIGN(const v1::CampaignView last, FollowCampaign(shell, name, display, IsOver));
  return EndOf(last);
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
