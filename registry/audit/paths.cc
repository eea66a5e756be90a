#include "registry/audit/paths.h"

#include <algorithm>
#include <bit>

namespace muster::registry::audit {
namespace {
// Leaves [begin, end); RFC 6962's D[begin:end]. `begin` is a multiple of the largest power of two
// below end - begin, as it is for all that the recursion of section 2.1 comes to.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t size() const { return end - begin; }
  // Where the tree over this range divides: behind the largest power of two below its size.
  std::uint64_t Split() const { return begin + (std::bit_floor(size() - 1)); }
  Range Left() const { return {begin, Split()}; }
  Range Right() const { return {Split(), end}; }
};

// MTH(D[begin:end]) of a range that is not empty, out of the full subtrees that it divides into.
StatusOr<Digest> RootOver(const Hasher& hasher, NodeReader& nodes, Range range) {
  std::vector<Digest> full;
  for (std::uint64_t begin = range.begin; begin < range.end;) {
    const std::uint64_t size = std::bit_floor(range.end - begin);
    const int height = std::countr_zero(size);
    MUSTER_ASSIGN(const Digest node, nodes.Node(height, begin >> height));
    full.push_back(node);
    begin += size;
  }
  Digest root = full.back();
  for (auto node = full.rbegin() + 1; node != full.rend(); ++node)
    root = NodeHash(hasher, *node, root);
  return root;
}
}  // namespace

StatusOr<Digest> RootOf(const Hasher& hasher, NodeReader& nodes, std::uint64_t size) {
  if (size == 0) return EmptyRoot(hasher);
  return RootOver(hasher, nodes, {0, size});
}

StatusOr<std::vector<Digest>> InclusionPath(const Hasher& hasher, NodeReader& nodes,
                                            std::uint64_t index, std::uint64_t size) {
  if (index >= size)
    return WithReason(InvalidArgument("leaf {} is beyond a tree of {} leaves", index, size),
                      Reason::kPROOF_INVALID);
  std::vector<Digest> path;
  for (Range range{0, size}; range.size() > 1;) {
    const bool left = index < range.Split();
    MUSTER_ASSIGN(const Digest sibling,
                  RootOver(hasher, nodes, left ? range.Right() : range.Left()));
    path.push_back(sibling);
    range = left ? range.Left() : range.Right();
  }
  std::ranges::reverse(path);
  return path;
}

StatusOr<std::vector<Digest>> ConsistencyPath(const Hasher& hasher, NodeReader& nodes,
                                              std::uint64_t older_size, std::uint64_t newer_size) {
  if (older_size > newer_size)
    return WithReason(
        InvalidArgument("a tree of {} leaves cannot grow to {}", older_size, newer_size),
        Reason::kPROOF_INVALID);
  std::vector<Digest> path;
  if (older_size == 0 || older_size == newer_size) return path;
  Range range{0, newer_size};
  while (older_size < range.end) {
    const bool left = older_size <= range.Split();
    MUSTER_ASSIGN(const Digest sibling,
                  RootOver(hasher, nodes, left ? range.Right() : range.Left()));
    path.push_back(sibling);
    range = left ? range.Left() : range.Right();
  }
  // What is left is a node of both trees. Whoever verifies knows it when it is the older tree.
  if (range.begin != 0) {
    MUSTER_ASSIGN(const Digest shared, RootOver(hasher, nodes, range));
    path.push_back(shared);
  }
  std::ranges::reverse(path);
  return path;
}

}  // namespace muster::registry::audit
