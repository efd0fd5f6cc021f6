#!/usr/bin/env bash
# The way of a user: check, train, eval, export, predict, inspect; JSON, gzip, standard input, overrides, exit codes.
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

small_csv 1200 1 >train.csv
small_csv 400 2 >eval.csv
cp "$cli_tests/data/small.config" .

# ---- the program itself
run 0 "$rocket" --help
said "$out" 'train.*light net and booster'
run 0 "$rocket" --version
said "$out" '^rocket [0-9]+\.[0-9]+\.[0-9]+$'
verbs=$("$rocket" --help | sed -nE 's/^  ([a-z]+) .*/\1/p')
for verb in $verbs; do
    run 0 "$rocket" "$verb" --help
    said "$out" "^rocket $verb"
    said "$out" '--help'
    run 0 "$rocket" help "$verb"
    said "$out" "^rocket $verb"
done

# ---- check
run 0 "$rocket" check small.config
said "$out" '^small.config: ok$'
run 0 "$rocket" check small.config --data
said "$out" '^train.csv: 1200 rows'
said "$out" '^eval.csv: 400 rows'

# ---- train
run 0 "$rocket" train -c small.config --threads 2
said "$out" '^auc_light +0\.[0-9]+'
said "$out" '^auc_booster +0\.[0-9]+'
said "$out" '^gauc_light +0\.[0-9]+'
said "$out" '^global_step +40$'
check "checkpoint of the last step" [ -f run/model.ckpt-40.safetensors ]
check "checkpoint of the step before" [ -f run/model.ckpt-20.safetensors ]
check "effective config" "$rocket" check run/pipeline.config
check "exported light net" [ -f run/export/40/model.safetensors ]
check "TensorBoard events" compgen -G 'run/events.out.tfevents.*'
check "steps in metrics.jsonl" [ "$(grep -c "total_loss" run/metrics.jsonl || true)" -ge 8 ]
while IFS= read -r line; do printf "%s\n" "$line" >line.json && json line.json; done < <(cat run/metrics.jsonl)
check "no temporary files" [ -z "$(find . -name '*.tmp')" ]

# ---- a run is not overwritten, and a finished one has nothing to continue
cp -r run before
run 2 "$rocket" train -c small.config
said "$err" 'model_dir already holds run/model.ckpt-40.safetensors; --resume continues'
check "model_dir untouched" diff -r run before
run 0 "$rocket" train -c small.config --resume
same run/model.ckpt-40.safetensors before/model.ckpt-40.safetensors

# ---- eval: the figures that training ended with
run 0 "$rocket" eval -c small.config --json
json "$out"
cp "$out" eval.json
said eval.json '"auc_light": 0\.'
said eval.json '"exact_auc_booster": 0\.'
said eval.json '"global_step": 40'
run 0 "$rocket" eval -c small.config --json --threads 3
same "$out" eval.json
run 0 "$rocket" eval -c small.config --checkpoint run/model.ckpt-20.safetensors --json
said "$out" '"global_step": 20'
run 0 "$rocket" eval -c small.config -i train.csv --json
check "other rows, other figures" bash -c "! cmp -s '$out' eval.json"

# ---- slices, intervals, rows: beside the figures, which stay as they are
run 0 "$rocket" eval -c small.config --json --slice city --slice user --top 3 --bootstrap 50 --rows rows.csv --threads 1
json "$out"
cp "$out" closer.json
python3 - eval.json closer.json eval.csv <<'PYTHON' && good || bad "slices and intervals are not what they should be"
import csv, json, sys
plain, closer = (json.load(open(name)) for name in sys.argv[1:3])
rows = list(csv.reader(open(sys.argv[3])))
assert all(closer[name] == value for name, value in plain.items())
city, user = closer["slices"]["city"], closer["slices"]["user"]
assert {(s["value"], s["rows"], s["positives"]) for s in city} == {
    (c, sum(r[3] == c for r in rows), sum(r[3] == c and r[0] == "1" for r in rows)) for c in ("oslo", "rome", "lima")}
