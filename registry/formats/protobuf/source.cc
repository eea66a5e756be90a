#include "registry/formats/protobuf/source.h"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/bytes.h"
#include "registry/formats/protobuf/limits.h"
#include "registry/schema.h"

namespace muster::registry::formats {
namespace {
namespace pb = google::protobuf;
using Place = pb::DescriptorPool::ErrorCollector::ErrorLocation;

// What protoc takes a file without a syntax for. Said aloud, since the parser logs otherwise.
constexpr std::string_view kDefaultSyntax = "syntax=\"proto2\";";

template <typename Items>
const typename Items::value_type* Named(const Items& items, std::string_view name) {
  for (const auto& item : items)
    if (item.name() == name) return &item;
  return nullptr;
}

// What is declared under the name within the message, or null; itself when there is no name.
const pb::Message* Declared(const pb::DescriptorProto& message, std::string_view name) {
  if (name.empty()) return &message;
  const std::string_view first = name.substr(0, name.find('.'));
  if (first.size() < name.size()) {
    const pb::DescriptorProto* const nested = Named(message.nested_type(), first);
    return nested == nullptr ? nullptr : Declared(*nested, name.substr(first.size() + 1));
  }
  if (const auto* const field = Named(message.field(), name)) return field;
  if (const auto* const type = Named(message.enum_type(), name)) return type;
  return Named(message.nested_type(), name);
}

const pb::Message* Declared(const pb::FileDescriptorProto& file, std::string_view full_name) {
  if (file.has_package())
    full_name.remove_prefix(std::min(file.package().size() + 1, full_name.size()));
  const std::string_view first = full_name.substr(0, full_name.find('.'));
  const pb::DescriptorProto* const message = Named(file.message_type(), first);
  if (message == nullptr) return Named(file.enum_type(), first);
  return Declared(*message, full_name.substr(std::min(first.size() + 1, full_name.size())));
}

class LinkErrors : public pb::DescriptorPool::ErrorCollector {
 public:
  explicit LinkErrors(const Source& source) : source_(source), first_(source.shift) {}
  void AddError(const std::string&, const std::string& element, const pb::Message* descriptor,
                Place place, const std::string& message) override {
    if (!first_.status().ok()) return;
    int line = -1;
    int column = 0;
    if (source_.places != nullptr) Find(element, descriptor, place, line, column);
    first_.AddError(line, column, element + ": " + message);
  }
  const Status& status() const { return first_.status(); }

 private:
  // Not every error has a place of its own: then that of the declaration has to do.
  void Find(const std::string& element, const pb::Message* descriptor, Place place, int& line,
            int& column) const {
    const auto& places = *source_.places;
    if (places.Find(descriptor, place, &line, &column) ||
        places.FindImport(descriptor, element, &line, &column))
      return;
    const pb::Message* const declared = Declared(*source_.file, element);
    if (declared == nullptr || !places.Find(declared, NAME, &line, &column)) line = -1;
  }

  const Source& source_;
  FirstError first_;
};

bool IsBase64(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '/' || c == '=';
  });
}

StatusOr<Bytes> FromBase64(std::string text) {
  while (text.ends_with('=')) text.pop_back();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return FromBase64Url(text);
}

StatusOr<Source> ReadText(std::string_view text) {
  MUSTER_ASSIGN(const Scan scan, ScanText(text));
  const std::string_view before = scan.names_syntax ? "" : kDefaultSyntax;
  const std::string whole = std::string(before) + std::string(text);
  Source out{std::make_unique<pb::FileDescriptorProto>(),
             std::make_unique<pb::compiler::SourceLocationTable>(),
             static_cast<int>(before.size())};
  FirstError error(out.shift);
  pb::io::ArrayInputStream in(whole.data(), static_cast<int>(whole.size()));
  pb::io::Tokenizer tokens(&in, &error);
  pb::compiler::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.RecordSourceLocationsTo(out.places.get());
  const bool parsed = parser.Parse(&tokens, out.file.get());
  MUSTER_TRY(error.status());
  if (!parsed) return Invalid("the text is no .proto file");
  out.file->clear_source_code_info();
  return out;
}

// The text that a serialised file amounts to. Its options are interpreted already, which only the
// linker can undo.
StatusOr<std::string> TextOf(std::string_view base64, const pb::DescriptorPool& known) {
  const auto bytes = FromBase64(std::string(base64));
  Source serialised{std::make_unique<pb::FileDescriptorProto>(), nullptr};
  pb::FileDescriptorProto& file = *serialised.file;
  if (!bytes.ok() || !file.ParseFromArray(bytes->data(), static_cast<int>(bytes->size())))
    return Invalid("the text is neither a .proto file nor one that was serialised");
  file.clear_source_code_info();
  file.set_name("");
  MUSTER_TRY(Sizes().Add(file));
  pb::DescriptorPool scratch(&known);
  MUSTER_ASSIGN(const pb::FileDescriptor* const linked, Build(serialised, scratch));
  return linked->DebugString();
}
}  // namespace

void FirstError::AddError(int line, pb::io::ColumnNumber column, const std::string& message) {
  if (!status_.ok()) return;
  status_ = line < 0 ? Invalid("{}", Excerpt(message))
                     : Invalid("line {}, column {}: {}", line + 1,
                               column + 1 - (line == 0 ? shift_ : 0), Excerpt(message));
}

StatusOr<Source> ReadSource(std::string_view text, const pb::DescriptorPool& known) {
  if (!IsBase64(text)) return ReadText(text);
  if (text.size() > SchemaParser::kMostBytes)
    return Invalid("{} bytes are more than {}", text.size(), SchemaParser::kMostBytes);
  MUSTER_ASSIGN(const std::string plain, TextOf(text, known));
  return ReadText(plain);
}

StatusOr<const pb::FileDescriptor*> Build(const Source& source, pb::DescriptorPool& pool) {
  LinkErrors errors(source);
  const pb::FileDescriptor* const file = pool.BuildFileCollectingErrors(*source.file, &errors);
  MUSTER_TRY(errors.status());
  if (file == nullptr) return Invalid("the file cannot be linked");
  return file;
}

}  // namespace muster::registry::formats
