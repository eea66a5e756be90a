#pragma once
// Whether files are what a coordinator said, signed, that it hands out. Pure; foreign text in.
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/status.h"

namespace muster::client {

// OK when `envelope` is DSSE by `key` around an in-toto Statement v1 among whose subjects are all
// of `files`. UNAUTHENTICATED (SIGNATURE_INVALID) otherwise, naming the first file that is not.
Status CheckSignedFiles(std::string_view envelope, std::span<const Digest> files,
                        const SigningPublic& key, const Crypto& crypto);

}  // namespace muster::client
