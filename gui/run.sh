#!/usr/bin/env bash
# Installs what is missing, builds, and starts LIMoE Scope with the demo: a tiny LIMoE starts to
# train and the window follows it. Without a display the demo trains here on the terminal and
# leaves its pictures beside its recording. Arguments go to limoe-scope, for example
#   gui/run.sh runs/demo
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
"$here/.ci/build.sh"
exec "$here/build/limoe-scope" --demo "$@"
