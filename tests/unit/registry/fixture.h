#pragma once
// What the registry's tests share: a contract of an engine, a model over it, and their artefacts.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/safetensors.h"
#include "registry/registry.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/memory_journal.h"
#include "tests/support/zip_file.h"

namespace muster::registry {

inline FieldSpec Field(std::string name, double min, double max) {
  return {std::move(name), FieldType::kFloat, "Cel", min, max, ""};
}

inline ContractSpec EngineContract() {
  return {ContractName("engine"),
          "One row a cycle",
          {Field("s2", 641, 645),
           Field("s12", 518, 524),
           {"cycles", FieldType::kInteger, "1", std::nullopt, std::nullopt, "Cycles left"},
           {"note", FieldType::kText, "", std::nullopt, std::nullopt, ""}}};
}

inline ModelSpec EngineModel() {
  return {ModelName("turbofan"), "Remaining life",       ContractName("engine"),
          VersionNumber(),       {{"s2", "s12"}, 30, 1}, {"cycles", 125.0, 125.0}};
}

inline Timestamp Noon() { return FromUnixMillis(1'790'000'000'000); }

inline Bytes ParamsFile(float first) {
  const Params params{*Layout::Make({{"fc.weight", DType::kF32, {2, 3}}}), {first, 1, 2, 3, 4, 5}};
  return SerializeParams(params.View());
}
inline const std::string kModuleFile = muster::testing::TorchScriptFile();

#define ASSERT_OK(expr)                       \
  do {                                        \
    const ::muster::Status asserted = (expr); \
    ASSERT_TRUE(asserted.ok()) << asserted;   \
  } while (false)

// Code, reason and field of a refusal: what callers act on.
inline void ExpectRefused(const Status& status, absl::StatusCode code, Reason reason,
                          std::string_view field) {
  EXPECT_EQ(status.code(), code) << status;
  ASSERT_TRUE(ReasonOf(status).has_value()) << status;
  EXPECT_EQ(muster::NameOf(*ReasonOf(status)), muster::NameOf(reason)) << status;
  EXPECT_EQ(FieldOf(status), field) << status;
}
inline void ExpectInvalid(const Status& status, std::string_view field,
                          Reason reason = Reason::kFIELD_INVALID) {
  ExpectRefused(status, absl::StatusCode::kInvalidArgument, reason, field);
}

}  // namespace muster::registry
