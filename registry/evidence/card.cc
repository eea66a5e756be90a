#include "registry/evidence/card.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/time_text.h"

namespace muster::registry::evidence {
namespace {
class Reader {
 public:
  Reader(const std::string& model, std::uint64_t version, const std::vector<LeafFact>& facts,
         const std::optional<DeviceRun>& run)
      : facts_(facts), run_(run) {
    card_.model = model;
    card_.version = version;
  }

  StatusOr<Card> Run() {
    made_ = FindVersion();
    if (made_ == nullptr)
      return WithReason(
          InvalidArgument("no fact makes version {} of model '{}'", card_.version, card_.model),
          Reason::kARTEFACT_INVALID);
    Identify();
    if (run_) DescribeRun(*run_);
    Describe();
    DescribeData();
    if (!campaign_.empty()) DescribeTraining();
    DescribeResults();
    TellHistory();
    return std::move(card_);
  }

 private:
  const LeafFact* FindVersion() const {
    for (const LeafFact& fact : facts_)
      if (fact.stream == "model/" + card_.model && fact.header.type == "ModelVersionCreated" &&
          NumberOf(fact.body, "version") == card_.version)
        return &fact;
    return nullptr;
  }
  // The last fact of this type in the stream, up to the version's own when `before` is set.
  const LeafFact* Last(const std::string& stream, std::string_view type, bool before) const {
    const LeafFact* found = nullptr;
    for (const LeafFact& fact : facts_)
      if (fact.stream == stream && fact.header.type == type &&
          (!before || fact.leaf <= made_->leaf))
        found = &fact;
    return found;
  }
  void Begin(std::string title) { card_.sections.push_back({std::move(title), {}}); }
  void Add(std::string key, std::string label, std::string value,
           std::vector<std::uint64_t> leaves) {
    if (value.empty()) return;
    card_.sections.back().fields.push_back(
        {std::move(key), std::move(label), std::move(value), std::move(leaves)});
  }

  void Identify() {
    card_.params = TextOf(made_->body, "params");
    card_.module = TextOf(made_->body, "module");
    card_.created_at = made_->header.at;
    card_.contract = TextOf(made_->body, "contract");
    card_.contract_version = NumberOf(made_->body, "contract_version");
    campaign_ = TextOf(made_->body, "campaign");
    round_ = NumberOf(made_->body, "round");
    if (const Json& energy = ObjectOf(made_->body, "energy"); !energy.empty())
      card_.energy = EnergyLine{TextOf(energy, "kwh"), TextOf(energy, "source")};
    card_.metrics = MetricsOf(made_->body);
    card_.baseline = MetricsOf(Baseline());
    card_.baseline_version = NumberOf(Baseline(), "version");
  }
  const Json& Baseline() const { return ObjectOf(ObjectOf(made_->body, "lineage"), "baseline"); }
  static std::map<std::string, std::string> MetricsOf(const Json& measured) {
    std::map<std::string, std::string> out;
    for (const auto& [name, value] : ObjectOf(measured, "metrics").items())
      out[name] = value.is_string() ? value.get<std::string>() : value.dump();
    return out;
  }

  void DescribeRun(const DeviceRun& run) {
    Begin("What the device ran");
    Add("device.pseudonym", "Device (pseudonym)", run.question.device, {run.leaf});
    Add("device.as_of", "As of", FormatTime(run.question.at), {run.leaf});
    Add("device.asked", fmt::format("Asked to {} with it at", run.kind), FormatTime(run.asked_at),
        {run.leaf});
    Add("device.round", "Campaign and round",
        fmt::format("{} round {}, attempt {}", run.campaign, run.round, run.attempt), {run.leaf});
    Add("device.outcome", "What came of it", run.outcome, {run.outcome_leaf});
    Add("device.params", "Parameters (safetensors)", run.params, {run.params_leaf});
    Add("device.version", "Model", ModelText(run), {run.version_leaf});
  }

  void Describe() {
    const std::uint64_t leaf = made_->leaf;
    Begin("Model");
    Add("model.name", "Name", card_.model, {leaf});
    Add("model.version", "Version", fmt::format("{}", card_.version), {leaf});
    if (const LeafFact* applied = Last("model/" + card_.model, "ModelApplied", true)) {
      Add("model.purpose", "Purpose", TextOf(applied->body, "description"), {applied->leaf});
      Add("model.input", "Reads",
          fmt::format("{} rows of {}", TextOf(applied->body, "rows"),
                      TextOf(applied->body, "features")),
          {applied->leaf});
      Add("model.output", "Predicts", TextOf(applied->body, "label"), {applied->leaf});
    }
    Add("model.params", "Parameters (safetensors)", card_.params, {leaf});
    Add("model.module", "Code (TorchScript module)", card_.module, {leaf});
    Add("model.size", "How many parameters", TextOf(made_->body, "parameters"), {leaf});
    Add("model.parent", "Trained from version", TextOf(made_->body, "parent"), {leaf});
    Add("model.author", "Made by", made_->header.by, {leaf});
    Add("model.created", "Made at", FormatTime(made_->header.at), {leaf});
  }

