#include "registry/contract_diff.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "base/time_text.h"

namespace muster::registry {
namespace {
using Change = ContractChange;
using Fields = std::map<std::string_view, const FieldSpec*>;

constexpr std::array kNames{
#define MUSTER_CONTRACT_CHANGE_NAME(name) std::string_view(#name),
    MUSTER_CONTRACT_CHANGES(MUSTER_CONTRACT_CHANGE_NAME)
#undef MUSTER_CONTRACT_CHANGE_NAME
};

// How a difference is told: of two versions, or of data and its reader.
struct Wording {
  const char* older;
  const char* newer;
};
constexpr Wording kVersions{"was", "is"};
constexpr Wording kReading{"comes as", "is read as"};

std::string Quoted(const std::string& text) { return text.empty() ? "none" : "'" + text + "'"; }
std::string Shown(bool nullable) { return nullable ? "nullable" : "never empty"; }
std::string Shown(const std::optional<double>& bound) {
  return bound ? fmt::format("{}", *bound) : "none";
}
std::string Shown(const std::optional<Duration>& age) {
  return age ? FormatDuration(*age) : "none";
}

enum class Breaks { kNothing, kBackward, kForward, kBoth };

// Compares two specs part by part, and collects.
class Differ {
 public:
  Differ(const ContractSpec& older, const ContractSpec& newer, const Wording& wording)
      : older_(older), newer_(newer), wording_(wording) {}

  void Contracts() {
    Texts(Change::kNAME_CHANGED, "name", older_.name.value(), newer_.name.value(), Breaks::kBoth);
    Texts(Change::kDESCRIPTION_CHANGED, "description", older_.description, newer_.description);
    Texts(Change::kOWNER_CHANGED, "owner", older_.owner, newer_.owner);
    if (older_.freshness != newer_.freshness)
      Add(Change::kFRESHNESS_CHANGED, "freshness", Shown(older_.freshness),
          Shown(newer_.freshness));
    Texts(Change::kTIME_FIELD_CHANGED, "time_field", older_.time_field, newer_.time_field);
    if (older_.rows.max_bad_share != newer_.rows.max_bad_share)
      Add(Change::kBAD_SHARE_CHANGED, "rows.max_bad_share",
          fmt::format("{}", older_.rows.max_bad_share),
          fmt::format("{}", newer_.rows.max_bad_share));
    if (older_.compatibility != newer_.compatibility)
      Add(Change::kCOMPATIBILITY_CHANGED, "compatibility",
          std::string(NameOf(older_.compatibility)), std::string(NameOf(newer_.compatibility)));
  }

  // `bounded`: whether a range is declared that the rule could be about.
  void RangeRules(bool bounded) {
    if (older_.rows.out_of_range == newer_.rows.out_of_range) return;
    const bool tighter = newer_.rows.out_of_range == RangeRule::kQuarantine;
    const Breaks breaks = tighter ? Breaks::kBackward : Breaks::kForward;
    Add(tighter ? Change::kRANGE_RULE_TIGHTENED : Change::kRANGE_RULE_LOOSENED, "rows.out_of_range",
        std::string(NameOf(older_.rows.out_of_range)),
        std::string(NameOf(newer_.rows.out_of_range)), bounded ? breaks : Breaks::kNothing);
  }

  void Field(const FieldSpec& older, const FieldSpec& newer) {
    const std::string path = fmt::format("fields[{}]", newer.name);
    Types(path + ".type", older.type, newer.type);
    Texts(Change::kUNIT_CHANGED, path + ".unit", older.unit, newer.unit, Breaks::kBoth);
    if (IsNumeric(older.type) && IsNumeric(newer.type)) {
      constexpr double kInf = std::numeric_limits<double>::infinity();
      Bounds(path + ".min", older.min, newer.min,
             newer.min.value_or(-kInf) < older.min.value_or(-kInf));
      Bounds(path + ".max", older.max, newer.max,
             newer.max.value_or(kInf) > older.max.value_or(kInf));
    }
    if (older.nullable != newer.nullable)
      Add(newer.nullable ? Change::kNULLS_ALLOWED : Change::kNULLS_FORBIDDEN, path + ".nullable",
          Shown(older.nullable), Shown(newer.nullable),
          newer.nullable ? Breaks::kForward : Breaks::kBackward);
    Meanings(path + ".meaning", older.meaning, newer.meaning);
    Texts(Change::kDESCRIPTION_CHANGED, path + ".description", older.description,
          newer.description);
  }

  void Found(Change kind, std::string path, std::string text, Breaks breaks) {
    const bool both = breaks == Breaks::kBoth;
    out_.push_back({kind, std::move(path), std::move(text), both || breaks == Breaks::kBackward,
                    both || breaks == Breaks::kForward});
  }

