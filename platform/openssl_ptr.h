#pragma once
// Owners for OpenSSL's objects and a Status from its error queue. For platform's own .cc files:
// no header that others include needs it.
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

namespace muster::platform {

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <typename T, auto Free>
using OpenSslPtr = std::unique_ptr<T, FreeWith<Free>>;

using BioPtr = OpenSslPtr<BIO, BIO_free>;
using PkeyPtr = OpenSslPtr<EVP_PKEY, EVP_PKEY_free>;
using MdCtxPtr = OpenSslPtr<EVP_MD_CTX, EVP_MD_CTX_free>;
using X509Ptr = OpenSslPtr<X509, X509_free>;
using X509ReqPtr = OpenSslPtr<X509_REQ, X509_REQ_free>;
using GeneralNamesPtr = OpenSslPtr<GENERAL_NAMES, GENERAL_NAMES_free>;

// The newest entry of this thread's error queue, which it empties. Such texts name causes and
// places in OpenSSL, never data.
inline std::string TakeOpenSslError() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "no detail";
  char text[256];
  ERR_error_string_n(code, text, sizeof text);
  return text;
}
inline Status OpenSslError(std::string_view what) {
  return Internal("OpenSSL: {}: {}", what, TakeOpenSslError());
}

// For failures after which no caller can go on: no randomness, no memory for a hash.
[[noreturn]] inline void OpenSslDie(const char* what) {
  std::fprintf(stderr, "muster: OpenSSL: %s: %s\n", what, TakeOpenSslError().c_str());
  std::abort();
}

// A read-only view of `text`, which must outlive it. Null when out of memory.
inline BioPtr ReadBio(ByteView text) {
  // An empty span may have no address, which OpenSSL takes for an error of ours.
  const void* const data = text.empty() ? "" : static_cast<const void*>(text.data());
  return BioPtr(BIO_new_mem_buf(data, static_cast<int>(text.size())));
}
inline ByteView BioBytes(BIO* bio) {
  const char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return AsBytes(std::string_view(data, size > 0 ? static_cast<std::size_t>(size) : 0));
}

// OpenSSL would ask the terminal for the password of an encrypted key; a server must not.
inline int RefusePassword(char*, int, int, void*) { return -1; }

}  // namespace muster::platform
