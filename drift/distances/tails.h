#pragma once
// Upper tails of the distributions that tests are judged by: P[X >= x]. Never NaN: a statistic
// below the distribution's support has a tail of 1, and an infinite one a tail of 0.
namespace muster::drift {

// Chi-squared with `degrees` > 0, and the point whose tail is `rate` in (0, 1).
double ChiSquareTail(double x, double degrees);
double ChiSquarePoint(double rate, double degrees);

// Fisher's F with d1, d2 > 0 degrees of freedom, whole or not.
double FTail(double x, double d1, double d2);

// P[|T| >= |t|] of Student's t with `degrees` > 0.
double StudentTwoSidedTail(double t, double degrees);

// Kolmogorov's limiting distribution: P[sqrt(n) D >= x] as n grows, to full relative precision in
// both tails (Kolmogorov 1933; Feller, Ann. Math. Stat. 19, 1948, (1.4) and its theta transform).
double KolmogorovTail(double x);
// The point whose tail is `rate` in (0, 1), to 1e-12.
double KolmogorovPoint(double rate);

}  // namespace muster::drift
