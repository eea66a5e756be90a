#pragma once
// Different meanings, different types.
#include <compare>
#include <functional>
#include <utility>

namespace muster {

// A value that shares T's representation but not its meaning:
// `using RoundNumber = Strong<std::uint64_t, struct RoundNumberTag>`.
template <typename T, typename Tag>
class Strong {
 public:
  constexpr Strong() = default;
  constexpr explicit Strong(T v) : value_(std::move(v)) {}
  constexpr const T& value() const { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

 private:
  T value_{};
};

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <typename... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;  // clang 14 still wants the guide

}  // namespace muster

template <typename T, typename Tag>
struct std::hash<muster::Strong<T, Tag>> {
  std::size_t operator()(const muster::Strong<T, Tag>& s) const {
    return std::hash<T>{}(s.value());
  }
};
