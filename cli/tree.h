#pragma once
// A tree as lines of text. Pure.
#include <string>
#include <vector>

namespace muster::cli {

struct TreeNode {
  std::string text;  // One line; clean, perhaps painted.
  std::vector<TreeNode> children = {};

  TreeNode& Add(std::string line) { return children.emplace_back(TreeNode{std::move(line)}); }
};

// The root's line, then its children under it, none wider than `columns`.
//
//   rul-drift  training
//   ├─ drift  turbofan
//   │  └─ window 12
//   └─ campaign
std::vector<std::string> TreeLines(const TreeNode& root, int columns);

}  // namespace muster::cli
