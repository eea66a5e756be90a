#pragma once
// The inner loop of masking, picked at run time for the processor's vector unit. Every target gives
// the same bits. Callers check; nothing here does.
#include <cstddef>
#include <cstdint>

namespace muster::aggregation::secagg {

// to[i] += words[i], or -= , modulo the lane, for i < n.
void AddWords(const std::uint32_t* words, std::size_t n, std::uint32_t* to);
void AddWords(const std::uint16_t* words, std::size_t n, std::uint16_t* to);
void SubtractWords(const std::uint32_t* words, std::size_t n, std::uint32_t* to);
void SubtractWords(const std::uint16_t* words, std::size_t n, std::uint16_t* to);

}  // namespace muster::aggregation::secagg
