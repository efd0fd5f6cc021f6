#!/usr/bin/env bash
# ./dev lint [--tidy]: layout (clang-format), the rules of lint.awk, unique file names, line length; --tidy adds clang-tidy.
set -uo pipefail
here=$(dirname "$0")
faults=0

case ${1:-} in
    "" | --tidy) ;;
    *)
        echo "./dev lint: expected --tidy or nothing, got \"$1\"" >&2
        exit 2
        ;;
esac

# Prints what a check found and remembers that it found something.
report() {
    if [ -n "$1" ]; then
        printf '%s\n' "$1"
        faults=$((faults + $(printf '%s\n' "$1" | wc -l)))
    fi
}

folders=()
for folder in include src tests bench examples; do
    [ -d "$folder" ] && folders+=("$folder")
done
mapfile -t sources < <(find "${folders[@]}" -name '*.[ch]' -not -path '*/fixtures/*' | sort)
mapfile -t schema < <(find src -name '*.proto' -o -name '*.def' | sort)

report "$(clang-format -n --Werror "${sources[@]}" 2>&1 |
    sed -nE 's/^([^:]*):[0-9]+:[0-9]+: error:.*/\1: not laid out as .clang-format says: .\/dev format/p' | sort -u)"
report "$(awk -f "$here/lint.awk" "${sources[@]}")"
report "$(LC_ALL=C.UTF-8 grep -nE '^.{121,}$' "${sources[@]}" |
    sed -E 's/^([^:]*:[0-9]+):.*/\1: expected at most 120 columns/')"
report "$(grep -nE '[[:blank:]]+$' "${sources[@]}" "${schema[@]}" |
    sed -E 's/^([^:]*:[0-9]+):.*/\1: blanks at the end/')"
report "$(printf '%s\n' "${sources[@]}" "${schema[@]}" | sed 's|.*/||' | sort | uniq -d | sed 's/$/: file name used twice/')"

if [ "${1:-}" = --tidy ]; then
    "$here/install.sh" tidy || exit 1
    cmake --preset fuzz >/dev/null # clang's own command lines
    cmake --build --preset fuzz --target rk_config >/dev/null # the generated headers
    mapfile -t units < <(find src -name '*.c' | sort)
    report "$(printf '%s\n' "${units[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy -p build-fuzz --quiet 2>/dev/null |
        grep -E '(warning|error):')"
fi

if [ "$faults" -gt 0 ]; then
    echo "lint: $faults faults" >&2
    exit 1
fi
echo "lint: ${#sources[@]} files, no faults"
