#include "registry/evidence/device_run.h"

#include <gmock/gmock.h>

#include "base/time_text.h"
#include "registry/evidence/exports.h"
#include "registry/evidence/frameworks.h"
#include "tests/unit/registry_evidence/run_history.h"

namespace muster::registry::evidence {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;

class DeviceRunTest : public ::testing::Test {
 protected:
  // The answer in the bundle that is exported for it, once that holds.
  DeviceRun Ran(const std::string& device, Timestamp at, std::uint64_t version) {
    const auto bundle = history.ExportRun(device, at, version);
    EXPECT_THAT(bundle, IsOk());
    if (!bundle.ok()) return {};
    const auto verified = Verify(*bundle, history.key(), history.crypto());
    EXPECT_THAT(verified, IsOk());
    return verified.ok() ? *verified->run : DeviceRun{};
  }
  void ExpectRefused(const Bundle& bundle, std::string_view why) {
    const auto verified = Verify(bundle, history.key(), history.crypto());
    EXPECT_THAT(verified, Fails(absl::StatusCode::kInvalidArgument, Reason::kARTEFACT_INVALID));
    EXPECT_THAT(std::string(MessageOf(verified.status())), HasSubstr(std::string(why)));
  }
  static void Drop(Bundle& bundle, std::string_view text) {
    EXPECT_GT(
        std::erase_if(bundle.leaves,
                      [&](const Leaf& leaf) { return leaf.text.find(text) != std::string::npos; }),
        0u);
  }

  RunHistory history;
};

TEST_F(DeviceRunTest, IsTheVersionThatTheDeviceWasGivenLastByThen) {
  const DeviceRun first = Ran(history.a, history.asked_1 + std::chrono::seconds(1), 2);
  EXPECT_EQ(first.campaign, "wear-2");
  EXPECT_EQ(first.round, 1u);
  EXPECT_EQ(first.kind, "train");
  EXPECT_EQ(first.asked_at, history.asked_1);
  EXPECT_EQ(first.params, RunHistory::Params('2'));
  EXPECT_EQ(first.version, 2u);
  EXPECT_EQ(first.outcome, "counted");
  EXPECT_EQ(first.outcome_leaf, first.leaf + 1);

  const DeviceRun second = Ran(history.a, history.now, 3);
  EXPECT_EQ(second.round, 2u);
  EXPECT_EQ(second.params, RunHistory::Params('3'));
  EXPECT_EQ(second.version, 3u);
  EXPECT_EQ(second.outcome, "asked");
}

TEST_F(DeviceRunTest, MayBeTheBaselineOfACampaignWhoseFactsCannotBeLeftOut) {
  history.MeasureABaseline();
  const auto bundle = history.ExportRun(history.d, history.now, 3, "wear-3");
  ASSERT_THAT(bundle, IsOk());
  const auto verified = Verify(*bundle, history.key(), history.crypto());
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->run->campaign, "wear-3");
  EXPECT_EQ(verified->run->round, 0u);
  EXPECT_EQ(verified->run->kind, "evaluate");
  EXPECT_EQ(verified->run->version, 3u);
  EXPECT_EQ(verified->run->outcome, "evaluated");
  Bundle without = *bundle;
  Drop(without, "round/wear-3/0/1");
  ExpectRefused(history.Signed(without), "round 0 of campaign 'wear-3' was published");
}

TEST_F(DeviceRunTest, TellsWhatBecameOfItByThen) {
  EXPECT_EQ(Ran(history.a, history.asked_1, 2).outcome, "asked");
  EXPECT_EQ(Ran(history.b, history.now, 2).outcome, "dropped: DEVICE_SILENT");
}

