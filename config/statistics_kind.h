#pragma once
// `kind: Statistics`, which people write flat, as the campaign that it is: each key is moved to the
// part of the message that it belongs to, keeping its position in the file.
#include "config/problems.h"
#include "config/yaml_tree.h"

namespace muster::config {

// `document`, a map, as the map that a v1::Campaign is read from. New nodes go to `tree`. A key
// that statistics do not have goes to `problems`, with the nearest that they do.
const YamlNode& CampaignOfStatistics(const YamlNode& document, YamlTree& tree, Problems& problems);

}  // namespace muster::config
