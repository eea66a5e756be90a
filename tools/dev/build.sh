# Sourced by ./dev: configuring, building, testing, measuring.

# A precompiled header is what its inputs are; ccache wants to be told so before it keeps what uses one.
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros,include_file_mtime,include_file_ctime}
# What one checkout compiled, another need not: paths below a checkout count as relative ones.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$PWD} CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-1}
jobs=$(nproc)
programs=(musterd muster muster-edge muster-torch)

build_dir() { if [ "$1" = release ]; then echo build; else echo "build-$1"; fi; }

# Configures when a CMakeLists.txt came or went (ninja sees the changed ones itself).
configure() {  # preset dir
  local lists
  lists=$(git ls-files -co --exclude-standard -- '*CMakeLists.txt' '*.cmake' CMakePresets.json)
  if [ ! -f "$2/build.ninja" ] || [ "$lists" != "$(cat "$2/.lists" 2>/dev/null)" ]; then
    cmake --preset "$1" >"$2/configure.log" 2>&1 || { cat "$2/configure.log"; return 1; }
    echo "$lists" >"$2/.lists"
  fi
}

# What ninja says, without what it always says; for a person, its steps on one line that is wiped.
show_ninja() {
  local line
  while IFS= read -r line; do
    case $line in
      '['*) [ ! -t 1 ] || printf '\r\033[K%.*s' "$((${COLUMNS:-80} - 1))" "$line" ;;
      'ninja: no work to do.' | 'ninja: Entering directory'* | '-- '*) ;;
      *) if [ -t 1 ]; then printf '\r\033[K%s\n' "$line"; else echo "$line"; fi ;;
    esac
  done
  [ ! -t 1 ] || printf '\r\033[K'
}

run_ninja() {  # dir targets...
  local dir=$1
  shift
  NINJA_STATUS="[%f/%t, %e s] " ninja -C "$dir" "$@" | show_ninja
}

# One build at a time: two at once are slower than one after the other on a small machine.
build_preset() {  # preset targets...
  local preset=$1 dir
  shift
  deps
  dir=$(build_dir "$preset")
  mkdir -p "$dir"
  exec 9>"$dir/.lock"
  flock 9
  configure "$preset" "$dir"
  run_ninja "$dir" "$@"
  exec 9>&-
}

# The convention for data sets: a folder of them, named by MUSTER_DATA or found beside the tree.
find_data() {
  if [ -z "${MUSTER_DATA:-}" ] && [ -d ../shared/data ]; then
    MUSTER_DATA=$(cd ../shared/data && pwd)
    export MUSTER_DATA
  fi
}

# Runs ctest in a preset's tree. Sanitized programs want one address layout, and their own options.
run_ctest() {  # preset ctest-args...
  local preset=$1 dir fixed=()
  shift
  dir=$(build_dir "$preset")
  find_data
  case $preset in
    asan | tsan) if setarch "$(uname -m)" -R true 2>/dev/null; then fixed=(setarch "$(uname -m)" -R); fi ;;
  esac
  ASAN_OPTIONS="detect_stack_use_after_return=1:${ASAN_OPTIONS:-}" \
  LSAN_OPTIONS="suppressions=$PWD/tests/lsan.supp:print_suppressions=0:${LSAN_OPTIONS:-}" \
  UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}" \
  TSAN_OPTIONS="suppressions=$PWD/tests/tsan.supp:${TSAN_OPTIONS:-}" \
    "${fixed[@]}" ctest --test-dir "$dir" -j"$jobs" --output-on-failure "$@"
}


run_demo() {  # demo-args...
  build_preset release "${programs[@]}"
  find_data
  # From where it was called, so that a relative --json FILE or --data DIR means what it says.
  local root=$PWD
  cd "$called_from"
  python3 "$root/demo/run.py" --bin "$root/build/bin" --run-dir "$root/demo-run" "$@"
}

bench_groups() {
  local file
  for file in bench/*/*_bench.cc bench/*/*_bench.py; do basename "$(dirname "$file")"; done | sort
}

# A group is a C++ program, bench/GROUP/GROUP_bench.cc, or a script, GROUP_bench.py.
run_bench() {  # [group...] [--json FILE] [-- bench-args...]
  local groups=() targets=() args=() group
  while [ $# -gt 0 ]; do
    case $1 in
      --json)
        [ $# -ge 2 ] || die "--json needs a file"
        case $2 in /*) args+=(--json "$2") ;; *) args+=(--json "$called_from/$2") ;; esac
        shift ;;
      --) shift; args+=("$@"); break ;;
      -*) die "no option $1; usage: ./dev bench [GROUP...] [--json FILE] [-- bench options]" ;;
      *)
        grep -qx -- "$1" <<<"$(bench_groups)" || die "no bench group '$1'; there are:" $(bench_groups)
        groups+=("$1") ;;
    esac
    shift
  done
  # shellcheck disable=SC2207  # Folder names have no spaces.
  [ ${#groups[@]} -gt 0 ] || groups=($(bench_groups | grep -vx build))  # That one takes its time.
  find_data
  for group in "${groups[@]}"; do
    if [ -f "bench/$group/${group}_bench.cc" ]; then
      targets+=("${group}_bench")
    elif [ "$group" = demo ]; then
      targets+=("${programs[@]}")
    fi
  done
  [ ${#targets[@]} -eq 0 ] || build_preset release "${targets[@]}"
  for group in "${groups[@]}"; do
    if [ -f "bench/$group/${group}_bench.cc" ]; then
      "build/bench/${group}_bench" "${args[@]}"
    else
      python3 "bench/$group/${group}_bench.py" "${args[@]}"
    fi
  done
}

fuzz_targets() { find tests/fuzz -name CMakeLists.txt -exec sed -n 's/^muster_fuzz(\([a-z0-9_]*\).*/\1/p' {} + | sort; }

# Runs one target, or each in turn, keeping what it found interesting for the next time.
run_fuzz() {  # [target] [seconds]
  local targets target seconds=60 corpus
  targets=$(fuzz_targets)
  case ${1:-} in
    '' ) ;;
    [0-9]*) seconds=$1 ;;
    *)
      grep -qx -- "$1" <<<"$targets" || die "no fuzz target '$1'; there are:" $targets
      targets=$1
      seconds=${2:-60} ;;
  esac
  # shellcheck disable=SC2086
  build_preset fuzz $targets
  for target in $targets; do
    corpus=build-fuzz/corpus/$target
    mkdir -p "$corpus"
    say "fuzz $target for $seconds s"
    if ! "build-fuzz/fuzz/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 \
      -artifact_prefix="$corpus/../" -verbosity=0 -print_final_stats=1 "$corpus" >"$corpus.log" 2>&1; then
      tail -40 "$corpus.log"
      die "fuzz target $target failed; its input is under build-fuzz/corpus"
    fi
    sed -n 's/^stat::number_of_executed_units: */  inputs tried: /p' "$corpus.log"
  done
}

# The same tests with the counts that a person would not wait for, then every fuzz target.
run_soak() {  # [seconds per fuzz target]
  build_preset release
  MUSTER_SOAK=1 run_ctest release -L 'property|sim|conformance' --timeout 7200
  # 20 faults, each drawn from its seed, and 20 fleets without one.
  MUSTER_LOOP_SEEDS=$(seq -s, 1 20) run_ctest release -R e2e_loop --timeout 7200
  run_fuzz "${1:-300}"
}
