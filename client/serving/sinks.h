#pragma once
// Sinks that need nothing but this machine: a file that grows and is rotated, and a program that
// reads lines.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/subprocess.h"
#include "client/serving/sink.h"

namespace muster::client {

// Appends lines; a file that would grow beyond `most_bytes` becomes PATH.1 first. A file that
// somebody else moved away is made anew. What was given is with the kernel, not on the disk.
class FileSink final : public PredictionSink {
 public:
  static constexpr std::uint64_t kDefaultBytes = std::uint64_t{64} << 20;
  explicit FileSink(std::filesystem::path path, std::uint64_t most_bytes = kDefaultBytes)
      : path_(std::move(path)), name_("file " + path_.string()), most_bytes_(most_bytes) {}
  std::string_view name() const override { return name_; }
  Status Give(std::string_view line) override;

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  Status Open(std::size_t room);

  const std::filesystem::path path_;
  const std::string name_;
  const std::uint64_t most_bytes_;
  std::unique_ptr<std::FILE, Close> file_;
};

// Starts a program with the first line and gives it one line a prediction. One that ended, or did
// not read a line in time, is killed; another is started with the next line, but not more often
// than once in `rest`. What it prints is dropped.
class ExecSink final : public PredictionSink {
 public:
  struct Config {
    std::vector<std::string> command;
    Duration limit = std::chrono::seconds(5);
    Duration rest = std::chrono::seconds(5);
    std::string stderr_path = {};  // Empty: this process's.
  };
  // `launcher` and `clock` outlive it.
  ExecSink(Config config, SubprocessLauncher& launcher, const Clock& clock);
  std::string_view name() const override { return name_; }
  Status Give(std::string_view line) override;

 private:
  Status Ensure();
  void DropOutput();

  const Config config_;
  const std::string name_;
  SubprocessLauncher& launcher_;
  const Clock& clock_;
  std::unique_ptr<Subprocess> child_;
  Timestamp next_start_{};
};

}  // namespace muster::client
