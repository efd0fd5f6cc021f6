#!/usr/bin/env bash
# The manual page says what --help says: every verb and every option, and none that does not exist.
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

manual=$cli_tests/../../man/rocket.1
sed 's/\\-/-/g; s/\\f[A-Z]//g' "$manual" >plain

# Options of a help text, one per line: "--name" and "-c".
options() { grep -oE '^ +(-[a-z], )?--[a-z-]+' | grep -oE -- '--?[a-z-]+' | grep -E '[a-z]'; }

# A section of the page: from its heading to the next one.
section() { # heading as it stands there
    awk -v heading="$1" '/^\.S[HS] / { inside = $0 == heading; next } inside' plain
}

section '.SH COMMON OPTIONS' >common
for verb in $("$rocket" --help | sed -nE 's/^  ([a-z]+) .*/\1/p'); do
    section ".SS $verb" >verb
    check "section of $verb" [ -s verb ]
    said plain "^\.B rocket $verb$"
    "$rocket" "$verb" --help | options | sort -u >help
    while IFS= read -r option; do
        check "$verb: $option is in the manual" grep -qE -- "(^|[^a-z-])$option([^a-z-]|$)" verb common
    done <help
    # What begins an item of the verb's section must be an option of the verb.
    awk '/^\.TP/ { getline; print }' verb | grep -oE -- '(^|[ "])--?[a-z-]+' | grep -oE -- '--?[a-z-]+' | sort -u >items || true
    while IFS= read -r option; do
        check "$verb: $option of the manual exists" grep -qxe "$option" help
    done <items
    # The common options that it is said to understand are those that it has, and the other way round.
    for option in --set --threads --seed --shard --json; do
        claimed=0 real=0
        sed -n '/^The common option\|common options$/,$p' verb | grep -qe "$option" && claimed=1
        grep -qxe "$option" help && real=1
        check "$verb: $option is said to be understood ($claimed) and is ($real)" [ "$claimed" = "$real" ]
    done
done
if command -v groff >/dev/null; then
    groff -man -ww -Tascii "$manual" >/dev/null 2>warnings || true
    check "groff has no warnings: $(cat warnings)" [ ! -s warnings ]
fi
finish
