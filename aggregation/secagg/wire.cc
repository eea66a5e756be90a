#include "aggregation/secagg/wire.h"

#include "aggregation/secagg/violation.h"

namespace muster::aggregation::secagg {

void WireReader::Fail(std::string_view what) {
  if (status_.ok()) status_ = Refused(Violation::kMALFORMED, "{}", what);
  rest_ = {};
}

ByteView WireReader::Raw(std::size_t size) {
  if (size > rest_.size()) {
    Fail("cut short");
    return {};
  }
  const ByteView out = rest_.first(size);
  rest_ = rest_.subspan(size);
  return out;
}

ByteView WireReader::Sized(std::size_t most) {
  const auto size = Get<std::uint32_t>();
  if (size <= most) return Raw(size);
  Fail("a field is too long");
  return {};
}

MemberSet WireReader::Set(std::uint32_t most) {
  const auto devices = Get<std::uint32_t>();
  if (devices > most) {
    Fail("a set of too many");
    return {};
  }
  MemberSet set(devices);
  const ByteView raw = Raw(set.bits().size());
  for (Member i = 0; i < devices && !raw.empty(); ++i)
    if ((std::to_integer<unsigned>(raw[i / 8]) >> (i % 8) & 1) != 0) set.Insert(i);
  if (ok() && !std::equal(raw.begin(), raw.end(), set.bits().begin())) Fail("a set has stray bits");
  return set;
}

Status WireReader::Finish(std::string_view message) {
  if (ok() && !rest_.empty()) Fail("there is more than it has fields for");
  return ok() ? Ok() : WithViolation(Prefixed(status_, message), Violation::kMALFORMED);
}

}  // namespace muster::aggregation::secagg
