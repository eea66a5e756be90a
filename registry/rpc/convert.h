#pragma once
// Wire to domain and back, for contracts, models and versions. Foreign values are judged by
// Validate and the registry; here only what the domain cannot express is refused.
#include <muster/v1/contract.pb.h>
#include <muster/v1/model.pb.h>
#include <muster/v1/promotion.pb.h>

#include "registry/registry.h"

namespace muster::registry {

// INVALID_ARGUMENT (FIELD_INVALID) at "fields[i].type" when a field has no type, or an unknown one;
// at "freshness", "rows.out_of_range" or "compatibility". What is left out is its default.
StatusOr<ContractSpec> FromProto(const v1::Contract& in);
v1::Contract ToProto(const ContractSpec& in);
v1::ContractVersion ToProto(const ContractVersion& in);
v1::Contract::Compatibility ToProto(Compatibility in);
v1::ContractDiff ToProto(const ContractComparison& in, const std::string& name);
v1::ContractCheck ToProto(const ContractJudgement& in, const std::string& name);

// Rows and stride of 0 become 1, and what gates leave out its default. INVALID_ARGUMENT
// (FIELD_INVALID) at "gates.…" where a text of theirs does not read.
StatusOr<ModelSpec> FromProto(const v1::Model& in);
v1::Model ToProto(const ModelSpec& in);
v1::ModelVersion ToProto(const VersionView& in);
v1::ModelView ToProto(const ModelView& in);
// INVALID_ARGUMENT (FIELD_INVALID) at "params_digest" or "module_digest"; FIELD_DUPLICATE at
// "metrics.NAME" when the report has it too.
StatusOr<CreateRequest> FromProto(const v1::CreateVersionRequest& in);
Measurements FromProto(const v1::Report& in);
MoveRequest FromProto(const v1::SetAliasRequest& in);
// An alias left out is champion.
MoveRequest FromProto(const v1::PromoteRequest& in);
MoveRequest FromProto(const v1::RollbackRequest& in);
v1::PromoteReply ToProto(const Promotion& in, const std::string& model);
HistoryRequest FromProto(const v1::GetAliasHistoryRequest& in);
v1::AliasMove ToProto(const MoveView& in);

}  // namespace muster::registry
