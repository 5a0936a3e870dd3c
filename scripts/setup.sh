#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, says what and why, and does nothing when everything is there.
# Usage: scripts/setup.sh build|test|vm|bench
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
  say "error: $*"
  exit 1
}

check_node() {
  version=$(node --version 2>/dev/null) || fail 'node is not in PATH: install Node.js 20 or newer'
  major=${version#v}
  [ "${major%%.*}" -ge 20 ] || fail "Node.js 20 or newer is needed; this is $version"
}

install_system_packages() {
  missing=
  while IFS='|' read -r purposes command package why; do
    case ",$purposes," in *",$1,"*) ;; *) continue ;; esac
    { command -v "$command" >/dev/null || [ -e "$command" ]; } && continue
    say "$package is missing: $why"
    missing="$missing $package"
  done <scripts/debian-packages.txt
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null ||
    fail "not a Debian system: install the packages that Debian calls:$missing"
  command="apt-get install --yes --no-install-recommends$missing"
  [ "$(id -u)" -eq 0 ] || fail "only root may install packages; run: sudo $command"
  say "running: $command"
  apt-get update --quiet=2 >&2 || say 'apt-get update failed; trying with the package lists as they are'
  # shellcheck disable=SC2086 # a list of words
  without_services env DEBIAN_FRONTEND=noninteractive $command --quiet=2 >&2
}

# A package would start its daemon at once; a policy forbids that, see invoke-rc.d(8).
without_services() (
  policy=/usr/sbin/policy-rc.d
  trap 'exit 1' HUP INT TERM
  if (set -C && printf '#!/bin/sh\nexit 101\n' >"$policy") 2>/dev/null; then
    trap 'rm -f "$policy"' EXIT
    chmod 755 "$policy"
    say "no daemon is started now ($policy, removed afterwards); at the next boot init may"
  fi
  "$@"
)

# The copy of the lock file is the last thing an installation leaves behind.
install_npm_packages() {
  installed=node_modules/.installed-lock.json
  if ! cmp -s package-lock.json "$installed"; then
    say 'running: npm ci (the packages of package-lock.json, into node_modules)'
    npm ci --no-audit --no-fund --loglevel=error >&2
    cp package-lock.json "$installed"
  fi
  # npm may be told not to run install scripts; bun's only moves its program into place.
  bun=node_modules/.bin/bun
  "$bun" --version >/dev/null 2>&1 || node node_modules/bun/install.js >&2
  "$bun" --version >/dev/null || fail "$bun does not run on this machine"
}

case ${1-} in
  build | test | vm | bench) ;;
  *) fail 'usage: scripts/setup.sh build|test|vm|bench' ;;
esac
purpose=$1
# Their kernels are for this architecture alone; elsewhere the tests say so, and are skipped.
[ "$purpose" != vm ] || [ "$(uname -m)" = x86_64 ] || purpose=build
check_node
install_system_packages "$purpose"
install_npm_packages
