#!/usr/bin/env bash
# Measures speed and writes Markdown: the machine's limits, then parsing and training of EasyRec's sample pair over a
# simulated click log (rows of about 265 bytes, 20 tags in each list), in batches of 1024 and 4096, on one thread and on two;
# then the nets of the paper's Table 5, which are nearly all products, and the whole process, from text on disk to trained.
#
# With --peers it runs rocket beside PyTorch and TensorFlow instead (bench/README.md); what follows is for bench/run.py.
#
# Figures are only worth something on an otherwise idle machine; each is the median of five runs with its extremes, but for
# whole processes, of which three runs stand below each other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rocket=build/rocket
log=build/bench
rows=800000
config=configs/easyrec_pair.config

shape="--rows $rows --test-rows 1000 --seed 1 --users 500000 --ads 300000 --tags 20"
if [ "$(cat "$log/shape" 2>/dev/null)" != "$shape" ]; then
    echo "generating $rows rows in $log" >&2
    # shellcheck disable=SC2086 # words of their own
    "$rocket" generate "$log" $shape -q >/dev/null
    echo "$shape" >"$log/shape"
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

for threads in 1 2; do
    echo
    echo "## Table 5 of the paper: 576 -> 200-80-2 and 720-360-240-180-90-2, batches of 1024, $threads thread$([ "$threads" = 1 ] || echo s)"
    echo
    "$rocket" bench -c configs/table5_pair.config --threads "$threads" -q | grep -v -e parsing -e packed
done

# Wall time of a whole run of so many steps, when its first step was done if it has no other, peak memory:
# "seconds | seconds | MB".
whole_run() {
    local batch=$1 steps=$2 first="" every=100
    [ "$steps" -gt 1 ] || every=1
    rm -rf "$log/whole"
    /usr/bin/time -f "%e %M" -o "$log/time" "$rocket" train -c "$config" --threads 2 -q --set "model_dir=$log/whole" \
        --set "data_config.batch_size=$batch" --set data_config.num_epochs=1 --set "train_config.num_steps=$steps" --set "train_config.log_step_count_steps=$every" >/dev/null
    first=$(sed -nE 's/^\{"kind":"step","step":1,"seconds":([0-9.]+),.*/\1/p' "$log/whole/metrics.jsonl")
    awk -v first="$first" '{ printf "%s | %s | %.0f\n", $1, first, $2 * 1.024e-3 }' "$log/time"
}

echo
echo "## From CSV on disk to trained, whole process, 2 threads"
echo
if [ ! -x /usr/bin/time ]; then
    echo "Not measured: /usr/bin/time is not installed."
    exit 0
fi
echo "| batch | steps | wall time, s | first step done, s | peak memory, MB |"
echo "|---:|---:|---:|---:|---:|"
for batch in 1024 4096; do
    for steps in 1 $(((rows + batch - 1) / batch)); do
        for _ in 1 2 3; do
            echo "| $batch | $steps | $(whole_run "$batch" "$steps") |"
        done
    done
done
