# Sourced by ./dev: everything that a change has to pass, with the time each step took.

step() {  # name command...
  local name=$1 began status=0
  shift
  began=$(date +%s)
  say "--- $name"
  # In a shell of its own: a failing step must not be saved by the context that it runs in.
  ./dev _step "$@" </dev/null || status=$?
  times+=("$(printf '%6d s  %s' $(($(date +%s) - began)) "$name")")
  [ $status = 0 ] || { ci_times; die "ci: '$name' failed"; }
}

ci_times() { printf '%s\n' "time per step:" "${times[@]}"; }

ci_asan() {
  build_preset asan muster_tests
  run_ctest asan
}

ci_tsan() {
  build_preset tsan muster_tsan_tests
  run_ctest tsan -L tsan
}

# clang-tidy gets what is left of the hour, at least two minutes; it names the files it did not get to.
ci_tidy() {  # seconds since the start
  local left=$((3600 - $1))
  [ $left -ge 120 ] || left=120
  [ $left -le 900 ] || left=900
  MUSTER_TIDY_SECONDS=${MUSTER_TIDY_SECONDS:-$left} lint_changed
}

run_ci() {
  local times=() began
  began=$(date +%s)
  step "packages" deps
  step "packages of other programs that tests run" deps_interop
  step "formatting, layers and scripts" lint_text
  step "release build" build_preset release
  step "release tests" run_ctest release
  step "ASan and UBSan tests" ci_asan
  step "TSan tests" ci_tsan
  step "clang-tidy" ci_tidy $(($(date +%s) - began))
  ci_times
  say "ci: all steps passed"
}
