#pragma once
// What the tests of Avro share: schemas out of text, and differences as short lines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "registry/formats/avro/avro.h"
#include "tests/support/status_matchers.h"

namespace muster::registry::formats {

using SchemaPtr = std::shared_ptr<const Schema>;
using Lines = std::vector<std::string>;

inline SchemaPtr Parsed(std::string_view text, const std::vector<ReferencedSchema>& with = {}) {
  StatusOr<SchemaPtr> schema = ParseAvro(text, with);
  EXPECT_THAT(schema, testing::IsOk()) << text;
  return schema.ok() ? *schema : nullptr;
}

// A record r.Reading with these fields.
inline std::string RecordOf(std::string_view fields) {
  return R"({"type":"record","name":"r.Reading","fields":[)" + std::string(fields) + "]}";
}
// The record with one field v of this type.
inline std::string Holding(std::string_view type) {
  return RecordOf(R"({"name":"v","type":)" + std::string(type) + "}");
}

inline std::vector<Difference> Differences(std::string_view original, std::string_view update) {
  const SchemaPtr was = Parsed(original), now = Parsed(update);
  if (was == nullptr || now == nullptr) return {};
  StatusOr<std::vector<Difference>> found = was->Compare(*now, CompareBudget());
  EXPECT_THAT(found, testing::IsOk());
  return found.ok() ? *std::move(found) : std::vector<Difference>();
}

// "TYPE_MISMATCH /fields/0/type" of each difference that breaks a reader.
inline Lines Breaking(std::string_view original, std::string_view update) {
  Lines out;
  for (const Difference& d : Differences(original, update))
    if (!d.compatible) out.push_back(d.code + " " + d.path);
  return out;
}
// The same of each that does not.
inline Lines Harmless(std::string_view original, std::string_view update) {
  Lines out;
  for (const Difference& d : Differences(original, update))
    if (d.compatible) out.push_back(d.code + " " + d.path);
  return out;
}

// The text is no schema, for a reason that stands at `path` and has `part` in its message.
inline void ExpectRefused(std::string_view text, std::string_view path, std::string_view part,
                          const std::vector<ReferencedSchema>& with = {}) {
  SCOPED_TRACE(std::string(text.substr(0, 200)));
  const auto schema = ParseAvro(text, with);
  ASSERT_THAT(schema, testing::Fails(absl::StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID));
  EXPECT_EQ(FieldOf(schema.status()), path) << schema.status();
  EXPECT_THAT(std::string(MessageOf(schema.status())), ::testing::HasSubstr(std::string(part)));
}

}  // namespace muster::registry::formats
