// Any bytes as messages and as journal rows: a Status or a value, never a crash. What is valid
// survives the wire and the journal unchanged.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "registry/rpc/convert.h"

namespace muster::registry {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void TryContract(const v1::Contract& message) {
  const auto spec = FromProto(message);
  if (!spec.ok() || !Validate(*spec).ok()) return;
  Require(*FromProto(ToProto(*spec)) == *spec);
  const auto facts = Decide({}, ApplyContract{*spec, "operator/ann"}, FromUnixMillis(1));
  Require(facts.ok() && facts->size() == 1);
  const auto row = EncodeFact(facts->front());
  Require(row.ok());
  Require(DecodeContractFact(spec->name, *row)->version == facts->front().version);
}

void TryModel(const v1::Model& message) {
  const auto read = FromProto(message);
  if (!read.ok() || !Validate(*read).ok()) return;
  ModelSpec spec = *read;
  Require(*FromProto(ToProto(spec)) == spec);
  spec.contract_version = VersionNumber(1);  // A fact's is that of a contract that exists.
  const auto row = EncodeFact(ModelFact(ModelApplied{spec, FromUnixMillis(1), "system"}));
  Require(row.ok());
  Require(std::get<ModelApplied>(*DecodeModelFact(spec.name, *row)).spec == spec);
}

}  // namespace
}  // namespace muster::registry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace registry = muster::registry;
  namespace v1 = muster::v1;
  const int length = static_cast<int>(size);
  if (v1::Contract contract; contract.ParseFromArray(data, length)) registry::TryContract(contract);
  if (v1::Model model; model.ParseFromArray(data, length)) registry::TryModel(model);
  if (v1::CreateVersionRequest request; request.ParseFromArray(data, length))
    (void)registry::FromProto(request);
  const std::string_view row(reinterpret_cast<const char*>(data), size);
  (void)registry::DecodeContractFact(muster::ContractName("c"), row);
  (void)registry::DecodeModelFact(muster::ModelName("m"), row);
  return 0;
}
