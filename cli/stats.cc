// muster stats: asks a fleet for federated statistics, waits for the answer and shows it.
#include <muster/v1/campaign.grpc.pb.h>
#include <muster/v1/contract.grpc.pb.h>
#include <muster/v1/fleet.grpc.pb.h>

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/pairs.h"
#include "cli/statistics_question.h"
#include "cli/statistics_view.h"
#include "cli/watch_view.h"

namespace muster::cli {
namespace {

struct Arguments {
  std::string contract;
  std::vector<std::string> where;
  StatisticsQuestion question;
};

// "plant@3", or "plant" for the newest version.
StatusOr<v1::ContractVersion> ContractOf(Shell& shell, const std::string& text) {
  v1::GetContractRequest request;
  const std::size_t at = text.find('@');
  request.set_name(text.substr(0, at));
  if (at != std::string::npos) {
    std::uint64_t version = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + at + 1, end, version);
    if (error != std::errc() || rest != end || version == 0)
      return InvalidArgument("--contract {}: the version after '@' is a number from 1", text);
    request.set_version(version);
  }
  return shell.Ask(&v1::ContractService::Stub::GetContract, request);
}

StatusOr<std::map<std::string, std::string>> LabelsOf(const std::vector<std::string>& where) {
  std::map<std::string, std::string> labels;
  for (const std::string& label : where) {
    const std::size_t at = label.find('=');
    if (at == 0 || at == std::string::npos)
      return InvalidArgument("--where {}: expected key=value", label);
    if (!labels.emplace(label.substr(0, at), label.substr(at + 1)).second)
      return InvalidArgument("--where {}: '{}' is given twice", label, label.substr(0, at));
  }
  return labels;
}

// How many enrolled devices the question is for.
StatusOr<std::uint32_t> Matching(Shell& shell, const v1::Campaign& campaign) {
  v1::ListDevicesRequest request;
  *request.mutable_labels() = campaign.plan().selection().labels();
  MUSTER_ASSIGN(const auto list, shell.Ask(&v1::FleetService::Stub::ListDevices, request));
  return static_cast<std::uint32_t>(list.devices_size());
}

// That enough devices match, before anything is asked of them.
Status CheckEnough(Shell& shell, const v1::Campaign& campaign) {
  MUSTER_ASSIGN(const std::uint32_t matching, Matching(shell, campaign));
  const std::uint32_t least = campaign.statistics().least();
  if (matching >= least) return Ok();
  const std::string labels = PairsText(campaign.plan().selection().labels());
  return WithReason(FailedPrecondition(
                        "{} device{} match{} {}; --least asks for {}, so that no few of them show. "
                        "{}, or lower --least as far as the devices' own policies go",
                        matching, matching == 1 ? "" : "s", matching == 1 ? "es" : "",
                        labels.empty() ? "(all that are enrolled)" : labels, least,
                        labels.empty() ? "Enrol more" : "Ask with fewer --where"),
                    Reason::kTOO_FEW_DEVICES);
}

// Begins the campaign unless it is there: then its answer is, or will be.
Status Begin(Shell& shell, const v1::Campaign& campaign) {
  v1::GetCampaignRequest known;
  known.set_name(campaign.name());
  const auto view = shell.Ask(&v1::CampaignService::Stub::GetCampaign, known);
  if (!view.ok() && view.status().code() != absl::StatusCode::kNotFound) return view.status();
  v1::ApplyCampaignRequest request;
  *request.mutable_campaign() = campaign;
  if (!view.ok()) {
    request.set_dry_run(true);  // What is wrong with the question comes before who could answer it.
    MUSTER_TRY(shell.Ask(&v1::CampaignService::Stub::ApplyCampaign, request).status());
    MUSTER_TRY(CheckEnough(shell, campaign));
    request.set_dry_run(false);
  }
  return shell.Ask(&v1::CampaignService::Stub::ApplyCampaign, request).status();
}

// "pass 1 of 2  ██████░░░░░░  4 of 8 devices"
std::string ProgressOf(const v1::CampaignView& view) {
  constexpr int kCells = 24;
  const v1::RoundView& r = view.round();
  if (!view.has_round() || r.goal() == 0)
    return fmt::format("{} {}", Clean(view.phase()), Clean(view.why()));
  const std::uint32_t came = std::max(r.received(), r.counted());
  return fmt::format("pass {} of {}  {}  {} of {} devices{}", r.round(),
                     view.campaign().plan().rounds(), Bar(came, r.goal(), kCells), came, r.goal(),
                     r.attempt() > 1 ? fmt::format(", attempt {}", r.attempt()) : "");
}

// One line on a terminal's error output while the fleet counts; wiped at the end.
class CountingLine final : public Viewer {
 public:
  explicit CountingLine(Screen& screen) : screen_(screen), on_(screen.ErrIsTerminal()) {}
  ~CountingLine() override {
    if (shown_) screen_.Err("\r\x1b[K");
  }
  CountingLine(const CountingLine&) = delete;
  CountingLine& operator=(const CountingLine&) = delete;

  void Show(const v1::CampaignView& view) override {
    if (on_ && !IsOver(view)) Draw(ProgressOf(view));
  }
  void Tick() override {}
  void Note(const std::string& text) override {
    if (on_) return Draw(text);
    screen_.Err("note: " + text + "\n");
  }

