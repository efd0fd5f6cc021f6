#!/usr/bin/env bash
# Looked-up, computed and normalized features from the config to the scores of the exported net.
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

small_csv 300 1 | sed 's/t\([0-9]*\)/\1:v\1/g' >train.csv
small_csv 60 2 | sed 's/t\([0-9]*\)/\1:v\1/g' >eval.csv
sed 's/input_names: "tags" feature_type: TagFeature/feature_name: "tags" input_names: ["item", "tags"] feature_type: LookupFeature kv_separator: ":"/
    s/feature_type: RawFeature min_val: 0 max_val: 100/feature_type: RawFeature min_val: 0 max_val: 100 normalizer_fn: "tf.math.log1p"/
    s/^feature_config {/&\n  features { feature_name: "dear" feature_type: ExprFeature input_names: ["price", "item"] expression: "(price > 50) \& (item < 20)" }/
    s/"tags", "price"\]/"tags", "price", "dear"]/' "$cli_tests/data/small.config" >small.config
run 0 "$rocket" check small.config --data
said "$out" '^train.csv: 300 rows ok, 0 bad rows$'
run 0 "$rocket" train -q -c small.config
said "$out" '^auc_light +0\.'
run 0 "$rocket" predict -m run/export/40/model.safetensors -i eval.csv -o out.csv
check "60 scores and their header" [ "$(wc -l <out.csv)" -eq 61 ]

# ---- each of the three matters: another price, item or pair gives another score
scores() { # what is done to a row: user, item, tags, price follow the label
    echo "0,3,7,oslo,7:v7|8:v8,60" | sed "$1" >one.csv
    run 0 "$rocket" predict -m run/export/40/model.safetensors -i one.csv -o one.out
    tail -n 1 one.out
}
usual=$(scores '')
check "another value of the key" [ "$(scores 's/7:v7/7:v9/')" != "$usual" ]
check "the value of another key" [ "$(scores 's/8:v8/8:v9/')" = "$usual" ]
check "another price" [ "$(scores 's/60$/61/')" != "$usual" ]
finish
