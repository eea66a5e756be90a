#pragma once
// Evidence for operators and auditors. Translates; what is gathered, registry/evidence says.
#include <muster/v1/evidence.grpc.pb.h>

#include "base/blobs.h"
#include "base/clock.h"
#include "registry/evidence/collect.h"
#include "rpc/border.h"

namespace muster::registry {

// Safe from any thread; what it borrows outlives it.
class EvidenceService final : public v1::EvidenceService::CallbackService {
 public:
  EvidenceService(evidence::CollectPorts ports, Blobs& blobs, rpc::Border& border,
                  const Clock& clock)
      : ports_(std::move(ports)), blobs_(blobs), border_(border), clock_(clock) {}

  grpc::ServerUnaryReactor* ExportEvidence(grpc::CallbackServerContext*,
                                           const v1::ExportEvidenceRequest*,
                                           v1::ExportEvidenceReply*) override;
  grpc::ServerUnaryReactor* GetLogHead(grpc::CallbackServerContext*, const v1::GetLogHeadRequest*,
                                       v1::LogHead*) override;

 private:
  const evidence::CollectPorts ports_;
  Blobs& blobs_;
  rpc::Border& border_;
  const Clock& clock_;
};

}  // namespace muster::registry