  void DescribeData() {
    Begin("Data");
    Add("data.contract", "Data contract",
        fmt::format("{} version {}", card_.contract, card_.contract_version), {made_->leaf});
    std::uint64_t version = 0;
    for (const LeafFact& fact : facts_) {
      if (fact.stream != "contract/" + card_.contract ||
          fact.header.type != "ContractVersionCreated" || ++version != card_.contract_version)
        continue;
      Add("data.meaning", "What it means", TextOf(fact.body, "description"), {fact.leaf});
      Add("data.owner", "Owner", TextOf(fact.body, "owner"), {fact.leaf});
      Add("data.fields", "Fields", FieldsText(fact.body), {fact.leaf});
      Add("data.agreed", "Recorded",
          fmt::format("{} by {}", FormatTime(fact.header.at), fact.header.by), {fact.leaf});
    }
    Add("data.location", "Where it is",
        "on the devices; only sums over them, or updates trained on them, came here",
        {made_->leaf});
    DescribeReferences();
  }
  // What monitors hold later rows against: the newest of each.
  void DescribeReferences() {
    std::map<std::string, const LeafFact*> newest;
    for (const LeafFact& fact : facts_)
      if (fact.stream == "model/" + card_.model && fact.header.type == "VersionReferenced" &&
          NumberOf(fact.body, "version") == card_.version)
        newest[TextOf(fact.body, "monitor")] = &fact;
    for (const auto& [monitor, fact] : newest)
      Add("data.reference." + monitor, fmt::format("Reference of monitor {}", monitor),
          ReferenceText(*fact), {fact->leaf});
  }
  static std::string ReferenceText(const LeafFact& fact) {
    std::string out = TextOf(fact.body, "digest");
    if (NumberOf(fact.body, "rows") != 0)
      out += fmt::format(", {} rows of {} devices in {} shards", NumberOf(fact.body, "rows"),
                         NumberOf(fact.body, "devices"), NumberOf(fact.body, "shards"));
    return out + fmt::format(", {}", FormatTime(fact.header.at));
  }
  static std::string FieldsText(const Json& contract) {
    std::string out;
    const auto fields = contract.find("fields");
    if (fields == contract.end() || !fields->is_array()) return out;
    for (const Json& field : *fields) {
      if (!field.is_object()) continue;
      out += fmt::format("{}{} {}", out.empty() ? "" : "; ", TextOf(field, "name"),
                         TextOf(field, "type"));
      if (const std::string unit = TextOf(field, "unit"); !unit.empty()) out += " in " + unit;
      const std::string min = TextOf(field, "min"), max = TextOf(field, "max");
      if (!min.empty() || !max.empty()) out += fmt::format(" {}..{}", min, max);
    }
    return out;
  }

  void DescribeTraining() {
    Begin("Training");
    std::vector<std::uint64_t> leaves;
    std::uint64_t counted = 0;
    for (const LeafFact& fact : facts_)
      if (fact.stream == "campaign/" + campaign_ && fact.header.type == "RoundSucceeded" &&
          NumberOf(fact.body, "round") <= round_) {
        card_.rounds.push_back({campaign_, NumberOf(fact.body, "round"),
                                NumberOf(fact.body, "attempt"), NumberOf(fact.body, "counted"),
                                TextOf(fact.body, "params"), fact.header.at, fact.leaf});
        counted += card_.rounds.back().counted;
        leaves.push_back(fact.leaf);
      }
    Add("training.campaign", "Campaign", campaign_, {made_->leaf});
    DescribePlan();
    Add("training.rounds", "Rounds",
        fmt::format("{} up to round {}, {} updates summed", card_.rounds.size(), round_, counted),
        std::move(leaves));
    DescribeCohort();
  }
  void DescribePlan() {
    const LeafFact* applied = Last("campaign/" + campaign_, "CampaignApplied", true);
    if (applied == nullptr) return;
    const auto spec = applied->body.find("spec");
    if (spec == applied->body.end() || !spec->is_object()) return;
    Add("training.applied", "Started by",
        fmt::format("{} at {}", applied->header.by, FormatTime(applied->header.at)),
        {applied->leaf});
    Add("training.plan", "Plan", TextOf(*spec, "plan"), {applied->leaf});
    Add("training.recipe", "Local training", TextOf(*spec, "training"), {applied->leaf});
    Add("training.aggregation", "Aggregation", TextOf(*spec, "aggregation"), {applied->leaf});
    const std::string secure = TextOf(*spec, "secure");
    Add("privacy.secure", "Secure aggregation",
        secure.empty() ? "none: the coordinator saw each update" : secure, {applied->leaf});
    Add("privacy.dp", "Differential privacy", "none: sums are exact", {applied->leaf});
  }
  // Devices by pseudonym; who they are is nowhere in the log.
  void DescribeCohort() {
    std::set<std::string> devices;
    std::vector<std::uint64_t> leaves;
    const std::string rounds = "round/" + campaign_ + "/";
    for (const LeafFact& fact : facts_) {
      if (fact.header.type != "UpdatesCounted" || !fact.stream.starts_with(rounds)) continue;
      if (fact.leaf > made_->leaf) continue;
      const auto counted = fact.body.find("devices");
      if (counted == fact.body.end() || !counted->is_array()) continue;
      for (const Json& device : *counted)
        if (device.is_string()) devices.insert(device.get<std::string>());
      leaves.push_back(fact.leaf);
    }
    Add("training.devices", "Devices counted (pseudonyms)", fmt::format("{}", devices.size()),
        std::move(leaves));
  }

