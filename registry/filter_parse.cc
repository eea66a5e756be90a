// Reading a filter: recursive descent with a bound on its depth, straight into steps.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/nearest.h"
#include "base/time_text.h"
#include "registry/filter.h"
#include "registry/names.h"

namespace muster::registry {
namespace {
constexpr std::size_t kLongest = 4096;
constexpr std::size_t kMostComparisons = 64;
constexpr int kDeepest = 32;
constexpr std::size_t kShown = 20;  // Bytes of the text in a message.

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsWordStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsWord(char c) { return IsWordStart(c) || (c >= '0' && c <= '9') || c == '.' || c == '-'; }
}  // namespace

class FilterParser {
 public:
  explicit FilterParser(std::string_view text) : text_(text) {}

  StatusOr<Filter> Parse() {
    if (text_.size() > kLongest)
      return InvalidField("filter", "{} bytes are more than {}", text_.size(), kLongest);
    Skip();
    if (AtEnd()) return std::move(out_);
    MUSTER_TRY(Expression(0));
    if (!AtEnd()) return Expected("and, or, or the end");
    return std::move(out_);
  }

 private:
  using Name = Filter::Name;
  using Step = Filter::Step;
  enum class Type { kText, kNumber, kTime };
  struct Known {
    std::string_view word;
    Name name;
    Type type;
  };
  static constexpr std::array kKnown = {
      Known{"model", Name::kModel, Type::kText},
      Known{"campaign", Name::kCampaign, Type::kText},
      Known{"contract", Name::kContract, Type::kText},
      Known{"created_by", Name::kCreatedBy, Type::kText},
      Known{"applied_by", Name::kAppliedBy, Type::kText},
      Known{"params", Name::kParams, Type::kText},
      Known{"module", Name::kModule, Type::kText},
      Known{"alias", Name::kAlias, Type::kText},
      Known{"approved_by", Name::kApprovedBy, Type::kText},
      Known{"hardware", Name::kHardware, Type::kText},
      Known{"version", Name::kVersion, Type::kNumber},
      Known{"parent", Name::kParent, Type::kNumber},
      Known{"round", Name::kRound, Type::kNumber},
      Known{"contract_version", Name::kContractVersion, Type::kNumber},
      Known{"parameters", Name::kParameters, Type::kNumber},
      Known{"created", Name::kCreated, Type::kTime},
  };

  Status Expression(int depth) {
    MUSTER_TRY(Term(depth));
    while (TakeWord("or")) MUSTER_TRY(Rest(Step::Kind::kJumpIfTrue, depth));
    return Ok();
  }
  Status Term(int depth) {
    MUSTER_TRY(Factor(depth));
    while (TakeWord("and")) MUSTER_TRY(Rest(Step::Kind::kJumpIfFalse, depth));
    return Ok();
  }
  // The right hand side, passed over when the left one has decided.
  Status Rest(Step::Kind jump, int depth) {
    const std::size_t at = out_.steps_.size();
    out_.steps_.push_back({jump, 0});
    MUSTER_TRY(jump == Step::Kind::kJumpIfTrue ? Term(depth) : Factor(depth));
    out_.steps_[at].at = out_.steps_.size();
    return Ok();
  }
  Status Factor(int depth) {
    if (depth == kDeepest) return Refused("deeper than {} levels", kDeepest);
    if (TakeWord("not")) {
      MUSTER_TRY(Factor(depth + 1));
      out_.steps_.push_back({Step::Kind::kNot, 0});
      return Ok();
    }
    if (!Take('(')) return Comparison();
    MUSTER_TRY(Expression(depth + 1));
    return Take(')') ? Ok() : Expected("and, or, or ')'");
  }

  Status Comparison() {
    if (out_.comparisons_.size() == kMostComparisons)
      return Refused("more than {} comparisons", kMostComparisons);
    Filter::Comparison c;
    MUSTER_ASSIGN(const Type type, ReadName(c));
    MUSTER_TRY(ReadOperator(c));
    MUSTER_TRY(type == Type::kNumber ? ReadNumber(c) : ReadText(c));
    if (type == Type::kTime) {
      const auto time = ParseTime(c.text);
      if (!time.ok()) return Refused("{}", MessageOf(time.status()));
      c.number = static_cast<double>(UnixMillis(*time));
    }
    out_.steps_.push_back({Step::Kind::kTest, out_.comparisons_.size()});
    out_.comparisons_.push_back(std::move(c));
    return Ok();
  }

