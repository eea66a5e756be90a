# Sourced by ./dev: what is checked without running anything.

# The commit that the change under test stands on.
lint_base() {
  local base head
  head=$(git rev-parse HEAD)
  if [ -n "${MUSTER_LINT_BASE:-}" ]; then echo "$MUSTER_LINT_BASE"; return; fi
  for base in origin/main main; do
    base=$(git merge-base HEAD "$base" 2>/dev/null) || continue
    [ "$base" = "$head" ] || { echo "$base"; return; }
  done
  git rev-parse --verify -q HEAD~1 || echo "$head"
}

# The .cc files that clang-tidy reads: the changed ones, and those whose own header changed.
tidy_files() {
  local file
  git diff --name-only --diff-filter=d "$(lint_base)" -- '*.cc' '*.h' | sed 's/\.h$/.cc/' | sort -u |
    while read -r file; do [ ! -f "$file" ] || echo "$file"; done
}

lint_tidy() {
  local files generated known file until left
  files=$(tidy_files)
  [ -n "$files" ] || return 0
  mkdir -p build-tidy
  configure tidy build-tidy
  # The generated headers, without compiling anything.
  generated=$(ninja -C build-tidy -t targets all | sed -n 's/^\(generated.*\.pb\.h\):.*/\1/p')
  # shellcheck disable=SC2086
  [ -z "$generated" ] || ninja -C build-tidy --quiet $generated
  known=$(mktemp)
  python3 -c 'import json; [print(c["file"]) for c in json.load(open("build-tidy/compile_commands.json"))]' |
    sed "s|^$PWD/||" | sort -u >"$known"
  files=$(comm -12 <(echo "$files") "$known")
  rm -f "$known"
  [ -n "$files" ] || return 0
  # Bounded: files that it does not get to in time are named, not silently taken for clean.
  until=$(($(date +%s) + ${MUSTER_TIDY_SECONDS:-900}))
  export until
  rm -f build-tidy/skipped
  # shellcheck disable=SC2016  # Expanded by the inner shell.
  xargs -P "$jobs" -I{} bash -c '
    if [ "$(date +%s)" -ge "$until" ]; then echo "{}" >>build-tidy/skipped; exit 0; fi
    out=$(clang-tidy --quiet -p build-tidy "{}" 2>/dev/null) || { echo "$out"; exit 1; }' <<<"$files" || return 1
  left=$(cat build-tidy/skipped 2>/dev/null | xargs)
  [ -z "$left" ] || say "clang-tidy ran out of time before:" $left
}

formatted_files() { git ls-files -z -- '*.h' '*.cc' | xargs -0 -r ls -d 2>/dev/null; }

run_format() {
  deps
  formatted_files | xargs -r -P "$jobs" -n 40 clang-format -i
}

# What takes seconds: formatting, layers, scripts.
lint_text() {
  local bad=0 script
  deps
  say "clang-format"
  formatted_files | xargs -r -P "$jobs" -n 40 clang-format --dry-run -Werror || bad=1
  say "layers"
  python3 tests/check_layers.py . || bad=1
  say "scripts"
  for script in dev .ci/run $(git ls-files '*.sh'); do bash -n "$script" || bad=1; done
  git ls-files -z -- '*.py' | xargs -0 -r ls -d 2>/dev/null | PYTHONPYCACHEPREFIX=build/pycache xargs -r \
    python3 -m py_compile || bad=1
  [ $bad = 0 ] || die "lint: see above"
}

lint_changed() {
  say "clang-tidy on what changed since $(git rev-parse --short "$(lint_base)")"
  lint_tidy || die "lint: see above"
}

run_lint() {
  lint_text
  lint_changed
}
