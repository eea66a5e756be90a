#pragma once
// Whether two features' drifts come and go together. Pure.
#include <muster/v1/monitor.pb.h>

#include <optional>
#include <string>
#include <vector>

namespace muster::cli {

struct CoMovement {
  double r;             // Pearson's, in [-1, 1].
  std::size_t windows;  // That it is over.
};

// Pearson's correlation of the features' distances over the windows in which both were tested; not
// that of their ranks, in which the many windows without drift, all noise, would outweigh the few
// with. Nothing with fewer than 8 windows, or when one of the two never varied. Two things that
// move together need not move each other.
std::optional<CoMovement> CoMovementOf(const std::vector<const v1::WindowView*>& windows,
                                       const std::string& feature, const std::string& other);

}  // namespace muster::cli
