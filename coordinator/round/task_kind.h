#pragma once
// What a round asks a device to do.
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace muster::coordinator {

enum class TaskKind : std::uint8_t { kTrain, kEvaluate, kStatistics };
inline constexpr std::array kTaskKinds = {TaskKind::kTrain, TaskKind::kEvaluate,
                                          TaskKind::kStatistics};

// "train", as uploads and streams have it.
constexpr std::string_view NameOf(TaskKind kind) {
  constexpr std::array<std::string_view, kTaskKinds.size()> kNames = {"train", "evaluate",
                                                                      "statistics"};
  return kNames[static_cast<std::size_t>(kind)];
}
constexpr std::optional<TaskKind> ParseTaskKind(std::string_view name) {
  for (const TaskKind kind : kTaskKinds)
    if (NameOf(kind) == name) return kind;
  return std::nullopt;
}

}  // namespace muster::coordinator
