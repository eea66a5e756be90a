// What devices and operators send, as bytes of protobuf: conversion refuses or gives a value that
// the domain's own rules judge; a campaign that passes them survives the journal and the wire.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "coordinator/rpc/convert.h"

namespace {
using namespace muster;               // NOLINT: a fuzz target has no namespace of its own.
using namespace muster::coordinator;  // NOLINT

template <typename Message>
void Convert(const std::uint8_t* data, int length) {
  Message message;
  if (message.ParseFromArray(data, length)) static_cast<void>(FromProto(message));
}

void ConvertSecure(const std::uint8_t* data, int length) {
  v1::SecureRequest message;
  if (!message.ParseFromArray(data, length)) return;
  const auto ask = FromProto(message);
  if (!ask.ok()) return;
  const ByteView sent = AsBytes(message.message());
  if (ask->hold < Duration(0) ||
      !std::equal(sent.begin(), sent.end(), ask->message.begin(), ask->message.end()))
    std::abort();
}

void ConvertCampaign(const std::uint8_t* data, int length) {
  v1::Campaign message;
  if (!message.ParseFromArray(data, length)) return;
  const auto spec = FromProto(message);
  if (!spec.ok() || !Validate(*spec).ok()) return;
  const auto row = CanonicalJson(ToJson(*spec));
  if (!row.ok()) return;
  const auto replayed = CampaignSpecFrom(*ParseJson(*row));
  const auto shown = FromProto(ToProto(*spec));
  if (!replayed.ok() || !shown.ok() || ToJson(*replayed) != ToJson(*spec)) std::abort();
  if (shown->secure.has_value() != spec->secure.has_value()) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const int length = static_cast<int>(size - 1);
  switch (data[0] % 4) {
    case 0: Convert<v1::CheckInRequest>(data + 1, length); break;
    case 1: Convert<v1::ReportEvaluationRequest>(data + 1, length); break;
    case 2: ConvertSecure(data + 1, length); break;
    default: ConvertCampaign(data + 1, length);
  }
  return 0;
}
