#pragma once
// Stable reason codes. They travel in error details, in facts and in metrics; message text may
// change, these may not. Add at the end of a group, never rename. docs/PROTOCOL.md lists them.
#include <optional>
#include <string_view>

namespace muster {

// clang-format off
#define MUSTER_REASONS(X) \
  /* Screening of updates. */ \
  X(UPDATE_NON_FINITE) X(UPDATE_WRONG_LAYOUT) X(UPDATE_WRONG_DTYPE) X(UPDATE_OVER_NORM) \
  X(UPDATE_OVER_BOUND) X(UPDATE_OVER_WEIGHT) X(UPDATE_BAD_METRICS) X(UPDATE_UNREADABLE) \
  /* Uploads and downloads. */ \
  X(CHUNK_CORRUPT) X(CHUNK_OUT_OF_ORDER) X(CHUNK_TOO_LARGE) X(UPLOAD_TRUNCATED) \
  X(UPLOAD_TOO_LARGE) X(UPLOAD_IDLE) X(UPLOAD_BUSY) X(BLOB_NOT_FOUND) X(DIGEST_MISMATCH) \
  /* Rounds and campaigns. */ \
  X(NOT_IN_COHORT) X(ROUND_CLOSED) X(UNKNOWN_ROUND) X(ALREADY_COUNTED) X(TOO_FEW_DEVICES) \
  X(TOO_FEW_UPDATES) X(CAMPAIGN_STATE) X(CAMPAIGN_CANCELLED) X(TASK_FAILED) X(DEVICE_SILENT) \
  /* Enrolment and identity. */ \
  X(TOKEN_UNKNOWN) X(TOKEN_USED) X(TOKEN_EXPIRED) X(STATEMENT_INVALID) X(STATEMENT_EXPIRED) \
  X(CSR_INVALID) X(NAME_TAKEN) X(NAME_INVALID) X(NOT_ENROLLED) X(CALLER_NOT_ALLOWED) \
  X(CERTIFICATE_MISSING) X(CERTIFICATE_INVALID) \
  /* Resources and the registry. */ \
  X(FIELD_INVALID) X(FIELD_UNKNOWN) X(FIELD_DUPLICATE) X(RESOURCE_NOT_FOUND) X(RESOURCE_EXISTS) \
  X(VERSION_IMMUTABLE) X(CONTRACT_MISMATCH) X(ARTEFACT_INVALID) X(STALE_WRITE) \
  X(SCHEMA_INVALID) X(SCHEMA_TOO_COMPLEX) \
  /* Data at the edge. */ \
  X(DATA_EMPTY) X(DATA_COLUMN_MISSING) X(DATA_NOT_A_NUMBER) X(DATA_NO_WINDOW) \
  X(DATA_OUT_OF_RANGE) X(DATA_UNREADABLE) \
  /* The device's own policy. */ \
  X(POLICY_CAMPAIGN) X(POLICY_HOURS) X(POLICY_COHORT) X(POLICY_BYTES) X(POLICY_SECURE) \
  /* Secure aggregation. */ \
  X(SECURE_REPEATED) X(SECURE_VIOLATION) X(SECURE_UNREADY) X(SECURE_NOT_MASKED) \
  X(SECURE_NOT_ASKED) X(SECURE_REFUSED) \
  /* The log. */ \
  X(LOG_REWOUND) X(LOG_FORKED) X(LOG_ALTERED) X(PROOF_INVALID) X(NOTE_INVALID) \
  /* The machine. */ \
  X(DISK_FULL) X(READ_ONLY) X(DATA_DIR_IN_USE) X(OVERLOADED) X(SHUTTING_DOWN)
// clang-format on

enum class Reason {
#define MUSTER_REASON_ENUM(name) k##name,
  MUSTER_REASONS(MUSTER_REASON_ENUM)
#undef MUSTER_REASON_ENUM
};

// "UPDATE_NON_FINITE" and back.
std::string_view NameOf(Reason reason);
std::optional<Reason> ParseReason(std::string_view name);

}  // namespace muster
