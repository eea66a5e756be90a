#include "cli/contract_view.h"

#include <fmt/format.h>

#include "cli/table.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

std::string BreaksText(const v1::ContractDifference& d) {
  if (d.breaks_backward() && d.breaks_forward()) return "both";
  return d.breaks_backward() ? "backward" : d.breaks_forward() ? "forward" : "-";
}

std::string TableOf(const google::protobuf::RepeatedPtrField<v1::ContractDifference>& all) {
  Table table({"PATH", "CHANGE", "BREAKS", "WHAT"});
  for (const v1::ContractDifference& d : all)
    table.Add({d.path(), d.kind(), BreaksText(d), d.text()});
  return table.Text();
}

std::string ReadsText(std::uint64_t reader, std::uint64_t data, bool reads) {
  return fmt::format("readers of version {} {} data of version {}", reader,
                     reads ? "read" : "do not read", data);
}
}  // namespace

std::string DiffText(const v1::ContractDiff& diff) {
  const std::string head = fmt::format(
      "contract/{} from version {} to version {}: ", Clean(diff.name()), diff.from(), diff.to());
  if (diff.differences().empty()) return head + "no difference\n";
  return head +
         fmt::format("{}, {}\n", ReadsText(diff.to(), diff.from(), diff.backward()),
                     ReadsText(diff.from(), diff.to(), diff.forward())) +
         TableOf(diff.differences());
}

std::string CheckText(const v1::ContractCheck& check) {
  const std::string head = fmt::format("contract/{} ", Clean(check.name()));
  if (check.newest() == 0) return head + "is new: applying it makes version 1\n";
  if (!check.changed()) return head + fmt::format("is version {} already\n", check.newest());
  const std::string level = v1::Contract::Compatibility_Name(check.compatibility());
  std::string out =
      head +
      (check.compatible()
           ? fmt::format("is compatible by {} of version {}: applying it makes version {}\n", level,
                         check.newest(), check.newest() + 1)
           : fmt::format("is incompatible: {} of version {} forbids it\n", level, check.newest()));
  out += TableOf(check.differences());
  if (check.compatible()) return out;
  out += "Forbidden:\n";
  Table table({"VERSION", "BREAKS", "PATH", "CHANGE"});
  for (const v1::ContractCheck::Break& b : check.breaks())
    table.Add({fmt::format("{}", b.version()), b.backward() ? "backward" : "forward",
               b.difference().path(), b.difference().kind()});
  return out + table.Text() +
         fmt::format("To break with what was, first apply version {} with compatibility: NONE.\n",
                     check.newest());
}

}  // namespace muster::cli