TEST_F(DeviceRunTest, OfWhatNoVersionHoldsIsShownWithTheVersionBeforeIt) {
  const DeviceRun early = Ran(history.c, history.before_version_3, 2);
  EXPECT_EQ(early.kind, "evaluate");
  EXPECT_EQ(early.outcome, "evaluated");
  EXPECT_EQ(early.params, RunHistory::Params('3'));
  EXPECT_EQ(early.version, 0u);
  EXPECT_EQ(ModelText(early), "wear, 1 round of campaign wear-2 after version 2");
  EXPECT_EQ(Ran(history.c, history.now, 3).version, 3u);
}

TEST_F(DeviceRunTest, HasTheFactInWhichItWasAskedAmongTheProvenOnes) {
  const Bundle bundle = *history.ExportRun(history.a, history.asked_1, 2);
  const DeviceRun run = Ran(history.a, history.asked_1, 2);
  const auto leaf = std::ranges::find(bundle.leaves, run.leaf, &Leaf::index);
  ASSERT_NE(leaf, bundle.leaves.end());
  EXPECT_THAT(leaf->text, HasSubstr("DevicesJoined"));
  EXPECT_THAT(leaf->text, HasSubstr(history.a));
}

TEST_F(DeviceRunTest, OfADeviceThatRanNothingIsNotExported) {
  const auto none = history.ExportRun(history.d, history.now, 3);
  EXPECT_EQ(none.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(history.ExportRun(history.a, history.asked_1 - std::chrono::milliseconds(1), 2)
                .status()
                .code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(DeviceRunTest, ThatTheCheckpointDoesNotShowYetAsksToTryAgain) {
  history.Round(2, "UpdatesCounted", RunHistory::Devices({history.a}));
  const auto early = history.ExportRun(history.a, history.now, 3);
  EXPECT_EQ(early.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(MessageOf(early.status())), HasSubstr("try again"));
  // What comes after the instant, or is about others, does not matter.
  EXPECT_THAT(history.ExportRun(history.a, history.asked_2, 3), IsOk());
  EXPECT_THAT(history.ExportRun(history.b, history.now, 2), IsOk());
  history.Publish();
  EXPECT_EQ(Ran(history.a, history.now, 3).outcome, "counted");
}

TEST_F(DeviceRunTest, IsWrittenWithItsQuestionAndReadBack) {
  const Bundle bundle = *history.ExportRun(history.a, history.asked_1, 2);
  const std::string text = *EncodeBundle(bundle);
  EXPECT_THAT(text, HasSubstr(fmt::format(R"("question":{{"at":"{}","device":"{}"}})",
                                          FormatTime(history.asked_1), history.a)));
  const auto again = ParseBundle(text);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(*again, bundle);
  EXPECT_THAT(*EncodeBundle(*history.Export()), Not(HasSubstr("question")));
}

TEST_F(DeviceRunTest, WithAMalformedQuestionIsRefused) {
  const std::string text = *EncodeBundle(*history.ExportRun(history.a, history.asked_1, 2));
  const std::size_t at = text.find(R"("question":)") + 11;
  const std::size_t end = text.find('}', at) + 1;
  for (const std::string& question :
       {std::string("1"), std::string("{}"), std::string(R"({"at":"2023-11-14","device":"aa"})"),
        fmt::format(R"({{"at":"yesterday","device":"{}"}})", history.a),
        fmt::format(R"({{"at":"2023-11-14","device":"{}"}})", history.a)})
    EXPECT_THAT(ParseBundle(text.substr(0, at) + question + text.substr(end)),
                Fails(absl::StatusCode::kInvalidArgument, Reason::kARTEFACT_INVALID))
        << question;
}

TEST_F(DeviceRunTest, WithAnyByteOfItsQuestionFlippedIsRefused) {
  const std::string text = *EncodeBundle(*history.ExportRun(history.a, history.asked_1, 2));
  const std::size_t begin = text.find(R"("question":)"), end = text.find('}', begin) + 1;
  for (std::size_t at = begin; at < end; ++at) {
    std::string changed = text;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const auto parsed = ParseBundle(changed);
    EXPECT_FALSE(parsed.ok() && Verify(*parsed, history.key(), history.crypto()).ok())
        << changed.substr(begin, end - begin);
  }
}

TEST_F(DeviceRunTest, WhoseQuestionIsEditedIsRefused) {
  const Bundle bundle = *history.ExportRun(history.a, history.asked_1, 2);
  Bundle changed = bundle;
  changed.question->at = history.now;  // By then it ran something else.
  ExpectRefused(changed, "ran wear version 3, and not version 2");
  changed = bundle;
  changed.question->device = history.d;
  ExpectRefused(changed, "no fact gives device");
  // Another question with the same answer is another question.
  changed = bundle;
  changed.question->at += std::chrono::milliseconds(1);
  ExpectRefused(changed, "another question");
  changed = bundle;
  changed.question.reset();
  ExpectRefused(changed, "says something else");
}

TEST_F(DeviceRunTest, ThatHidesALaterRunIsRefused) {
  Bundle bundle = *history.ExportRun(history.a, history.asked_1, 2);
  const std::uint64_t asked = Ran(history.a, history.asked_1, 2).leaf;
  bundle.question->at = history.asked_2;
  std::erase_if(bundle.leaves, [&](const Leaf& leaf) { return leaf.index > asked; });
  ExpectRefused(bundle, "another question");
  // Nor does it help whoever has the log's key to leave out a round that another fact names.
  bundle = *history.ExportRun(history.c, history.now, 3);
  bundle.question->device = history.a;
  Drop(bundle, "\"stream\":\"round/wear-2/1/1\"");
  ExpectRefused(history.Signed(bundle), "its own facts are left out");
}

TEST_F(DeviceRunTest, WithAnyOfItsFactsCutOffAtTheEndIsRefused) {
  const Bundle bundle = *history.ExportRun(history.b, history.now, 2);
  for (std::size_t i = 0; i < bundle.leaves.size(); ++i) {
    Bundle changed = bundle;
    changed.leaves.erase(changed.leaves.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(Verify(changed, history.key(), history.crypto()).ok()) << "leaf " << i;
  }
}

TEST_F(DeviceRunTest, IsASectionOfTheCardEachFieldWithItsLeaf) {
  const Bundle bundle = *history.ExportRun(history.b, history.now, 2);
  const Verified verified = *Verify(bundle, history.key(), history.crypto());
  const Card card = *CardOf("wear", 2, verified.facts, verified.run);
  const Section& section = card.sections.front();
  EXPECT_EQ(section.title, "What the device ran");
  std::map<std::string, std::string> values;
  for (const Field& field : section.fields) {
    values[field.key] = field.value;
    EXPECT_FALSE(ClausesOf(field.key).empty()) << field.key;
    ASSERT_EQ(field.leaves.size(), 1u) << field.key;
    EXPECT_TRUE(std::ranges::any_of(bundle.leaves, [&](const Leaf& leaf) {
      return leaf.index == field.leaves[0];
    })) << field.key;
  }
  EXPECT_EQ(values,
            (std::map<std::string, std::string>{{"device.pseudonym", history.b},
                                                {"device.as_of", FormatTime(history.now)},
                                                {"device.asked", FormatTime(history.asked_1)},
                                                {"device.round", "wear-2 round 1, attempt 1"},
                                                {"device.outcome", "dropped: DEVICE_SILENT"},
                                                {"device.params", RunHistory::Params('2')},
                                                {"device.version", "wear version 2"}}));
  const Evidence evidence{bundle, verified, card};
  for (const std::string& form : {ToCsv(evidence), ToHtml(evidence)})
    EXPECT_THAT(form, HasSubstr("What the device ran"));
  EXPECT_THAT(ToCycloneDx(evidence), HasSubstr("muster:device.outcome"));
  EXPECT_THAT(ToCloudEvents(evidence), HasSubstr("DevicesJoined"));
}

}  // namespace
}  // namespace muster::registry::evidence