  std::vector<ContractDifference> Take() { return std::move(out_); }

 private:
  void Add(Change kind, std::string path, const std::string& older, const std::string& newer,
           Breaks breaks = Breaks::kNothing) {
    Found(kind, std::move(path),
          fmt::format("{} {} and {} {}", wording_.older, older, wording_.newer, newer), breaks);
  }
  void Texts(Change kind, std::string path, const std::string& older, const std::string& newer,
             Breaks breaks = Breaks::kNothing) {
    if (older != newer) Add(kind, std::move(path), Quoted(older), Quoted(newer), breaks);
  }
  void Types(std::string path, FieldType older, FieldType newer) {
    if (older == newer) return;
    const bool numbers = IsNumeric(older) && IsNumeric(newer);
    const bool wider = newer == FieldType::kFloat;
    const Change kind = !numbers ? Change::kTYPE_CHANGED
                        : wider  ? Change::kTYPE_WIDENED
                                 : Change::kTYPE_NARROWED;
    const Breaks breaks = !numbers ? Breaks::kBoth : wider ? Breaks::kForward : Breaks::kBackward;
    Add(kind, std::move(path), std::string(NameOf(older)), std::string(NameOf(newer)), breaks);
  }
  // A reader that keeps what is out of range reads it, whatever the range.
  void Bounds(std::string path, const std::optional<double>& older,
              const std::optional<double>& newer, bool wider) {
    if (older == newer) return;
    const ContractSpec& reader = wider ? older_ : newer_;
    const bool matters = reader.rows.out_of_range == RangeRule::kQuarantine;
    const Breaks breaks = wider ? Breaks::kForward : Breaks::kBackward;
    Add(wider ? Change::kRANGE_WIDENED : Change::kRANGE_NARROWED, std::move(path), Shown(older),
        Shown(newer), matters ? breaks : Breaks::kNothing);
  }
  // A field without a term may mean anything, so only two terms can contradict one another.
  void Meanings(std::string path, const std::string& older, const std::string& newer) {
    if (older.empty())
      Texts(Change::kMEANING_ADDED, std::move(path), older, newer);
    else if (newer.empty())
      Texts(Change::kMEANING_REMOVED, std::move(path), older, newer);
    else
      Texts(Change::kMEANING_CHANGED, std::move(path), older, newer, Breaks::kBoth);
  }

  const ContractSpec& older_;
  const ContractSpec& newer_;
  const Wording wording_;
  std::vector<ContractDifference> out_;
};

Fields ByName(const ContractSpec& spec) {
  Fields out;
  for (const FieldSpec& field : spec.fields) out.emplace(field.name, &field);
  return out;
}

bool HasRange(const FieldSpec& field) { return field.min || field.max; }

// Whether the fields that both have stand in another order.
bool AreReordered(const ContractSpec& older, const ContractSpec& newer, const Fields& in_older,
                  const Fields& in_newer) {
  std::vector<std::string_view> before, now;
  for (const FieldSpec& field : older.fields)
    if (in_newer.contains(field.name)) before.push_back(field.name);
  for (const FieldSpec& field : newer.fields)
    if (in_older.contains(field.name)) now.push_back(field.name);
  return before != now;
}

bool Forbidden(Compatibility level, bool backward) {
  switch (level) {
    case Compatibility::kNone: return false;
    case Compatibility::kBackward:
    case Compatibility::kBackwardTransitive: return backward;
    case Compatibility::kForward:
    case Compatibility::kForwardTransitive: return !backward;
    case Compatibility::kFull:
    case Compatibility::kFullTransitive: return true;
  }
  return true;
}

bool LooksAtAll(Compatibility level) {
  return level == Compatibility::kBackwardTransitive ||
         level == Compatibility::kForwardTransitive || level == Compatibility::kFullTransitive;
}

// One after the other, while they fit; an error travels in a header of 8 KiB.
class Sentences {
 public:
  void Add(const std::string& sentence) {
    constexpr std::size_t kMostBytes = 3000;
    if (text_.size() + sentence.size() > kMostBytes && !text_.empty())
      ++more_;
    else
      text_ += (text_.empty() ? "" : "; ") + sentence;
  }
  std::string Text() const {
    return more_ == 0 ? text_ : fmt::format("{}; and {} more", text_, more_);
  }

