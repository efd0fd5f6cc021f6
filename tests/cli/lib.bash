# Common ground of the command-line tests: a folder of their own to work in, data, and checks that are counted.
#
#   source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
#   run 0 "$rocket" train -c small.config     # expects exit code 0; leaves $out and $err (files)
#   check "two rows" [ "$(wc -l <out.csv)" -eq 2 ]
#   finish
set -euo pipefail
export LC_ALL=C

cli_tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rocket=$(realpath "${ROCKET:?set ROCKET to the program to test}")
work=$(mktemp -d)
trap '[ -n "${KEEP:-}" ] || rm -rf "$work"' EXIT
cd "$work"
out=$work/.out err=$work/.err
passed=0 failed=0

good() {
    passed=$((passed + 1))
}

bad() { # what is wrong
    failed=$((failed + 1))
    echo "FAILED: $1" >&2
}

check() { # description, command...
    local what=$1
    shift
    if "$@" >/dev/null 2>&1; then good; else bad "$what: $*"; fi
}

run() { # expected exit code, command...
    local expected=$1 code=0
    shift
    ("$@") >"$out" 2>"$err" </dev/null || code=$?
    if [ "$code" -eq "$expected" ] && ! grep -Eq 'Sanitizer|runtime error' "$err"; then
        good
    else
        bad "expected exit code $expected, found $code: $*"
        sed 's/^/    /' "$err" >&2
    fi
}

said() { # file, extended regular expression
    if grep -Eq -- "$2" "$1"; then
        good
    else
        bad "expected /$2/ in $(basename "$1"), found:"
        sed 's/^/    /' "$1" >&2
    fi
}

# One JSON document as the standard has it: no NaN, no duplicate keys, nothing behind it.
json() { # file
    if python3 - "$1" <<'PYTHON'; then good; else bad "$1 is not strict JSON"; fi
import json, sys
def refuse(text):
    raise ValueError(text)
def unique(pairs):
    keys = [k for k, _ in pairs]
    assert len(keys) == len(set(keys)), "a key twice"
    return dict(pairs)
json.load(open(sys.argv[1], encoding="utf-8"), parse_constant=refuse, object_pairs_hook=unique)
PYTHON
}

same() { # file, file
    if cmp -s "$1" "$2"; then good; else bad "$1 and $2 differ"; fi
}

# Rows of data/small.config with clicks that depend on user, item and price: rows, seed.
small_csv() {
    awk -v n="$1" -v seed="$2" '
        function draw(m) { seed = (seed * 16807) % 2147483647; return seed % m }
        BEGIN {
            split("oslo rome lima", city, " ")
            for (i = 0; i < n; i++) {
                user = draw(50); item = draw(40); price = draw(10000) / 100
                tags = "t" draw(20); for (k = draw(3); k > 0; k--) tags = tags "|t" draw(20)
                clk = (user % 5) + (item % 7) - price / 20 + draw(400) / 100 > 4.5
                printf "%d,u%d,%d,%s,%s,%.2f\n", clk, user, item, city[1 + draw(3)], tags, price
            }
        }'
}

# Runs a command again and again, each time killed with SIGKILL at a random moment, until it comes to its end or was
# killed $most times, and adds to $killed. Moments lie within $span microseconds, which shrink when a run ends before
# its moment: how fast the machine was a minute ago says little. Leaves $code, that of the last run, and $out and $err.
span=800000
kill_at_random() { # most kills, command...
    local most=$1 kills=0 pid
    shift
    while true; do
        ("$@") >"$out" 2>"$err" </dev/null &
        pid=$!
        if [ "$kills" -lt "$most" ]; then
            sleep "$(printf "0.%06d" $(((RANDOM * 32768 + RANDOM) % span)))"
            kill -9 "$pid" 2>/dev/null || true
        fi
        code=0
        wait "$pid" 2>/dev/null || code=$?
        [ "$code" -eq 137 ] || break
        kills=$((kills + 1))
    done
    killed=$((killed + kills))
    if [ "$kills" -lt "$most" ]; then span=$((span * 3 / 4 + 1000)); fi
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
