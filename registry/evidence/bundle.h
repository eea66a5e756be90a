#pragma once
// The one file that an auditor takes away: the facts behind a model's version as leaves of the log,
// each with its proof, under one signed checkpoint. What is shown of a version is read out of these
// leaves (card.h), so nothing beside them has to be believed.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"

namespace muster::registry::evidence {

inline constexpr std::string_view kBundleFormat = "muster-evidence/1";
inline constexpr std::size_t kMostBundleBytes = std::size_t{256} << 20;

struct Leaf {
  std::uint64_t index = 0;
  std::string text;            // As registry/audit/leaf.h has it.
  std::string fact;            // Of a leaf that names a long fact by its digest; else empty.
  std::vector<Digest> hashes;  // Its inclusion proof in the checkpoint's tree.
  friend bool operator==(const Leaf&, const Leaf&) = default;
};

// What a bundle about a device answers: which model was it given last by then?
struct Question {
  std::string device;  // Its pseudonym, of 32 hex digits.
  Timestamp at;
  friend bool operator==(const Question&, const Question&) = default;
};
// INVALID_ARGUMENT when `device` is no pseudonym or `at` is not from 1970 to 9999.
StatusOr<Question> MakeQuestion(std::string device, Timestamp at);

struct Bundle {
  std::string model;
  std::uint64_t version = 0;
  std::string checkpoint;  // A signed note.
  std::string key;         // Its verifier, "name+id+base64": to be compared with one had elsewhere.
  std::string statement;   // A DSSE envelope over the version's files.
  std::vector<Leaf> leaves;  // By index, ascending.
  std::optional<Question> question = {};
  friend bool operator==(const Bundle&, const Bundle&) = default;
};

// Canonical JSON: {"checkpoint":…,"format":…,"key":…,"leaves":[{"hashes":[BASE64…],"leaf":TEXT,
// "leaf_index":N}…],"model":…,"question":{"at":TIME,"device":ID},"statement":…,"version":N}; the
// question only where there is one.
StatusOr<std::string> EncodeBundle(const Bundle& bundle);
// The inverse, for a foreign file: INVALID_ARGUMENT (ARTEFACT_INVALID) on anything that
// EncodeBundle would not have written in just these bytes; a file cut short says so. Nothing is
// verified.
StatusOr<Bundle> ParseBundle(std::string_view text);

}  // namespace muster::registry::evidence
