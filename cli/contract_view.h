#pragma once
// What changed between versions of a contract, and what that breaks, as people read it. Pure.
#include <muster/v1/contract.pb.h>

#include <string>

namespace muster::cli {

std::string DiffText(const v1::ContractDiff& diff);
std::string CheckText(const v1::ContractCheck& check);

}  // namespace muster::cli
