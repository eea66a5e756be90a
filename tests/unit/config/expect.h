#pragma once
// What these tests ask of a file that must be refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/load.h"

namespace muster::config {

// The text of the error, after checking that it is INVALID_ARGUMENT with this reason and field.
inline std::string Refused(const Status& status, Reason reason, std::string_view field) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  const auto found = ReasonOf(status);
  EXPECT_EQ(found ? NameOf(*found) : "none", NameOf(reason)) << status;
  EXPECT_EQ(FieldOf(status), field) << status;
  return std::string(MessageOf(status));
}
inline std::string Refused(std::string_view text, Reason reason, std::string_view field) {
  return Refused(ParseResources(text, "f.yaml").status(), reason, field);
}

}  // namespace muster::config
