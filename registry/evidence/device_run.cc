#include "registry/evidence/device_run.h"

#include <map>
#include <optional>

#include "base/time_text.h"

namespace muster::registry::evidence {
namespace {
constexpr std::string_view kCampaign = "campaign/";
constexpr std::string_view kRound = "round/";

template <typename... Args>
Status Invalid(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument(f, std::forward<Args>(args)...), Reason::kARTEFACT_INVALID);
}

// What a fact says, and where.
template <typename T>
struct Said {
  T what;
  std::uint64_t leaf = 0;
};

// A round that a campaign began, and the parameters that its devices began with.
struct Begun {
  std::uint64_t round = 0;
  std::uint64_t attempt = 0;
  Said<std::string> params;
};

// What a campaign's stream says by the instant.
class CampaignRecord {
 public:
  void Believe(const LeafFact& fact) {
    const std::string& type = fact.header.type;
    const std::uint64_t round = NumberOf(fact.body, "round");
    if (type == "CampaignApplied") {
      const Json& spec = ObjectOf(fact.body, "spec");
      const Json& base = ObjectOf(fact.body, "base");
      statistics = spec.contains("statistics");
      model = TextOf(spec, "model");
      base_version = NumberOf(base, "version");
      params_ = {TextOf(base, "params"), fact.leaf};
      versions[params_.what] = {base_version, fact.leaf};
    } else if (type == "RoundStarted") {
      begun.push_back({round, NumberOf(fact.body, "attempt"), params_});
    } else if (type == "RoundSucceeded") {
      params_ = {TextOf(fact.body, "params"), fact.leaf};
      made_[round] = params_.what;
      published.push_back({{round, NumberOf(fact.body, "attempt"), {}}, fact.leaf});
    } else if (type == "BaselineEvaluated") {
      published.push_back({{round, NumberOf(fact.body, "attempt"), {}}, fact.leaf});
    } else if (type == "VersionRegistered") {
      if (const auto it = made_.find(round); it != made_.end())
        versions[it->second] = {NumberOf(fact.body, "version"), fact.leaf};
    }
  }

  bool statistics = false;
  std::string model;
  std::uint64_t base_version = 0;
  std::vector<Begun> begun;            // Oldest first.
  std::vector<Said<Begun>> published;  // Likewise.
  std::map<std::string, Said<std::uint64_t>> versions;

 private:
  Said<std::string> params_;
  std::map<std::uint64_t, std::string> made_;
};

// What a round's stream says about one device by the instant.
class RoundRecord {
 public:
  struct Run {
    Said<Timestamp> asked;
    Said<std::string> outcome;
    bool ended = false;
  };

  void Believe(const LeafFact& fact, const std::string& device) {
    const std::string& type = fact.header.type;
    const bool named = TextOf(fact.body, "device") == device;
    const bool listed = Lists(fact.body, "devices", device);
    if (type == "DevicesJoined" && listed) Begin(trained, fact);
    if (type == "UpdatesCounted" && listed) End(trained, "counted", fact);
    if (type == "ModelAggregated") {
      params = {TextOf(fact.body, "params"), fact.leaf};
      if (Lists(fact.body, "evaluators", device)) Begin(evaluated, fact);
    }
    if ((type == "EvaluationCounted" && named) || (type == "EvaluationsSummed" && listed))
      End(evaluated, "evaluated", fact);
    if (type == "DeviceDropped" && named)
      End(evaluated ? evaluated : trained, "dropped: " + TextOf(fact.body, "reason"), fact);
    if (type == "ModelPublished") whole = true;
  }

  std::optional<Run> trained, evaluated;
  Said<std::string> params;  // What came of the round.
  bool whole = false;        // Its stream is here to its end.

 private:
  static void Begin(std::optional<Run>& run, const LeafFact& fact) {
    run = Run{{fact.header.at, fact.leaf}, {"asked", fact.leaf}, false};
  }
  static void End(std::optional<Run>& run, std::string outcome, const LeafFact& fact) {
    if (!run || run->ended) return;
    run->outcome = {std::move(outcome), fact.leaf};
    run->ended = true;
  }
};

// All that was said by the instant of the question.
class Record {
 public:
  Record(const std::vector<LeafFact>& facts, const Question& question) : question_(question) {
    for (const LeafFact& fact : facts) {
      if (fact.header.at > question.at) continue;
      const std::string_view stream = fact.stream;
      if (stream.starts_with(kCampaign))
        campaigns_[std::string(stream.substr(kCampaign.size()))].Believe(fact);
      else if (stream.starts_with(kRound))
        rounds_[fact.stream].Believe(fact, question.device);
    }
  }

