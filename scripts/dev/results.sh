#!/usr/bin/env bash
# Reprints the tables of docs/RESULTS.md.
set -euo pipefail

script=scripts/results.sh
if [ ! -f "$script" ]; then
    echo "./dev results: $script is missing from this checkout" >&2
    exit 1
fi
"$(dirname "$0")/build.sh"
exec bash "$script" "$@"
