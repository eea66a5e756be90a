#include "coordinator/store/device_directory.h"

#include "base/canonical_json.h"

namespace muster::coordinator {
namespace {

StatusOr<DeviceRecord> RecordFrom(const platform::SqlRow& row) {
  DeviceRecord record;
  MUSTER_ASSIGN(const std::string_view id, row.Text(0));
  MUSTER_ASSIGN(const std::string_view name, row.Text(1));
  MUSTER_ASSIGN(const std::string_view labels, row.Text(2));
  MUSTER_ASSIGN(const std::string_view key, row.Text(3));
  MUSTER_ASSIGN(const std::int64_t enrolled, row.Integer(4));
  MUSTER_ASSIGN(const Json json, ParseJson(labels));
  for (const auto& [label, value] : json.items())
    if (value.is_string()) record.labels[label] = value.get<std::string>();
  record.id = DeviceId(std::string(id));
  record.name = DeviceName(std::string(name));
  record.identity_key = key;
  record.enrolled_at = FromUnixMillis(enrolled);
  return record;
}
}  // namespace

StatusOr<std::unique_ptr<SqlDeviceDirectory>> SqlDeviceDirectory::Open(
    std::unique_ptr<platform::Sql> sql) {
  MUSTER_TRY(sql->Exec("create table if not exists devices (id text primary key, "
                       "name text not null unique, labels text not null, "
                       "identity_key text not null, enrolled_ms bigint not null)")
                 .status());
  return std::unique_ptr<SqlDeviceDirectory>(new SqlDeviceDirectory(std::move(sql)));
}

Status SqlDeviceDirectory::Put(const DeviceRecord& record) {
  MUSTER_ASSIGN(const std::string labels, CanonicalJson(Json(record.labels)));
  absl::MutexLock lock(&mu_);
  const Status put =
      sql_->Exec(
              "insert into devices (id, name, labels, identity_key, enrolled_ms) "
              "values ($1, $2, $3, $4, $5) on conflict (id) do update set "
              "name = excluded.name, labels = excluded.labels, "
              "identity_key = excluded.identity_key",
              {std::string_view(record.id.value()), std::string_view(record.name.value()),
               std::string_view(labels), std::string_view(record.identity_key),
               UnixMillis(record.enrolled_at)})
          .status();
  if (put.code() == absl::StatusCode::kAborted)
    return WithReason(AlreadyExists("another device is called '{}'", record.name.value()),
                      Reason::kNAME_TAKEN);
  return put;
}

Status SqlDeviceDirectory::Erase(const DeviceId& id) {
  absl::MutexLock lock(&mu_);
  MUSTER_TRY(
      sql_->Exec("delete from devices where id = $1", {std::string_view(id.value())}).status());
  return sql_->Scrub();
}

StatusOr<std::vector<DeviceRecord>> SqlDeviceDirectory::All() {
  std::vector<DeviceRecord> out;
  absl::MutexLock lock(&mu_);
  MUSTER_TRY(
      sql_->Query("select id, name, labels, identity_key, enrolled_ms from devices order by id", {},
                  [&out](const platform::SqlRow& row) -> Status {
                    MUSTER_ASSIGN(out.emplace_back(), RecordFrom(row));
                    return Ok();
                  })
          .status());
  return out;
}

}  // namespace muster::coordinator
