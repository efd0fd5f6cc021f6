#!/usr/bin/env bash
# Trains what docs/RESULTS.md reports and prints its tables; runs that are done already (build/results/) are not repeated.
# Needs the real data sets beside the checkout: ROCKET_DATA, default ../shared/data.
set -euo pipefail

data=${ROCKET_DATA:-../shared/data}
if [ ! -d "$data/ml1m_part" ]; then
    echo "./dev results: no data in $data; set ROCKET_DATA to the folder that holds ml1m_part/" >&2
    exit 1
fi
exec python3 scripts/results.py --rocket build/rocket --folder "$data" --out build/results "$@"
