#pragma once
// Interfaces of digital twins (DTDL version 3, the JSON that Azure Digital Twins and IoT Plug and
// Play read) as contracts: what an interface says about values of a row becomes fields, and what it
// says beyond that is told, path by path. Never guesses.
#include <muster/v1/contract.pb.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace muster::config {

inline constexpr std::size_t kMaxDtdlBytes = std::size_t{1} << 20;  // What DTDL allows.
inline constexpr std::size_t kMostDtdlFields = 1000;                // What a contract holds.

struct DtdlOptions {
  std::string name;       // Of the contract; empty: the last segment of the interface's @id.
  std::string interface;  // @id of the one that is meant; empty: the only one of the file.
};

// Something that a contract does not say.
struct DtdlSkipped {
  std::string path;  // "contents[reboot]", "contents[temperature].unit".
  std::string text;
};

struct DtdlImport {
  v1::Contract contract;
  std::vector<DtdlSkipped> skipped;
};

// Telemetry and Property of double, float, integer, long, boolean, string or dateTime are fields;
// units of the QuantitativeTypes extension are written as UCUM; @id, or else the semantic type, is
// the meaning; displayName and description, in English where there are several languages, are the
// description.
// INVALID_ARGUMENT: SCHEMA_INVALID when it is no JSON, nested deeper than 32 or longer than
// kMaxDtdlBytes; FIELD_INVALID or FIELD_DUPLICATE at the path of what is no DTDL 3, or has no place
// in a contract.
StatusOr<DtdlImport> ImportDtdl(std::string_view text, const DtdlOptions& options = {});

// "Cel" of "degreeCelsius"; empty when UCUM has no unit that is surely the same.
std::string_view UcumOf(std::string_view dtdl_unit);
// Whether the QuantitativeTypes extension has this semantic type, such as "Temperature".
bool IsSemanticType(std::string_view name);

}  // namespace muster::config
