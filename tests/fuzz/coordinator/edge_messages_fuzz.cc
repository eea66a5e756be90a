// What devices and operators send, as bytes of protobuf: conversion refuses or gives a value that
// the domain's own rules judge; a campaign that passes them survives the journal.
#include <cstdint>
#include <cstdlib>

#include "coordinator/rpc/convert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;               // NOLINT: a fuzz target has no namespace of its own.
  using namespace muster::coordinator;  // NOLINT
  if (size == 0) return 0;
  const int length = static_cast<int>(size - 1);
  if (data[0] % 3 == 0) {
    v1::CheckInRequest message;
    if (message.ParseFromArray(data + 1, length)) static_cast<void>(FromProto(message));
  } else if (data[0] % 3 == 1) {
    v1::ReportEvaluationRequest message;
    if (message.ParseFromArray(data + 1, length)) static_cast<void>(FromProto(message));
  } else {
    v1::Campaign message;
    if (!message.ParseFromArray(data + 1, length)) return 0;
    const auto spec = FromProto(message);
    if (!spec.ok() || !Validate(*spec).ok()) return 0;
    const auto row = CanonicalJson(ToJson(*spec));
    if (row.ok() && !CampaignSpecFrom(*ParseJson(*row)).ok()) std::abort();
  }
  return 0;
}
