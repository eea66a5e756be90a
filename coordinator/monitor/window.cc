#include "coordinator/monitor/window.h"

#include "base/nested_json.h"

namespace muster::coordinator {
namespace {

Json ToJson(const WindowFeature& f) {
  Json out{{"name", f.name}};
  if (!f.why.empty()) out["why"] = f.why;
  if (f.why.empty()) {
    out["p"] = DecimalText(f.p);
    out["drifted"] = f.drifted;
    out["psi"] = DecimalText(f.psi);
    out["distance"] = DecimalText(f.distance);
  }
  if (!f.now.empty()) {
    out["lo"] = DecimalText(f.lo);
    out["hi"] = DecimalText(f.hi);
    out["now"] = f.now;
  }
  if (!f.before.empty()) out["before"] = f.before;
  if (f.baseline != 0) out["baseline"] = f.baseline;
  return out;
}

Json FeaturesJson(const std::vector<WindowFeature>& features) {
  Json out = Json::array();
  for (const WindowFeature& f : features) out.push_back(ToJson(f));
  return out;
}

class Reader : public NestedJsonReader {
 public:
  WindowOutcome Outcome(const Json& json) {
    JsonReader r(json);
    WindowOutcome out;
    out.judged = r.Bool("judged");
    out.why = r.Text("why");
    out.drifted = r.Bool("drifted");
    out.level = r.Decimal("level");
    out.devices = Small(r, "devices");
    out.shards = Small(r, "shards");
    out.rows = r.Unsigned("rows");
    out.features = Features(r.At("features"));
    out.measures = Objects(r.At("measures"), [](JsonReader& m) {
      return WindowMeasure{m.Text("name"), m.Decimal("mean"), m.Unsigned("count")};
    });
    for (const Json& group : r.At("groups")) out.groups.push_back(Group(group));
    Keep(r.status());
    return out;
  }

 private:
  static Proportions Parts(JsonReader& r, const char* key) {
    Proportions out;
    if (!r.Has(key)) return out;
    for (const Json& part : r.At(key))
      out.push_back(part.is_number_unsigned() ? part.get<std::uint32_t>() : 0);
    return out;
  }
  std::vector<WindowFeature> Features(const Json& json) {
    std::vector<WindowFeature> out;
    for (const Json& feature : json) out.push_back(Feature(feature));
    return out;
  }
  WindowFeature Feature(const Json& json) {
    JsonReader r(json);
    WindowFeature f;
    f.name = r.Text("name");
    if (r.Has("why")) {
      f.why = r.Text("why");
    } else {
      f.p = r.Decimal("p");
      f.drifted = r.Bool("drifted");
      f.psi = r.Decimal("psi");
      f.distance = r.Decimal("distance");
    }
    f.now = Parts(r, "now");
    f.before = Parts(r, "before");
    if (r.Has("baseline")) f.baseline = r.Unsigned("baseline");
    if (!f.now.empty()) {
      f.lo = r.Decimal("lo");
      f.hi = r.Decimal("hi");
    }
    Keep(r.status());
    return f;
  }
  WindowGroup Group(const Json& json) {
    JsonReader r(json);
    WindowGroup g;
    g.labels = TextsByKey(r.At("labels"));
    g.devices = Small(r, "devices");
    g.features = Features(r.At("features"));
    Keep(r.status());
    return g;
  }
};
}  // namespace

Json ToJson(const WindowOutcome& o) {
  Json measures = Json::array();
  for (const WindowMeasure& m : o.measures)
    measures.push_back({{"name", m.name}, {"mean", DecimalText(m.mean)}, {"count", m.count}});
  Json groups = Json::array();
  for (const WindowGroup& g : o.groups)
    groups.push_back(
        {{"labels", g.labels}, {"devices", g.devices}, {"features", FeaturesJson(g.features)}});
  return {{"judged", o.judged},
          {"why", o.why},
          {"drifted", o.drifted},
          {"level", DecimalText(o.level)},
          {"devices", o.devices},
          {"shards", o.shards},
          {"rows", o.rows},
          {"features", FeaturesJson(o.features)},
          {"measures", std::move(measures)},
          {"groups", std::move(groups)}};
}

StatusOr<WindowOutcome> WindowOutcomeFrom(const Json& json) {
  Reader reader;
  WindowOutcome out = reader.Outcome(json);
  MUSTER_TRY(reader.status());
  return out;
}

}  // namespace muster::coordinator
