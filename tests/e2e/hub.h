#pragma once
// A whole coordinator on loopback, with a test in all the roles around it: enrolment authority,
// operator and devices. The devices speak the wire themselves, so they can say what no agent says.
#include <grpcpp/channel.h>
#include <muster/v1/campaign.grpc.pb.h>
#include <muster/v1/edge.grpc.pb.h>
#include <muster/v1/fleet.grpc.pb.h>

#include <map>
#include <memory>
#include <string>

#include "base/params.h"
#include "base/statement.h"
#include "coordinator/app/server.h"
#include "platform/keys.h"
#include "platform/secure_rng.h"
#include "rpc/channel.h"
#include "tests/support/temp_dir.h"

namespace muster::e2e {

inline constexpr Duration kDeadline = std::chrono::seconds(60);

// What an update's stream says of it; as the agent says it unless the test changes it.
struct Announced {
  v1::RoundKey round;
  std::uint64_t bytes = 0;
  std::uint64_t examples = 10;
};

class Device {
 public:
  Device(std::string name, std::shared_ptr<grpc::Channel> channel);

  const std::string& name() const { return name_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  // Checks in until there is a task, and keeps it as task().
  void AwaitTask();
  const v1::Assignment& task() const { return task_; }
  // Checks in about the update of task() until the answer is not WAIT.
  v1::CheckInReply::HeldState AwaitVerdict();

  // A well-formed stream of `file` from `offset` on.
  Status Upload(ByteView file, std::uint64_t examples = 10, std::uint64_t offset = 0);
  Status Upload(ByteView file, const Announced& announced, std::uint64_t offset = 0);
  StatusOr<std::uint64_t> Offset(const v1::RoundKey& round, std::uint64_t bytes);
  Status Report(const v1::RoundKey& round, std::uint64_t examples,
                const std::map<std::string, std::int64_t>& sums_micro);
  Status Report(std::uint64_t examples, const std::map<std::string, std::int64_t>& sums_micro) {
    return Report(task_.round(), examples, sums_micro);
  }
  StatusOr<v1::CheckInReply> CheckIn(const v1::CheckInRequest& request);

 private:
  std::string name_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::EdgeService::Stub> stub_;
  v1::Assignment task_;
};

// The metadata that goes with an upload.
void Announce(grpc::ClientContext& context, const Announced& announced);

class Hub {
 public:
  Hub();

  // A device with `labels`; its certificate is the coordinator's.
  std::unique_ptr<Device> Enrol(const std::string& name,
                                const std::map<std::string, std::string>& labels = {
                                    {"role", "train"}});
  // How a stranger would try: `edit` changes the statement before `authority` signs it.
  StatusOr<v1::EnrolReply> TryEnrol(const std::string& name,
                                    const std::map<std::string, std::string>& labels,
                                    const platform::Ed25519PrivateKey& authority,
                                    const platform::TlsKey& tls, Timestamp not_after);

  // Contract and model `law` with these parameters as its first version.
  void CreateModel(const Params& params);
  // One round of campaign `learn` over `select` devices with the label role=train, of which
  // `goal` updates are wanted and `minimum` are enough.
  v1::Campaign Plan(std::uint32_t select, std::uint32_t goal, std::uint32_t minimum) const;
  void Apply(const v1::Campaign& campaign);
  v1::CampaignView Campaign() const;
  v1::CampaignView AwaitEnd() const;
  v1::DeviceView Describe(const Device& device) const;

  const Endpoint& address() const { return server_->grpc(); }
  const std::shared_ptr<grpc::Channel>& as_operator() const { return operator_; }
  std::shared_ptr<grpc::Channel> Anonymous() const;
  const platform::Ed25519PrivateKey& authority() const { return authority_; }
  std::string data_dir() const { return dir_ / "data"; }

 private:
  muster::testing::TempDir dir_;
  mutable platform::OpenSslRng rng_;
  platform::Ed25519PrivateKey authority_;
  NullLogger log_;
  std::unique_ptr<coordinator::MusterServer> server_;
  std::string ca_pem_;
  std::shared_ptr<grpc::Channel> operator_;
};

}  // namespace muster::e2e
