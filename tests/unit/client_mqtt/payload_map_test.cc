#include "client/mqtt/payload_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace muster::client {
namespace {
using ::muster::testing::Fails;
using ::muster::testing::IsOk;
using ::testing::ElementsAre;

const Timestamp kNow = FromUnixMillis(1'780'000'000'000);

PayloadMap MapOf(PayloadMapping mapping) {
  auto made = PayloadMap::Make(mapping);
  EXPECT_THAT(made, IsOk());
  return *std::move(made);
}
std::vector<std::string> OnlyRow(const PayloadMap& map, std::string_view payload) {
  const MappedPayload mapped = map.Map(payload, kNow);
  EXPECT_TRUE(mapped.faults.empty()) << mapped.faults[0].ToString();
  EXPECT_EQ(mapped.rows.size(), 1U);
  return mapped.rows.size() == 1 ? mapped.rows[0].cells : std::vector<std::string>();
}

// As ChirpStack 4 publishes an uplink on application/APP/device/EUI/event/up, shortened.
constexpr char kChirpStack[] = R"({
  "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
  "time": "2026-07-18T09:34:15.775023242+00:00",
  "deviceInfo": {"tenantName": "plant", "applicationName": "pumps", "deviceName": "pump-7",
                 "devEui": "0101010101010101", "tags": {"hall": "3"}},
  "devAddr": "00189440", "adr": true, "dr": 1, "fCnt": 4, "fPort": 1, "confirmed": false,
  "data": "qg==",
  "object": {"temperature": 21.5, "rpm": 1480, "door open": false},
  "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -48, "snr": 9.0}]
})";
// As The Things Stack publishes it on v3/APP@TENANT/devices/DEVICE/up, shortened.
constexpr char kTtn[] = R"({
  "end_device_ids": {"device_id": "pump-7", "application_ids": {"application_id": "pumps"},
                     "dev_eui": "0004A30B001C0530"},
  "correlation_ids": ["as:up:01E0WZGT6Y7657CPFPE5WEYDSQ"],
  "received_at": "2026-02-12T15:15:45.787Z",
  "uplink_message": {"f_port": 1, "frm_payload": "gkHe", "received_at": "2026-02-12T15:15:45.5Z",
                     "decoded_payload": {"temperature": 1.0, "luminosity": 0.64}}
})";

TEST(PayloadMap, ReadsAnUplinkOfChirpStack) {
  const PayloadMap map = MapOf({.fields = {{"t30", "temperature"},
                                           {"speed", "rpm"},
                                           {"open", "door open"},
                                           {"signal", "/rxInfo/0/rssi"}},
                                .preset = "chirpstack",
                                .only = "0101010101010101"});
  EXPECT_THAT(map.columns(), ElementsAre("time", "open", "signal", "speed", "t30"));
  EXPECT_THAT(OnlyRow(map, kChirpStack),
              ElementsAre("2026-07-18T09:34:15.775Z", "false", "-48", "1480", "21.5"));
}

TEST(PayloadMap, ReadsAnUplinkOfTheThingsStack) {
  const PayloadMap map = MapOf(
      {.fields = {{"lux", "luminosity"}, {"t", "temperature"}}, .preset = "ttn", .only = "pump-7"});
  EXPECT_THAT(OnlyRow(map, kTtn), ElementsAre("2026-02-12T15:15:45.787Z", "0.64", "1"));
}

TEST(PayloadMap, ReadsARowOrAListOfRowsOfEKuiper) {
  const PayloadMap map =
      MapOf({.fields = {{"t", "avg_t"}}, .preset = "ekuiper", .time = "/window_end"});
  EXPECT_THAT(OnlyRow(map, R"({"avg_t": 3, "window_end": 1780000000000})"),
              ElementsAre("2026-05-28T20:26:40.000Z", "3"));
  const auto many = map.Map(
      R"([{"avg_t": 3.25, "window_end": 1780000000}, {"avg_t": null, "window_end": 1780000001},
          {"window_end": 1780000002}, 7])",
      kNow);
  ASSERT_EQ(many.rows.size(), 2U);
  EXPECT_THAT(many.rows[0].cells, ElementsAre("2026-05-28T20:26:40.000Z", "3.25"));
  EXPECT_THAT(many.rows[1].cells, ElementsAre("2026-05-28T20:26:41.000Z", ""));
  EXPECT_EQ(many.faults.size(), 2U);
}