  // A round that was published has facts, to its end.
  Status CheckRounds() const {
    for (const auto& [name, campaign] : campaigns_)
      for (const Said<Begun>& round : campaign.published) {
        const auto told = rounds_.find(StreamOf(name, round.what));
        if (told == rounds_.end() || !told->second.whole)
          return Invalid(
              "leaf {}: round {} of campaign '{}' was published, and its own facts are "
              "left out",
              round.leaf, round.what.round, name);
      }
    return Ok();
  }

  std::optional<DeviceRun> Newest() const {
    std::optional<DeviceRun> newest;
    for (const auto& [name, campaign] : campaigns_) {
      if (campaign.statistics) continue;  // It loads no model.
      for (auto begun = campaign.begun.rbegin(); begun != campaign.begun.rend(); ++begun) {
        const auto told = rounds_.find(StreamOf(name, *begun));
        if (told == rounds_.end()) continue;
        const RoundRecord& round = told->second;
        for (const auto& [run, kind, params] :
             {std::tuple(&round.evaluated, "evaluate", &round.params),
              std::tuple(&round.trained, "train", &begun->params)})
          if (*run && (!newest || (*run)->asked.what > newest->asked_at))
            newest = Made(name, campaign, *begun, **run, kind, *params);
      }
    }
    return newest;
  }

 private:
  static std::string StreamOf(const std::string& campaign, const Begun& round) {
    return fmt::format("{}{}/{}/{}", kRound, campaign, round.round, round.attempt);
  }
  DeviceRun Made(const std::string& name, const CampaignRecord& campaign, const Begun& begun,
                 const RoundRecord::Run& run, std::string kind,
                 const Said<std::string>& params) const {
    DeviceRun out;
    out.question = question_;
    out.asked_at = run.asked.what;
    out.leaf = run.asked.leaf;
    out.kind = std::move(kind);
    out.campaign = name;
    out.round = begun.round;
    out.attempt = begun.attempt;
    out.outcome = run.outcome.what;
    out.outcome_leaf = run.outcome.leaf;
    out.model = campaign.model;
    out.params = params.what;
    out.params_leaf = params.leaf;
    out.base_version = campaign.base_version;
    out.version_leaf = params.leaf;
    if (const auto version = campaign.versions.find(params.what);
        version != campaign.versions.end()) {
      out.version = version->second.what;
      out.version_leaf = version->second.leaf;
    }
    return out;
  }

  const Question& question_;
  std::map<std::string, CampaignRecord> campaigns_;
  std::map<std::string, RoundRecord> rounds_;
};
}  // namespace

StatusOr<DeviceRun> DeviceRunIn(const std::vector<LeafFact>& facts, const Question& question) {
  const Record record(facts, question);
  MUSTER_TRY(record.CheckRounds());
  std::optional<DeviceRun> run = record.Newest();
  if (!run)
    return Invalid("no fact gives device {} a model by {}", question.device,
                   FormatTime(question.at));
  return *std::move(run);
}

Status CheckRunIs(const DeviceRun& run, const std::string& model, std::uint64_t version) {
  const std::uint64_t ran = run.version != 0 ? run.version : run.base_version;
  if (run.model == model && ran == version) return Ok();
  return Invalid("leaf {}: by {} device {} ran {}, and not version {} of model '{}'", run.leaf,
                 FormatTime(run.question.at), run.question.device, ModelText(run), version, model);
}

StatusOr<std::string> StatementOf(const Bundle& bundle, std::uint64_t tree_size,
                                  const std::vector<Subject>& files, const Hasher& hasher) {
  if (!bundle.question) return ModelStatement(bundle.model, bundle.version, files);
  Json indices = Json::array();
  for (const Leaf& leaf : bundle.leaves) indices.push_back(leaf.index);
  MUSTER_ASSIGN(const std::string text, CanonicalJson(indices));
  return DeviceRunStatement(bundle.model, bundle.version, files, *bundle.question, tree_size,
                            hasher.Sha256(AsBytes(text)));
}

std::string ModelText(const DeviceRun& run) {
  if (run.version != 0) return fmt::format("{} version {}", run.model, run.version);
  const std::uint64_t rounds = run.round - (run.kind == "train" && run.round > 0 ? 1 : 0);
  return fmt::format("{}, {} round{} of campaign {} after version {}", run.model, rounds,
                     rounds == 1 ? "" : "s", run.campaign, run.base_version);
}

}  // namespace muster::registry::evidence
