#include <filesystem>

#include "base/time_text.h"
#include "fake_muster.h"
#include "tests/unit/registry_evidence/run_history.h"

namespace muster::cli {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;
namespace evidence = registry::evidence;

// A coordinator at which device a trained from version 2 of a model, by some instant.
class AuditOfADevice : public MusterTest {
 protected:
  AuditOfADevice() {
    services_.device_history.set_id(log.a);
    services_.device_history.set_at_unix_ms(UnixMillis(at));
    v1::DeviceHistory::Entry& ran = *services_.device_history.add_entries();
    ran.set_model("wear");
    ran.set_version(2);
    ran.set_base_version(2);
    ran.set_campaign("wear-2");
    services_.evidence = *evidence::EncodeBundle(*log.ExportRun(log.a, at, 2));
  }
  int Export(std::vector<std::string> more = {}) {
    std::vector<std::string> all{"audit", "export", "--device", "engine-007", "--out", file};
    all.insert(all.end(), more.begin(), more.end());
    return Run(all);
  }
  std::string Answer() const {
    return fmt::format("device {} ran wear version 2 at {}, leaf ", log.a, FormatTime(at));
  }

  evidence::RunHistory log;
  const Timestamp at = log.asked_1 + std::chrono::milliseconds(250);
  const std::string file = dir_ / "run.json";
};

TEST_F(AuditOfADevice, ExportsWhatItRanThenUnderItsPseudonym) {
  ASSERT_EQ(Export({"--at", "2023-11-14T22:13:30.250Z"}), 0) << err();
  EXPECT_EQ(services_.device_history_asked.name(), "engine-007");
  EXPECT_EQ(services_.device_history_asked.most(), 1u);
  EXPECT_EQ(services_.device_history_asked.at_unix_ms(), 1'700'000'010'250);
  const v1::ExportEvidenceRequest& asked = services_.evidence_asked;
  EXPECT_EQ(asked.model(), "wear");
  EXPECT_EQ(asked.version(), 2u);
  EXPECT_EQ(asked.device(), log.a);
  EXPECT_EQ(asked.at_unix_ms(), UnixMillis(at));
  EXPECT_EQ(asked.campaign(), "wear-2");
  EXPECT_THAT(out(), HasSubstr(Answer()));
  EXPECT_EQ(*disk_.ReadText(file), services_.evidence);
}

TEST_F(AuditOfADevice, TakesTheVersionBeforeItWhenNoneHoldsWhatItRan) {
  v1::DeviceHistory::Entry& ran = *services_.device_history.mutable_entries(0);
  ran.set_version(0);
  ran.set_base_version(2);
  ASSERT_EQ(Export(), 0) << err();
  EXPECT_EQ(services_.device_history_asked.at_unix_ms(), 0);
  EXPECT_EQ(services_.evidence_asked.version(), 2u);
}

TEST_F(AuditOfADevice, IsVerifiedWithoutTheServer) {
  ASSERT_EQ(Export(), 0) << err();
  server_->Shutdown();
  ASSERT_EQ(Run({"audit", "verify", file, "--key", log.key()}), 0) << err();
  EXPECT_THAT(out(), HasSubstr(Answer()));
  EXPECT_THAT(out(), HasSubstr("wear-2 round 1, train: asked"));
  ASSERT_EQ(Run({"audit", "verify", file, "-o", "json"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr(log.a));
}

TEST_F(AuditOfADevice, WithAnotherQuestionDoesNotHold) {
  std::string text = services_.evidence;
  const std::string asked = FormatTime(at);
  text.replace(text.rfind(asked), asked.size(), FormatTime(log.now));
  const std::string changed = Write("changed.json", text);
  EXPECT_EQ(Run({"audit", "verify", changed}), 1);
  EXPECT_THAT(err(), HasSubstr("ran wear version 3, and not version 2"));
  EXPECT_THAT(out(), Not(HasSubstr("ok")));
}

TEST_F(AuditOfADevice, ThatTheServerAnswersFalselyIsNotWritten) {
  services_.evidence = *evidence::EncodeBundle(log.Signed([&] {
    evidence::Bundle bundle = *log.ExportRun(log.b, log.now, 2);
    bundle.question->device = log.a;
    return bundle;
  }()));
  EXPECT_EQ(Export(), 1);
  EXPECT_THAT(err(), HasSubstr("ran wear version 3"));
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(AuditOfADevice, ThatIsUnknownOrRanNothingSaysSo) {
  services_.device_history.clear_entries();
  EXPECT_EQ(Export({"--at", "2020-01-01"}), 1);
  EXPECT_THAT(err(), HasSubstr("had been given no model by"));
  EXPECT_THAT(err(), HasSubstr("later --at"));
  services_.device_history.clear_id();
  EXPECT_EQ(Export(), 1);
  EXPECT_THAT(err(), HasSubstr("no device is called 'engine-007'"));
}

TEST_F(AuditOfADevice, ThatTheLogDoesNotCoverYetSaysSo) {
  services_.evidence.clear();
  EXPECT_EQ(Export(), 1);
  EXPECT_THAT(err(), HasSubstr("try again"));
}

TEST_F(AuditOfADevice, IsNotAskedTogetherWithAVersionOrForNothing) {
  EXPECT_EQ(Run({"audit", "export"}), 2);
  EXPECT_EQ(Export({"--model", "wear"}), 2);
  EXPECT_EQ(Export({"--version", "3"}), 2);
  EXPECT_EQ(Run({"audit", "export", "--model", "wear", "--at", "2020-01-01"}), 2);
  EXPECT_EQ(Export({"--at", "yesterday"}), 1);
}

}  // namespace
}  // namespace muster::cli
