#!/usr/bin/env bash
# ./dev thorough: what takes too long for every day. A million rows scored in every way, 10,000 damaged model files, and
# eight threads on one model under valgrind and the thread sanitizer. About ten minutes on two cores.
set -euo pipefail
here=$(dirname "$0")

"$here/install.sh" thorough
"$here/build.sh" release
ROCKET_SCORE_ROWS=1000000 build/tests/test_same_scores
ROCKET_CORRUPTIONS=10000 build/tests/test_corrupt_model
valgrind -q --error-exitcode=9 --leak-check=full build/tests/test_score_threads
cmake --preset tsan >/dev/null
cmake --build --preset tsan --target test_score_threads
build-tsan/tests/test_score_threads
