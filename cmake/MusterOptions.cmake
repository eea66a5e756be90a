# Compiler settings that hold for every target.
option(MUSTER_FUZZ "Build the libFuzzer targets (clang only)" OFF)
set(MUSTER_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")

# What generated code takes too: a precompiled header has one setting of these.
add_library(muster_codegen INTERFACE)
target_compile_options(muster_codegen INTERFACE
  -fno-math-errno -ffp-contract=off  # Sums must not depend on where the compiler fuses.
  -pthread)

# What tests are made of is compiled for speed of compiling, in half the time: what they test is
# optimised all the same, and has its lines in a sanitizer's report.
add_library(muster_test_flags INTERFACE)
target_compile_options(muster_test_flags INTERFACE -O0 -g0)

add_library(muster_flags INTERFACE)
target_link_libraries(muster_flags INTERFACE muster_codegen)
target_compile_options(muster_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wunused -Wcast-align -Werror
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
target_include_directories(muster_flags INTERFACE ${PROJECT_SOURCE_DIR})
if(MUSTER_SANITIZE)
  add_compile_options(-fsanitize=${MUSTER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MUSTER_SANITIZE})
endif()
if(MUSTER_SANITIZE MATCHES undefined)
  # Checks of every pointer that is followed are a third of the code: AddressSanitizer stops at null
  # and beyond an object by itself, and a test's own objects are not what is tested.
  add_compile_options(-fno-sanitize=null,object-size,vptr)
  target_compile_options(muster_test_flags INTERFACE -fno-sanitize=alignment)
endif()
if(MUSTER_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
find_program(MUSTER_LLD ld.lld)
if(MUSTER_LLD)
  add_link_options(-fuse-ld=lld)
endif()
