#include "base/crypto.h"

#include <algorithm>

namespace muster {
namespace {

AgreementPublic PointOf(std::string_view hex) {
  const Bytes bytes = FromHex(hex).value();
  AgreementPublic out;
  std::copy_n(bytes.begin(), out.size(), out.begin());
  return out;
}
}  // namespace

bool HasLowOrder(const AgreementPublic& key) {
  // 0, 1, two points of order 8, then p - 1, p and p + 1 for p = 2^255 - 19; little-endian.
  static const std::array<AgreementPublic, 7> kPoints = {
      PointOf("0000000000000000000000000000000000000000000000000000000000000000"),
      PointOf("0100000000000000000000000000000000000000000000000000000000000000"),
      PointOf("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
      PointOf("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
      PointOf("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      PointOf("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      PointOf("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
  };
  AgreementPublic point = key;
  point.back() &= std::byte{0x7f};  // The top bit is ignored (section 5).
  return std::find(kPoints.begin(), kPoints.end(), point) != kPoints.end();
}

}  // namespace muster
