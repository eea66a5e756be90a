#pragma once
// One function for each group of commands: adds it to the program. `shell` outlives `app`.
#include "cli/shell.h"

namespace muster::cli {

void AddUp(CLI::App& app, Shell& shell);        // up, authority
void AddApply(CLI::App& app, Shell& shell);     // apply
void AddGet(CLI::App& app, Shell& shell);       // get, describe
void AddWatch(CLI::App& app, Shell& shell);     // watch
void AddDrift(CLI::App& app, Shell& shell);     // drift report
void AddStats(CLI::App& app, Shell& shell);     // stats
void AddCampaign(CLI::App& app, Shell& shell);  // campaign pause|resume|cancel
void AddMonitor(CLI::App& app, Shell& shell);   // monitor feedback
void AddTrigger(CLI::App& app, Shell& shell);   // trigger explain|approve|decline
void AddDevice(CLI::App& app, Shell& shell);    // device release|forget|history
void AddContract(CLI::App& app, Shell& shell);  // contract diff|check|import
void AddModel(CLI::App& app, Shell& shell);     // model list|show|create|download|alias|…
void AddPromote(CLI::App& app, Shell& shell);   // promote, rollback
void AddSchema(CLI::App& app, Shell& shell);    // schema list|get|register|check|diff|…
void AddAudit(CLI::App& app, Shell& shell);     // audit export|verify
void AddFsck(CLI::App& app, Shell& shell);      // fsck
void AddToken(CLI::App& app, Shell& shell);     // token create|list
void AddContexts(CLI::App& app, Shell& shell);  // context list|show|use|add

// Subcommands in files of their own.
void AddAuditFork(CLI::App* audit, Shell& shell);    // checkpoint|past|fork
void AddModelRecord(CLI::App* model, Shell& shell);  // history|approve|certify|measure
void AddModelSearch(CLI::App* model, Shell& shell);  // search|tag

// Subcommands of `schema` in files of their own.
void AddSchemaChanges(CLI::App* schema, Shell& shell);   // register|check|diff
void AddSchemaSettings(CLI::App* schema, Shell& shell);  // config|mode

}  // namespace muster::cli
