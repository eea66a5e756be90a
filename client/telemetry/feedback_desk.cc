#include "client/telemetry/feedback_desk.h"

#include <algorithm>
#include <array>

#include "base/canonical_json.h"
#include "client/pipeline/one_line.h"
#include "client/telemetry/event_json.h"
#include "client/telemetry/feedback_json.h"

namespace muster::client {
namespace {
std::string FileOf(const DeviceName& node) {
  return fmt::format("nodes/{}/feedback.json", node.value());
}
}  // namespace

Status FeedbackDesk::AddNode(const DeviceName& name, std::shared_ptr<TelemetrySpool> spool,
                             std::shared_ptr<Labels> labels) {
  Node node{.spool = std::move(spool), .labels = std::move(labels), .serves = nullptr, .said = {}};
  MUSTER_TRY(Recall(name, node));
  absl::MutexLock lock(&mu_);
  nodes_[name] = std::move(node);
  return Ok();
}

// A crash may have come between the record and the note of its id: the spool knows it then.
Status FeedbackDesk::Recall(const DeviceName& name, Node& node) {
  const StatusOr<Bytes> bytes = files_.Get(FileOf(name));
  if (!bytes.ok() && !absl::IsNotFound(bytes.status())) return bytes.status();
  if (bytes.ok()) {
    const StatusOr<Json> parsed = ParseJson(AsText(*bytes));
    const Json json = parsed.ok() ? *parsed : Json();
    JsonReader reader(json);
    for (std::string& id : reader.Texts("said")) node.said.push_back(std::move(id));
    if (!reader.status().ok()) log_.Warn("feedback_ids_unreadable", {{"node", name}});
  }
  MUSTER_ASSIGN(const std::vector<TelemetryRecord> records,
                node.spool->Pending(TelemetryClass::kFeedback));
  for (const TelemetryRecord& record : records) {
    const std::string& id = std::get<Feedback>(record.event.what).id;
    if (std::ranges::find(node.said, id) == node.said.end()) node.said.push_back(id);
  }
  return Ok();
}

void FeedbackDesk::SetServes(const DeviceName& node, std::function<Serves()> serves) {
  absl::MutexLock lock(&mu_);
  if (const auto it = nodes_.find(node); it != nodes_.end()) it->second.serves = std::move(serves);
}

StatusOr<std::pair<const DeviceName, FeedbackDesk::Node>*> FeedbackDesk::Find(
    const DeviceName& name) {
  auto it = nodes_.find(name);
  if (name.value().empty() && nodes_.size() == 1) it = nodes_.begin();
  if (it != nodes_.end()) return &*it;
  return WithReason(NotFound("there is no node '{}' here", OneLine(name.value(), 80)),
                    Reason::kRESOURCE_NOT_FOUND);
}

StatusOr<FeedbackDesk::Answer> FeedbackDesk::Submit(const DeviceName& name, Feedback feedback) {
  const Timestamp now = clock_.Now();
  MUSTER_TRY(CheckFeedback(feedback, now));
  absl::MutexLock lock(&mu_);
  MUSTER_ASSIGN(auto* const found, Find(name));
  auto& [node_name, node] = *found;
  if (feedback.id.empty()) feedback.id = DrawId();
  if (std::ranges::find(node.said, feedback.id) != node.said.end())
    return Answer{feedback.id, false};
  if (feedback.label) {
    MUSTER_TRY(node.labels->Put(feedback.field, *feedback.about, *feedback.label));
    feedback.label.reset();
  }
  if (!feedback.about) feedback.about = now;
  const Answer answer{feedback.id, true};
  const Serves serves = node.serves ? node.serves() : Serves();
  const Status added = node.spool->Add(
      {.time = now, .model = serves.model, .version = serves.version, .what = std::move(feedback)});
  if (!added.ok()) return added;
  Remember(node_name, node, answer.id);
  log_.Info("feedback_taken", {{"node", node_name}, {"id", answer.id}});
  return answer;
}

// A note that cannot be written is no reason to take back what is durable; Recall will find it.
void FeedbackDesk::Remember(const DeviceName& name, Node& node, const std::string& id) {
  node.said.push_back(id);
  while (node.said.size() > kRemembered) node.said.pop_front();
  const StatusOr<std::string> text = CanonicalJson(Json{{"said", node.said}});
  const std::array<ByteView, 1> parts = {AsBytes(text.ok() ? *text : std::string_view())};
  const Status written = text.ok() ? files_.Put(FileOf(name), parts) : text.status();
  if (!written.ok())
    log_.Warn("feedback_id_not_written", {{"node", name}, {"error", MessageOf(written)}});
}

std::string FeedbackDesk::DrawId() {
  Bytes bytes(16);
  rng_.Fill(bytes);
  return ToHex(bytes);
}

}  // namespace muster::client
