#pragma once
// safetensors files: an 8-byte little-endian header length, a JSON header, then the tensors'
// bytes back to back. https://huggingface.co/docs/safetensors (format section).
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/params.h"
#include "base/status.h"

namespace muster {

// One tensor of a parsed file; `bytes` borrows from the parsed buffer.
struct TensorView {
  TensorSpec spec;
  ByteView bytes;
};
struct SafetensorsView {
  std::vector<TensorView> tensors;  // In file order.
  std::map<std::string, std::string> metadata;
  const TensorView* Find(std::string_view name) const;
};

// Where the tensors of a file lie, known from the bytes before their data.
struct SafetensorsIndex {
  struct Entry {
    TensorSpec spec;
    std::uint64_t begin = 0, end = 0;  // Into the file.
  };
  std::vector<Entry> tensors;  // In file order.
  std::map<std::string, std::string> metadata;
};

// Reads foreign bytes. INVALID_ARGUMENT with reason ARTEFACT_INVALID on a short or over-long
// (> 16 MiB) header, JSON that is too deep or has unknown, duplicate or ill-typed fields, shapes
// that overflow, an unknown dtype, more than 65,536 tensors, and offsets that run backwards, leave
// holes, overlap, or leave a tail. The order of the JSON's keys is free. Memory: O(tensors).
StatusOr<SafetensorsView> ParseSafetensors(ByteView file);

// The same checks without the data, for files that stay on disk. The head is what comes before the
// first tensor's bytes; its size stands in the file's first 8 bytes.
StatusOr<std::uint64_t> SafetensorsHeadBytes(ByteView start, std::uint64_t file_bytes);
StatusOr<SafetensorsIndex> ParseSafetensorsHead(ByteView head, std::uint64_t file_bytes);

// The parameters in a file: every tensor must be F32. Copies the values.
StatusOr<Params> ParseParams(ByteView file);

// Header bytes (length, JSON, padding to 8) for tensors written back to back in the order given.
// The same tensors and metadata always give the same bytes: keys sorted, no whitespace.
std::string SafetensorsHeader(std::span<const TensorSpec> tensors,
                              const std::map<std::string, std::string>& metadata = {});

// A whole file. Its SHA-256 is the model's digest, so it carries no ids and no times.
Bytes SerializeParams(ParamView params);

}  // namespace muster
