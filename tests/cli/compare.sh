#!/usr/bin/env bash
# rocket compare: single runs by resampled users, arms by seeds, files of rows; against figures computed here.
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

small_csv 600 1 >train.csv
small_csv 300 2 >eval.csv
cp "$cli_tests/data/small.config" .
for seed in 1 2 3; do
    for recipe in SOFT PAPER; do
        run 0 "$rocket" train -q -c small.config --seed $seed --set model_dir=$recipe-$seed \
            --set model_config.rocket_launching.recipe=$recipe
    done
done
run 0 "$rocket" train -q -c small.config --set model_dir=booster --set model_config.rocket_launching.arm=BOOSTER_ALONE
said <(head -1 SOFT-2/metrics.jsonl) '"seed":2[,}]'

# ---- two runs: differences of the same rows, resampled together
run 0 "$rocket" compare -q SOFT-1 PAPER-1 --json --threads 1
json "$out"
cp "$out" users.json
run 0 "$rocket" compare -q SOFT-1 PAPER-1 --json --threads 3
same "$out" users.json
for name in SOFT-1 PAPER-1; do
    run 0 "$rocket" eval -q -c $name/pipeline.config --json --rows $name.csv
    cp "$out" $name.json
done
python3 - <<'PYTHON' && good || bad "the comparison of two runs is not what it should be"
import csv, json, random
users = json.load(open("users.json"))
a, b = (json.load(open(name + ".json")) for name in ("SOFT-1", "PAPER-1"))
assert users["noise"] == "users" and users["by"] == "user" and users["rows"] == 300
assert list(users["config"]) == ["model_config.rocket_launching.recipe"]
assert users["config"]["model_config.rocket_launching.recipe"] == ["SOFT", "PAPER"]
for name, (first, second) in users["metrics"].items():
    assert first["value"] == a[name + "_light"] and second["value"] == b[name + "_light"], name
    assert second["difference"] == second["value"] - first["value"], name
for arm in users["arms"]:
    assert arm["multiplications"] == 416 and arm["curve"]["last"]["step"] == 40 and arm["model_bytes"] > 1000

# the interval of the difference of log losses, by drawing users anew
import math
def losses(name):
    rows = list(csv.DictReader(open(name)))
    return [(r["user"], math.log1p(math.exp(-float(r["logits_light"]) * (1 if r["label"] == "1" else -1)))) for r in rows]
by_user = {}
for (user, x), (other, y) in zip(losses("SOFT-1.csv"), losses("PAPER-1.csv")):
    assert user == other
    s = by_user.setdefault(user, [0, 0])
    s[0] += y - x
    s[1] += 1
sums, rng, means = list(by_user.values()), random.Random(3), []
for _ in range(4000):
    drawn = rng.choices(sums, k=len(sums))
    means.append(sum(d for d, _ in drawn) / sum(n for _, n in drawn))
means.sort()
found = users["metrics"]["log_loss"][1]
slack = 0.1 * (means[3899] - means[100])
assert abs(found["low"] - means[100]) < slack and abs(found["high"] - means[3899]) < slack, (found, means[100], means[3899])
assert found["verdict"] == (-1 if found["low"] > 0 else 1 if found["high"] < 0 else 0)
PYTHON
run 0 "$rocket" compare -q SOFT-1 PAPER-1 booster --metric log_loss
said "$out" '^A  SOFT-1 \(light net; seed 1\)$'
said "$out" '^C  booster \(booster net; seed 7\)$'
said "$out" '^    B  PAPER$'
said "$out" '^multiplications +416 +416 +672$'
said "$out" '^300 rows; differences to A, 95 % of 1000 resamples of [0-9]+ values of "user"'
said "$out" '^C (is (better|worse) than A by [0-9.]+ \[[0-9.]+, [0-9.]+\] log_loss|and A: no difference beyond the noise)'
run 0 "$rocket" compare -q SOFT-1 PAPER-1 --net booster --by city -i train.csv --bootstrap 20 --level 50
said "$out" '^600 rows; differences to A, 50 % of 20 resamples of 3 values of "city"'

# ---- a run and its copy: nothing beyond the noise
cp -r SOFT-1 copy
run 0 "$rocket" compare -q SOFT-1 copy
said "$out" '^B and A: no difference beyond the noise, 0\.0000 \[0\.0000, 0\.0000\] exact_auc$'

# ---- files of rows are as good as the runs
run 0 "$rocket" compare -q SOFT-1.csv PAPER-1 --json
python3 - "$out" <<'PYTHON' && good || bad "a file of rows compares otherwise than its run"
import json, sys
users, rows = json.load(open("users.json")), json.load(open(sys.argv[1]))
for name in ("exact_auc", "gauc", "copc"):
    assert rows["metrics"][name][1] == users["metrics"][name][1], name
