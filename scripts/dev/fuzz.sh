#!/usr/bin/env bash
# ./dev fuzz [TARGET] [RUNS]: libFuzzer over one target, or over each in turn. New inputs that reach new code stay in
# build-fuzz/corpus/; a finding stops the run and leaves its input in build-fuzz/.
set -euo pipefail
here=$(dirname "$0")
root=$PWD
target=${1:-}
runs=${2:-1000000}
export ASAN_OPTIONS=quarantine_size_mb=16 # more is fresh pages for every allocation: a fifth of the time

"$here/install.sh" fuzz
cmake --preset fuzz >/dev/null
names=()
while IFS= read -r file; do
    name=$(basename "$file" .c)
    names+=("${name#fuzz_}")
done < <(find tests/fuzz -name 'fuzz_*.c' | sort)
if [ -n "$target" ]; then
    if ! printf '%s\n' "${names[@]}" | grep -qx -- "$target"; then
        echo "./dev fuzz: unknown target \"$target\"; there are: ${names[*]}" >&2
        exit 2
    fi
    names=("$target")
fi

for name in "${names[@]}"; do
    cmake --build --preset fuzz --target "fuzz_$name"
    mkdir -p "build-fuzz/corpus/$name"
    echo "== fuzz: $name, $runs executions"
    (cd build-fuzz && "tests/fuzz_$name" -runs="$runs" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        "corpus/$name" "$root/tests/fuzz/corpus/$name") 2>&1 | grep -vE '^#[0-9]+\s+(NEW|REDUCE|pulse)' || exit 1
done