TEST(PayloadMap, LeavesOutWhatOtherDevicesSay) {
  const PayloadMap map =
      MapOf({.fields = {{"t", "temperature"}}, .preset = "chirpstack", .only = "02"});
  const auto mapped = map.Map(kChirpStack, kNow);
  EXPECT_TRUE(mapped.rows.empty());
  EXPECT_TRUE(mapped.faults.empty());
}

TEST(PayloadMap, WithoutATimeInItARowIsOfNow) {
  const PayloadMap map = MapOf({.fields = {{"t", "/a~1b/~0c"}}});
  EXPECT_THAT(OnlyRow(map, R"({"a/b": {"~c": "warm, dry"}})"),
              ElementsAre("2026-05-28T20:26:40.000Z", "warm, dry"));
}

TEST(PayloadMap, WhatIsNoRowIsAFaultThatRepeatsNoValue) {
  const PayloadMap map = MapOf({.fields = {{"t", "t"}}, .time = "/at"});
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  for (const std::string& payload :
       std::vector<std::string>{"",
                                "secret",
                                "[1]",
                                "3",
                                "null",
                                deep,
                                R"({"t": 1)",
                                R"({"t": 4711})",
                                R"({"at": 1780000000})",
                                R"({"at": "yesterday4711", "t": 1})",
                                R"({"at": -4711, "t": 1})",
                                R"({"at": [], "t": 1})",
                                R"({"at": "1969-12-31T23:00:00Z", "t": 1})",
                                R"({"at": 1780000000, "t": {"x": 4711}})",
                                R"({"at": 1780000000, "t": [4711]})",
                                R"({"at": 1780000000, "t": "NaN"})",
                                R"({"at": 1780000000, "t": "-inf"})",
                                R"({"at": 1780000000, "t": 1e999})",
                                R"({"at": 1780000000, "t": NaN})",
                                R"({"at": 1780000000, "t": "two\nlines4711"})",
                                R"({"at": 1780000000, "t": ")" + std::string(300, 'x') + R"("})",
                                R"({"at": 1780000000, "t": 1, "t": 2})",
                                "\xff\xfe{}",
                                R"({"at": 1780000000, "t": 1})" + std::string(300 << 10, ' ')}) {
    const auto mapped = map.Map(payload, kNow);
    EXPECT_TRUE(mapped.rows.empty()) << payload.substr(0, 100);
    ASSERT_EQ(mapped.faults.size(), 1U) << payload.substr(0, 100);
    EXPECT_THAT(mapped.faults[0],
                Fails(absl::StatusCode::kInvalidArgument, Reason::kPAYLOAD_INVALID));
    EXPECT_EQ(MessageOf(mapped.faults[0]).find("4711"), std::string_view::npos);
  }
}

TEST(PayloadMap, NamesWhatIsWrongWithTheSettings) {
  const std::vector<std::pair<PayloadMapping, std::string>> cases = {
      {{.fields = {}}, "fields"},
      {{.fields = {{"a", ""}}}, "fields.a"},
      {{.fields = {{"a", "/b~2"}}}, "fields.a"},
      {{.fields = {{"a,b", "/b"}}}, "fields"},
      {{.fields = {{"time", "/b"}}}, "fields.time"},
      {{.fields = {{"a", "b"}}, .preset = "sigfox"}, "preset"},
      {{.fields = {{"a", "b"}}, .time = "at"}, "time"},
      {{.fields = {{"a", "b"}}, .only = "x"}, "device"},
      {{.fields = {{"a", "b"}}, .device = "id", .only = "x"}, "device"},
  };
  for (const auto& [mapping, field] : cases) {
    const auto made = PayloadMap::Make(mapping);
    EXPECT_THAT(made, Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID)) << field;
    EXPECT_EQ(FieldOf(made.status()), field);
  }
}

}  // namespace
}  // namespace muster::client