 private:
  std::string text_;
  std::size_t more_ = 0;
};
}  // namespace

std::string_view NameOf(ContractChange change) { return kNames[static_cast<std::size_t>(change)]; }

std::string Sentence(const ContractDifference& difference) {
  return fmt::format("{} at {}: {}", NameOf(difference.kind), difference.path, difference.text);
}

std::vector<ContractDifference> Diff(const ContractSpec& older, const ContractSpec& newer) {
  Differ differ(older, newer, kVersions);
  const Fields in_older = ByName(older);
  const Fields in_newer = ByName(newer);
  differ.Contracts();
  const auto bounded = [](const ContractSpec& spec) {
    return std::any_of(spec.fields.begin(), spec.fields.end(), HasRange);
  };
  differ.RangeRules(bounded(older) || bounded(newer));
  if (AreReordered(older, newer, in_older, in_newer))
    differ.Found(Change::kFIELDS_REORDERED, "fields", "stand in another order", Breaks::kNothing);
  for (const FieldSpec& field : newer.fields) {
    if (const auto it = in_older.find(field.name); it != in_older.end())
      differ.Field(*it->second, field);
    else
      differ.Found(Change::kFIELD_ADDED, fmt::format("fields[{}]", field.name),
                   fmt::format("is new, and {}", Shown(field.nullable)),
                   field.nullable ? Breaks::kNothing : Breaks::kBackward);
  }
  for (const FieldSpec& field : older.fields)
    if (!in_newer.contains(field.name))
      differ.Found(Change::kFIELD_REMOVED, fmt::format("fields[{}]", field.name),
                   fmt::format("is gone, and was {}", Shown(field.nullable)),
                   field.nullable ? Breaks::kNothing : Breaks::kForward);
  return differ.Take();
}

std::vector<ContractDifference> CanRead(const ContractSpec& reader, const ContractSpec& writer,
                                        std::span<const std::string> used) {
  Differ differ(writer, reader, kReading);
  const Fields in_reader = ByName(reader);
  const Fields in_writer = ByName(writer);
  if (reader.name != writer.name)
    differ.Found(Change::kNAME_CHANGED, "name",
                 fmt::format("comes under contract '{}' and is read under '{}'",
                             writer.name.value(), reader.name.value()),
                 Breaks::kBoth);
  bool bounded = false;
  for (const std::string& name : used) {
    const auto read = in_reader.find(name);
    const auto written = in_writer.find(name);
    if (read == in_reader.end() || written == in_writer.end()) {
      differ.Found(Change::kFIELD_MISSING, fmt::format("fields[{}]", name),
                   written == in_writer.end() ? "is read, and the data does not have it"
                                              : "is read, and the reader's contract has it not",
                   Breaks::kBackward);
      continue;
    }
    bounded = bounded || HasRange(*read->second);
    differ.Field(*written->second, *read->second);
  }
  differ.RangeRules(bounded);
  std::vector<ContractDifference> out = differ.Take();
  std::erase_if(out, [](const ContractDifference& d) { return !d.breaks_backward; });
  return out;
}

std::string Summary(std::span<const ContractDifference> differences) {
  Sentences out;
  for (const ContractDifference& difference : differences) out.Add(Sentence(difference));
  return out.Text();
}

std::vector<ContractBreak> FindBreaks(const ContractState& history, const ContractSpec& next) {
  std::vector<ContractBreak> out;
  if (history.versions.empty()) return out;
  const Compatibility level = history.newest().spec.compatibility;
  if (level == Compatibility::kNone) return out;
  for (auto it = history.versions.rbegin(); it != history.versions.rend(); ++it) {
    for (ContractDifference& d : Diff(it->spec, next)) {
      if (d.breaks_backward && Forbidden(level, true)) out.push_back({it->version, true, d});
      if (d.breaks_forward && Forbidden(level, false))
        out.push_back({it->version, false, std::move(d)});
    }
    if (!LooksAtAll(level) || out.size() >= kMostBreaks) break;
  }
  return out;
}

Status CheckCompatible(const ContractState& history, const ContractSpec& next) {
  const std::vector<ContractBreak> breaks = FindBreaks(history, next);
  if (breaks.empty()) return Ok();
  Sentences sentences;
  for (const ContractBreak& b : breaks)
    sentences.Add(fmt::format("over version {} {}", b.version.value(), Sentence(b.difference)));
  const ContractVersion& newest = history.newest();
  return WithField(
      WithReason(FailedPrecondition(
                     "contract {}: {} of version {} forbids this change: {}. To break with what "
                     "was, first apply version {} with compatibility: NONE",
                     next.name.value(), NameOf(newest.spec.compatibility), newest.version.value(),
                     sentences.Text(), newest.version.value()),
                 Reason::kCONTRACT_INCOMPATIBLE),
      breaks.front().difference.path);
}

}  // namespace muster::registry