assert [s["rows"] for s in city] == sorted((s["rows"] for s in city), reverse=True)
assert len(user) == 4 and user[3]["others"] == len({r[1] for r in rows}) - 3 and sum(s["rows"] for s in user) == 400
mean = sum(s["rows"] * s["log_loss_light"] for s in city) / 400
assert abs(mean - plain["log_loss_light"]) < 1e-12
intervals = closer["intervals"]
assert intervals["by"] == "user" and intervals["units"] == len({r[1] for r in rows}) and intervals["resamples"] == 50
low, high = intervals["exact_auc_light"]
assert low < plain["exact_auc_light"] < high
PYTHON
run 0 "$rocket" eval -c small.config --json --slice city --slice user --top 3 --bootstrap 50 --threads 3
same "$out" closer.json
run 0 "$rocket" eval -c small.config --slice city --bootstrap 50 --level 80 --by city
said "$out" '^exact_auc_light +0\.[0-9]+ +\[0\.[0-9]+, 0\.[0-9]+\]$'
said "$out" '^\[\]: 80 % of 50 resamples of 3 values of "city"$'
said "$out" '^oslo +[0-9]+ +[0-9]+  +0\.[0-9]+'
said rows.csv '^label,user,city,logits_light,probs_light,logits_booster,probs_booster$'
check "a line for each row" [ "$(wc -l <rows.csv)" -eq 401 ]

# ---- the same slices of training's own evaluation, told with its figures
run 0 "$rocket" train -q -c small.config --set model_dir=sliced --slice city --slice user --top 2 --json
cp "$out" sliced.json
run 0 "$rocket" eval -q -c small.config --set model_dir=sliced --slice city --slice user --top 2 --json
same "$out" sliced.json
check "a line for each slice: two values and the others, of each field" \
    [ "$(grep -c '^{"kind":"slice","step":40,.*"auc_light":' sliced/metrics.jsonl)" -eq 6 ]
said sliced/metrics.jsonl '"rows":[0-9]+,"positives":[0-9]+,.*"text":"city=(oslo|rome|lima)"}$'
said sliced/metrics.jsonl '"text":"user: [0-9]+ others"}$'
check "for TensorBoard too" grep -aq 'auc_light/city=' sliced/eval_val/events.out.tfevents.*
run 0 "$rocket" train -q -c small.config --set model_dir=sliced2 --slice city
said "$out" '^oslo +[0-9]+ +[0-9]+  +0\.[0-9]+'

# ---- gzip and zstd: the same rows, the same figures
gzip -k eval.csv
run 0 "$rocket" eval -c small.config -i eval.csv.gz --json
same "$out" eval.json
if command -v zstd >/dev/null; then
    zstd -q eval.csv
    run 0 "$rocket" eval -c small.config -i eval.csv.zst --json
    same "$out" eval.json
fi
head -200 eval.csv >part-1.csv
tail -200 eval.csv >part-2.csv
run 0 "$rocket" eval -c small.config -i 'part-*.csv' --json
same "$out" eval.json
run 0 "$rocket" eval -c small.config -i part-1.csv,part-2.csv --json
same "$out" eval.json

# ---- a header: columns by name, in any order, and others beside them
awk -F, -v OFS=, 'NR == 1 { print "price", "tags", "other", "city", "item", "user", "clk" }
    { print $6, $5, "x", $4, $3, $2, $1 }' eval.csv >named.csv
run 0 "$rocket" eval -c small.config -i named.csv --set data_config.with_header=true --json
same "$out" eval.json

# ---- a mark of UTF-8 in front, as some editors put it there, is no part of the first row or header
marked() { printf '\xef\xbb\xbf' && cat "$1"; }
marked eval.csv >marked.csv
run 0 "$rocket" eval -c small.config -i marked.csv --json
same "$out" eval.json
marked named.csv | gzip >marked.csv.gz
run 0 "$rocket" eval -c small.config -i marked.csv.gz --set data_config.with_header=true --json
same "$out" eval.json

# ---- ignore_error drops the row, not the batch, and counts it
awk -F, -v OFS=, 'NR == 30 { $6 = "cheap" } { print } NR == 40 { print "1,u1" }' eval.csv >damaged.csv
run 0 "$rocket" eval -c small.config -i damaged.csv --set data_config.ignore_error=true --json
sed 30d eval.csv >without.csv
cp "$out" dropped.json
run 0 "$rocket" eval -c small.config -i without.csv --json
same "$out" dropped.json
run 0 "$rocket" train -c small.config --set model_dir=counted --set data_config.ignore_error=true \
    --set train_input_path=damaged.csv --set train_config.num_steps=0 --set data_config.num_epochs=2
said "$err" '4 bad rows were dropped \(ignore_error\)'

# ---- export: what training wrote, byte for byte
run 0 "$rocket" export -c small.config -o light.safetensors
same light.safetensors run/export/40/model.safetensors
run 0 "$rocket" export --checkpoint run/model.ckpt-20.safetensors -o light20.safetensors
check "another step, another model" bash -c '! cmp -s light.safetensors light20.safetensors'
python3 - light.safetensors >names <<'PYTHON'
import json, struct, sys
with open(sys.argv[1], "rb") as file:
    header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
