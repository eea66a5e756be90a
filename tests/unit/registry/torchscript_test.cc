#include "registry/torchscript.h"

#include <gtest/gtest.h>

#include "platform/sha256.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"
#include "tests/support/zip_file.h"

namespace muster::registry {
namespace {
using muster::testing::IsOk;
using muster::testing::LittleEndian;
using muster::testing::TorchScriptFile;
using muster::testing::ZipFile;

Status Check(std::string_view file) {
  muster::testing::MemoryBlobs blobs;
  return CheckTorchScript(**blobs.Open(*blobs.Put(AsBytes(file))));
}
auto IsRefused() {
  return muster::testing::Fails(absl::StatusCode::kInvalidArgument, Reason::kARTEFACT_INVALID);
}

TEST(TorchScript, IsAZipWithCodeConstantsAndDataInOneFolder) {
  EXPECT_THAT(Check(TorchScriptFile()), IsOk());
  EXPECT_THAT(Check(ZipFile({"a/data.pkl", "b/code/x.py", "a/constants.pkl"})), IsRefused());
  EXPECT_THAT(Check(ZipFile({"data.pkl", "code/x.py", "constants.pkl"})), IsRefused());
  EXPECT_THAT(Check(ZipFile({"a/code/x.py", "a/constants.pkl"})), IsRefused());
  EXPECT_THAT(Check(ZipFile({})), IsRefused());
}

TEST(TorchScript, IsNoPickle) {
  const Status saved = Check(ZipFile({"archive/data.pkl", "archive/data/0", "archive/version"}));
  EXPECT_THAT(saved, IsRefused());
  EXPECT_NE(MessageOf(saved).find("torch.jit.save"), std::string_view::npos);
  const Status plain = Check(std::string("\x80\x02}q\x00.", 6) + std::string(100, 'x'));
  EXPECT_THAT(plain, IsRefused());
  EXPECT_NE(MessageOf(plain).find("torch.jit.save"), std::string_view::npos);
  // A pickle with a zip behind it is read as a pickle by whoever reads from the front.
  EXPECT_THAT(Check(std::string("\x80\x02", 2) + TorchScriptFile()), IsRefused());
}

TEST(TorchScript, IsNoneWhenItIsCutShortAnywhere) {
  const std::string whole = TorchScriptFile();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THAT(Check(whole.substr(0, size)), IsRefused()) << size;
}

// As torch writes it when sizes may be beyond 32 bits.
TEST(TorchScript, MayHaveAWideDirectory) {
  std::string file = TorchScriptFile();
  const std::string end = file.substr(file.size() - 22);
  file.resize(file.size() - 22);
  const auto number = [&](std::size_t at, std::size_t bytes) {
    std::uint64_t out = 0;
    for (std::size_t i = bytes; i-- > 0;) out = out << 8 | static_cast<std::uint8_t>(end[at + i]);
    return out;
  };
  const std::string wide = std::string("PK\x06\x06", 4) + LittleEndian(44, 8) +
                           LittleEndian(0, 12) + LittleEndian(number(10, 2), 8) +
                           LittleEndian(number(10, 2), 8) + LittleEndian(number(12, 4), 8) +
                           LittleEndian(number(16, 4), 8);
  const std::string locator = std::string("PK\x06\x07", 4) + LittleEndian(0, 4) +
                              LittleEndian(file.size(), 8) + LittleEndian(1, 4);
  const std::string narrow = end.substr(0, 8) + std::string(12, '\xff') + LittleEndian(0, 2);
  EXPECT_THAT(Check(file + wide + locator + narrow), IsOk());
  EXPECT_THAT(Check(file + wide + narrow), IsRefused());
  EXPECT_THAT(Check(file + narrow), IsRefused());
}

}  // namespace
}  // namespace muster::registry
