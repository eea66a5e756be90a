# What nearly every file includes, parsed once instead of once a file: two thirds of a file's compile
# time was that. System headers only, so that a cached object fits every checkout. Files still include
# what they use: the tidy preset has none of this.
set(muster_common_headers
  <algorithm> <array> <atomic> <charconv> <chrono> <cstdint> <deque> <filesystem> <fstream> <functional>
  <limits> <map> <memory> <optional> <set> <span> <sstream> <string> <string_view> <thread>
  <unordered_map> <utility> <variant> <vector>
  <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/synchronization/mutex.h>
  <fmt/format.h> <nlohmann/json.hpp>)

# muster_precompile(name DEPS ... HEADERS ...): a precompiled header that other targets take by its name.
function(muster_precompile name)
  cmake_parse_arguments(ARG "" "" "DEPS;HEADERS" ${ARGN})
  set(source ${PROJECT_BINARY_DIR}/${name}.cc)
  file(GENERATE OUTPUT ${source} CONTENT "")
  add_library(${name} OBJECT ${source})
  target_link_libraries(${name} PRIVATE muster_flags ${ARG_DEPS})
  target_precompile_headers(${name} PRIVATE ${muster_common_headers} ${ARG_HEADERS})
  target_compile_options(${name} PRIVATE
    $<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>)  # ccache asks for it.
endfunction()

set(grpc <grpcpp/grpcpp.h> <grpcpp/support/server_callback.h> <google/protobuf/message.h>
  <google/protobuf/descriptor.h>)
set(gtest <gmock/gmock.h> <gtest/gtest.h>)
set(common absl::status fmt::fmt nlohmann_json::nlohmann_json)
muster_precompile(muster_pch DEPS ${common})
muster_precompile(muster_grpc_pch DEPS ${common} gRPC::grpc++ HEADERS ${grpc})
muster_precompile(muster_cli_pch DEPS ${common} gRPC::grpc++ CLI11::CLI11 HEADERS ${grpc} <CLI/CLI.hpp>)
muster_precompile(muster_tests_pch DEPS muster_test_flags ${common} GTest::gmock GTest::gtest HEADERS ${gtest})
muster_precompile(muster_grpc_tests_pch DEPS muster_test_flags ${common} gRPC::grpc++ GTest::gmock GTest::gtest
  HEADERS ${grpc} ${gtest})

# muster_use_precompiled(target): the one that fits what it links.
function(muster_use_precompiled target)
  get_target_property(type ${target} TYPE)
  if(target MATCHES "torch$")
    return()  # Its own, of what torch asks for.
  elseif(target STREQUAL muster_cli OR type STREQUAL EXECUTABLE)
    set(precompiled muster_cli_pch)  # Programs read their options with it.
  elseif(target MATCHES "rpc$|_app$|^muster_proto$")
    set(precompiled muster_grpc_pch)
  else()
    set(precompiled muster_pch)
  endif()
  target_precompile_headers(${target} REUSE_FROM ${precompiled})
endfunction()

# muster_use_precompiled_for_test(target DEPS...)
function(muster_use_precompiled_for_test target)
  if("${ARGN}" MATCHES "rpc|_cli|_app|grpc")
    target_precompile_headers(${target} REUSE_FROM muster_grpc_tests_pch)
  else()
    target_precompile_headers(${target} REUSE_FROM muster_tests_pch)
  endif()
endfunction()
