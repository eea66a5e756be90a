#include "config/dtdl.h"

#include <gmock/gmock.h>

#include <map>

#include "config/load.h"
#include "tests/unit/config/expect.h"

namespace muster::config {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// An interface with these contents, and what else is in `more`.
std::string Interface(const std::string& contents, const std::string& more = "") {
  return R"({"@context": ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"],
             "@id": "dtmi:com:example:Engine;2", "@type": "Interface", )" +
         more + R"("contents": [)" + contents + "]}";
}

DtdlImport Import(const std::string& text, const DtdlOptions& options = {}) {
  auto import = ImportDtdl(text, options);
  EXPECT_TRUE(import.ok()) << import.status();
  return import.ok() ? *std::move(import) : DtdlImport();
}

std::map<std::string, std::string> LeftOut(const DtdlImport& import) {
  std::map<std::string, std::string> out;
  for (const DtdlSkipped& skipped : import.skipped) out[skipped.path] = skipped.text;
  return out;
}

constexpr char kTemp[] = R"({"@type": ["Telemetry", "Temperature"], "name": "temp",
  "schema": "double", "unit": "degreeCelsius"})";

TEST(Dtdl, AnInterfaceIsAContract) {
  const DtdlImport import = Import(Interface(
      std::string(kTemp) +
          R"(, {"@type": "Property", "name": "serial", "@id": "dtmi:com:example:Engine:serial;1",
              "schema": "string", "displayName": {"de": "Nummer", "en": "Serial number"},
              "description": "As on the plate", "writable": false})",
      R"("displayName": "Engine", "description": {"en": "A turbofan"}, )"));
  const v1::Contract& contract = import.contract;
  EXPECT_EQ(contract.name(), "Engine");
  EXPECT_EQ(contract.description(), "Engine: A turbofan (dtmi:com:example:Engine;2)");
  ASSERT_EQ(contract.fields_size(), 2);
  EXPECT_EQ(contract.fields(0).name(), "temp");
  EXPECT_EQ(contract.fields(0).type(), v1::Contract::FLOAT);
  EXPECT_EQ(contract.fields(0).unit(), "Cel");
  EXPECT_EQ(contract.fields(0).meaning(),
            "dtmi:dtdl:extension:quantitativeTypes:v1:class:Temperature");
  EXPECT_EQ(contract.fields(1).type(), v1::Contract::TEXT);
  EXPECT_EQ(contract.fields(1).meaning(), "dtmi:com:example:Engine:serial;1");
  EXPECT_EQ(contract.fields(1).description(), "Serial number: As on the plate");
  EXPECT_THAT(LeftOut(import),
              ElementsAre(::testing::Pair("contents[serial].displayName", HasSubstr("'de'")),
                          ::testing::Pair("contents[serial].writable", HasSubstr("does not say"))));
}

TEST(Dtdl, PrimitiveSchemasHaveTheirTypes) {
  for (const auto& [schema, type] : std::map<std::string, v1::Contract::Type>{
           {"double", v1::Contract::FLOAT},
           {"float", v1::Contract::FLOAT},
           {"integer", v1::Contract::INTEGER},
           {"long", v1::Contract::INTEGER},
           {"boolean", v1::Contract::BOOLEAN},
           {"string", v1::Contract::TEXT},
           {"dateTime", v1::Contract::TIMESTAMP},
           {"dtmi:dtdl:instance:Schema:double;2", v1::Contract::FLOAT}}) {
    SCOPED_TRACE(schema);
    const DtdlImport import =
        Import(Interface(R"({"@type": "Telemetry", "name": "x", "schema": ")" + schema + "\"}"));
    ASSERT_EQ(import.contract.fields_size(), 1);
    EXPECT_EQ(import.contract.fields(0).type(), type);
    EXPECT_TRUE(import.skipped.empty());
  }
}

