#pragma once
// musterd as a child process over a data directory of its own, and what is done to it from outside:
// the bench is its enrolment authority and its operator.
#include <string>
#include <vector>

#include "base/params.h"
#include "bench/round/process.h"
#include "muster/v1/campaign.grpc.pb.h"
#include "platform/keys.h"
#include "platform/secure_rng.h"
#include "rpc/channel.h"

namespace muster::bench {

class CoordinatorProcess {
 public:
  // `directory` is made; `musterd` is the program's path.
  CoordinatorProcess(SubprocessLauncher& launcher, const std::string& musterd,
                     const std::string& directory);

  const ServerProcess& process() const { return process_; }
  // A device that nobody has seen before, with a certificate of the coordinator's CA.
  rpc::TlsIdentity Enrol(const std::string& device_name);
  // Contract, model and its first version, so that campaigns can be applied.
  void CreateModel(const Params& params);
  // `rounds` rounds in which exactly `cohort` available devices take part.
  void StartCampaign(const std::string& name, std::uint32_t rounds, std::uint32_t cohort);
  // Until the campaign is completed; ends the program when it ended in another way.
  void AwaitEnd(const std::string& name);

 private:
  platform::OpenSslRng rng_;
  platform::Ed25519PrivateKey authority_;
  ServerProcess process_;
  std::string ca_pem_;
  std::shared_ptr<grpc::Channel> operator_;
};

}  // namespace muster::bench
