#include "coordinator/telemetry/types.h"

#include <array>

namespace muster::coordinator {
namespace {
using Verdict = Feedback::Verdict;
constexpr std::array kVerdicts = {Verdict::kFalsePositive, Verdict::kMissed, Verdict::kConfirmed,
                                  Verdict::kLabel};
}  // namespace

std::string_view NameOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFalsePositive: return "false_positive";
    case Verdict::kMissed: return "missed";
    case Verdict::kConfirmed: return "confirmed";
    case Verdict::kLabel: return "label";
  }
  return "";
}

std::optional<Verdict> ParseVerdict(std::string_view name) {
  for (const Verdict verdict : kVerdicts)
    if (NameOf(verdict) == name) return verdict;
  return std::nullopt;
}

std::string_view NameOf(TelemetryClass cls) {
  switch (cls) {
    case TelemetryClass::kAlarm: return "alarm";
    case TelemetryClass::kFeedback: return "feedback";
    case TelemetryClass::kState: return "state";
    case TelemetryClass::kSummary: return "summary";
  }
  return "";
}

}  // namespace muster::coordinator
