#include "coordinator/round/round_facts.h"

#include <algorithm>

namespace muster::coordinator {
namespace {

template <typename Devices>
Json IdsOf(const Devices& devices) {
  Json out = Json::array();
  for (const DeviceId& device : devices) out.push_back(device.value());
  return out;
}
std::vector<DeviceId> IdsFrom(const std::vector<std::string>& texts) {
  std::vector<DeviceId> out;
  out.reserve(texts.size());
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}
Json SumsOf(const EvaluationSums& sums) {
  return {{"examples", sums.examples}, {"sums_micro", sums.sums_micro}};
}

Digest DigestAt(JsonReader& reader, const char* key, Status& status) {
  const StatusOr<Digest> digest = Digest::Parse(reader.Text(key));
  if (!digest.ok() && status.ok()) status = digest.status();
  return digest.value_or(Digest());
}
Reason ReasonAt(JsonReader& reader, Status& status) {
  const auto reason = ParseReason(reader.Text("reason"));
  if (!reason && status.ok()) status = InvalidArgument("unknown reason");
  return reason.value_or(Reason::kTASK_FAILED);
}
EvaluationSums SumsFrom(const Json& json, Status& status) {
  EvaluationSums sums;
  JsonReader inner(json);
  sums.examples = inner.Unsigned("examples");
  const Json& micro = inner.At("sums_micro");
  for (const auto& [name, value] : micro.items())
    if (value.is_number_integer()) sums.sums_micro[name] = value.get<std::int64_t>();
  if (status.ok()) status = inner.status();
  return sums;
}

EvaluationSums SumsAt(JsonReader& reader, Status& status) {
  return SumsFrom(reader.At("sums"), status);
}
SliceSums SlicesAt(JsonReader& reader, Status& status) {
  if (!reader.Has("slices")) return {};
  StatusOr<SliceSums> slices = SliceSumsFrom(reader.At("slices"));
  if (!slices.ok() && status.ok()) status = slices.status();
  return slices.ok() ? *std::move(slices) : SliceSums();
}

struct Row {
  const char* type;
  Json body;
};
Row RowOf(const RoundFact& fact) {
  return std::visit(
      Overloaded{
          [](const RoundOpened& f) {
            return Row{"RoundOpened", {{"deadline", UnixMillis(f.deadline)}}};
          },
          [](const DevicesJoined& f) {
            return Row{"DevicesJoined",
                       {{"devices", IdsOf(f.devices)}, {"deadline", UnixMillis(f.deadline)}}};
          },
          [](const CollectionBegan& f) {
            return Row{"CollectionBegan", {{"deadline", UnixMillis(f.deadline)}}};
          },
          [](const UpdatesCounted& f) {
            return Row{"UpdatesCounted",
                       {{"devices", IdsOf(f.devices)},
                        {"checkpoint", f.checkpoint},
                        {"deadline", UnixMillis(f.deadline)}}};
          },
          [](const DeviceDropped& f) {
            return Row{"DeviceDropped",
                       {{"device", f.device.value()},
                        {"reason", std::string(NameOf(f.reason))},
                        {"detail", f.detail}}};
          },
          [](const CollectionClosed&) {
            return Row{"CollectionClosed", Json::object()};
          },
          [](const ModelAggregated& f) {
            return Row{"ModelAggregated",
                       {{"params", f.params.ToString()},
                        {"optimizer", f.optimizer.ToString()},
                        {"evaluators", IdsOf(f.evaluators)},
                        {"deadline", UnixMillis(f.deadline)}}};
          },
          [](const EvaluationCounted& f) {
            Row row = Row{"EvaluationCounted",
                          {{"device", f.device.value()},
                           {"sums", SumsOf(f.sums)},
                           {"deadline", UnixMillis(f.deadline)}}};
            if (!f.slice.empty()) row.body["slice"] = f.slice;
            return row;
          },
          [](const EvaluationsSummed& f) {
            Row row =
                Row{"EvaluationsSummed", {{"devices", IdsOf(f.devices)}, {"sums", SumsOf(f.sums)}}};
            if (!f.slices.empty()) row.body["slices"] = ToJson(f.slices);
            return row;
          },
          [](const ModelPublished&) {
            return Row{"ModelPublished", Json::object()};
          },
          [](const RoundAbandoned& f) {
            return Row{"RoundAbandoned",
                       {{"reason", std::string(NameOf(f.reason))}, {"why", f.why}}};
          },
          [](const DeadlineExtended& f) {
            return Row{"DeadlineExtended", {{"deadline", UnixMillis(f.deadline)}}};
          },
      },
      fact);
}

StatusOr<RoundFact> FactOf(const std::string& type, JsonReader& reader, Status& bad) {
  const auto deadline = [&] { return FromUnixMillis(reader.Integer("deadline")); };
  const auto devices = [&] { return IdsFrom(reader.Texts("devices")); };
  if (type == "RoundOpened") return RoundFact(RoundOpened{deadline()});
  if (type == "DevicesJoined") return RoundFact(DevicesJoined{devices(), deadline()});
  if (type == "CollectionBegan") return RoundFact(CollectionBegan{deadline()});
  if (type == "UpdatesCounted")
    return RoundFact(UpdatesCounted{devices(), reader.Text("checkpoint"), deadline()});
  if (type == "DeviceDropped")
    return RoundFact(DeviceDropped{DeviceId(reader.Text("device")), ReasonAt(reader, bad),
                                   reader.Text("detail")});
  if (type == "CollectionClosed") return RoundFact(CollectionClosed{});
  if (type == "ModelAggregated") {
    const std::vector<DeviceId> evaluators = IdsFrom(reader.Texts("evaluators"));
    return RoundFact(ModelAggregated{DigestAt(reader, "params", bad),
                                     DigestAt(reader, "optimizer", bad),
                                     {evaluators.begin(), evaluators.end()},
                                     deadline()});
  }
  if (type == "EvaluationCounted")
    return RoundFact(EvaluationCounted{DeviceId(reader.Text("device")), SumsAt(reader, bad),
                                       deadline(),
                                       reader.Has("slice") ? reader.Text("slice") : std::string()});
  if (type == "EvaluationsSummed")
    return RoundFact(EvaluationsSummed{devices(), SumsAt(reader, bad), SlicesAt(reader, bad)});
  if (type == "ModelPublished") return RoundFact(ModelPublished{});
  if (type == "RoundAbandoned")
    return RoundFact(RoundAbandoned{ReasonAt(reader, bad), reader.Text("why")});
  if (type == "DeadlineExtended") return RoundFact(DeadlineExtended{deadline()});
  return InvalidArgument("unknown round fact '{}'", type);
}
}  // namespace

Json ToJson(const SliceSums& slices) {
  Json out = Json::object();
  for (const auto& [slice, sums] : slices) out[slice] = SumsOf(sums);
  return out;
}

StatusOr<SliceSums> SliceSumsFrom(const Json& json) {
  SliceSums out;
  Status bad;
  for (const auto& [slice, sums] : json.items()) out[slice] = SumsFrom(sums, bad);
  MUSTER_TRY(bad);
  return out;
}

std::string RoundStream(const RoundKey& key) {
  return fmt::format("round/{}/{}/{}", key.campaign.value(), key.round.value(), key.attempt);
}

StatusOr<std::string> EncodeRoundFact(const RoundFact& fact, std::string_view by, Timestamp at) {
  Row row = RowOf(fact);
  return EncodeFact({row.type, std::string(by), at}, std::move(row.body));
}

StatusOr<RoundFact> DecodeRoundFact(std::string_view row) {
  MUSTER_ASSIGN(const Json json, ParseJson(row));
  JsonReader reader(json);
  Status bad;
  StatusOr<RoundFact> fact = FactOf(reader.Text("type"), reader, bad);
  if (!fact.ok()) return DataLoss("{}", MessageOf(fact.status()));
  if (!reader.status().ok()) return DataLoss("{}", MessageOf(reader.status()));
  if (!bad.ok()) return DataLoss("{}", MessageOf(bad));
  return fact;
}

}  // namespace muster::coordinator
