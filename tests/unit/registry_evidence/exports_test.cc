#include "registry/evidence/exports.h"

#include <gmock/gmock.h>

#include "base/time_text.h"
#include "registry/evidence/frameworks.h"
#include "tests/unit/registry_evidence/fixture.h"

namespace muster::registry::evidence {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;

// A verified bundle with its card.
struct Shown {
  Shown() : bundle(*history.Export()), verified(*Verify(bundle, history.key(), history.crypto())) {
    card = *CardOf("wear", 2, verified.facts);
  }
  Evidence evidence() const { return {bundle, verified, card}; }
  History history;
  Bundle bundle;
  Verified verified;
  Card card;
};

const Field* Find(const Card& card, std::string_view key) {
  for (const Section& section : card.sections)
    for (const Field& field : section.fields)
      if (field.key == key) return &field;
  return nullptr;
}

// The same with a third version, whose campaign evaluated version 2 beside it.
struct ShownBeside {
  ShownBeside() {
    history.Write(
        "model/wear", 4,
        History::Version(3, "33",
                         R"(,"campaign":"wear-1","lineage":{"baseline":{"both":28,"devices":30,)"
                         R"("metrics":{"rmse":"15.2"},"slices":{"drifted":{"rmse":"19.5"}},)"
                         R"("version":2}},"parent":2,"round":3)"),
        "ModelVersionCreated");
    EXPECT_THAT(history.log().Advance(), IsOk());
    EXPECT_THAT(history.log().Publish(), IsOk());
    bundle = *history.Export(3);
    verified = *Verify(bundle, history.key(), history.crypto());
    card = *CardOf("wear", 3, verified.facts);
  }
  History history;
  Bundle bundle;
  Verified verified;
  Card card;
};

TEST(Card, ShowsABaselineBesideTheMetrics) {
  const ShownBeside shown;
  EXPECT_EQ(shown.card.baseline, (std::map<std::string, std::string>{{"rmse", "15.2"}}));
  ASSERT_NE(Find(shown.card, "results.baseline"), nullptr);
  EXPECT_EQ(Find(shown.card, "results.baseline")->value,
            "version 2, evaluated by the same campaign on 30 devices, 28 of which evaluated this "
            "version");
  EXPECT_EQ(Find(shown.card, "results.baseline.rmse")->label, "rmse of version 2");
  EXPECT_EQ(Find(shown.card, "results.baseline.rmse")->value, "15.2");
  EXPECT_EQ(Find(shown.card, "slices.baseline.drifted")->value, R"({"rmse":"19.5"})");
  const Evidence evidence{shown.bundle, shown.verified, shown.card};
  const Json bom = Json::parse(ToCycloneDx(evidence));
  const Json& metrics =
      bom["components"][0]["modelCard"]["quantitativeAnalysis"]["performanceMetrics"];
  ASSERT_EQ(metrics.size(), 2u);
  EXPECT_EQ(metrics[1]["type"], "rmse of version 2, evaluated by the same campaign");
  EXPECT_EQ(metrics[1]["value"], "15.2");
  EXPECT_THAT(ToHtml(evidence), HasSubstr("<small>rmse of version 2 beside it</small>"));
}

TEST(Card, SaysWhatTheFactsSayAndWhere) {
  const Shown shown;
  EXPECT_EQ(shown.card.params, "sha256:" + std::string(64, '2'));
  EXPECT_EQ(shown.card.metrics, (std::map<std::string, std::string>{{"rmse", "13.7"}}));
  EXPECT_EQ(shown.card.rounds.size(), 3u);
  const Field* const rounds = Find(shown.card, "training.rounds");
  ASSERT_NE(rounds, nullptr);
  EXPECT_EQ(rounds->value, "3 up to round 3, 9 updates summed");
  EXPECT_EQ(rounds->leaves.size(), 3u);
  ASSERT_NE(Find(shown.card, "training.devices"), nullptr);
  EXPECT_EQ(Find(shown.card, "training.devices")->value, "3");
  EXPECT_EQ(Find(shown.card, "data.fields")->value, "heat FLOAT in Cel 10..90");
  EXPECT_EQ(shown.card.history.back().what,
            "alias champion was pointed at version 2 (before: none)");
}

TEST(Card, NamesTheReferenceOfEachMonitorAndWhereTheLogHasIt) {
  History history;
  const std::string digest = "sha256:" + std::string(64, '5');
  const auto refer = [&](std::uint64_t seq, int version, const std::string& more) {
    history.Write(
        "model/wear", seq,
        fmt::format(R"({{"digest":"{}","monitor":"fleet","version":{}{}}})", digest, version, more),
        "VersionReferenced");
  };
  refer(4, 2, "");
  refer(5, 2, R"(,"devices":60,"rows":3000,"shards":12)");
  refer(6, 1, "");
  ASSERT_THAT(history.log().Advance(), IsOk());
  ASSERT_THAT(history.log().Publish(), IsOk());
  const auto bundle = history.Export();
  ASSERT_THAT(bundle, IsOk());
  const auto facts = FactsOf(*bundle, history.crypto());
  ASSERT_THAT(facts, IsOk());
  const auto card = CardOf("wear", 2, *facts);
  ASSERT_THAT(card, IsOk());
  const Field* const reference = Find(*card, "data.reference.fleet");
  ASSERT_NE(reference, nullptr);
  EXPECT_EQ(reference->value,
            digest + ", 3000 rows of 60 devices in 12 shards, " + FormatTime(History::kThen));
  ASSERT_EQ(reference->leaves.size(), 1u);
  const auto leaf = std::ranges::find_if(
      *facts, [&](const LeafFact& fact) { return fact.leaf == reference->leaves[0]; });
  ASSERT_NE(leaf, facts->end());
  EXPECT_EQ(leaf->seq, 5u) << "the newest that is about this version";
  EXPECT_EQ(card->history.back().what, "monitor fleet took its reference of version 1");
  EXPECT_FALSE(ClausesOf(reference->key).empty());
}

TEST(Card, NamesForEachFieldALeafThatTheBundleHas) {
  const Shown shown;
  for (const Section& section : shown.card.sections)
    for (const Field& field : section.fields) {
      EXPECT_FALSE(field.leaves.empty()) << field.key;
      for (const std::uint64_t leaf : field.leaves)
        EXPECT_TRUE(std::ranges::any_of(shown.bundle.leaves, [&](const Leaf& l) {
          return l.index == leaf;
        })) << field.key;
    }
}

TEST(Card, MapsEveryFieldToAClause) {
  const Shown shown;
  for (const Section& section : shown.card.sections)
    for (const Field& field : section.fields)
      EXPECT_FALSE(ClausesOf(field.key).empty()) << field.key;
  EXPECT_TRUE(ClausesOf("nothing").empty());
}

TEST(CycloneDx, IsA16BomWithAModelCard) {
  const Shown shown;
  const Json bom = Json::parse(ToCycloneDx(shown.evidence()));
  EXPECT_EQ(bom["bomFormat"], "CycloneDX");
  EXPECT_EQ(bom["specVersion"], "1.6");
  EXPECT_THAT(bom["serialNumber"].get<std::string>(),
              ::testing::MatchesRegex("urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-"
                                      "[0-9a-f]{12}"));
  const Json& model = bom["components"][0];
  EXPECT_EQ(model["type"], "machine-learning-model");
  EXPECT_EQ(model["hashes"][0]["content"], std::string(64, '2'));
  const Json& metric = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"][0];
  EXPECT_EQ(metric["type"], "rmse");
  EXPECT_EQ(metric["value"], "13.7");
}

TEST(CycloneDx, SaysWhatTheTrainingTookByEstimate) {
  const Shown shown;
  ASSERT_NE(Find(shown.card, "results.energy"), nullptr);
  EXPECT_EQ(Find(shown.card, "results.energy")->value, "0.05 kWh: 15 W a device times 12000 s");
  const Json bom = Json::parse(ToCycloneDx(shown.evidence()));
  const Json& consumption = bom["components"][0]["modelCard"]["considerations"]
                               ["environmentalConsiderations"]["energyConsumptions"][0];
  const Json kwh{{"unit", "kWh"}, {"value", 0.05}};
  EXPECT_EQ(consumption["activity"], "training");
  EXPECT_EQ(consumption["activityEnergyCost"], kwh);
  const Json& provider = consumption["energyProviders"][0];
  EXPECT_EQ(provider["energySource"], "unknown");
  EXPECT_EQ(provider["energyProvided"], kwh);
  EXPECT_EQ(provider["description"], "15 W a device times 12000 s");
  EXPECT_TRUE(provider["organization"].is_object());
}

TEST(CycloneDx, OfAVersionWithoutAnEstimateSaysNothingOfEnergy) {
  History history;
  const Bundle bundle = *history.Export(1);
  const Verified verified = *Verify(bundle, history.key(), history.crypto());
  const Card card = *CardOf("wear", 1, verified.facts);
  EXPECT_EQ(Find(card, "results.energy"), nullptr);
  EXPECT_THAT(ToCycloneDx({bundle, verified, card}), Not(HasSubstr("energy")));
}

TEST(CloudEvents, AreOneForEachFact) {
  const Shown shown;
  const Json events = Json::parse(ToCloudEvents(shown.evidence()));
  ASSERT_EQ(events.size(), shown.verified.facts.size());
  for (const Json& event : events) {
    EXPECT_EQ(event["specversion"], "1.0");
    for (const char* required : {"id", "source", "type"})
      EXPECT_FALSE(event[required].get<std::string>().empty());
  }
}

TEST(Csv, HasALineForEachFieldRoundAndChange) {
  const Shown shown;
  const std::string csv = ToCsv(shown.evidence());
  std::size_t fields = 0;
  for (const Section& section : shown.card.sections) fields += section.fields.size();
  EXPECT_EQ(std::ranges::count(csv, '\n'),
            static_cast<std::ptrdiff_t>(1 + fields + shown.card.rounds.size() +
                                        shown.card.history.size() + 1));
  EXPECT_THAT(csv, HasSubstr("Annex IV"));
}

TEST(Csv, HoldsNothingThatASpreadsheetWouldRun) {
  Shown shown;
  shown.card.sections[0].fields[0].value = "=HYPERLINK(\"http://x\")";
  EXPECT_THAT(ToCsv(shown.evidence()), HasSubstr("\"'=HYPERLINK(\"\"http://x\"\")\""));
}

TEST(Html, EscapesWhatPeopleWroteAndSaysThatItIsNoVerdict) {
  const Shown shown;
  const std::string html = ToHtml(shown.evidence());
  EXPECT_THAT(html, HasSubstr("Wear of &lt;seals&gt; &amp; &quot;gaskets&quot;"));
  EXPECT_THAT(html, Not(HasSubstr("<seals>")));
  EXPECT_THAT(html, HasSubstr("evidence, not a verdict"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
}

}  // namespace
}  // namespace muster::registry::evidence
