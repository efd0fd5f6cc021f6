#!/usr/bin/env bash
# ./dev thorough: what takes too long for every day. A million rows scored in every way, by floats and by 8 bits, 10,000
# damaged model files, and eight threads on one model under valgrind and the thread sanitizer. Says what each part took.
set -euo pipefail
here=$(dirname "$0")

part() { # name, command...
    local name=$1 begin=$SECONDS
    shift
    echo "== thorough: $name"
    "$@"
    echo "== thorough: $name: $((SECONDS - begin)) s"
}

build() { # preset, targets
    cmake --preset "$1" >/dev/null
    cmake --build --preset "$1" --target "${@:2}"
}

"$here/install.sh"
"$here/install.sh" thorough
part build build release test_same_scores test_corrupt_model test_score_threads
part "rows in every way" env ROCKET_SCORE_ROWS=1000000 build/tests/test_same_scores
part "damaged files" env ROCKET_CORRUPTIONS=10000 build/tests/test_corrupt_model
part valgrind valgrind -q --error-exitcode=9 --leak-check=full build/tests/test_score_threads
part "build with the thread sanitizer" build tsan test_score_threads
part "thread sanitizer" build-tsan/tests/test_score_threads
