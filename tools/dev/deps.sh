# Sourced by ./dev: the packages that the other commands need.

packages() { sed 's/#.*//' "$1" | xargs -n1; }  # list

missing_packages() {  # list
  local package status
  for package in $(packages "$1"); do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || status=""
    [ "$status" = installed ] || echo "$package"
  done
}

# apt-get as root, quiet unless it fails.
apt() {
  local as_root=() log=build/deps.log
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "installing packages needs root: run './dev deps' as root once"
    as_root=(sudo)
    [ -t 0 ] || as_root+=(-n)
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" >"$log" 2>&1 </dev/null
}

install_missing() {  # list
  local missing
  missing=$(missing_packages "$1")
  [ -n "$missing" ] || return 0
  say "installing" $missing
  # shellcheck disable=SC2086  # One word per package.
  if ! apt install --no-install-recommends -y $missing; then
    apt update || { cat build/deps.log >&2; die "apt-get update failed"; }
    apt install --no-install-recommends -y $missing || {
      cat build/deps.log >&2
      die "apt-get could not install all packages; they are those of Debian 12"
    }
  fi
}

deps() {
  local stamp=build/.deps
  [ "${MUSTER_DEPS:-}" != skip ] || return 0
  # Nothing was installed or removed, and the list is the same, since all of it was there.
  if [ "$stamp" -nt tools/dev/packages.txt ] && [ "$stamp" -nt /var/lib/dpkg/status ]; then return 0; fi
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    die "this system has no Debian packages. Install what tools/dev/packages.txt names in your own way," \
      "then set MUSTER_DEPS=skip"
  fi
  mkdir -p build
  install_missing tools/dev/packages.txt
  touch "$stamp"
}

# Other people's programs that tests/interop runs against ours.
deps_interop() {
  [ "${MUSTER_DEPS:-}" != skip ] || return 0
  deps
  install_missing tools/dev/packages-interop.txt
  local source=tests/interop into=build/interop
  if ! command -v npm >/dev/null; then
    say "no npm here: tests that need programs from it say so and are skipped"
    return 0
  fi
  cmp -s $source/package-lock.json $into/node_modules/.muster-lock && return 0
  say "installing what $source/package.json names"
  mkdir -p $into
  cp $source/package.json $source/package-lock.json $source/.npmrc $into/
  npm ci --prefix $into --ignore-scripts --no-audit --no-fund >$into/npm.log 2>&1 || {
    cat $into/npm.log >&2
    die "npm could not install what $source/package.json names"
  }
  cp $source/package-lock.json $into/node_modules/.muster-lock
}
