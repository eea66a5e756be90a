#pragma once
// Who asks: made once at the border from the peer's certificate, then passed to every use case.
#include <string>

#include "base/ids.h"

namespace muster {

struct Caller {
  enum class Kind { kOperator, kDevice, kSystem };
  Kind kind = Kind::kSystem;
  std::string name;  // Operator's name or device's id; "system" for the coordinator itself.

  static Caller System() { return {Kind::kSystem, "system"}; }
  static Caller Operator(std::string name) { return {Kind::kOperator, std::move(name)}; }
  static Caller Device(const DeviceId& id) { return {Kind::kDevice, id.value()}; }

  // As facts write it: "operator/ann", "device/3f…", "system".
  std::string Text() const {
    switch (kind) {
      case Kind::kOperator: return "operator/" + name;
      case Kind::kDevice: return "device/" + name;
      case Kind::kSystem: break;
    }
    return "system";
  }
};

}  // namespace muster
