#pragma once
// `muster-edge feedback`: what a person at the site says of an alarm or a prediction, handed to the
// agent that runs here, or put into the node's spool where none does.
#include <string>

#include "client/app/settings.h"
#include "client/telemetry/feedback_desk.h"
#include "client/telemetry/feedback_json.h"

namespace muster::client {

struct FeedbackArguments {
  std::string node = {};
  bool false_positive = false;
  bool missed = false;
  bool confirmed = false;
  std::string label = {};  // A number; empty: none.
  std::string monitor = {};
  std::string field = {};
  std::string about = {};  // RFC 3339; empty: now.
  std::string outcome = {};
  std::string by = {};
  std::string id = {};  // Empty: drawn.
};

// INVALID_ARGUMENT (FIELD_INVALID) when none or several verdicts are given, or one is unreadable.
StatusOr<FeedbackRequest> FeedbackFrom(const FeedbackArguments& arguments);

// Durable on return, with or without an agent. The same id again says nothing new.
//   errors  those of FeedbackDesk::Submit and CallLocal.
StatusOr<FeedbackDesk::Answer> GiveFeedback(const AgentSettings& settings, FeedbackRequest request,
                                            Logger& log);

}  // namespace muster::client
