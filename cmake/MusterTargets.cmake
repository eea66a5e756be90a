# What ./dev ci builds under the sanitizers: tests and the programs they start, and those labelled tsan.
add_custom_target(muster_tests)
add_custom_target(muster_tsan_tests)

# muster_library(name SOURCES ... DEPS ...): one folder, one target, one place to read its dependencies.
function(muster_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(muster_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(muster_${name} PUBLIC muster_flags ${ARG_DEPS})
  muster_use_precompiled(muster_${name})
endfunction()

# muster_binary(name SOURCES ... DEPS ...): a program in build/bin.
function(muster_binary name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE muster_flags ${ARG_DEPS})
  muster_use_precompiled(${name})
  add_dependencies(muster_tests ${name})
endfunction()

# muster_test(name SOURCES ... DEPS ... LABELS ...): one GoogleTest program; each case is one ctest.
# Cases loop over their seeds inside (a process per seed would cost more than the test).
function(muster_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE muster_flags muster_test_flags ${ARG_DEPS} GTest::gmock
    GTest::gtest GTest::gtest_main)
  muster_use_precompiled_for_test(${name} ${ARG_DEPS})
  add_dependencies(muster_tests ${name})
  if("tsan" IN_LIST ARG_LABELS)
    add_dependencies(muster_tsan_tests ${name})
  endif()
  # One label with commas: gtest_discover_tests would flatten a list, and lose the timeout with it.
  # ctest -L matches by regular expression, so each part still selects the test.
  list(JOIN ARG_LABELS "," labels)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS "${labels}" TIMEOUT ${ARG_TIMEOUT})
endfunction()

# muster_bench(name SOURCES ... DEPS ...): a program under build/bench, run by ./dev bench.
function(muster_bench name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
  target_link_libraries(${name} PRIVATE muster_flags ${ARG_DEPS})
  target_precompile_headers(${name} REUSE_FROM muster_pch)
endfunction()

# muster_fuzz(name SOURCES ... DEPS ...): a libFuzzer target, only under the fuzz preset.
function(muster_fuzz name)
  if(NOT MUSTER_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
  target_link_libraries(${name} PRIVATE muster_flags ${ARG_DEPS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()
