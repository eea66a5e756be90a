#pragma once
// Answers about schemas as people read them. Pure: views and the time in, text out.
#include <muster/v1/schema.pb.h>

#include <string>

#include "base/clock.h"

namespace muster::cli {

std::string SchemaTable(const v1::ListSchemasReply& reply, Timestamp now);
std::string RegisteredText(const v1::RegisterSchemaReply& reply);
// Every difference that breaks the level, and the verdict.
std::string CheckText(const v1::CheckSchemaReply& reply, const std::string& subject);
// Every difference, and what readers of either side can read.
std::string DiffText(const v1::DiffSchemasReply& reply);
std::string DeletedText(const v1::DeleteSchemasRequest& asked, const v1::DeleteSchemasReply& reply);
std::string SettingsText(const v1::SchemaSettings& settings);

}  // namespace muster::cli
