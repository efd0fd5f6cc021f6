#!/usr/bin/env bash
# rocket generate: the same files from the same seed whatever the threads, figures that agree with the files, a config
# that the other verbs take.
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

run 0 "$rocket" generate one --rows 5000 --test-rows 2000 --users 400 --ads 200 --threads 1
said "$out" '^best_auc +0\.[67]'
run 0 "$rocket" generate three --rows 5000 --test-rows 2000 --users 400 --ads 200 --threads 3 --json
json "$out"
same one/train.csv three/train.csv
same one/test.csv three/test.csv

# ---- what is printed is what the files hold
check "training rows" [ "$(wc -l <one/train.csv)" -eq 5000 ]
check "test rows" [ "$(wc -l <one/test.csv)" -eq 2000 ]
check "20 columns" [ -z "$(awk -F, 'NF != 20' one/train.csv one/test.csv)" ]
rate=$(awk -F, '{ n += $1 } END { printf "%.6g", n / NR }' one/test.csv)
said "$out" "\"test_click_rate\": ${rate//./\\.}"

# ---- the test set is the rows after the training set
run 0 "$rocket" generate longer --rows 7000 --test-rows 1 --users 400 --ads 200
cat one/train.csv one/test.csv >both.csv
same both.csv longer/train.csv

# ---- another seed, another log
run 0 "$rocket" generate other --rows 5000 --test-rows 2000 --users 400 --ads 200 --seed 2
check "another log" bash -c '! cmp -s one/train.csv other/train.csv'

# ---- longer lists change the lists only
run 0 "$rocket" generate tagged --rows 5000 --test-rows 1 --users 400 --ads 200 --tags 20
cut -d, -f1-17,20 one/train.csv >plain.csv
cut -d, -f1-17,20 tagged/train.csv >cells.csv
same plain.csv cells.csv
for list in 18 19; do
    mean=$(cut -d, -f$list tagged/train.csv | awk -F'|' '{ n += NF } END { print n / NR }')
    check "about 20 tags, not $mean" awk -v mean="$mean" 'BEGIN { exit !(mean > 19 && mean < 21.5) }'
done
kept=$(paste -d, <(cut -d, -f18,19 one/train.csv) <(cut -d, -f18,19 tagged/train.csv) |
    awk -F, '{ for (i = 1; i < 3; i++) if (substr($(i + 2), length($(i + 2)) - length($i) + 1) != $i) exit } END { print NR }')
check "the newest are as before" [ "$kept" -eq 5000 ]

# ---- the config
run 0 "$rocket" check one/pipeline.config --data
said "$out" '^one/train.csv: 5000 rows ok, 0 bad rows$'
run 0 "$rocket" train -c one/pipeline.config -q
said "$out" '^auc_light +0\.'
said "$out" '^gauc_booster +0\.'

# ---- wrong requests
run 2 "$rocket" generate
run 2 "$rocket" generate x --rows 0
said "$err" '\-\-rows expects a whole number from 1 to 1000000000, got "0"'
run 2 "$rocket" generate x --users many
run 2 "$rocket" generate x y
run 2 "$rocket" generate x --tags 201
said "$err" '\-\-tags expects a whole number from 0 to 200, got "201"'
touch file
run 1 "$rocket" generate file/x --rows 10 --test-rows 10
said "$err" '^rocket: error: file: cannot make folder'
check "nothing left behind" [ ! -e x ]

finish
