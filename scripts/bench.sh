#!/usr/bin/env bash
# Measures speed and writes Markdown: the machine's limits, then parsing and training of EasyRec's sample pair over a
# simulated click log, in batches of 1024 and 4096, on one thread and on two.
#
# With --peers it runs rocket beside PyTorch and TensorFlow instead (bench/README.md); what follows is for bench/run.py.
#
# Figures are only worth something on an otherwise idle machine; each is the median of five runs with its extremes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rocket=build/rocket
log=build/bench
rows=800000
config=configs/easyrec_pair.config

if [ ! -f "$log/train.csv" ]; then
    echo "generating $rows rows in $log" >&2
    "$rocket" generate "$log" --rows "$rows" --test-rows 1000 --seed 1 -q >/dev/null
fi

if [ "${1:-}" = --peers ]; then
    shift
    exec python3 bench/run.py "$log/train.csv" --rocket "$rocket" --config "$config" "$@"
fi

processor=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -1)
echo "$("$rocket" --version), ${processor:-unknown processor}, $(nproc) usable processors"
echo
echo "## Limits of the machine"
echo
"$rocket" bench --limits --run-ms 200 --threads 2 -q
for batch in 1024 4096; do
    for threads in 1 2; do
        echo
        echo "## Batches of $batch, $threads thread$([ "$threads" = 1 ] || echo s)"
        echo
        "$rocket" bench -c "$config" --batch-size "$batch" --threads "$threads" -q
    done
done
