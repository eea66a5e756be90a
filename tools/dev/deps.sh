# Sourced by ./dev: the packages that the other commands need.

packages() { sed 's/#.*//' tools/dev/packages.txt | xargs -n1; }

missing_packages() {
  local package status
  for package in $(packages); do
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

deps() {
  local stamp=build/.deps missing
  [ "${MUSTER_DEPS:-}" != skip ] || return 0
  # Nothing was installed or removed, and the list is the same, since all of it was there.
  if [ "$stamp" -nt tools/dev/packages.txt ] && [ "$stamp" -nt /var/lib/dpkg/status ]; then return 0; fi
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    die "this system has no Debian packages. Install what tools/dev/packages.txt names in your own way," \
      "then set MUSTER_DEPS=skip"
  fi
  mkdir -p build
  missing=$(missing_packages)
  if [ -n "$missing" ]; then
    say "installing" $missing
    # shellcheck disable=SC2086  # One word per package.
    if ! apt install --no-install-recommends -y $missing; then
      apt update || { cat build/deps.log >&2; die "apt-get update failed"; }
      apt install --no-install-recommends -y $missing || {
        cat build/deps.log >&2
        die "apt-get could not install all packages; they are those of Debian 12"
      }
    fi
  fi
  touch "$stamp"
}
