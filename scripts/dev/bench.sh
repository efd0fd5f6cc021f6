#!/usr/bin/env bash
# Measures speed: examples per second from CSV, parsing, memory, kernels.
set -euo pipefail

script=scripts/bench.sh
if [ ! -f "$script" ]; then
    echo "./dev bench: $script is missing from this checkout" >&2
    exit 1
fi
"$(dirname "$0")/build.sh"
exec bash "$script" "$@"
