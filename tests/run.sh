#!/usr/bin/env bash
# Installs what is missing, builds and runs every test, those in real windows under Xvfb included.
# Arguments go to ctest, for example
#   tests/run.sh -R recording
set -euo pipefail
cd "$(dirname "$0")/.."
.ci/build.sh --tests
exec ctest --test-dir build --output-on-failure -j 2 "$@"
