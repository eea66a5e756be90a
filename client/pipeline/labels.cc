#include "client/pipeline/labels.h"

#include <array>
#include <cmath>

#include "base/canonical_json.h"

namespace muster::client {

StatusOr<std::shared_ptr<Labels>> Labels::Open(Files& files, std::string file) {
  std::shared_ptr<Labels> labels(new Labels(files, std::move(file)));
  MUSTER_TRY(labels->Read());
  return labels;
}

Status Labels::Read() {
  absl::MutexLock lock(&mu_);
  const StatusOr<Bytes> bytes = files_.Get(file_);
  if (absl::IsNotFound(bytes.status())) return Ok();
  MUSTER_TRY(bytes.status());
  const StatusOr<Json> parsed = ParseJson(AsText(*bytes));
  const Json json = parsed.ok() ? *parsed : Json();
  JsonReader reader(json);
  for (const Json& each : reader.At("labels")) {
    JsonReader label(each);
    const Timestamp at = FromUnixMillis(label.Integer("at"));
    const std::string field = label.Text("field");
    const double value = label.Decimal("value");
    if (!label.status().ok()) return DataLoss("{}: {}", file_, MessageOf(label.status()));
    labels_[{at, field}] = value;
  }
  if (!reader.status().ok()) return DataLoss("{}: {}", file_, MessageOf(reader.status()));
  return Ok();
}

Status Labels::Save(const std::map<Key, double>& labels) const {
  Json list = Json::array();
  for (const auto& [key, value] : labels)
    list.push_back(
        {{"at", UnixMillis(key.first)}, {"field", key.second}, {"value", DecimalText(value)}});
  MUSTER_ASSIGN(const std::string text, CanonicalJson(Json{{"labels", std::move(list)}}));
  const std::array<ByteView, 1> parts = {AsBytes(text)};
  return files_.Put(file_, parts);
}

Status Labels::Put(const std::string& field, Timestamp at, double value) {
  if (!std::isfinite(value))
    return WithReason(InvalidArgument("a label is a finite number"), Reason::kPAYLOAD_INVALID);
  absl::MutexLock lock(&mu_);
  std::map<Key, double> labels = labels_;
  labels[{at, field}] = value;
  while (labels.size() > kMost) labels.erase(labels.begin());
  MUSTER_TRY(Save(labels));
  labels_ = std::move(labels);
  ++stamp_;
  return Ok();
}

std::optional<double> Labels::Find(const std::string& field, Timestamp at) const {
  absl::MutexLock lock(&mu_);
  for (const std::string& name : {field, std::string()})
    if (const auto it = labels_.find({at, name}); it != labels_.end()) return it->second;
  return std::nullopt;
}

std::size_t Labels::size() const {
  absl::MutexLock lock(&mu_);
  return labels_.size();
}

std::uint64_t Labels::stamp() const {
  absl::MutexLock lock(&mu_);
  return stamp_;
}

}  // namespace muster::client