 private:
  void Draw(const std::string& text) {
    shown_ = true;
    screen_.Err("\r" + Clip(text, screen_.Columns()) + "\x1b[K");
  }
  Screen& screen_;
  const bool on_;
  bool shown_ = false;
};

// Over, or waiting for somebody who is not this command.
bool IsSettled(const v1::CampaignView& view) { return IsOver(view) || view.phase() == "paused"; }

StatusOr<v1::CampaignView> Await(Shell& shell, const std::string& name) {
  CountingLine line(shell.world.screen);
  MUSTER_ASSIGN(v1::CampaignView last, FollowCampaign(shell, name, line, IsSettled));
  if (last.phase() == "paused")
    return WithReason(
        FailedPrecondition("campaign {0} is paused: {1}. 'muster get devices' marks those that "
                           "declined; 'muster campaign resume {0}' tries again. A device answers a "
                           "question over the same rows once, so those that did stay out",
                           name, last.why()),
        Reason::kCAMPAIGN_STATE);
  MUSTER_TRY(EndOf(last));
  if (last.statistics_json().empty())
    return Internal("campaign {} completed without an answer", name);
  return last;
}

// The answer, with where it comes from.
nlohmann::ordered_json MachineForm(const v1::CampaignView& view) {
  const auto labels = view.campaign().plan().selection().labels();
  return {{"campaign", view.campaign().name()},
          {"digest", view.latest_digest()},
          {"labels", std::map<std::string, std::string>(labels.begin(), labels.end())},
          {"refused", std::map<std::string, std::uint64_t>(view.refused_updates().begin(),
                                                           view.refused_updates().end())},
          {"result", nlohmann::ordered_json::parse(view.statistics_json(), nullptr, false)}};
}

std::string TableForm(const v1::CampaignView& view, const StatisticsResult& result,
                      const v1::Contract& contract, std::uint32_t matching) {
  const std::string labels = PairsText(view.campaign().plan().selection().labels());
  std::string out =
      fmt::format("{} version {}{}: {} devices\n\n", Clean(result.contract), result.version,
                  labels.empty() ? "" : ", " + Clean(labels), result.devices);
  out += StatisticsTable(result, contract);
  if (!view.refused_updates().empty())
    out += fmt::format("Refused: {}\n", Clean(PairsText(view.refused_updates())));
  const std::uint64_t missing = matching > result.devices ? matching - result.devices : 0;
  if (missing > 0)
    out += fmt::format(
        "{} more {} not in it: away, unwilling, or it was answered before over the same rows,\n"
        "perhaps with other --where; 'muster get devices' marks who declined\n",
        missing, missing == 1 ? "that matches is" : "that match are");
  return out + fmt::format("\ncampaign/{}  {}\n", Clean(view.campaign().name()),
                           ShortDigest(view.latest_digest()));
}

Status Show(Shell& shell, const v1::CampaignView& view, const v1::Contract& contract) {
  MUSTER_ASSIGN(const StatisticsResult result,
                aggregation::statistics::ParseResult(view.statistics_json()));
  Screen& screen = shell.world.screen;
  if (shell.format == Format::kJson) {
    screen.Out(MachineForm(view).dump(2) + "\n");
  } else if (shell.format == Format::kYaml) {
    screen.Out(ToYaml(MachineForm(view)));
  } else {
    MUSTER_ASSIGN(const std::uint32_t matching, Matching(shell, view.campaign()));
    screen.Out(TableForm(view, result, contract, matching));
  }
  return Ok();
}

Status Stats(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(const v1::ContractVersion contract, ContractOf(shell, arguments.contract));
  StatisticsQuestion question = arguments.question;
  MUSTER_ASSIGN(question.labels, LabelsOf(arguments.where));
  MUSTER_ASSIGN(const v1::Campaign campaign, CampaignOf(question, contract, shell.world.hasher));
  MUSTER_TRY(Begin(shell, campaign));
  MUSTER_ASSIGN(const v1::CampaignView answer, Await(shell, campaign.name()));
  return Show(shell, answer, contract.contract());
}

constexpr char kFooter[] = R"(
Devices count their own rows; the coordinator learns sums over at least --least of them, by secure
aggregation, and never a row or one device's counts. Two passes: moments and histograms over the
ranges that the contract declares, then finer bins where the quantiles are. A bin that fewer than
--least devices have rows in is shown as a dot. Devices whose policy says no are left out.

A device answers the same question over the same rows once. The answer is kept: the same question
again shows it at once, without asking anybody.

Examples:
  muster stats --contract turbofan
  muster stats --contract turbofan@2 --field s11 --field s4 --where site=hamburg
  muster stats --contract turbofan --quantile 0.01 --quantile 0.99 --bins 50 --least 20
  muster stats --contract turbofan -o json | jq '.result.fields[] | {name, mean}')";

}  // namespace

void AddStats(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  StatisticsQuestion& question = arguments->question;
  CLI::App* stats = app.add_subcommand(
      "stats",
      "Count, mean, spread, quantiles and histograms over devices' rows, which stay there");
  stats
      ->add_option("--contract", arguments->contract,
                   "What the rows are: a contract, or one version")
      ->required()
      ->type_name("NAME[@VERSION]");
  stats
      ->add_option("--field", question.fields,
                   "Only this field; default: every numeric one that declares a range")
      ->allow_extra_args(false)
      ->type_name("NAME");
  stats->add_option("--where", arguments->where, "Only devices with this label")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  stats->add_option("--bins", question.bins, "Of each histogram")->capture_default_str();
  stats->add_option("--quantile", question.quantiles, "Wanted, in (0, 1)")
      ->allow_extra_args(false)
      ->type_name("P")
      ->default_str("0.25, 0.5, 0.75");
  stats
      ->add_option("--least", question.least,
                   "Fewest devices in any sum, and in a bin that is shown")
      ->capture_default_str();
  stats->add_option("--name", question.name, "Of the campaign, instead of one made of the question")
      ->type_name("NAME");
  stats->footer(kFooter);
  shell.On(stats, [&shell, arguments] { return Stats(shell, *arguments); });
}

}  // namespace muster::cli
