#include "base/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

namespace muster {
namespace {
static_assert(std::endian::native == std::endian::little, "values are copied as they lie");

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 16 << 20;
constexpr std::size_t kMaxEntries = 65'536;  // Tensors, and metadata entries: bounds the memory.
constexpr std::size_t kMaxRank = 32;
constexpr std::string_view kMetadataKey = "__metadata__";
constexpr std::array kDTypes = {DType::kF32, DType::kF16, DType::kBF16, DType::kI64,
                                DType::kI32, DType::kU8,  DType::kBool};

template <typename... Args>
Status Refused(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument(f, std::forward<Args>(args)...), Reason::kARTEFACT_INVALID);
}

// A foreign name, short enough for a message and cut between two characters.
std::string_view Short(std::string_view name) {
  if (name.size() <= 80) return name;
  std::size_t end = 80;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
  return name.substr(0, end);
}

using Entry = SafetensorsIndex::Entry;  // Offsets into the data section while it is read.

// Reads the header as the parser meets it. A tree of values in between would cost a hostile 16 MiB
// header hundreds of megabytes; this keeps what the format allows and stops at anything else.
class HeaderReader {
 public:
  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;
  Status status;

  bool start_object(std::size_t) {
    if (in_ == In::kFile) return Enter(In::kHeader);
    if (in_ != In::kHeader) return Stop("an object where none belongs");
    if (key_ == kMetadataKey) return Enter(In::kMetadata);
    if (entries.size() == kMaxEntries) return Stop("too many tensors");
    entries.emplace_back().spec.name = key_;
    fields_.clear();
    return Enter(In::kTensor);
  }
  bool end_object() {
    if (in_ == In::kHeader) return Enter(In::kFile);
    if (in_ == In::kTensor && fields_.size() != 3) return Stop("a field is missing");
    return Enter(In::kHeader);
  }
  bool key(std::string& name) {
    if (in_ == In::kMetadata) {
      if (metadata.size() == kMaxEntries) return Stop("too much metadata");
      metadata_key_ = name;
      return !metadata.contains(name) || Stop("a key stands twice");
    }
    if (in_ == In::kHeader) {
      key_ = name;
      return keys_.insert(name).second || Stop("the key stands twice");
    }
    if (name != "dtype" && name != "shape" && name != "data_offsets") return Stop("unknown field");
    field_ = name;
    return fields_.insert(name).second || Stop("a field stands twice");
  }
  bool string(std::string& value) {
    if (in_ == In::kMetadata) {
      metadata.emplace(metadata_key_, value);
      return true;
    }
    if (in_ != In::kTensor || field_ != "dtype") return Stop("text where none belongs");
    for (const DType dtype : kDTypes) {
      if (NameOf(dtype) != value) continue;
      entries.back().spec.dtype = dtype;
      return true;
    }
    return Stop("unknown dtype");
  }
  bool start_array(std::size_t) {
    if (in_ != In::kTensor || field_ == "dtype") return Stop("a list where none belongs");
    offsets_seen_ = 0;
    return Enter(field_ == "shape" ? In::kShape : In::kOffsets);
  }
  bool end_array() {
    if (in_ == In::kOffsets && offsets_seen_ != 2) return Stop("data_offsets is not a pair");
    return Enter(In::kTensor);
  }
  bool number_unsigned(std::uint64_t value) {
    if (value > static_cast<std::uint64_t>(INT64_MAX)) return Stop("a number is too large");
    if (in_ == In::kShape) {
      std::vector<std::int64_t>& shape = entries.back().spec.shape;
      shape.push_back(static_cast<std::int64_t>(value));
      return shape.size() <= kMaxRank || Stop("too many dimensions");
    }
    if (in_ != In::kOffsets) return Stop("a number where none belongs");
    if (offsets_seen_ == 2) return Stop("data_offsets is not a pair");
    (offsets_seen_++ == 0 ? entries.back().begin : entries.back().end) = value;
    return true;
  }
  bool number_integer(std::int64_t) { return Stop("a negative number"); }
  bool number_float(double, const std::string&) { return Stop("a number that is not an integer"); }
  bool null() { return Stop("null where none belongs"); }
  bool boolean(bool) { return Stop("a truth value where none belongs"); }
  bool binary(std::vector<std::uint8_t>&) { return Stop("binary"); }
  template <typename Error>
  bool parse_error(std::size_t position, const std::string&, const Error&) {
    status = Refused("safetensors header: not valid JSON near byte {}", position);
    return false;
  }

 private:
  enum class In { kFile, kHeader, kMetadata, kTensor, kShape, kOffsets };
  bool Enter(In next) {
    in_ = next;
    return true;
  }
  bool Stop(std::string_view why) {
    status = Refused("safetensors header: '{}': {}", Short(key_), why);
    return false;
  }
  In in_ = In::kFile;
  std::string key_, metadata_key_, field_;
  std::set<std::string> keys_, fields_;
  int offsets_seen_ = 0;
};

StatusOr<std::uint64_t> BytesOf(const TensorSpec& spec) {
  std::uint64_t bytes = SizeOf(spec.dtype);
  for (const std::int64_t extent : spec.shape)
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes))
      return Refused("tensor '{}' {} is too large", Short(spec.name), ShapeText(spec.shape));
  return bytes;
}

}  // namespace

