#include "registry/formats/json/matching.h"

namespace muster::registry::formats::json {
namespace {
class Matcher {
 public:
  Matcher(const std::vector<std::vector<Edge>>& edges, std::size_t right_count,
          const std::function<bool()>& spend)
      : edges_(edges),
        spend_(spend),
        of_left_(edges.size(), right_count),
        of_right_(right_count, edges.size()),
        reached_from_(right_count) {}

  void Grow(bool preferred_only) {
    for (std::size_t left = 0; left < edges_.size(); ++left)
      if (of_left_[left] == of_right_.size() && !Augment(left, preferred_only)) return;
  }
  std::vector<std::size_t> Take() { return std::move(of_left_); }

 private:
  // Searches breadth first for a free vertex on the right; false when told to stop.
  bool Augment(std::size_t start, bool preferred_only) {
    std::vector<std::size_t> queue = {start};
    std::vector<bool> reached(of_right_.size(), false);
    for (std::size_t head = 0; head < queue.size(); ++head) {
      for (const Edge& edge : edges_[queue[head]]) {
        if (!spend_()) return false;
        if (reached[edge.right] || (preferred_only && !edge.preferred)) continue;
        reached[edge.right] = true;
        reached_from_[edge.right] = queue[head];
        if (of_right_[edge.right] == edges_.size()) {
          Flip(edge.right);
          return true;
        }
        queue.push_back(of_right_[edge.right]);
      }
    }
    return true;
  }
  // Swaps what is matched along the path that ends in `right`.
  void Flip(std::size_t right) {
    while (right != of_right_.size()) {
      const std::size_t left = reached_from_[right];
      of_right_[right] = left;
      std::swap(of_left_[left], right);
    }
  }

  const std::vector<std::vector<Edge>>& edges_;
  const std::function<bool()>& spend_;
  std::vector<std::size_t> of_left_;
  std::vector<std::size_t> of_right_;
  std::vector<std::size_t> reached_from_;
};
}  // namespace

std::vector<std::size_t> Match(const std::vector<std::vector<Edge>>& edges, std::size_t right_count,
                               const std::function<bool()>& spend) {
  Matcher matcher(edges, right_count, spend);
  matcher.Grow(true);
  matcher.Grow(false);
  return matcher.Take();
}

}  // namespace muster::registry::formats::json
