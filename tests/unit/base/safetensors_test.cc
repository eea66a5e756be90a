#include "base/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

namespace muster {
namespace {
// A file of this header text and `data_bytes` zero bytes.
Bytes File(std::string_view header, std::size_t data_bytes) {
  const std::uint64_t length = header.size();
  Bytes out(8 + header.size() + data_bytes);
  std::memcpy(out.data(), &length, 8);
  std::memcpy(out.data() + 8, header.data(), header.size());
  return out;
}

void ExpectRefused(ByteView file) {
  const auto view = ParseSafetensors(file);
  ASSERT_FALSE(view.ok());
  EXPECT_EQ(view.status().code(), absl::StatusCode::kInvalidArgument) << view.status();
  EXPECT_EQ(ReasonOf(view.status()), Reason::kARTEFACT_INVALID) << view.status();
  EXPECT_EQ(ReasonOf(ParseParams(file).status()), Reason::kARTEFACT_INVALID);
}

Params SomeParams() {
  Params p{*Layout::Make({{"fc.weight", DType::kF32, {2, 3}},
                          {"fc.bias", DType::kF32, {2}},
                          {"empty", DType::kF32, {0, 5}},
                          {"scale", DType::kF32, {}}}),
           {}};
  for (std::size_t i = 0; i < p.layout.size(); ++i)
    p.values.push_back(static_cast<float>(i) * 0.5f - 1);
  return p;
}

TEST(Safetensors, ParametersComeBackBitForBit) {
  const Params p = SomeParams();
  const auto back = ParseParams(SerializeParams(p.View()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->layout, p.layout);
  EXPECT_EQ(back->values, p.values);
}

TEST(Safetensors, OddFloatsSurvive) {
  Params p{*Layout::Make({{"x", DType::kF32, {4}}}),
           {-0.0f, std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity(),
            std::numeric_limits<float>::denorm_min()}};
  const auto back = ParseParams(SerializeParams(p.View()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(std::memcmp(back->values.data(), p.values.data(), 16), 0);
}

// The model's digest hangs on these bytes: they may never change.
TEST(Safetensors, BytesOfAFileArePinned) {
  Params p{*Layout::Make({{"b", DType::kF32, {1}}, {"a", DType::kF32, {}}}), {1, 2}};
  const std::string header = R"({"a":{"data_offsets":[0,4],"dtype":"F32","shape":[]},)"
                             R"("b":{"data_offsets":[4,8],"dtype":"F32","shape":[1]}})";
  const std::string expected = std::string("\x70\0\0\0\0\0\0\0", 8) + header + std::string(6, ' ') +
                               std::string("\0\0\x80\x3f\0\0\0\x40", 8);
  EXPECT_EQ(AsText(SerializeParams(p.View())), expected);
}

TEST(Safetensors, MetadataAndOtherDtypesAreRead) {
  const std::vector<TensorSpec> specs = {{"n", DType::kI64, {1}}, {"h", DType::kBF16, {3}}};
  const std::string header = SafetensorsHeader(specs, {{"steps", "7"}, {"zoë", "\"quoted\""}});
  EXPECT_EQ(header.size() % 8, 0u);
  Bytes file(header.size() + 14);
  std::memcpy(file.data(), header.data(), header.size());
  file[header.size()] = std::byte{42};
  const auto view = ParseSafetensors(file);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_THAT(view->metadata, testing::ElementsAre(testing::Pair("steps", "7"),
                                                   testing::Pair("zoë", "\"quoted\"")));
  ASSERT_EQ(view->tensors.size(), 2u);
  EXPECT_EQ(view->tensors[0].spec, specs[0]);  // In file order, not by name.
  EXPECT_EQ(view->tensors[0].bytes[0], std::byte{42});
  ASSERT_NE(view->Find("h"), nullptr);
  EXPECT_EQ(view->Find("h")->bytes.size(), 6u);
  EXPECT_EQ(view->Find("absent"), nullptr);
  EXPECT_EQ(ReasonOf(ParseParams(file).status()), Reason::kARTEFACT_INVALID);  // Not all F32.
}

TEST(Safetensors, AnEmptyFileOfNoTensorsIsValid) {
  const auto view = ParseSafetensors(File("{}", 0));
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_TRUE(view->tensors.empty());
}

TEST(Safetensors, TheHeadAloneTellsWhereTheTensorsLie) {
  const Bytes file = SerializeParams(SomeParams().View());
  const ByteView start = ByteView(file).first(8);
  const auto head = SafetensorsHeadBytes(start, file.size());
  ASSERT_TRUE(head.ok()) << head.status();
  const auto index = ParseSafetensorsHead(ByteView(file).first(*head), file.size());
  ASSERT_TRUE(index.ok()) << index.status();
  const auto view = ParseSafetensors(file);
  ASSERT_EQ(index->tensors.size(), view->tensors.size());
  for (std::size_t i = 0; i < view->tensors.size(); ++i) {
    EXPECT_EQ(index->tensors[i].spec, view->tensors[i].spec);
    EXPECT_EQ(file.data() + index->tensors[i].begin, view->tensors[i].bytes.data());
    EXPECT_EQ(file.data() + index->tensors[i].end,
              view->tensors[i].bytes.data() + view->tensors[i].bytes.size());
  }
}

TEST(Safetensors, AHeadOfAnotherFileIsRefused) {
  const Bytes file = SerializeParams(SomeParams().View());
  const std::uint64_t head = *SafetensorsHeadBytes(file, file.size());
  const auto reason_of = [](const auto& result) { return ReasonOf(result.status()); };
  EXPECT_EQ(reason_of(ParseSafetensorsHead(ByteView(file).first(head), file.size() + 4)),
            Reason::kARTEFACT_INVALID);
  EXPECT_EQ(reason_of(ParseSafetensorsHead(ByteView(file).first(head - 1), file.size())),
            Reason::kARTEFACT_INVALID);
  EXPECT_EQ(reason_of(SafetensorsHeadBytes(ByteView(file).first(7), file.size())),
            Reason::kARTEFACT_INVALID);
  EXPECT_EQ(reason_of(SafetensorsHeadBytes(file, head - 1)), Reason::kARTEFACT_INVALID);
}

TEST(Safetensors, EveryTruncationIsRefused) {
  const Bytes file = SerializeParams(SomeParams().View());
  for (std::size_t n = 0; n < file.size(); ++n) {
    SCOPED_TRACE(testing::Message() << "bytes=" << n);
    ExpectRefused(ByteView(file).first(n));
  }
  Bytes longer = file;
  longer.push_back(std::byte{0});
  ExpectRefused(longer);
}

TEST(Safetensors, AHeaderLengthThatLiesIsRefused) {
  Bytes file = SerializeParams(SomeParams().View());
  for (const std::uint64_t lie :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32, (std::uint64_t{16} << 20) + 1,
        ~std::uint64_t{0}, ~std::uint64_t{0} - 7, std::uint64_t{file.size()}}) {
    SCOPED_TRACE(testing::Message() << "length=" << lie);
    std::memcpy(file.data(), &lie, 8);
    ExpectRefused(file);
  }
}

TEST(Safetensors, HeadersThatAreNotTheFormatAreRefused) {
  const std::string good = R"("dtype":"F32","shape":[1],"data_offsets":[0,4])";
  ASSERT_TRUE(ParseSafetensors(File("{\"a\":{" + good + "}}", 4)).ok());
  const std::vector<std::string> bad = {
      "",
      " {\"a\":{" + good + "}}",  // The format wants the brace first.
      "\xef\xbb\xbf{\"a\":{" + good + "}}",
      "{\"a\":{" + good + "}}x",
      "{\"a\":{" + good + "}}" + std::string(1, '\0'),
      "{\"a\":{" + good + "}}" + std::string(1, '\0') + "more",
      "[]",
      "null",
      "7",
      "{",
      R"({"a":null})",
      R"({"a":7})",
      R"({"a":"F32"})",
      R"({"a":[]})",
      R"({"a":{}})",
      "{\"a\":{" + good + ",\"extra\":1}}",
      "{\"a\":{" + good + "},\"a\":{" + good + "}}",
      "{\"a\":{\"dtype\":\"F32\"," + good + "}}",
      R"({"a":{"dtype":"F32","shape":[1]}})",
      R"({"a":{"dtype":"F32","data_offsets":[0,4]}})",
      R"({"a":{"shape":[1],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":3,"shape":[1],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":[true],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":[null],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})",
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}})",
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":{"0":4}}})",
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":"0,4"}})",
      R"({"__metadata__":7,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
      R"({"__metadata__":{"k":7},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
      R"({"__metadata__":{"k":"1","k":"2"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
      R"({"__metadata__":{},"__metadata__":{},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
      R"({"__metadata__":{"k":{}},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
      "{\"\xff\":{" + good + "}}",
      "{\"a\\ud800\":{" + good + "}}",
      std::string(100'000, '['),
      R"({"a":)" + std::string(100'000, '['),
  };
  for (const std::string& header : bad) {
    SCOPED_TRACE(header.substr(0, 120));
    ExpectRefused(File(header, 4));
  }
}

struct Slice {
  const char* what;
  const char* a_shape;
  const char* a_offsets;
  const char* b_shape;
  const char* b_offsets;
  std::size_t data_bytes;
  bool ok;
};

TEST(Safetensors, OffsetsMustTileTheData) {
  const std::vector<Slice> slices = {
      {"back to back", "[1]", "[0,4]", "[2]", "[4,12]", 12, true},
      {"keys in another order than the data", "[1]", "[8,12]", "[2]", "[0,8]", 12, true},
      {"an empty tensor between", "[0]", "[4,4]", "[1]", "[0,4]", 4, true},
      {"a hole", "[1]", "[0,4]", "[2]", "[8,16]", 16, false},
      {"a hole at the front", "[1]", "[4,8]", "[2]", "[8,16]", 16, false},
      {"overlap", "[1]", "[0,4]", "[2]", "[0,8]", 8, false},
      {"overlap in part", "[2]", "[0,8]", "[2]", "[4,12]", 12, false},
      {"a tail", "[1]", "[0,4]", "[2]", "[4,12]", 13, false},
      {"backwards", "[1]", "[4,0]", "[2]", "[4,12]", 12, false},
      {"beyond the end", "[1]", "[0,4]", "[3]", "[4,16]", 12, false},
      {"too short for its shape", "[2]", "[0,4]", "[2]", "[4,12]", 12, false},
      {"too long for its shape", "[1]", "[0,8]", "[1]", "[8,12]", 12, false},
      {"far away", "[1]", "[0,4]", "[2]", "[9223372036854775799,9223372036854775807]", 12, false},
      {"beyond 63 bits", "[1]", "[0,4]", "[2]", "[4,18446744073709551615]", 12, false},
      {"beyond 64 bits", "[1]", "[0,4]", "[2]", "[4,18446744073709551620]", 12, false},
      {"overflow to 4", "[4611686018427387905]", "[0,4]", "[0]", "[4,4]", 4, false},
      {"overflow to 0", "[4294967296,4294967296]", "[0,0]", "[1]", "[0,4]", 4, false},
  };
  for (const Slice& s : slices) {
    SCOPED_TRACE(s.what);
    const Bytes file = File(fmt::format(R"({{"a":{{"dtype":"F32","shape":{},"data_offsets":{}}},)"
                                        R"("b":{{"dtype":"F32","shape":{},"data_offsets":{}}}}})",
                                        s.a_shape, s.a_offsets, s.b_shape, s.b_offsets),
                            s.data_bytes);
    if (s.ok)
      EXPECT_TRUE(ParseParams(file).ok()) << ParseParams(file).status();
    else
      ExpectRefused(file);
  }
}

TEST(Safetensors, TooManyTensorsEntriesOrDimensionsAreRefused) {
  std::string tensors, metadata;
  for (int i = 0; i <= 65'536; ++i) {
    tensors += fmt::format(R"({}"t{}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
                           i == 0 ? "" : ",", i);
    metadata += fmt::format(R"({}"k{}":"")", i == 0 ? "" : ",", i);
  }
  ExpectRefused(File("{" + tensors + "}", 0));
  ExpectRefused(File(R"({"__metadata__":{)" + metadata + "}}", 0));
  std::string shape = "1";
  for (int i = 0; i < 32; ++i) shape += ",1";
  ExpectRefused(File(
      fmt::format(R"({{"a":{{"dtype":"F32","shape":[{}],"data_offsets":[0,4]}}}})", shape), 4));
}

TEST(Safetensors, ARefusalQuotesALongNameOnlyInPart) {
  std::string name;
  for (int i = 0; i < 1000; ++i) name += "ä";
  const auto view = ParseSafetensors(File("{\"" + name + "\":7}", 0));
  ASSERT_FALSE(view.ok());
  EXPECT_LT(MessageOf(view.status()).size(), 200u);
  EXPECT_EQ(MessageOf(view.status()).find("ä'"), MessageOf(view.status()).find("'", 25) - 2);
}
}  // namespace
}  // namespace muster
