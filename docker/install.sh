#!/usr/bin/env bash
# Installs the sections of packages.txt that are named: install.sh build test kafka. Calls apt only when one is missing.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

packages_of() {
  awk -v section="[$1]" '/^\[/ { inside = ($0 == section); next } inside && /^[a-z0-9]/ { print $1 }' "$here/packages.txt"
}

installed() { [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "root is needed to install: ${missing[*]}; run as root, install sudo, or install them yourself"
  fi
}

missing=()
for section in "$@"; do
  mapfile -t packages < <(packages_of "$section")
  ((${#packages[@]})) || fail "packages.txt has no section [$section]"
  # Another distribution: whether all is there is found out by the build.
  command -v dpkg-query >/dev/null || {
    echo "install.sh: no Debian here; needed are the equals of: ${packages[*]}" >&2
    continue
  }
  for package in "${packages[@]}"; do installed "$package" || missing+=("$package"); done
done
((${#missing[@]})) || exit 0

echo "install.sh: installing ${missing[*]}" >&2
apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 -qq)
as_root "${apt[@]}" update
as_root "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