TEST(Dtdl, WhatAContractDoesNotSayIsToldByPath) {
  const DtdlImport import = Import(
      Interface(std::string(kTemp) + R"(,
        {"@type": "Command", "name": "reboot"},
        {"@type": "Component", "name": "camera", "schema": "dtmi:com:example:Camera;3"},
        {"@type": "Relationship", "name": "room"},
        {"@type": "Telemetry", "name": "gyro", "schema": {"@type": "Object", "fields": []}},
        {"@type": "Telemetry", "name": "list", "schema": {"@type": "Array"}},
        {"@type": "Telemetry", "name": "state", "schema": {"@type": "Enum"}},
        {"@type": "Property", "name": "map", "schema": {"@type": "Map"}},
        {"@type": "Telemetry", "name": "day", "schema": "date"},
        {"@type": "Telemetry", "name": "own", "schema": "dtmi:com:example:point;1"},
        {"@type": ["Telemetry", "Historized"], "name": "old", "schema": "long"},
        {"@type": ["Telemetry", "Volume"], "name": "tank", "schema": "double", "unit": "gallon"})",
                R"("extends": "dtmi:com:example:Machine;1", "schemas": [], "comment": "x", )"));
  EXPECT_EQ(import.contract.fields_size(), 3);
  const auto out = LeftOut(import);
  EXPECT_EQ(out.at("contents[reboot]"), "a Command is no value of a row");
  EXPECT_EQ(out.at("contents[camera]"), "a Component is no value of a row");
  EXPECT_EQ(out.at("contents[room]"), "a Relationship is no value of a row");
  for (const auto& [path, words] :
       std::map<std::string, std::string>{{"contents[gyro]", "an Object"},
                                          {"contents[list]", "an Array"},
                                          {"contents[state]", "an Enum"},
                                          {"contents[map]", "Map"},
                                          {"contents[day]", "'date'"},
                                          {"contents[own]", "'dtmi:com:example:point;1'"},
                                          {"contents[old].@type", "'Historized'"},
                                          {"contents[tank].unit", "'gallon'"},
                                          {"extends", "'dtmi:com:example:Machine;1'"},
                                          {"schemas", "does not say"},
                                          {"comment", "does not say"}}) {
    SCOPED_TRACE(path);
    ASSERT_TRUE(out.contains(path));
    EXPECT_THAT(out.at(path), HasSubstr(words));
  }
  EXPECT_EQ(out.size(), 14u);
}

TEST(Dtdl, UnitsNeedTheirExtension) {
  const DtdlImport import = Import(
      R"({"@context": "dtmi:dtdl:context;3", "@id": "dtmi:a:B;1", "@type": ["Interface"],
          "contents": )" +
      std::string(kTemp) + "}");
  EXPECT_EQ(import.contract.fields(0).unit(), "");
  EXPECT_EQ(import.contract.fields(0).meaning(), "");
  EXPECT_THAT(LeftOut(import), ElementsAre(::testing::Key("contents[temp].@type"),
                                           ::testing::Key("contents[temp].unit")));
}

TEST(Dtdl, UnitsAreWrittenAsUcumWhereThereIsNoDoubt) {
  for (const auto& [dtdl, ucum] :
       std::map<std::string, std::string>{{"degreeFahrenheit", "[degF]"},
                                          {"poundPerSquareInch", "[psi]"},
                                          {"percent", "%"},
                                          {"revolutionPerMinute", "circ/min"},
                                          {"kilowattHour", "kW.h"},
                                          {"unity", "1"},
                                          {"gallon", ""},
                                          {"furlong", ""}})
    EXPECT_EQ(UcumOf(dtdl), ucum) << dtdl;
  EXPECT_TRUE(IsSemanticType("RelativeHumidity"));
  EXPECT_FALSE(IsSemanticType("Interface"));
}

