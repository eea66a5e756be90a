#pragma once
// torch's headers, for .cc files of this folder alone: they define macros such as CHECK and LOG.
// ivalue.h goes first: torch 1.13 is C++14, and under C++20, where std::vector is constexpr, its
// other headers would instantiate vectors of the IValue that they have only declared.
#include <ATen/core/ivalue.h>
// Keep this line: clang-format must not sort the two.
#include <torch/optim.h>
#include <torch/script.h>
