#pragma once
// Random Avro schemas that parse: all kinds, namespaces, recursion, defaults. Names are from a
// small pool, so that two of them have much in common.
#include <string>
#include <vector>

#include "base/seeded.h"

namespace muster::registry::formats {

class RandomSchema {
 public:
  explicit RandomSchema(std::uint64_t seed) : rng_(seed) {}
  std::string Text();  // Of a record at the top.

  // Fields with a default go to the end of each record that is written from now on.
  void AddOptionalFields() { optional_fields_ = true; }
  // Docs that no reader sees.
  void AddDocs() { docs_ = true; }

 private:
  struct Typed {
    std::string type;
    std::string value;  // A default of it; empty: none that ends.
  };
  Typed Any(int depth);
  Typed Primitive();
  Typed Union(int depth);
  Typed Named(int depth);
  Typed Record(const std::string& name, int depth);
  std::string Field(int number, int depth);
  bool Chance(std::uint64_t percent) { return rng_.Below(100) < percent; }

  struct Known {
    std::string name;
    bool open;  // Its record is being written: a mention is recursive.
    std::string value;
  };
  SeededRng rng_;
  std::vector<Known> known_;
  bool optional_fields_ = false;
  bool docs_ = false;
};

}  // namespace muster::registry::formats
