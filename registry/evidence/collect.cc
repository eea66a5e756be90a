#include "registry/evidence/collect.h"

#include <map>
#include <set>

#include "registry/audit/leaf.h"
#include "registry/audit/paths.h"
#include "registry/evidence/device_run.h"
#include "registry/evidence/dsse.h"
#include "registry/evidence/facts.h"

namespace muster::registry::evidence {
namespace {
// What of a version's own fact leads on to others.
struct Made {
  std::uint64_t parent = 0;
  std::string contract;
  std::string campaign;  // Empty: made from a file.
  std::vector<Subject> files;
};

StatusOr<Made> ReadMade(const Json& fact) {
  JsonReader reader(fact);
  Made out;
  out.contract = reader.Text("contract");
  if (reader.Has("parent")) out.parent = reader.Unsigned("parent");
  if (reader.Has("campaign")) out.campaign = reader.Text("campaign");
  const std::string params = reader.Text("params");
  const std::string module = reader.Has("module") ? reader.Text("module") : "";
  MUSTER_TRY(reader.status());
  MUSTER_ASSIGN(const Digest digest, Digest::Parse(params));
  out.files.push_back({"params.safetensors", digest});
  if (module.empty()) return out;
  MUSTER_ASSIGN(const Digest module_digest, Digest::Parse(module));
  out.files.push_back({"module.pt", module_digest});
  return out;
}

class Collector {
 public:
  Collector(const CollectPorts& ports, std::string model, std::uint64_t version,
            const std::optional<Asked>& asked)
      : ports_(ports), model_(std::move(model)), version_(version), asked_(asked) {}

  StatusOr<Bundle> Run() {
    Bundle out{model_, version_, {}, ports_.key, {}, {}, {}};
    if (asked_) out.question = asked_->question;
    MUSTER_TRY(ReadCheckpoint(out));
    MUSTER_TRY(ReadStream("model/" + model_));
    MUSTER_TRY(ReadVersions());
    MUSTER_TRY(FollowAncestors());
    if (asked_) MUSTER_TRY(CheckAnswer());
    MUSTER_TRY(Prove(out));
    MUSTER_ASSIGN(const std::string statement,
                  StatementOf(out, size_, made_.at(version_).files, ports_.hasher));
    MUSTER_ASSIGN(out.statement,
                  SignEnvelope(kInTotoPayload, statement, ports_.key, ports_.signer));
    return out;
  }

 private:
  Status ReadCheckpoint(Bundle& out) {
    const auto note = ports_.log.checkpoint();
    if (!note) return FailedPrecondition("the log has no signed checkpoint yet; try again");
    out.checkpoint = *note;
    MUSTER_ASSIGN(const audit::Note parsed, audit::ParseNote(*note));
    MUSTER_ASSIGN(const audit::Checkpoint said, audit::ParseCheckpoint(parsed.text));
    size_ = said.tree.size;
    return Ok();
  }

  Status Keep(const JournalRow& row) {
    if (row.leaf >= size_) return LeaveOut(row);  // It is under the next checkpoint.
    Leaf leaf{row.leaf, audit::LeafOf(row, ports_.hasher), {}, {}};
    if (leaf.text.size() < row.fact.size()) leaf.fact = row.fact;
    bytes_ += leaf.text.size() + leaf.fact.size() + kMostOfAProof;
    if (bytes_ > kMostBundleBytes)
      return WithReason(
          ResourceExhausted("the evidence is longer than {} MiB", kMostBundleBytes >> 20),
          Reason::kARTEFACT_INVALID);
    leaves_.emplace(row.leaf, std::move(leaf));
    return Ok();
  }
  // What is not proven yet may be about the device.
  Status LeaveOut(const JournalRow& row) {
    if (!asked_ || row.fact.find(asked_->question.device) == std::string::npos) return Ok();
    MUSTER_ASSIGN(const Json fact, ParseJson(row.fact));
    MUSTER_ASSIGN(const FactHeader header, HeaderOf(fact));
    return header.at > asked_->question.at ? Ok() : NotYet();
  }
  Status NotYet() const {
    return FailedPrecondition(
        "the log's checkpoint does not show yet that device {} ran version {} of model '{}'; try "
        "again",
        asked_->question.device, version_, model_);
  }
  Status CheckAnswer() const {
    std::vector<LeafFact> facts;
    for (const auto& [index, leaf] : leaves_) {
      MUSTER_ASSIGN(facts.emplace_back(), FactOf(leaf, ports_.hasher));
    }
    const auto run = DeviceRunIn(facts, asked_->question);
    return run.ok() && CheckRunIs(*run, model_, version_).ok() ? Ok() : NotYet();
  }
  Status ReadStream(const std::string& stream) {
    return ports_.journal.Read(stream, 0, [this](const JournalRow& row) { return Keep(row); });
  }

  // What the model's facts say its versions are made of.
  Status ReadVersions() {
    for (const auto& [index, leaf] : leaves_) {
      MUSTER_ASSIGN(const LeafFact fact, FactOf(leaf, ports_.hasher));
      if (fact.header.type != "ModelVersionCreated") continue;
      JsonReader reader(fact.body);
      const std::uint64_t number = reader.Unsigned("version");
      MUSTER_TRY(reader.status());
      MUSTER_ASSIGN(made_[number], ReadMade(fact.body));
    }
    if (made_.contains(version_)) return Ok();
    return WithReason(
        NotFound("version {} of model '{}' is not in the log (yet)", version_, model_),
        Reason::kRESOURCE_NOT_FOUND);
  }

  Status FollowAncestors() {
    std::set<std::string> contracts, campaigns;
    for (std::uint64_t at = version_; at != 0;) {
      const auto found = made_.find(at);
      if (found == made_.end())
        return DataLoss("version {} of model '{}' is a parent, and in no fact", at, model_);
      contracts.insert(found->second.contract);
      if (!found->second.campaign.empty()) campaigns.insert(found->second.campaign);
      if (found->second.parent >= at) break;  // Parents are older.
      at = found->second.parent;
    }
    if (asked_) campaigns.insert(asked_->campaign);
    for (const std::string& contract : contracts) MUSTER_TRY(ReadStream("contract/" + contract));
    for (const std::string& campaign : campaigns) {
      MUSTER_TRY(ReadStream("campaign/" + campaign));
      MUSTER_TRY(ports_.journal.Replay("round/" + campaign + "/", false,
                                       [this](const JournalRow& row) { return Keep(row); }));
    }
    return Ok();
  }

  Status Prove(Bundle& out) {
    audit::TileNodes nodes(ports_.hasher, ports_.log, size_);
    for (auto& [index, leaf] : leaves_) {
      MUSTER_ASSIGN(leaf.hashes, audit::InclusionPath(ports_.hasher, nodes, index, size_));
      out.leaves.push_back(std::move(leaf));
    }
    return Ok();
  }

  static constexpr std::size_t kMostOfAProof = 64 * 48;  // A hash in base64, with its quotes.

  const CollectPorts& ports_;
  const std::string model_;
  const std::uint64_t version_;
  const std::optional<Asked>& asked_;
  std::uint64_t size_ = 0;
  std::size_t bytes_ = 0;
  std::map<std::uint64_t, Leaf> leaves_;
  std::map<std::uint64_t, Made> made_;
};
}  // namespace

StatusOr<Bundle> Collect(const CollectPorts& ports, const std::string& model, std::uint64_t version,
                         const std::optional<Asked>& asked) {
  return Collector(ports, model, version, asked).Run();
}

}  // namespace muster::registry::evidence
