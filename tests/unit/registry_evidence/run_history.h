#pragma once
// History, and after it a campaign from version 2 of which each fact comes a second after the one
// before: round 1 is trained by a and b and evaluated by c, its result is version 3, and a trains
// round 2.
#include <map>

#include "tests/unit/registry_evidence/fixture.h"

namespace muster::registry::evidence {

class RunHistory : public History {
 public:
  RunHistory() {
    Campaign("CampaignApplied",
             fmt::format(R"({{"base":{{"contract":"plant","contract_version":1,"params":"{}",)"
                         R"("version":2}},"spec":{{"model":"wear"}}}})",
                         Params('2')));
    Campaign("RoundStarted", R"({"attempt":1,"round":1})");
    Round(1, "DevicesJoined", Devices({a, b}));
    asked_1 = now;
    Round(1, "UpdatesCounted", Devices({a}));
    Round(1, "DeviceDropped", fmt::format(R"({{"device":"{}","reason":"DEVICE_SILENT"}})", b));
    Round(1, "ModelAggregated",
          fmt::format(R"({{"evaluators":["{}"],"params":"{}"}})", c, Params('3')));
    aggregated_1 = now;
    Round(1, "EvaluationCounted", fmt::format(R"({{"device":"{}"}})", c));
    Round(1, "ModelPublished", "{}");
    Campaign("RoundSucceeded",
             fmt::format(R"({{"attempt":1,"counted":1,"params":"{}","round":1}})", Params('3')));
    before_version_3 = now;
    Tell("model/wear", 4, Version(3, "33", R"(,"campaign":"wear-2","parent":2,"round":1)"),
         "ModelVersionCreated");
    Campaign("VersionRegistered", R"({"round":1,"version":3})");
    Campaign("RoundStarted", R"({"attempt":1,"round":2})");
    Round(2, "DevicesJoined", Devices({a}));
    asked_2 = now;
    Publish();
  }

  // Another campaign from version 3, whose baseline d evaluates.
  void MeasureABaseline() {
    const auto campaign = [&](std::uint64_t seq, const std::string& type, const std::string& body) {
      Tell("campaign/wear-3", seq, body, type);
    };
    campaign(0, "CampaignApplied",
             fmt::format(R"({{"base":{{"contract":"plant","contract_version":1,"params":"{}",)"
                         R"("version":3}},"spec":{{"model":"wear"}}}})",
                         Params('3')));
    campaign(1, "RoundStarted", R"({"attempt":1,"round":0})");
    Tell("round/wear-3/0/1", 0,
         fmt::format(R"({{"evaluators":["{}"],"params":"{}"}})", d, Params('3')),
         "ModelAggregated");
    Tell("round/wear-3/0/1", 1, fmt::format(R"({{"device":"{}"}})", d), "EvaluationCounted");
    Tell("round/wear-3/0/1", 2, "{}", "ModelPublished");
    campaign(2, "BaselineEvaluated", R"({"attempt":1,"evaluated":1,"round":0})");
    Publish();
  }

  void Publish() {
    ASSERT_THAT(log().Advance(), IsOk());
    ASSERT_THAT(log().Publish(), IsOk());
  }
  void Campaign(const std::string& type, const std::string& body) {
    Tell("campaign/wear-2", next_["campaign"]++, body, type);
  }
  void Round(int round, const std::string& type, const std::string& body) {
    const std::string stream = fmt::format("round/wear-2/{}/1", round);
    Tell(stream, next_[stream]++, body, type);
  }
  StatusOr<Bundle> ExportRun(const std::string& device, Timestamp at, std::uint64_t version,
                             const std::string& campaign = "wear-2") {
    return Export(version, Asked{*MakeQuestion(device, at), campaign});
  }
  // What the log's own key would say of these leaves and this question: an operator who lies.
  Bundle Signed(Bundle bundle) {
    const auto envelope = ParseEnvelope(bundle.statement);
    std::vector<Subject> files;
    const Json said = Json::parse(envelope->payload);
    for (const Json& file : said["subject"])
      files.push_back(
          {file["name"], *Digest::Parse("sha256:" + file["digest"]["sha256"].get<std::string>())});
    const auto verified = audit::ParseCheckpoint(audit::ParseNote(bundle.checkpoint)->text);
    bundle.statement =
        *SignEnvelope(kInTotoPayload, *StatementOf(bundle, verified->tree.size, files, crypto()),
                      key(), signer());
    return bundle;
  }
  static std::string Params(char digit) { return "sha256:" + std::string(64, digit); }
  static std::string Devices(const std::vector<std::string>& ids) {
    return Json{{"devices", ids}}.dump();
  }

  const std::string a = std::string(32, 'a'), b = std::string(32, 'b'), c = std::string(32, 'c'),
                    d = std::string(32, 'd');
  Timestamp now = kThen;
  Timestamp asked_1, aggregated_1, before_version_3, asked_2;

 private:
  void Tell(const std::string& stream, std::uint64_t seq, const std::string& body,
            const std::string& type) {
    Write(stream, seq, body, type, now += std::chrono::seconds(1));
  }
  std::map<std::string, std::uint64_t> next_;
};

}  // namespace muster::registry::evidence
