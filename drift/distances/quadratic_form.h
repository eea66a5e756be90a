#pragma once
// The tail of a ratio of quadratic forms in normal variables, which is what a chi-square statistic
// over estimated, correlated proportions is.
#include <span>

namespace muster::drift {

// P[sum l_i z_i^2 > f sum l_i c_i / d], with z_i standard normal and c_i chi-squared with d degrees
// of freedom, all independent: of a statistic over its estimated mean. By the saddlepoint of the
// difference of both sides (Kuonen, Biometrika 86, 1999, for a quadratic form; Lieberman, JASA 89,
// 1994, for a ratio; with r* of Barndorff-Nielsen, Biometrika 73, 1986), which is within an eighth
// however far in the tail, and there rather too large than too small. A scaled F of two matched
// moments is too small there, by factors, when one l_i outweighs the others. Exact for one l_i.
//
//   l        at least one, >= 0, and not all 0; their scale does not matter.
//   d        > 0.
//   returns  in [0, 1]; 1 for f <= 0 and for NaN.
//   cost     O(l).
double QuadraticRatioTail(double f, std::span<const double> l, double d);

}  // namespace muster::drift
