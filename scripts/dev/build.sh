#!/usr/bin/env bash
# Builds a preset (release, into build/, if none is given): ./dev build [PRESET]
set -euo pipefail
preset=${1:-release}

"$(dirname "$0")/install.sh"
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset"
