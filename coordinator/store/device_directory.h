#pragma once
// The pseudonym-to-name mapping as SQL rows, one a device, each erasable on its own.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>

#include "coordinator/fleet/device.h"
#include "platform/sql.h"

namespace muster::coordinator {

// Safe from any thread.
class SqlDeviceDirectory final : public DeviceDirectory {
 public:
  // Makes the table when it is missing.
  static StatusOr<std::unique_ptr<SqlDeviceDirectory>> Open(std::unique_ptr<platform::Sql> sql);

  Status Put(const DeviceRecord& record) override;
  Status Erase(const DeviceId& id) override;
  StatusOr<std::vector<DeviceRecord>> All() override;

 private:
  explicit SqlDeviceDirectory(std::unique_ptr<platform::Sql> sql) : sql_(std::move(sql)) {}
  absl::Mutex mu_;
  const std::unique_ptr<platform::Sql> sql_ ABSL_PT_GUARDED_BY(mu_);
};

}  // namespace muster::coordinator
