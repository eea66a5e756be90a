#pragma once
// One spelling of a file for all that mean the same.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

namespace muster::registry::formats {

// `file` with every type named in full, as `linked`, built from it, resolved it, and with imports,
// options, ranges, fields, oneofs and enum values sorted. Of an enum the first value stays first:
// it is the default. Messages, services, methods and extensions keep their order.
google::protobuf::FileDescriptorProto Normalised(google::protobuf::FileDescriptorProto file,
                                                 const google::protobuf::FileDescriptor& linked);

}  // namespace muster::registry::formats
