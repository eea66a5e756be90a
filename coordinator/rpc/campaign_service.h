#pragma once
// What operators call about campaigns.
#include "coordinator/runner/coordinator.h"
#include "muster/v1/campaign.grpc.pb.h"
#include "rpc/border.h"

namespace muster::coordinator {

class CampaignService final : public v1::CampaignService::CallbackService {
 public:
  CampaignService(Coordinator& coordinator, rpc::Border& border, Clock& clock)
      : coordinator_(coordinator), border_(border), clock_(clock) {}

  grpc::ServerUnaryReactor* ApplyCampaign(grpc::CallbackServerContext*,
                                          const v1::ApplyCampaignRequest*,
                                          v1::ApplyCampaignReply*) override;
  grpc::ServerUnaryReactor* GetCampaign(grpc::CallbackServerContext*, const v1::GetCampaignRequest*,
                                        v1::CampaignView*) override;
  grpc::ServerUnaryReactor* ListCampaigns(grpc::CallbackServerContext*,
                                          const v1::ListCampaignsRequest*,
                                          v1::ListCampaignsReply*) override;
  grpc::ServerUnaryReactor* ControlCampaign(grpc::CallbackServerContext*,
                                            const v1::ControlCampaignRequest*,
                                            v1::CampaignView*) override;
  grpc::ServerWriteReactor<v1::CampaignView>* WatchCampaign(grpc::CallbackServerContext*,
                                                            const v1::GetCampaignRequest*) override;

 private:
  Coordinator& coordinator_;
  rpc::Border& border_;
  Clock& clock_;
};

}  // namespace muster::coordinator