print("\n".join(name for name in header if name != "__metadata__"))
PYTHON
said names '^light_dnn/dnn_0/kernel$'
check "no tensor of the booster in the file" bash -c '! grep -q booster names'

# ---- predict
run 0 "$rocket" predict -m light.safetensors -i eval.csv -o scores.csv
check "a row for each row, and names" [ "$(wc -l <scores.csv)" -eq 401 ]
said <(head -1 scores.csv) '^y_light,probs_light,logits_light,probs_light_y,logits_light_y,probs_light_1,logits_light_1$'
said <(sed -n 2p scores.csv) '^[01],"\[0\.[0-9]+, 0\.[0-9]+\]",'
run 0 "$rocket" predict -m run/model.ckpt-40.safetensors -i eval.csv -o scores2.csv
same scores.csv scores2.csv
run 0 "$rocket" predict -m light.safetensors -i eval.csv -o scores3.csv --threads 3
same scores.csv scores3.csv
run 0 "$rocket" predict -m light.safetensors -i eval.csv -o scores7.csv --batch-size 7 --output-cols probs_light_1
run 0 "$rocket" predict -m light.safetensors -i eval.csv -o scores8.csv --batch-size 1000 --output-cols probs_light_1
check "the size of batches is no matter" python3 - scores7.csv scores8.csv <<'PYTHON'
import sys
a, b = ([float(line) for line in list(open(name))[1:]] for name in sys.argv[1:])
sys.exit(not (len(a) == len(b) == 400 and all(abs(x - y) < 1e-6 for x, y in zip(a, b))))
PYTHON
run 0 "$rocket" predict -m light.safetensors -i eval.csv.gz -o -
same scores.csv "$out"
"$rocket" predict -q -m light.safetensors -i - -o stdin.csv <eval.csv && good || bad "predict from standard input"
same scores.csv stdin.csv
run 0 "$rocket" predict -m light.safetensors -i eval.csv -o columns.csv --output-cols probs_light_1,y_light \
    --reserved-cols user,clk --output-sep ';'
said <(head -1 columns.csv) '^probs_light_1;y_light;user;clk$'
check "reserved columns are the input's" \
    diff <(tail -n +2 columns.csv | cut -d';' -f3,4) <(awk -F, '{ print $2 ";" $1 }' eval.csv)
run 0 "$rocket" predict -m light.safetensors -i eval.csv -o columns.csv --output-cols 'y_light bigint, probs_light_1 double' \
    --reserved-cols ' user , clk' --output-sep '\001'
said <(head -1 columns.csv) $'^y_light\001probs_light_1\001user\001clk$'
run 0 "$rocket" predict -m light.safetensors -i eval.csv -o all.csv --output-cols probs_light_1 --reserved-cols ALL_COLUMNS
check "all columns" diff <(tail -n +2 all.csv | cut -d, -f2-) eval.csv

# ---- rows without the label, which a header shows
(echo clk,user,item,city,tags,price && cat eval.csv) >named.csv
cut -d, -f2- named.csv >unlabelled.csv
run 0 "$rocket" train -q -c small.config --set model_dir=named --set data_config.with_header=true \
    --set train_input_path=named.csv --set eval_input_path= --json
json "$out"
said "$out" '^{"global_step": 40}$'
run 0 "$rocket" predict -m named/export/40/model.safetensors -i named.csv -o named_scores.csv
run 0 "$rocket" predict -m named/export/40/model.safetensors -i unlabelled.csv -o unlabelled_scores.csv
same named_scores.csv unlabelled_scores.csv
run 4 "$rocket" predict -m named/export/40/model.safetensors -i unlabelled.csv -o x.csv --reserved-cols clk
said "$err" 'unlabelled.csv:1: column "clk" of data_config.input_fields is not in the header'
run 4 "$rocket" eval -c small.config --set model_dir=named --set data_config.with_header=true -i unlabelled.csv
said "$err" 'unlabelled.csv:1: column "clk" of data_config.input_fields is not in the header'

# ---- a bad row ends it; what was scored before is on standard output, the same at any number of threads
(cat eval.csv eval.csv && echo 1,2) >broken.csv
for threads in 1 5; do
    run 4 "$rocket" predict -q -m light.safetensors -i broken.csv -o - --batch-size 7 --threads $threads
    cp "$out" "before.$threads"
    said "$err" 'broken.csv:801: 2 fields, expected 6'
done
check "rows before the bad one" [ "$(wc -l <before.1)" -gt 700 ]
same before.5 before.1

