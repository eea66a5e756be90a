#pragma once
// The baseline: what gRPC, mutual TLS, 256 KiB chunks and their CRC-32C cost by themselves. It
// receives uploads into reused buffers and sends downloads out of memory; it keeps no record, asks
// nobody and decides nothing.
#include <string>

namespace muster::bench {

// Serves with the certificate.pem, key.pem and ca.pem of `directory` on a free loopback port until
// stdin ends. Says "ready HOST:PORT" on stdout. Never returns on an error.
// A download's digest is the number of bytes wanted, in decimal, at most 64 MiB.
void ServeBare(const std::string& directory);

}  // namespace muster::bench
