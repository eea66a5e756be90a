#pragma once
// Zip archives of empty entries, for what reads a zip's directory.
#include <cstdint>
#include <string>
#include <vector>

namespace muster::testing {

inline std::string LittleEndian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i, value >>= 8) out += static_cast<char>(value);
  return out;
}

inline std::string ZipFile(const std::vector<std::string>& names) {
  std::string files, directory;
  for (const std::string& name : names) {
    const std::string sizes = LittleEndian(0, 12) + LittleEndian(name.size(), 2);
    directory += std::string("PK\x01\x02", 4) + LittleEndian(0, 12) + sizes + LittleEndian(0, 12) +
                 LittleEndian(files.size(), 4) + name;
    files += std::string("PK\x03\x04", 4) + LittleEndian(0, 10) + sizes + LittleEndian(0, 2) + name;
  }
  return files + directory + std::string("PK\x05\x06", 4) + LittleEndian(0, 4) +
         LittleEndian(names.size(), 2) + LittleEndian(names.size(), 2) +
         LittleEndian(directory.size(), 4) + LittleEndian(files.size(), 4) + LittleEndian(0, 2);
}

inline std::string TorchScriptFile() {
  return ZipFile(
      {"net/data.pkl", "net/code/__torch__.py", "net/data/0", "net/constants.pkl", "net/version"});
}

}  // namespace muster::testing