TEST(Dtdl, OneOfSeveralInterfacesIsChosenById) {
  const std::string two = "[" + Interface(kTemp) + R"(, {"@id": "dtmi:com:example:Pump;1"}])";
  EXPECT_EQ(Import(two, {"", "dtmi:com:example:Engine;2"}).contract.name(), "Engine");
  const Status unsaid = ImportDtdl(two).status();
  EXPECT_EQ(ReasonOf(unsaid), Reason::kSCHEMA_INVALID);
  EXPECT_THAT(std::string(muster::MessageOf(unsaid)), HasSubstr("dtmi:com:example:Pump;1"));
  EXPECT_FALSE(ImportDtdl(two, {"", "dtmi:com:example:Fan;1"}).ok());
  EXPECT_EQ(Import(Interface(kTemp), {"other", ""}).contract.name(), "other");
}

TEST(Dtdl, WhatIsNoInterfaceOfVersionThreeIsRefusedWithItsPath) {
  struct Case {
    std::string text;
    std::string field;
  };
  const std::string long_name(64, 'n');
  for (const Case& c : std::vector<Case>{
           {"{}", "@context"},
           {R"({"@context": 7})", "@context"},
           {R"({"@context": "dtmi:dtdl:context;2"})", "@context"},
           {R"({"@context": "dtmi:dtdl:context;3"})", "@type"},
           {R"({"@context": "dtmi:dtdl:context;3", "@type": "Telemetry"})", "@type"},
           {R"({"@context": "dtmi:dtdl:context;3", "@type": "Interface"})", "@id"},
           {Interface(""), "contents"},
           {Interface(R"({"@type": "Command", "name": "x"})"), "contents"},
           {Interface("7"), "contents[0]"},
           {Interface("{}"), "contents[0].name"},
           {Interface(R"({"name": "9x"})"), "contents[0].name"},
           {Interface(R"({"name": ")" + long_name + "\"}"), "contents[0].name"},
           {Interface(R"({"name": "x"})"), "contents[x].@type"},
           {Interface(R"({"name": "x", "@type": "Telemetry"})"), "contents[x].schema"},
           {Interface(R"({"name": "x", "@type": "Telemetry", "schema": "long", "unit": 1})"),
            "contents[x].unit"},
           {Interface(R"({"name": "x", "@type": "Telemetry", "schema": "long", "@id": "x"})"),
            "contents[x].@id"},
           {Interface(R"({"name": "x", "@type": "Telemetry", "schema": "long",
                          "description": {"en": 1}})"),
            "contents[x].description"},
           {Interface(kTemp, R"("displayName": [], )"), "displayName"}}) {
    SCOPED_TRACE(c.text);
    const Status refused = ImportDtdl(c.text).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << refused;
    EXPECT_EQ(ReasonOf(refused), Reason::kFIELD_INVALID) << refused;
    EXPECT_EQ(FieldOf(refused), c.field) << refused;
  }
  const Status twice = ImportDtdl(Interface(std::string(kTemp) + "," + kTemp)).status();
  EXPECT_EQ(ReasonOf(twice), Reason::kFIELD_DUPLICATE);
  EXPECT_EQ(FieldOf(twice), "contents[1].name");
}

TEST(Dtdl, WhatIsNoJsonOrTooMuchOfItIsRefused) {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("7"), std::string("[]"), std::string("[7]"),
        std::string(R"({"a": 1, "a": 2})"), std::string(100'000, '['),
        std::string(kMaxDtdlBytes + 1, ' ')}) {
    const Status refused = ImportDtdl(text).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ReasonOf(refused), Reason::kSCHEMA_INVALID) << refused;
  }
  std::string many;
  for (int i = 0; i <= 1000; ++i)
    many += fmt::format(R"({}{{"@type": "Telemetry", "name": "x{}", "schema": "long"}})",
                        i == 0 ? "" : ",", i);
  EXPECT_EQ(FieldOf(ImportDtdl(Interface(many)).status()), "contents");
}

}  // namespace
}  // namespace muster::config
