#!/usr/bin/env bash
# The launch in a few minutes: a simulated click log whose true click rates are known, four trainings on it, one table.
# The log's world is set once in src/data/simulator*.c and does not favour any arm. It is made small, 4,000 users and 1,000
# ads, so that half a million rows tell a large net more than a small one; the table shows whatever comes out.
set -euo pipefail

rocket=build/rocket
out=build/demo
launch=model_config.rocket_launching
rm -rf "$out"
mkdir -p "$out"

echo "A click log of 400,000 impressions to train on and 100,000 to judge by:"
"$rocket" generate "$out/log" --rows 400000 --test-rows 100000 --users 4000 --ads 1000 --seed 1 -q >"$out/log.txt"
awk '{ printf "    %-24s %s\n", $1, $2 }' "$out/log.txt"
best() { awk -v name="$1" '$1 == name { print $2 }' "$out/log.txt"; }

# train NAME OVERRIDE...: one run; figures to $out/NAME.txt
train() {
    local name=$1
    shift
    local sets=(--set "model_dir=$out/$name" --set data_config.num_epochs=2) # both nets alone gain by the second pass
    for override in "$@"; do
        sets+=(--set "$launch.$override")
    done
    echo "training: $name"
    "$rocket" train -c "$out/log/pipeline.config" --seed 1 -q "${sets[@]}" >"$out/$name.txt"
}

train light arm=LIGHT_ALONE
train booster arm=BOOSTER_ALONE
train paper recipe=PAPER
train soft recipe=SOFT

figure() { awk -v name="$2" '$1 == name { printf "%.4f", $2 }' "$out/$1.txt"; }
multiplications() {
    "$rocket" inspect "$out/log/pipeline.config" 2>/dev/null |
        awk -v net="$1:" '$1 == net { for (i = 2; i <= NF; i++) if ($i == "multiplications") print $(i - 1) }'
}
user=user_id,cms_segid,cms_group_id,age_level,pvalue_level,shopping_level,occupation,new_user_class_level
user+=,tag_category_list,tag_brand_list
score_us() { # of one user's 200 candidates, one thread
    "$rocket" bench -m "$1" --user "$user" --threads 1 --run-ms 200 -q |
        awk -F'|' '/ 1 user, 200 candidates/ { printf "%.0f", $4 }'
}

light_us=$(score_us "$(ls "$out"/soft/export/*/model.safetensors)")
booster_us=$(score_us "$(ls "$out"/booster/model.ckpt-*.safetensors | tail -1)")

row() { # TITLE RUN NET SCORE_TIME
    printf '%-28s %9s %8s %8s %17s %13s us\n' "$1" "$(figure "$2" "log_loss_$3")" "$(figure "$2" "exact_auc_$3")" \
        "$(figure "$2" "gauc_$3")" "$(multiplications "$3")" "$4"
}
echo
printf '%-28s %9s %8s %8s %17s %16s\n' "" "log loss" AUC GAUC multiplications "200 candidates"
row "light net alone" light light "$light_us"
row "light net, rocket PAPER" paper light "$light_us"
row "light net, rocket SOFT" soft light "$light_us"
row "booster alone" booster booster "$booster_us"
printf '%-28s %9.4f %8.4f %8.4f\n' "best that can be reached" "$(best best_log_loss)" "$(best best_auc)" "$(best best_gauc)"
echo
echo "The light net alone, ready to be served: $(ls "$out"/soft/export/*/model.safetensors)"
echo "Score with it:  $rocket predict -m MODEL -i $out/log/test.csv -o scores.csv"
