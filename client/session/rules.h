#pragma once
// What a session concludes from an answer: pure, so that every case is a line in a table.
#include <string>

#include "base/status.h"
#include "client/link.h"

namespace muster::client {

// What to do with the held update after the coordinator spoke about it.
enum class HeldVerdict { kKeep, kSendAgain, kLetGo };
HeldVerdict JudgeHeld(HeldState state);

// What to do after a call failed.
//   kRetry   later, with backoff: the line, the coordinator or a queue is at fault.
//   kGiveUp  the coordinator's last word: asking again would get the same answer.
enum class ErrorVerdict { kRetry, kGiveUp };
// Of CheckIn-like calls and reports.
ErrorVerdict JudgeReportError(const Status& error);
// Of the fetch of an artefact: what this machine itself refuses (a full disk, its policy) is final.
ErrorVerdict JudgeFetchError(const Status& error);
// Of an upload: kGiveUp, which lets the update go, only when screening refused it. What an error
// says of the round is no reason yet: "already here" may mean received and not counted, so the next
// check-in decides.
ErrorVerdict JudgeUploadError(const Status& error);

// What to report of a task that failed with `error`: its reason, and one line of at most 512
// characters.
Reason FailureReason(const Status& error);
std::string Detail(const Status& error);

// "turbofan/12/1", for logs.
std::string Text(const RoundKey& key);

}  // namespace muster::client
