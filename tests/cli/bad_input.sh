#!/usr/bin/env bash
# Bad rows, configs, files and flags: the exit code, one sentence that says where and what, and nothing lost.
#
# The table bad_input.tsv has a line per kind: name, exit code, what the sentence must match (extended regular
# expression), what is done to the folder before ("-": nothing), the command. Commands run in a fresh copy of a folder
# with data, a config, a finished run (run/), its model and an output of earlier (out.csv). Afterwards every file there
# must be as it was, and none may be new; only a run that was right to begin may leave its log in fresh/.
#
#   bash tests/cli/bad_input.sh [NAME...]     only these kinds
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

mkdir base
cd base
small_csv 300 1 >train.csv
small_csv 60 2 >eval.csv
cp "$cli_tests/data/small.config" .
run 0 "$rocket" train -q -c small.config --set train_config.num_steps=12
cp run/export/12/model.safetensors light.safetensors
cp run/model.ckpt-12.safetensors checkpoint.safetensors
echo "an output of earlier" >out.csv
cp out.csv out.safetensors
cd ..

# ---- what the table's lines say

rocket() { "$rocket" "$@"; }
trains() { rocket train -c small.config --set model_dir=fresh --set train_config.num_steps=12 "$@"; }
checks() { rocket check small.config "$@"; }
resumes() { rocket train -c small.config --set train_config.num_steps=20 --resume "$@"; }
predicts() { rocket predict -m light.safetensors -i eval.csv -o out.csv "$@"; }
exports() { rocket export --checkpoint checkpoint.safetensors -o out.safetensors "$@"; }
config() { sed -i "$1" small.config; }                                 # a change of the config, as sed does it
line() { sed -i "$2s~.*~$3~" "$1"; }                                   # file, number, text
field() { awk -F, -v OFS=, -v n="$2" -v f="$3" -v t="$4" 'NR == n { $f = t } 1' "$1" >.f && mv .f "$1"; } # file, line, field, text
cut_to() { head -c "$2" "$1" >.f && mv .f "$1"; }                      # file, bytes
flip() { # file, byte from the end: one bit of it
    python3 - "$1" "$2" <<'PYTHON'
import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(-int(sys.argv[2]), 2)
    byte = file.read(1)[0] ^ 16
    file.seek(-int(sys.argv[2]), 2)
    file.write(bytes([byte]))
PYTHON
}

snapshot() { # every file but those of a run that was right to begin
    find . -path ./fresh -prune -o \( -type d -o -type l \) -print | sort
    find . -path ./fresh -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
}

try() { # name, code, regex, preparation, command
    local code=0
    rm -rf "$work/case"
    cp -r "$work/base" "$work/case"
    cd "$work/case"
    [ "$4" = - ] || eval "$4"
    snapshot >"$work/.before"
    (eval "$5") >"$out" 2>"$err" </dev/null || code=$?
    snapshot >"$work/.after"
    if [ "$code" -ne "$2" ]; then
        bad "$1: expected exit code $2, found $code: $(cat "$err")"
    elif ! grep -Eq -- "$3" "$err"; then
        bad "$1: expected /$3/, found: $(cat "$err")"
    elif grep -Ev '^(rocket: |usage: rocket |  [a-z]+ +|$)' "$err" | grep -vE '^rocket (VERB|[0-9])' | grep -q .; then
        bad "$1: expected lines of rocket on standard error only, found: $(cat "$err")"
    elif ! cmp -s "$work/.before" "$work/.after"; then
        bad "$1: files changed: $(diff "$work/.before" "$work/.after")"
    elif [ -n "$(find fresh \( -name '*.tmp' -o -name model.safetensors \) 2>/dev/null)" ]; then
        bad "$1: a partial file is left: $(find fresh -type f)"
    elif [ -d fresh ] && [[ "$2" =~ ^[23]$ ]]; then
        bad "$1: model_dir was made although the run could not begin"
    else
        good
    fi
    cd "$work"
}

kinds=0
while IFS=$'\t' read -r name code regex preparation command; do
    if [ -z "$name" ] || [[ "$name" == \#* ]]; then
        continue
    fi
    if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then
        continue
    fi
    if [ -z "${command:-}" ]; then
        bad "bad_input.tsv: expected five fields in the line of $name"
        continue
    fi
    kinds=$((kinds + 1))
    try "$name" "$code" "$regex" "$preparation" "$command"
done <"$cli_tests/bad_input.tsv"
if [ $# -eq 0 ]; then
    check "at least 50 kinds, found $kinds" [ "$kinds" -ge 50 ]
fi
finish
