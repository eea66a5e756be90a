#include "config/statistics_kind.h"

#include <array>
#include <optional>

#include "base/nearest.h"
#include "config/text.h"

namespace muster::config {
namespace {

// The part of a campaign that a key of the flat form is in.
enum class Part { kCampaign, kStatistics, kPlan, kSelection };
struct Key {
  std::string_view name;
  Part part;
};
constexpr std::array kKeys = {
    Key{"kind", Part::kCampaign},
    Key{"name", Part::kCampaign},
    Key{"description", Part::kCampaign},
    Key{"secure", Part::kCampaign},
    Key{"contract", Part::kStatistics},
    Key{"contract_version", Part::kStatistics},
    Key{"fields", Part::kStatistics},
    Key{"bins", Part::kStatistics},
    Key{"quantiles", Part::kStatistics},
    Key{"least", Part::kStatistics},
    Key{"recruit_window", Part::kPlan},
    Key{"report_window", Part::kPlan},
    Key{"attempts", Part::kPlan},
    Key{"labels", Part::kSelection},
    Key{"enrolled_at_least", Part::kSelection},
};

// "contractVersion" is contract_version, as in other resources.
std::string SnakeCase(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') {
      out += '_';
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      out += c;
    }
  }
  return out;
}

std::optional<Part> PartOf(std::string_view key) {
  for (const Key& known : kKeys)
    if (key == known.name || SnakeCase(key) == known.name) return known.part;
  return std::nullopt;
}

std::vector<std::string> KnownKeys() {
  std::vector<std::string> out;
  for (const Key& key : kKeys) out.emplace_back(key.name);
  return out;
}

class Lift {
 public:
  Lift(YamlTree& tree, const YamlNode& document) : tree_(tree), at_(document.at) {}

  YamlNode& Map() {
    YamlNode& node = tree_.nodes.emplace_back();
    node.kind = YamlNode::Kind::kMap;
    node.at = at_;
    return node;
  }
  void Put(YamlNode& into, std::string_view key, const YamlNode& value) {
    YamlNode& name = tree_.nodes.emplace_back();
    name.kind = YamlNode::Kind::kScalar;
    name.text = key;
    name.at = at_;
    into.items.insert(into.items.end(), {&name, &value});
  }

 private:
  YamlTree& tree_;
  const Position at_;
};
}  // namespace

const YamlNode& CampaignOfStatistics(const YamlNode& document, YamlTree& tree, Problems& problems) {
  Lift lift(tree, document);
  YamlNode& campaign = lift.Map();
  YamlNode& statistics = lift.Map();
  YamlNode& plan = lift.Map();
  YamlNode& selection = lift.Map();
  for (std::size_t i = 0; i + 1 < document.items.size(); i += 2) {
    const YamlNode& key = *document.items[i];
    const std::optional<Part> part = PartOf(key.text);
    if (key.kind == YamlNode::Kind::kScalar && !part) {
      problems.Add(key.at, Shortened(key.text), Reason::kFIELD_UNKNOWN,
                   "unknown field in Statistics" + DidYouMean(key.text, KnownKeys()));
      continue;
    }
    YamlNode& into = part == Part::kStatistics  ? statistics
                     : part == Part::kPlan      ? plan
                     : part == Part::kSelection ? selection
                                                : campaign;
    into.items.insert(into.items.end(), {&key, document.items[i + 1]});
  }
  lift.Put(plan, "selection", selection);
  lift.Put(campaign, "plan", plan);
  lift.Put(campaign, "statistics", statistics);
  return campaign;
}

}  // namespace muster::config
