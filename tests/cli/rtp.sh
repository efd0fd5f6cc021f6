#!/usr/bin/env bash
# Packed rows: the config with RTPInput checks, trains, evaluates and predicts, and learns what the same rows teach as CSV.
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

run 0 "$rocket" generate log --rows 3000 --test-rows 1000 --users 300 --ads 150

# The label and all columns behind "buy", prices whole, tags between \003: as lines of fields and as packed ones.
plain() { awk -F, -v OFS=, '{ gsub(/\|/, "\003"); $20 = int($20); $2 = ""; sub(/,,/, ","); print }' "$1"; }
packed() { awk -F, '{ x = $2; for (i = 3; i <= NF; i++) x = x "\002" $i; print $1 ";session;" NR ";" x }' "$1"; }
for part in train test; do
    plain log/$part.csv >$part.csv
    packed $part.csv >$part.txt
done
check "19 columns" [ -z "$(awk -F, 'NF != 19' train.csv)" ]
check "4 packed columns" [ -z "$(awk -F';' 'NF != 4' train.txt)" ]

cp "$cli_tests/../../configs/rocket_launching_with_rtp_input.config" packed.config
run 0 "$rocket" check packed.config --set train_input_path=train.txt --set eval_input_path=test.txt --data
said "$out" '^train.txt: 3000 rows ok, 0 bad rows$'
sed '/selected_cols\|rtp_separator/d; s/RTPInput/CSVInput/; s/\(^  separator: \).*/\1","/' packed.config >plain.config

trains() { # config, ending of the files
    run 0 "$rocket" train -q -c "$1.config" --seed 3 --set train_config.num_steps=20 --set data_config.batch_size=256 \
        --set train_input_path="train.$2" --set eval_input_path="test.$2" --set model_dir="$1"
    run 0 "$rocket" eval -c "$1.config" --json --set eval_input_path="test.$2" --set model_dir="$1"
    json "$out"
    said "$out" '"auc_light"'
    cp "$out" "$1.json"
    run 0 "$rocket" predict -m "$1/export/20/model.safetensors" -i "test.$2" -o "$1.out"
}
trains packed txt
trains plain csv
check "1000 scores and their header" [ "$(wc -l <packed.out)" -eq 1001 ]
same packed.out plain.out
check "the same metrics" diff <(grep -o '"auc_[a-z]*": *[0-9.]*' packed.json) <(grep -o '"auc_[a-z]*": *[0-9.]*' plain.json)

# ---- rows that are not as they should be
sed -i '7s/\x02[^\x02]*$//' train.txt
run 4 "$rocket" train -q -c packed.config --set train_input_path=train.txt --set eval_input_path=test.txt --set model_dir=bad
said "$err" 'train.txt:7:[0-9]+: 17 packed features, expected 18'
finish