  void DescribeResults() {
    Begin("Results");
    for (const auto& [name, value] : card_.metrics)
      Add("results." + name, name, value, {made_->leaf});
    for (const auto& [slice, metrics] : ObjectOf(made_->body, "slices").items())
      Add("slices." + slice, "Slice " + slice, metrics.dump(), {made_->leaf});
    DescribeBaseline();
    if (card_.energy)
      Add("results.energy", "Energy (estimate)",
          fmt::format("{} kWh: {}", card_.energy->kwh, card_.energy->source), {made_->leaf});
    if (card_.metrics.empty())
      Add("results.none", "Metrics", "none were recorded with this version", {made_->leaf});
  }

  // Beside each figure, that of the version before, as the same campaign measured it.
  void DescribeBaseline() {
    const Json& baseline = Baseline();
    if (card_.baseline.empty()) return;
    const std::string version = fmt::format("version {}", card_.baseline_version);
    Add("results.baseline", "Baseline",
        fmt::format("{}, evaluated by the same campaign on {} devices, {} of which evaluated this "
                    "version",
                    version, TextOf(baseline, "devices"), TextOf(baseline, "both")),
        {made_->leaf});
    for (const auto& [name, value] : card_.baseline)
      Add("results.baseline." + name, fmt::format("{} of {}", name, version), value, {made_->leaf});
    for (const auto& [slice, metrics] : ObjectOf(baseline, "slices").items())
      Add("slices.baseline." + slice, fmt::format("Slice {} of {}", slice, version), metrics.dump(),
          {made_->leaf});
  }

  void TellHistory() {
    for (const LeafFact& fact : facts_)
      if (fact.stream == "model/" + card_.model)
        card_.history.push_back({fact.header.at, fact.header.by, Sentence(fact), fact.leaf});
  }
  static std::string Sentence(const LeafFact& fact) {
    const Json& f = fact.body;
    if (fact.header.type == "ModelApplied") return "the model was declared";
    if (fact.header.type == "ModelVersionCreated")
      return fmt::format("version {} was made", TextOf(f, "version"));
    if (fact.header.type == "AliasMoved") {
      if (NumberOf(f, "version") == 0)
        return fmt::format("alias {} was taken from version {}", TextOf(f, "alias"),
                           TextOf(f, "from"));
      return fmt::format("alias {} was pointed at version {} (before: {})", TextOf(f, "alias"),
                         TextOf(f, "version"),
                         NumberOf(f, "from") == 0 ? "none" : TextOf(f, "from"));
    }
    if (fact.header.type == "VersionReferenced")
      return fmt::format("monitor {} took its reference of version {}", TextOf(f, "monitor"),
                         TextOf(f, "version"));
    Json rest = f;
    for (const char* header : {"type", "by", "at"}) rest.erase(header);
    return fmt::format("{} {}", fact.header.type, rest.dump());
  }

  const std::vector<LeafFact>& facts_;
  const std::optional<DeviceRun>& run_;
  const LeafFact* made_ = nullptr;
  std::string campaign_;
  std::uint64_t round_ = 0;
  Card card_;
};
}  // namespace

StatusOr<Card> CardOf(const std::string& model, std::uint64_t version,
                      const std::vector<LeafFact>& facts, const std::optional<DeviceRun>& run) {
  return Reader(model, version, facts, run).Run();
}

}  // namespace muster::registry::evidence
