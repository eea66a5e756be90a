#pragma once
// Declarations as .proto text, in the layout of Confluent's provider. Reads only what is written:
// options stay as they were spelled.
#include <google/protobuf/descriptor.pb.h>

#include <string>

namespace muster::registry::formats {

// Of a file that a source was parsed to and that links: what is printed parses to the same
// declarations, up to the order of those that stand side by side, and prints the same again.
std::string Print(const google::protobuf::FileDescriptorProto& file);

// "(confluent.field_meta).doc".
std::string OptionName(const google::protobuf::UninterpretedOption& option);
// "(confluent.field_meta).doc = \"Celsius\"".
std::string OptionText(const google::protobuf::UninterpretedOption& option);
// `value` as a string literal, in ASCII and the characters that it has.
std::string Quoted(const std::string& value);

}  // namespace muster::registry::formats
