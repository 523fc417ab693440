#!/usr/bin/env bash
# Installs what is missing and builds in build/. Sourced by nothing; called by gui/run.sh and
# tests/run.sh:
#
#   .ci/build.sh            the two programs
#   .ci/build.sh --tests    and the tests
set -euo pipefail
cd "$(dirname "$0")/.."

kinds=(build)
options=(-DLIMOE_SCOPE_TESTS=OFF)
if [ "${1:-}" = --tests ]; then
  kinds+=(test)
  options=(-DLIMOE_SCOPE_TESTS=ON)
fi

wanted=()
for kind in "${kinds[@]}"; do
  mapfile -t -O "${#wanted[@]}" wanted < <(sed -n "s/^$kind: //p" .ci/packages.txt | tr ' ' '\n')
done
missing=()
for package in "${wanted[@]}"; do
  [ "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" = "install ok installed" ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "These packages are missing; install them as root: ${missing[*]}" >&2; exit 1; }
    root=(sudo)
  fi
  echo "Installing ${#missing[@]} packages: ${missing[*]}"
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

[ -n "${CI:-}" ] && options+=(-DLIMOE_SCOPE_WERROR=ON)
[ -f build/build.ninja ] || echo "Configuring in build/"
cmake -G Ninja -B build -DCMAKE_BUILD_TYPE=Release "${options[@]}" >build.log 2>&1 || { cat build.log >&2; exit 1; }
rm -f build.log
cmake --build build
