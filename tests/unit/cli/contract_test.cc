#include <nlohmann/json.hpp>

#include "fake_muster.h"

namespace muster::cli {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kThermostat[] = R"({
  "@context": ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"],
  "@id": "dtmi:com:example:Thermostat;1",
  "@type": "Interface",
  "displayName": "Thermostat",
  "contents": [
    {"@type": ["Telemetry", "Temperature"], "name": "temp", "schema": "double",
     "unit": "degreeCelsius"},
    {"@type": "Command", "name": "reboot"}
  ]
})";

class Contract : public MusterTest {
 protected:
  static void Fill(v1::ContractDifference& d, const char* kind, const char* path, const char* text,
                   bool backward, bool forward) {
    d.set_kind(kind);
    d.set_path(path);
    d.set_text(text);
    d.set_breaks_backward(backward);
    d.set_breaks_forward(forward);
  }
};

TEST_F(Contract, DiffShowsEveryPathAndWhomItStops) {
  services_.contract_diff.set_name("engine");
  services_.contract_diff.set_from(1);
  services_.contract_diff.set_to(2);
  services_.contract_diff.set_backward(true);
  Fill(*services_.contract_diff.add_differences(), "RANGE_WIDENED", "fields[s2].max",
       "was 645 and is 650", false, true);
  Fill(*services_.contract_diff.add_differences(), "OWNER_CHANGED", "owner",
       "was none and is 'ann'", false, false);
  ASSERT_EQ(Run({"contract", "diff", "engine"}), 0) << err();
  EXPECT_EQ(out(),
            "contract/engine from version 1 to version 2: readers of version 2 read data of "
            "version 1, readers of version 1 do not read data of version 2\n"
            "PATH            CHANGE         BREAKS   WHAT\n"
            "fields[s2].max  RANGE_WIDENED  forward  was 645 and is 650\n"
            "owner           OWNER_CHANGED  -        was none and is 'ann'\n");
  EXPECT_EQ(services_.diff_asked.from(), 0u);
  ASSERT_EQ(Run({"contract", "diff", "engine", "3", "5", "-o", "json"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("\"kind\": \"RANGE_WIDENED\""));
  EXPECT_EQ(services_.diff_asked.from(), 3u);
  EXPECT_EQ(services_.diff_asked.to(), 5u);
  EXPECT_EQ(Run({"contract", "diff", "engine", "0"}), 2);
}

TEST_F(Contract, CheckTellsWhatApplyWouldSayAndIsExitOneWhereItWouldRefuse) {
  const std::string file =
      Write("all.yaml", "kind: Contract\nname: engine\n---\nkind: Model\nname: m\n");
  services_.contract_check.set_newest(2);
  services_.contract_check.set_changed(true);
  services_.contract_check.set_compatible(true);
  services_.contract_check.set_compatibility(v1::Contract::BACKWARD);
  ASSERT_EQ(Run({"contract", "check", "-f", file}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("contract/engine is compatible by BACKWARD of version 2: applying "
                               "it makes version 3\n"));
  EXPECT_THAT(services_.calls, ElementsAre("try contract/engine"));

  services_.contract_check.set_compatible(false);
  v1::ContractCheck::Break& broken = *services_.contract_check.add_breaks();
  broken.set_version(2);
  broken.set_backward(true);
  Fill(*broken.mutable_difference(), "UNIT_CHANGED", "fields[s2].unit", "was 'K' and is 'Cel'",
       true, true);
  *services_.contract_check.add_differences() = broken.difference();
  EXPECT_EQ(Run({"contract", "check", "-f", file}), 1);
  EXPECT_EQ(out(),
            "contract/engine is incompatible: BACKWARD of version 2 forbids it\n"
            "PATH             CHANGE        BREAKS  WHAT\n"
            "fields[s2].unit  UNIT_CHANGED  both    was 'K' and is 'Cel'\n"
            "Forbidden:\n"
            "VERSION  BREAKS    PATH             CHANGE\n"
            "2        backward  fields[s2].unit  UNIT_CHANGED\n"
            "To break with what was, first apply version 2 with compatibility: NONE.\n");
  EXPECT_EQ(Run({"contract", "check", "-f", file, "-o", "json"}), 1);
  EXPECT_THAT(out(), HasSubstr("\"compatible\": false"));
}

TEST_F(Contract, ACheckOfAContractThatIsWrongInItselfNamesThePlaceInTheFile) {
  services_.refusals["contract/engine"] = InvalidField("owner", "holds a control character");
  const std::string file = Write("c.yaml", "kind: Contract\nname: engine\nowner: x\n");
  EXPECT_EQ(Run({"contract", "check", "-f", file}), 1);
  EXPECT_THAT(err(), HasSubstr(file + ":3:1: owner: holds a control character"));
  EXPECT_EQ(Run({"contract", "check", "-f", Write("m.yaml", "kind: Model\nname: m\n")}), 1);
  EXPECT_THAT(err(), HasSubstr("no contract in this file"));
}

TEST_F(Contract, ImportPrintsAResourceThatApplyReadsAndTellsWhatWasLeftOut) {
  const std::string file = Write("t.json", kThermostat);
  ASSERT_EQ(Run({"contract", "import", "--dtdl", file, "--name", "heat"}), 0) << err();
  EXPECT_THAT(out(), ::testing::StartsWith("kind: Contract\nname: heat\n"));
  EXPECT_THAT(out(), HasSubstr("unit: Cel\n"));
  EXPECT_THAT(err(), HasSubstr("left out: contents[reboot]: a Command is no value of a row\n"));
  EXPECT_TRUE(services_.calls.empty());
  ASSERT_EQ(Run({"apply", "-f", Write("heat.yaml", out())}), 0) << err();
  EXPECT_THAT(services_.calls, ElementsAre("try contract/heat", "apply contract/heat"));
}

TEST_F(Contract, ImportAppliesWhatItMadeWhenAsked) {
  const std::string file = Write("t.json", kThermostat);
  ASSERT_EQ(Run({"contract", "import", "--dtdl", file, "--apply"}), 0) << err();
  EXPECT_EQ(out(), "contract/Thermostat created (version 1)\n");
  EXPECT_THAT(services_.calls, ElementsAre("apply contract/Thermostat"));
  ASSERT_EQ(Run({"contract", "import", "--dtdl", file, "-o", "json"}), 0) << err();
  const auto json = nlohmann::json::parse(out());
  EXPECT_EQ(json["contract"]["fields"][0]["type"], "FLOAT");
  EXPECT_EQ(json["left_out"][0]["path"], "contents[reboot]");
}

TEST_F(Contract, ImportRefusesWhatIsNoInterface) {
  EXPECT_EQ(Run({"contract", "import", "--dtdl", Write("t.json", "{}")}), 1);
  EXPECT_THAT(err(), HasSubstr("t.json: @context: is missing"));
  EXPECT_EQ(Run({"contract", "import", "--dtdl", dir_ / "nowhere"}), 1);
  EXPECT_THAT(err(), HasSubstr("cannot be read"));
}

TEST_F(Contract, DescribeShowsOwnerFreshnessAndRules) {
  v1::ContractVersion& version = services_.contract;
  version.set_version(2);
  v1::Contract& contract = *version.mutable_contract();
  contract.set_name("engine");
  contract.set_owner("plant-data@example.com");
  contract.set_freshness("1h");
  contract.set_time_field("when");
  contract.mutable_rows()->set_out_of_range(v1::Contract::KEEP);
  contract.mutable_rows()->set_max_bad_share(0.1);
  contract.set_compatibility(v1::Contract::FULL_TRANSITIVE);
  v1::Contract::Field& field = *contract.add_fields();
  field.set_name("s2");
  field.set_type(v1::Contract::FLOAT);
  field.set_nullable(true);
  field.set_meaning("dtmi:com:example:Engine;1");
  ASSERT_EQ(Run({"describe", "contract", "engine@2"}), 0) << err();
  for (const char* words :
       {"plant-data@example.com", "the newest row at most 1h old, by when",
        "values out of range are kept; data with more than 10% bad rows is refused",
        "FULL_TRANSITIVE", "NULLS    MEANING", "allowed  dtmi:com:example:Engine;1"})
    EXPECT_THAT(out(), HasSubstr(words));
  EXPECT_EQ(Run({"describe", "contract", "engine@x"}), 1);
  ASSERT_EQ(Run({"get", "contract", "engine"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("OWNER                   COMPATIBILITY"));
}

TEST_F(Contract, HelpTeachesByExamples) {
  for (const char* command : {"diff", "check", "import"}) {
    EXPECT_EQ(Run({"contract", command, "--help"}), 0);
    EXPECT_THAT(out(), HasSubstr("Examples:"));
  }
  EXPECT_EQ(Run({"contract"}), 2);
}

}  // namespace
}  // namespace muster::cli
