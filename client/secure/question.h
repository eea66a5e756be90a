#pragma once
// What a node is asked in a secure sum, as one line of its ledger: two sums over one question may
// differ in one device, and then show it. Pure.
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/ids.h"

namespace muster::client {

class Question {
 public:
  // A round of a campaign about one model, whatever its attempt: a later attempt trains the same
  // update again, so it may follow only one that sent nothing.
  static Question OfUpdate(const RoundKey& round, const Digest& model) {
    return Question(fmt::format("{} {}\n", Name(round), model.ToString()));
  }
  // The same for what the model comes to on the node's own rows.
  static Question OfEvaluation(const RoundKey& round, const Digest& model) {
    return Question(fmt::format("{} evaluate {}\n", Name(round), model.ToString()));
  }
  // What is counted, whoever's campaign asks it, and the rows that it is counted over.
  static Question OfStatistics(const Digest& query, const Digest& rows) {
    return Question(fmt::format("statistics {} {}\n", query.ToString(), rows.ToString()));
  }
  // A window of a monitor, whoever's campaign asks it: its rows are given to no other window, and
  // once.
  static Question OfWindow(std::string_view monitor, std::uint64_t epoch) {
    return Question(fmt::format("window {} {}\n", monitor, epoch));
  }
  const std::string& line() const { return line_; }

 private:
  explicit Question(std::string line) : line_(std::move(line)) {}
  static std::string Name(const RoundKey& round) {
    return fmt::format("{}/{}", round.campaign.value(), round.round.value());
  }
  std::string line_;
};

}  // namespace muster::client
