#include "aggregation/statistics/window.h"

#include <algorithm>
#include <array>
#include <set>

#include "aggregation/statistics/ranges.h"
#include "base/canonical_json.h"

namespace muster::aggregation::statistics {
namespace {
constexpr int kDepth = 4;
constexpr std::uint64_t kForm = 1;
constexpr std::array<std::string_view, 3> kMeasures = {"error", "squared_error", "expected_error"};

Status CheckName(std::string_view path, std::string_view name) {
  return IsName(name) ? Ok() : InvalidField(path, "is no name");
}

Status CheckVersion(std::string_view path, std::uint64_t version) {
  if (version > 0 && version <= kMostVersion) return Ok();
  return InvalidField(path, "{} is no version", version);
}

Status CheckFields(const WindowQuery& query) {
  if (query.fields.empty() || query.fields.size() > kMostFields)
    return InvalidField("fields", "{} of them, 1 to {} are allowed", query.fields.size(),
                        kMostFields);
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < query.fields.size(); ++i) {
    const FieldRange& field = query.fields[i];
    const std::string path = fmt::format("fields[{}]", i);
    const bool last = i + 1 == query.fields.size();
    if (!IsName(field.name) && !(last && field.name == kPredictionField))
      return InvalidField(path + ".name", "is no name of a field");
    if (!names.insert(field.name).second)
      return InvalidField(path + ".name", "\"{}\" comes twice", field.name);
    MUSTER_TRY(CheckRange(path, field));
  }
  return Ok();
}

Status CheckMeasures(const WindowQuery& query) {
  auto known = kMeasures.begin();
  for (std::size_t i = 0; i < query.measures.size(); ++i) {
    const std::string path = fmt::format("measures[{}]", i);
    known = std::find(known, kMeasures.end(), query.measures[i].name);
    if (known == kMeasures.end())
      return InvalidField(path + ".name", "is none of {}, each once and in this order",
                          fmt::join(kMeasures, ", "));
    ++known;
    MUSTER_TRY(CheckRange(path, query.measures[i]));
  }
  return Ok();
}

Json MeasuresJson(const WindowQuery& query) {
  Json out = RangesJson(query.measures);
  for (Json& measure : out) measure.erase("bins");
  return out;
}

StatusOr<std::vector<FieldRange>> MeasuresAt(const Json& list) {
  std::vector<FieldRange> out;
  for (const Json& item : list) {
    if (out.size() == kMeasures.size()) return InvalidArgument("too many measures");
    JsonReader r(item);
    out.push_back({.name = r.Text("name"), .lo = r.Decimal("lo"), .hi = r.Decimal("hi")});
    MUSTER_TRY(r.status());
  }
  return out;
}

Json JsonOf(const WindowQuery& query) {
  return {{"window", kForm},
          {"monitor", query.monitor},
          {"epoch", query.epoch},
          {"contract", query.contract},
          {"version", query.version},
          {"model", query.model},
          {"model_version", query.model_version},
          {"reference", query.reference},
          {"rows", query.rows},
          {"fields", RangesJson(query.fields)},
          {"measures", MeasuresJson(query)},
          {"binary", query.binary}};
}

// Whatever the text says; EncodeWindowQuery judges it.
StatusOr<WindowQuery> Read(std::string_view text) {
  MUSTER_ASSIGN(const Json json, ParseJson(text, kDepth));
  JsonReader r(json);
  if (r.Unsigned("window") != kForm) return InvalidArgument("no window's query of this form");
  WindowQuery out{.monitor = r.Text("monitor"),
                  .epoch = r.Unsigned("epoch"),
                  .contract = r.Text("contract"),
                  .version = r.Unsigned("version"),
                  .model = r.Text("model"),
                  .model_version = r.Unsigned("model_version"),
                  .reference = r.Bool("reference"),
                  .rows = Narrow(r.Unsigned("rows")),
                  .fields = {},
                  .measures = {},
                  .binary = r.Bool("binary")};
  MUSTER_ASSIGN(out.fields, RangesAt(r.At("fields")));
  MUSTER_ASSIGN(out.measures, MeasuresAt(r.At("measures")));
  MUSTER_TRY(r.status());
  return out;
}
}  // namespace

Status CheckWindowQuery(const WindowQuery& query) {
  MUSTER_TRY(CheckName("monitor", query.monitor));
  if (query.epoch > kMostVersion) return InvalidField("epoch", "{} is no epoch", query.epoch);
  MUSTER_TRY(CheckName("contract", query.contract));
  MUSTER_TRY(CheckVersion("version", query.version));
  MUSTER_TRY(CheckName("model", query.model));
  MUSTER_TRY(CheckVersion("model_version", query.model_version));
  if (query.rows == 0 || query.rows > kMostWindowRows)
    return InvalidField("rows", "{} is not in 1..{}", query.rows, kMostWindowRows);
  MUSTER_TRY(CheckFields(query));
  MUSTER_TRY(CheckMeasures(query));
  if (query.reference && (!query.measures.empty() || query.fields.back().name == kPredictionField))
    return InvalidField("reference", "rows that were trained on have no predictions");
  return Ok();
}

StatusOr<std::string> EncodeWindowQuery(const WindowQuery& query) {
  MUSTER_TRY(CheckWindowQuery(query));
  MUSTER_ASSIGN(std::string text, CanonicalJson(JsonOf(query)));
  if (text.size() > kMostQueryBytes)
    return InvalidField("fields", "the query has {} bytes, at most {} are allowed; ask for fewer",
                        text.size(), kMostQueryBytes);
  return text;
}

StatusOr<WindowQuery> ParseWindowQuery(std::string_view text) {
  if (text.size() > kMostQueryBytes)
    return InvalidField("query", "{} bytes, at most {} are allowed", text.size(), kMostQueryBytes);
  StatusOr<WindowQuery> query = Read(text);
  if (!query.ok()) return InvalidField("query", "{}", MessageOf(query.status()));
  MUSTER_ASSIGN(const std::string again, EncodeWindowQuery(*query));
  if (again != text) return InvalidField("query", "is not in its canonical form");
  return query;
}

bool IsWindowQuery(std::string_view text) {
  if (text.size() > kMostQueryBytes) return false;
  const StatusOr<Json> json = ParseJson(text, kDepth);
  return json.ok() && json->is_object() && json->contains("window");
}

std::vector<secagg::SumField> FieldsOf(const WindowQuery& query) {
  std::uint64_t cells = 0;
  for (const FieldRange& field : query.fields) cells += CellsOf(field);
  std::vector<secagg::SumField> out;
  AddField(out, "cells", cells, query.rows);
  AddField(out, "counts", query.measures.size(), query.rows);
  AddField(out, "sums", query.measures.size(), std::uint64_t{query.rows} << kSumBits);
  AddField(out, "given", 1, 1);
  return out;
}

}  // namespace muster::aggregation::statistics
