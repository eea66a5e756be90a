#include "cli/tree.h"

#include "cli/text.h"

namespace muster::cli {
namespace {

void AddChildren(const TreeNode& node, const std::string& indent, int columns,
                 std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const bool last = i + 1 == node.children.size();
    lines.push_back(Clip(indent + (last ? "└─ " : "├─ ") + node.children[i].text, columns));
    AddChildren(node.children[i], indent + (last ? "   " : "│  "), columns, lines);
  }
}

}  // namespace

std::vector<std::string> TreeLines(const TreeNode& root, int columns) {
  std::vector<std::string> lines = {Clip(root.text, columns)};
  AddChildren(root, "", columns, lines);
  return lines;
}

}  // namespace muster::cli
