#include "registry/formats/protobuf/limits.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>

#include "base/canonical_json.h"
#include "registry/formats/protobuf/source.h"
#include "registry/schema.h"

namespace muster::registry::formats {
namespace {
namespace pb = google::protobuf;
constexpr std::size_t kMostExcerpt = 200;

// How deep `{`, `[` and `<` stand in one another. Each kind is counted by itself: a foreign closer
// must not hide an opener that the parser, in recovery, goes down into.
class Nesting {
 public:
  void Take(std::string_view symbol) {
    static constexpr std::string_view kOpen = "{[<(", kClose = "}]>)";
    if (const auto i = kOpen.find(symbol); i != kOpen.npos) ++open_[i];
    if (const auto i = kClose.find(symbol); i != kClose.npos) open_[i] = std::max(0, open_[i] - 1);
  }
  int depth() const { return open_[0] + open_[1] + open_[2] + open_[3]; }

 private:
  int open_[4] = {0, 0, 0, 0};
};

// Walks a file as the linker will, with the length of the scope's name at hand.
class Measure {
 public:
  explicit Measure(std::size_t& full_name_bytes) : full_name_bytes_(full_name_bytes) {}

  Status File(const pb::FileDescriptorProto& file) {
    MUSTER_TRY(Package(file.package()));
    MUSTER_TRY(Options(file.options()));
    const std::size_t scope = file.package().size();
    for (const auto& message : file.message_type()) MUSTER_TRY(Message(message, scope));
    for (const auto& type : file.enum_type()) MUSTER_TRY(Enum(type, scope));
    for (const auto& field : file.extension()) MUSTER_TRY(Element(field, scope));
    for (const auto& service : file.service()) MUSTER_TRY(Service(service, scope));
    return Ok();
  }

 private:
  static Status Package(const std::string& package) {
    const auto parts = std::count(package.begin(), package.end(), '.') + 1;
    if (package.size() > kMostPackageBytes || parts > kMostPackageParts)
      return Invalid("package: {} bytes in {} parts are more than {} in {}", package.size(), parts,
                     kMostPackageBytes, kMostPackageParts);
    return Ok();
  }

  // Its name, its full name and its options.
  template <typename Proto>
  Status Element(const Proto& element, std::size_t scope) {
    MUSTER_TRY(Name(element.name(), scope));
    return Options(element.options());
  }

  Status Name(const std::string& name, std::size_t scope) {
    if (name.size() > kMostNameBytes)
      return Invalid("name '{}': {} bytes are more than {}", Excerpt(name), name.size(),
                     kMostNameBytes);
    full_name_bytes_ += scope + 1 + name.size();
    if (full_name_bytes_ > kMostFullNameBytes)
      return Invalid("the full names of all declarations have more than {} bytes",
                     kMostFullNameBytes);
    return Ok();
  }

  template <typename Proto>
  static Status Options(const Proto& options) {
    if (options.uninterpreted_option_size() > kMostOptions)
      return Invalid("{} options of one declaration are more than {}",
                     options.uninterpreted_option_size(), kMostOptions);
    for (const auto& option : options.uninterpreted_option()) {
      if (option.name_size() > kMostOptionParts)
        return Invalid("an option whose name has {} parts, more than {}", option.name_size(),
                       kMostOptionParts);
      // A text was scanned as a whole; a serialised file brings this one unseen.
      MUSTER_TRY(ScanText(option.aggregate_value()).status());
    }
    return Ok();
  }

  // Each range is checked against each other, and against each number.
  static Status Ranges(std::int64_t numbers, std::int64_t ranges) {
    if ((numbers + ranges) * ranges > kMostRangeChecks)
      return Invalid("{} ranges beside {} numbers in one declaration", ranges, numbers);
    return Ok();
  }

  Status Message(const pb::DescriptorProto& message, std::size_t outer) {
    MUSTER_TRY(Element(message, outer));
    MUSTER_TRY(Ranges(message.field_size(),
                      message.extension_range_size() + message.reserved_range_size()));
    const std::size_t scope = outer + 1 + message.name().size();
    for (const auto& field : message.field()) MUSTER_TRY(Element(field, scope));
    for (const auto& field : message.extension()) MUSTER_TRY(Element(field, scope));
    for (const auto& oneof : message.oneof_decl()) MUSTER_TRY(Element(oneof, scope));
    for (const auto& range : message.extension_range()) MUSTER_TRY(Options(range.options()));
    for (const auto& type : message.enum_type()) MUSTER_TRY(Enum(type, scope));
    for (const auto& nested : message.nested_type()) MUSTER_TRY(Message(nested, scope));
    return Ok();
  }

  Status Enum(const pb::EnumDescriptorProto& type, std::size_t outer) {
    MUSTER_TRY(Element(type, outer));
    MUSTER_TRY(Ranges(type.value_size(), type.reserved_range_size()));
    for (const auto& value : type.value())
      MUSTER_TRY(Element(value, outer + 1 + type.name().size()));
    return Ok();
  }

  Status Service(const pb::ServiceDescriptorProto& service, std::size_t outer) {
    MUSTER_TRY(Element(service, outer));
    for (const auto& method : service.method())
      MUSTER_TRY(Element(method, outer + 1 + service.name().size()));
    return Ok();
  }

  std::size_t& full_name_bytes_;
};
}  // namespace

std::string Excerpt(std::string_view text) {
  std::string out(text.substr(0, kMostExcerpt));
  for (char& c : out)
    if (c < 0x20 || c > 0x7e) c = '?';
  if (text.size() > kMostExcerpt) out += "...";
  return out;
}

bool IsUtf8(std::string_view text) { return CanonicalJson(Json(std::string(text))).ok(); }

StatusOr<Scan> ScanText(std::string_view text) {
  if (text.size() > SchemaParser::kMostBytes)
    return Invalid("{} bytes are more than {}", text.size(), SchemaParser::kMostBytes);
  if (!IsUtf8(text)) return Invalid("the text is not UTF-8");
  pb::io::ArrayInputStream in(text.data(), static_cast<int>(text.size()));
  FirstError error;
  pb::io::Tokenizer tokens(&in, &error);
  Nesting nesting;
  Scan scan;
  for (int n = 0; tokens.Next(); ++n) {
    const auto& token = tokens.current();
    if (n == 0) scan.names_syntax = token.text == "syntax";
    if (n >= kMostTokens) return Invalid("line {}: more than {} tokens", token.line + 1, n);
    if (token.type != pb::io::Tokenizer::TYPE_SYMBOL) continue;
    nesting.Take(token.text);
    if (nesting.depth() > SchemaParser::kMostDepth)
      return Invalid("line {}, column {}: nested more than {} deep", token.line + 1,
                     token.column + 1, SchemaParser::kMostDepth);
  }
  MUSTER_TRY(error.status());
  return scan;
}

Status Sizes::Add(const pb::FileDescriptorProto& file) {
  return Measure(full_name_bytes_).File(file);
}

}  // namespace muster::registry::formats