# ---- a signal while predicting: the exit code says which, and there is no part of an output
rows=$(cat eval.csv)
(exec yes "$rows") 2>/dev/null |
    (exec "$rocket" predict -m light.safetensors -i - -o endless.csv --batch-size 10 2>stopped) &
for ((i = 0; i < 6000; i++)); do
    compgen -G '.endless.csv.*.tmp' >/dev/null && break
    sleep 0.01
done
pid=$(sed -nE 's/^\.endless\.csv\.([0-9]+)\..*/\1/p' <<<"$(compgen -G '.endless.csv.*.tmp')")
kill -TERM "$pid"
code=0
wait $! || code=$?
check "SIGTERM gives exit code 143, found $code" [ "$code" -eq 143 ]
said stopped 'stopped by signal 15(; nothing was written| while waiting for input)' # on a busy machine it may wait
check "no output, whole or in part" [ -z "$(compgen -G '*endless.csv*')$(compgen -G '.endless.csv*')" ]

# ---- the same while it waits for rows that do not come
mkfifo rows
sleep 100 >rows &
sleeper=$!
(exec "$rocket" predict -m light.safetensors -i rows -o endless.csv 2>stopped) &
for ((i = 0; i < 6000; i++)); do
    compgen -G '.endless.csv.*.tmp' >/dev/null && break
    sleep 0.01
done
kill -TERM $!
code=0
wait $! || code=$?
kill "$sleeper"
check "SIGTERM gives exit code 143, found $code" [ "$code" -eq 143 ]
said stopped 'rows: stopped by signal 15 while waiting for input'
check "no output, whole or in part" [ -z "$(compgen -G '*endless.csv*')$(compgen -G '.endless.csv*')" ]

# ---- training from a pipe that stays open ends with its last step
(for ((i = 0; i < 200; i++)); do cat train.csv; done; exec sleep 300) >rows 2>/dev/null &
sleeper=$!
run 0 timeout 200 "$rocket" train -c small.config --set model_dir=piped --set train_input_path=rows \
    --set data_config.num_epochs=1 --set data_config.shuffle=false --set train_config.num_steps=10
kill "$sleeper" 2>/dev/null || true
check "ten steps from a pipe" [ -f piped/model.ckpt-10.safetensors ]

run 2 "$rocket" export -c small.config -o -
said "$err" 'expected the name of a file, found "-"'

# ---- inspect
run 0 "$rocket" inspect light.safetensors
said "$out" '^light: .*multiplications per example'
check "an exported file has no booster" bash -c "! grep -q '^booster' '$out'"
run 0 "$rocket" inspect small.config --json
json "$out"
said "$out" '"light": \{"layers": '
said "$out" '"booster": \{"layers": '
run 0 "$rocket" inspect run/model.ckpt-40.safetensors
said "$out" '^booster: '
cp light.safetensors light.bin
run 0 "$rocket" inspect light.bin
said "$out" '^light.bin: model of step '
head -c 3 light.safetensors >cut.safetensors
run 5 "$rocket" inspect cut.safetensors
said "$err" 'cut.safetensors: 3 bytes are too few'

# ---- overrides, seeds, quiet
run 0 "$rocket" train -c small.config --set model_dir=other --set train_config.num_steps=20 -q
check "an override of model_dir and num_steps" [ -f other/model.ckpt-20.safetensors ]
check "-q says nothing" [ ! -s "$err" ]
run 0 "$rocket" train -c small.config --set model_dir=third --set train_config.num_steps=20 --seed 8 --json -q
json "$out"
check "another seed, another model" bash -c '! cmp -s third/export/20/model.safetensors other/export/20/model.safetensors'

# ---- bench: it runs, and its table is whole; speed is not tested here
run 0 "$rocket" bench -c small.config --run-ms 1 --threads 2 --json
json "$out"
said "$out" '"name": "training from memory"'
TMPDIR=$PWD run 0 "$rocket" bench -c small.config --run-ms 1 --threads 1 --batch-size 16 --json
for line in "reading the packed cache, 1 parsing thread" "training from packed cache"; do
    said "$out" "\"name\": \"$line\""
done
check "the packed file is gone" [ -z "$(find . -name 'rocket-bench-*')" ]
run 0 "$rocket" bench -c small.config --run-ms 1 --threads 1 --batch-size 16
said "$out" '^\| training from file \| examples/s \| [0-9.]+ \| [0-9.]+ \| [0-9.]+ \|$'
run 0 "$rocket" bench -m light.safetensors --user user --run-ms 1 --threads 1
check "one row of the table is what the demo prints" [ "$(grep -c ' 1 user, 200 candidates, 1 thread | us |' "$out")" = 1 ]
finish
