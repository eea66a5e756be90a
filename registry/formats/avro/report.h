#pragma once
// The differences between two schemas, told for people. Verdicts inside unions are the Judge's.
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "registry/formats/avro/judge.h"

namespace muster::registry::formats::avro {

// Walks two schemas side by side; a pair of named types once, at its first place. Paths are the
// reader's, but those of branches of a writer's union, and of fields that are gone.
class Report {
 public:
  Report(Meter& meter, Judge& judge) : meter_(meter), judge_(judge) {}
  void Walk(const Node& reader, const Node& writer);  // The reader is the update.
  std::vector<Difference> Take() { return std::move(found_); }

 private:
  void WalkUnions(const Node& reader, const Node& writer);
  void IntoUnion(const Node& reader_union, const Node& writer, std::vector<bool>& used);
  void Added(const Node& reader_union, const Node& writer, const std::vector<bool>& used);
  std::string Why(const Node& reader_union, const Node& writer);

  void WalkNamed(const Node& reader, const Node& writer);
  void Names(const Node& reader, const Node& writer);
  void Enums(const Node& reader, const Node& writer);
  void Records(const Node& reader, const Node& writer);
  void OneField(const Field& field, const Node& writer, std::unordered_set<const Field*>& read);
  void Defaults(const Field& reader, const Field& writer);
  void LogicalTypes(const Node& reader, const Node& writer);

  void Breaks(std::string_view code, std::string detail) { Add(code, false, std::move(detail)); }
  void Holds(std::string_view code, std::string detail) { Add(code, true, std::move(detail)); }
  void Add(std::string_view code, bool compatible, std::string detail);

  Meter& meter_;
  Judge& judge_;
  std::string path_;
  std::unordered_set<Pair, PairHash> told_;
  std::vector<Difference> found_;
  bool broken_ = false;      // Something incompatible was found.
  bool explaining_ = false;  // Looks for one reason only.
  int explained_ = 0;
};

}  // namespace muster::registry::formats::avro
