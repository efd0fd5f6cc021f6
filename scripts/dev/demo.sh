#!/usr/bin/env bash
# Makes a click log with a known true click rate, trains on it and prints the table of what the launch gained.
set -euo pipefail

script=scripts/demo.sh
if [ ! -f "$script" ]; then
    echo "./dev demo: $script is missing from this checkout" >&2
    exit 1
fi
"$(dirname "$0")/build.sh"
exec bash "$script" "$@"
