#pragma once
// How a bench tells its figures: a table with the budget beside each value and, with
// `--json FILE`, one JSON object per line appended to FILE. A missed budget is reported and never
// fails the program: a benchmark is not a test.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace muster::bench {

enum class Bound { kAtMost, kAtLeast };
using enum Bound;

struct Figure {
  std::string bench;
  std::string metric;  // With its unit: "per_s", "seconds", "ratio_to_memcpy".
  double value = 0;
  std::string baseline;  // What was measured in the same run, with its figure.
  double budget = 0;
  Bound bound = kAtMost;

  bool ok() const { return bound == kAtMost ? value <= budget : value >= budget; }
};

class Report {
 public:
  // Ends the program with 2 when FILE cannot be written: better now than after the measuring.
  Report(int argc, char** argv) : args_(argv + 1, argv + argc) {
    const std::string file = Option("--json", "");
    if (file.empty()) return;
    json_.open(file, std::ios::app);
    if (!json_) Usage(fmt::format("cannot write {}", file));
  }

  // The value after `name` on the command line, or `fallback`.
  std::string Option(std::string_view name, std::string fallback) const {
    for (std::size_t i = 0; i < args_.size(); ++i) {
      if (args_[i] != name) continue;
      if (i + 1 == args_.size()) Usage(fmt::format("{} needs a value", name));
      return args_[i + 1];
    }
    return fallback;
  }

  void Add(Figure figure) {
    if (json_.is_open()) {
      const nlohmann::ordered_json line = {{"bench", figure.bench},   {"metric", figure.metric},
                                           {"value", figure.value},   {"baseline", figure.baseline},
                                           {"budget", figure.budget}, {"ok", figure.ok()}};
      json_ << line.dump() << std::endl;
    }
    figures_.push_back(std::move(figure));
  }

  // Prints the table; returns main's exit code: 0, or 2 when the JSON could not be written.
  int Finish() {
    fmt::print("{:<24} {:<22} {:>12}    {:>12}  {:<4} {}\n", "bench", "metric", "value", "budget",
               "ok", "baseline");
    for (const Figure& f : figures_)
      fmt::print("{:<24} {:<22} {:>12.5g} {} {:>12.5g}  {:<4} {}\n", f.bench, f.metric, f.value,
                 f.bound == kAtMost ? "<=" : ">=", f.budget, f.ok() ? "yes" : "NO", f.baseline);
    std::fflush(stdout);
    return json_.is_open() && !json_ ? 2 : 0;
  }

 private:
  [[noreturn]] static void Usage(const std::string& what) {
    fmt::print(stderr, "{}\nusage: [--json FILE] and the options of the bench\n", what);
    std::exit(2);
  }

  std::vector<std::string> args_;
  std::ofstream json_;
  std::vector<Figure> figures_;
};  // Used from one thread.

}  // namespace muster::bench
