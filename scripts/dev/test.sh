#!/usr/bin/env bash
# Everything that must hold: tests in the release build, the same under the address and undefined-behaviour sanitizers,
# and the lint. Runs all three even if one fails, then sums up; the exit code says whether all passed.
set -uo pipefail
here=$(dirname "$0")
jobs=$(nproc)
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
passed=0 failed=0

# Adds the counts of CTest's summary ("... 3 tests failed out of 70").
count() {
    local summary
    summary=$(grep -E 'tests passed, [0-9]+ tests? failed out of [0-9]+' "$1" | tail -1)
    if [[ $summary =~ ([0-9]+)\ tests?\ failed\ out\ of\ ([0-9]+) ]] && [ "${BASH_REMATCH[2]}" -gt 0 ]; then
        failed=$((failed + BASH_REMATCH[1]))
        passed=$((passed + BASH_REMATCH[2] - BASH_REMATCH[1]))
    else
        echo "no tests were run" >&2
        failed=$((failed + 1))
    fi
}

run_tests() {
    local preset=$1
    echo "== tests: $preset"
    if ! "$here/build.sh" "$preset"; then
        echo "the $preset build failed" >&2
        failed=$((failed + 1))
        return
    fi
    ctest --preset "$preset" -j "$jobs" 2>&1 | tee "$logs/$preset"
    count "$logs/$preset"
}

export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1

run_tests release
run_tests asan

echo "== lint"
if "$here/lint.sh"; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