  StatusOr<Type> ReadName(Filter::Comparison& c) {
    const std::string_view word = PeekWord();
    if (word.empty()) return Expected("a name, not or '('");
    const auto known =
        std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& k) { return k.word == word; });
    const std::size_t dot = word.find('.');
    const std::string_view group = word.substr(0, dot);
    if (known != kKnown.end()) {
      c.name = known->name;
    } else if (dot != word.npos && (group == "tags" || group == "metrics")) {
      c.key = std::string(word.substr(dot + 1));
      if (!IsName(c.key)) return Expected(std::string(group) + ". with a name behind it");
      c.name = group == "tags" ? Name::kTag : Name::kMetric;
    } else {
      std::vector<std::string> names{"tags.KEY", "metrics.NAME"};
      for (const Known& k : kKnown) names.emplace_back(k.word);
      return Refused("'{}' is none of {}{}", word.substr(0, 80), fmt::join(names, ", "),
                     DidYouMean(word, names));
    }
    Advance(word.size());
    if (known != kKnown.end()) return known->type;
    return c.name == Name::kTag ? Type::kText : Type::kNumber;
  }

  Status ReadOperator(Filter::Comparison& c) {
    // The longer ones first.
    constexpr std::string_view kSigns[] = {"!=", "<=", ">=", "=", "<", ">"};
    constexpr Filter::Operator kOperators[] = {
        Filter::Operator::kUnequal, Filter::Operator::kAtMost, Filter::Operator::kAtLeast,
        Filter::Operator::kEqual,   Filter::Operator::kLess,   Filter::Operator::kMore};
    for (std::size_t i = 0; i < std::size(kSigns); ++i) {
      if (!text_.substr(at_).starts_with(kSigns[i])) continue;
      c.op = kOperators[i];
      Advance(kSigns[i].size());
      return Ok();
    }
    return Expected("one of = != < <= > >=");
  }

  Status ReadNumber(Filter::Comparison& c) {
    const char* const begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), c.number);
    if (error != std::errc() || !std::isfinite(c.number)) return Expected("a number");
    Advance(static_cast<std::size_t>(end - begin));
    return Ok();
  }

  Status ReadText(Filter::Comparison& c) {
    const char quote = AtEnd() ? '\0' : text_[at_];
    if (quote != '"' && quote != '\'') return Expected("text in quotes");
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] == quote) {
        Advance(i + 1 - at_);
        return Ok();
      }
      if (text_[i] == '\\' && i + 1 < text_.size()) ++i;
      c.text.push_back(text_[i]);
    }
    return Refused("the text is not closed by {}", quote);
  }

  bool AtEnd() const { return at_ == text_.size(); }
  void Skip() {
    while (!AtEnd() && IsSpace(text_[at_])) ++at_;
  }
  void Advance(std::size_t count) {
    at_ += count;
    Skip();
  }
  std::string_view PeekWord() const {
    std::size_t end = at_;
    if (AtEnd() || !IsWordStart(text_[at_])) return {};
    while (end < text_.size() && IsWord(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }
  bool TakeWord(std::string_view word) {
    if (PeekWord() != word) return false;
    Advance(word.size());
    return true;
  }
  bool Take(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    Advance(1);
    return true;
  }

  template <typename... Args>
  Status Refused(fmt::format_string<Args...> f, Args&&... args) const {
    return InvalidField("filter", "column {}: {}", at_ + 1,
                        fmt::format(f, std::forward<Args>(args)...));
  }
  Status Expected(std::string_view what) const {
    std::size_t end = std::min(text_.size(), at_ + kShown);
    while (end < text_.size() && end > at_ && (text_[end] & 0xc0) == 0x80)
      --end;  // Whole characters.
    const std::string found =
        AtEnd() ? "the end" : fmt::format("'{}'", text_.substr(at_, end - at_));
    return Refused("expected {}, not {}", what, found);
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  Filter out_;
};

StatusOr<Filter> Filter::Parse(std::string_view text) { return FilterParser(text).Parse(); }

}  // namespace muster::registry