const TensorView* SafetensorsView::Find(std::string_view name) const {
  const auto it = std::find_if(tensors.begin(), tensors.end(),
                               [&](const TensorView& t) { return t.spec.name == name; });
  return it == tensors.end() ? nullptr : &*it;
}

StatusOr<std::uint64_t> SafetensorsHeadBytes(ByteView start, std::uint64_t file_bytes) {
  std::uint64_t length = 0;
  if (start.size() < kLengthBytes || file_bytes < kLengthBytes)
    return Refused("{} bytes are no safetensors file", file_bytes);
  std::memcpy(&length, start.data(), kLengthBytes);
  if (length > kMaxHeaderBytes)
    return Refused("the safetensors header claims {} bytes; at most {} are allowed", length,
                   kMaxHeaderBytes);
  if (length > file_bytes - kLengthBytes)
    return Refused("the safetensors header claims {} bytes; the file ends after {}", length,
                   file_bytes - kLengthBytes);
  return kLengthBytes + length;
}

StatusOr<SafetensorsIndex> ParseSafetensorsHead(ByteView head, std::uint64_t file_bytes) {
  MUSTER_ASSIGN(const std::uint64_t head_bytes, SafetensorsHeadBytes(head, file_bytes));
  if (head.size() != head_bytes)
    return Refused("{} bytes are not the {} before the tensors", head.size(), head_bytes);
  const std::string_view text = AsText(head.subspan(kLengthBytes));
  // The parser would skip a byte order mark, and take NUL for the end of the text.
  if (!text.starts_with('{') || text.find('\0') != text.npos)
    return Refused("the safetensors header is not a JSON object");
  HeaderReader reader;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &reader)) return reader.status;

  std::sort(reader.entries.begin(), reader.entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.begin, a.end, a.spec.name) < std::tie(b.begin, b.end, b.spec.name);
  });
  const std::uint64_t data_bytes = file_bytes - head_bytes;
  std::uint64_t next = 0;
  for (Entry& entry : reader.entries) {
    MUSTER_ASSIGN(const std::uint64_t bytes, BytesOf(entry.spec));
    if (entry.begin != next || entry.end < entry.begin || entry.end > data_bytes ||
        entry.end - entry.begin != bytes)
      return Refused("tensor '{}' of {} bytes lies at [{}, {}); [{}, {}) is expected",
                     Short(entry.spec.name), bytes, entry.begin, entry.end, next, next + bytes);
    next = entry.end;
    entry.begin += head_bytes;
    entry.end += head_bytes;
  }
  if (next != data_bytes) return Refused("{} bytes follow the last tensor's", data_bytes - next);
  return SafetensorsIndex{std::move(reader.entries), std::move(reader.metadata)};
}

StatusOr<SafetensorsView> ParseSafetensors(ByteView file) {
  MUSTER_ASSIGN(const std::uint64_t head_bytes, SafetensorsHeadBytes(file, file.size()));
  MUSTER_ASSIGN(SafetensorsIndex index, ParseSafetensorsHead(file.first(head_bytes), file.size()));
  SafetensorsView out;
  out.tensors.reserve(index.tensors.size());
  for (Entry& entry : index.tensors)
    out.tensors.push_back(
        {std::move(entry.spec), file.subspan(entry.begin, entry.end - entry.begin)});
  out.metadata = std::move(index.metadata);
  return out;
}

StatusOr<Params> ParseParams(ByteView file) {
  MUSTER_ASSIGN(const SafetensorsView view, ParseSafetensors(file));
  std::vector<TensorSpec> specs;
  std::map<std::string_view, ByteView> bytes_of;
  for (const TensorView& t : view.tensors) {
    specs.push_back(t.spec);
    bytes_of.emplace(t.spec.name, t.bytes);
  }
  StatusOr<Layout> layout = Layout::Make(std::move(specs));
  if (!layout.ok()) return WithReason(layout.status(), Reason::kARTEFACT_INVALID);
  Params out{*std::move(layout), {}};
  out.values.resize(out.layout.size());
  for (std::size_t i = 0; i < out.layout.tensors().size(); ++i) {
    const ByteView bytes = bytes_of.at(out.layout.tensors()[i].name);
    if (!bytes.empty())
      std::memcpy(out.values.data() + out.layout.offset(i), bytes.data(), bytes.size());
  }
  return out;
}

std::string SafetensorsHeader(std::span<const TensorSpec> tensors,
                              const std::map<std::string, std::string>& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header[std::string(kMetadataKey)] = metadata;
  std::uint64_t offset = 0;
  for (const TensorSpec& t : tensors) {
    std::uint64_t bytes = SizeOf(t.dtype);
    for (const std::int64_t extent : t.shape) bytes *= static_cast<std::uint64_t>(extent);
    header[t.name] = {
        {"dtype", NameOf(t.dtype)}, {"shape", t.shape}, {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string json = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  json.resize((json.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = json.size();
  std::string out(kLengthBytes, '\0');
  std::memcpy(out.data(), &length, kLengthBytes);
  return out + json;
}

Bytes SerializeParams(ParamView params) {
  const std::string header = SafetensorsHeader(params.layout.tensors());
  const ByteView values = std::as_bytes(params.values);
  Bytes out(header.size() + values.size());
  std::memcpy(out.data(), header.data(), header.size());
  if (!values.empty()) std::memcpy(out.data() + header.size(), values.data(), values.size());
  return out;
}

}  // namespace muster
