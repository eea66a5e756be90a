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

run_ci() {
  local times=()
  step "packages" deps
  step "lint and layering" run_lint
  step "release build" build_preset release
  step "release tests" run_ctest release
  step "ASan and UBSan tests" ci_asan
  step "TSan tests" ci_tsan
  ci_times
  say "ci: all steps passed"
}
