#pragma once
// A data contract as the agent sees it: the declared fields of one version, with their ranges.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace muster::client {

struct ContractField {
  std::string name;
  double lo = 0;  // Declared range, in `unit`; what scales a feature, never what was measured.
  double hi = 0;
  std::string unit;
};

struct ContractView {
  std::string name;
  std::uint64_t version = 0;
  std::vector<ContractField> fields;

  const ContractField* Find(std::string_view field) const {
    for (const ContractField& f : fields)
      if (f.name == field) return &f;
    return nullptr;
  }
};

}  // namespace muster::client
