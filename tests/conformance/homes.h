#pragma once
// Where the storage under a conformance suite lives: in memory or in a directory of its own. It
// outlives what was opened in it, so that a suite can close and open again.
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "tests/support/fault.h"
#include "tests/support/full_disk.h"
#include "tests/support/temp_dir.h"

namespace muster::testing {

template <typename Port>
class Home {
 public:
  virtual ~Home() = default;
  // Opens what lives here, after closing what was opened before.
  virtual Port& Open() = 0;
  // While the returned token lives, the disk is full.
  virtual std::shared_ptr<void> FillDisk() = 0;
};

// `Fake` has a Disk that outlives it, and asks a FaultHook before each operation; `writes` is the
// operation that a full disk fails.
template <typename Port, typename Fake>
class MemoryHome final : public Home<Port> {
 public:
  explicit MemoryHome(std::string writes) : writes_(std::move(writes)) {}
  Port& Open() override {
    port_ = std::make_unique<Fake>(disk_, [this](std::string_view operation) {
      if (full_.expired() || operation != writes_) return Ok();
      return WithReason(ResourceExhausted("the disk is full"), Reason::kDISK_FULL);
    });
    return *port_;
  }
  std::shared_ptr<void> FillDisk() override {
    auto token = std::make_shared<int>();
    full_ = token;
    return token;
  }

 private:
  const std::string writes_;
  std::weak_ptr<int> full_;
  std::shared_ptr<typename Fake::Disk> disk_ = Fake::NewDisk();
  std::unique_ptr<Port> port_;
};

// `open` makes the real thing at a path in the home's directory.
template <typename Port>
class DirectoryHome final : public Home<Port> {
 public:
  using OpenAt = std::function<std::unique_ptr<Port>(const std::string& path)>;
  explicit DirectoryHome(OpenAt open) : open_(std::move(open)) {}
  Port& Open() override {
    port_.reset();
    port_ = open_(dir_ / "home");
    return *port_;
  }
  std::shared_ptr<void> FillDisk() override { return std::make_shared<FullDisk>(); }

 private:
  const OpenAt open_;
  TempDir dir_;
  std::unique_ptr<Port> port_;
};

// A suite's parameter.
template <typename Port>
struct Backend {
  std::string name;
  std::function<std::unique_ptr<Home<Port>>()> make;
  friend std::ostream& operator<<(std::ostream& out, const Backend& b) { return out << b.name; }
};

template <typename Port, typename Fake>
Backend<Port> InMemory(std::string writes) {
  return {"memory", [writes] { return std::make_unique<MemoryHome<Port, Fake>>(writes); }};
}
template <typename Port>
Backend<Port> InDirectory(std::string name, typename DirectoryHome<Port>::OpenAt open) {
  return {std::move(name), [open] { return std::make_unique<DirectoryHome<Port>>(open); }};
}

}  // namespace muster::testing