x, y = rows["metrics"]["log_loss"][1], users["metrics"]["log_loss"][1]
assert all(abs(x[key] - y[key]) < 1e-7 for key in x if key != "sd") # two logits against their difference, rounded to a float
PYTHON
run 0 "$rocket" predict -q -m SOFT-1/export/40/model.safetensors -i eval.csv -o p1.csv --reserved-cols clk,user
run 0 "$rocket" predict -q -m PAPER-1/export/40/model.safetensors -i eval.csv -o p2.csv --reserved-cols clk,user
run 0 "$rocket" compare -q p1.csv p2.csv --label clk --by user --json
python3 - "$out" <<'PYTHON' && good || bad "predictions compare otherwise than their runs"
import json, sys
users, rows = json.load(open("users.json")), json.load(open(sys.argv[1]))
for name in ("exact_auc", "gauc", "log_loss"):
    assert abs(rows["metrics"][name][1]["difference"] - users["metrics"][name][1]["difference"]) < 1e-6, name
PYTHON

# ---- seeds: paired differences, Student's t; checkpoints are not needed
rm -f SOFT-?/model.ckpt* PAPER-?/model.ckpt*
run 0 "$rocket" compare -q PAPER-3 SOFT-3 PAPER-2 SOFT-1 PAPER-1 SOFT-2 --json
json "$out"
python3 - "$out" <<'PYTHON' && good || bad "the comparison of seeds is not what it should be"
import json, math, sys
seeds = json.load(open(sys.argv[1]))
assert seeds["noise"] == "seeds"
assert [[r["path"] for r in a["runs"]] for a in seeds["arms"]] == [[f"{n}-{s}" for s in (1, 2, 3)] for n in ("PAPER", "SOFT")]
def last(name):
    return [json.loads(line) for line in open(name + "/metrics.jsonl") if '"kind":"eval"' in line][-1]
pairs = [(last(f"PAPER-{s}"), last(f"SOFT-{s}")) for s in (1, 2, 3)]
for name in ("exact_auc", "gauc", "log_loss"):
    d = [b[name + "_light"] - a[name + "_light"] for a, b in pairs]
    mean = sum(d) / 3
    half = 4.30265272974946 * math.sqrt(sum((x - mean) ** 2 for x in d) / 2 / 3)
    found = seeds["metrics"][name][1]
    assert abs(found["difference"] - mean) < 1e-12 and abs(found["high"] - found["low"] - 2 * half) < 1e-9, name
PYTHON
run 0 "$rocket" compare -q PAPER-1 PAPER-2 SOFT-1 SOFT-2
said "$out" '^A  PAPER-1 \(light net; seed 1, 2\)$'
said "$out" '^B (is (better|worse) than A by 0\.[0-9]+ \+- [0-9.]+|and A: no difference beyond the noise, -?[0-9.]+ \+- [0-9.]+) exact_auc$'
run 0 "$rocket" compare -q PAPER-1 SOFT-1 --bootstrap 0
said "$out" '^B differs from A by [-+]0\.[0-9]+ exact_auc; without resamples or seeds nothing tells this from noise$'

# ---- what cannot be compared
run 4 "$rocket" compare -q PAPER-1 SOFT-1
said "$err" 'PAPER-1: expected a checkpoint to evaluate, found none; --bootstrap 0 compares what metrics.jsonl says'
run 2 "$rocket" compare -q PAPER-1 PAPER-2 SOFT-1
said "$err" 'expected one run of each arm, or at least two seeds of each; found 2 seeds of one and one of another'
run 4 "$rocket" compare -q PAPER-1 PAPER-2 SOFT-2 SOFT-3
said "$err" 'PAPER-1 and SOFT-2: expected at least two seeds that both arms have, found 1'
run 2 "$rocket" compare -q PAPER-1 booster --bootstrap 0 --net light
said "$err" 'booster has no light net'
head -200 SOFT-1.csv >short.csv
run 4 "$rocket" compare -q SOFT-1.csv short.csv --by user
said "$err" 'SOFT-1.csv and short.csv were not evaluated on the same rows: 300 and 199 of them'
awk -F, -v OFS=, 'NR == 8 { $2 = "nobody" } { print }' SOFT-1.csv >other.csv
run 4 "$rocket" compare -q SOFT-1.csv other.csv --by user
said "$err" 'not evaluated on the same rows: row 7 has another user'
run 0 "$rocket" compare -q SOFT-1.csv other.csv
awk -F, -v OFS=, 'NR == 9 { $1 = 1 - $1 } { print }' SOFT-1.csv >other.csv
run 4 "$rocket" compare -q SOFT-1.csv other.csv --by user
said "$err" 'not evaluated on the same rows: row 8 has another label'
sed -i 's/^eval_input_path: .*/eval_input_path: "other.csv"/' SOFT-1/pipeline.config
run 4 "$rocket" compare -q PAPER-1 SOFT-1 --bootstrap 0
said "$err" 'PAPER-1 was evaluated on "eval.csv", SOFT-1 on "other.csv": these figures cannot be compared'
finish
