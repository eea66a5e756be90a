# What storage and keys share.
muster_library(platform_file SOURCES posix_file.cc DEPS muster_base absl::synchronization)

muster_library(platform_crypto
  SOURCES certificate.cc certificate_authority.cc csr.cc dir_ca.cc ifma_x25519.cc keys.cc openssl_crypto.cc
          openssl_keystream.cc private_file.cc remembering_crypto.cc secure_rng.cc sha256.cc spiffe.cc
          vaes256_kernel.cc vaes512_kernel.cc vaes_keystream.cc
  DEPS muster_base muster_platform_file OpenSSL::Crypto absl::synchronization sodium)

muster_library(platform_os
  SOURCES child_spawn.cc log.cc posix_subprocess.cc prometheus_sink.cc thread_pool.cc
  DEPS muster_base muster_platform_file absl::synchronization absl::time nlohmann_json::nlohmann_json
       prometheus-cpp::core spdlog::spdlog Threads::Threads)

muster_library(platform_http
  SOURCES http_router.cc http_server.cc http_text.cc ops_http.cc
  DEPS muster_base absl::synchronization absl::time Boost::headers Threads::Threads)
