// Z_p for p = 2^61 - 1 against 128-bit remainders.
#include "aggregation/secagg/field.h"

#include <gtest/gtest.h>

#include "base/seeded.h"

namespace muster::aggregation::secagg {
namespace {
constexpr std::uint64_t kP = FieldElement::kModulus;
__extension__ using Wide = unsigned __int128;

FieldElement F(std::uint64_t value) { return FieldElement::Reduce(value); }
std::uint64_t Mod(Wide value) { return static_cast<std::uint64_t>(value % kP); }

// Where carries and reductions happen, and numbers in between.
std::vector<std::uint64_t> Values() {
  std::vector<std::uint64_t> out = {0, 1, 2, 3, kP - 1, kP - 2, kP / 2, kP / 2 + 1, 1ULL << 60};
  SeededRng rng(11);
  while (out.size() < 200) out.push_back(rng.Below(kP));
  return out;
}

TEST(Field, SumsDifferencesAndProductsAreThoseOfRemainders) {
  for (const std::uint64_t a : Values())
    for (const std::uint64_t b : Values()) {
      ASSERT_EQ((F(a) + F(b)).value(), Mod(Wide{a} + b)) << a << " " << b;
      ASSERT_EQ((F(a) - F(b)).value(), Mod(Wide{a} + kP - b)) << a << " " << b;
      ASSERT_EQ((F(a) * F(b)).value(), Mod(Wide{a} * b)) << a << " " << b;
      for (const std::uint64_t c : {std::uint64_t{0}, a, b, kP - 1})
        ASSERT_EQ(MultiplyAdd(F(a), F(b), F(c)).value(), Mod(Wide{a} * b + c))
            << a << " " << b << " " << c;
    }
}

TEST(Field, AnyWordIsReduced) {
  for (const std::uint64_t value : {kP - 1, kP, kP + 1, 2 * kP - 1, 2 * kP, 2 * kP + 1, 7 * kP,
                                    7 * kP + 1, 8 * kP, ~std::uint64_t{0}})
    EXPECT_EQ(F(value).value(), value % kP) << value;
}

TEST(Field, AnInverseTimesItsElementIsOne) {
  for (const std::uint64_t a : Values()) {
    const std::uint64_t product = (F(a) * Inverse(F(a))).value();
    ASSERT_EQ(product, a == 0 ? 0 : 1) << a;
  }
}

// Reductions at compile time take no assembler, and give the same.
static_assert((FieldElement::Reduce(kP - 1) + FieldElement::Reduce(5)).value() == 4);
static_assert((FieldElement::Reduce(3) - FieldElement::Reduce(5)).value() == kP - 2);
static_assert((FieldElement::Reduce(kP - 1) * FieldElement::Reduce(kP - 1)).value() == 1);

}  // namespace
}  // namespace muster::aggregation::secagg
