#!/usr/bin/env bash
# rocket tune: random search and halving, the same after kill -9 and on any number of threads, the best config trains to
# the figure that it was chosen for, and what is refused.
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

small_csv 1500 1 >train.csv
small_csv 300 2 >eval.csv
cp "$cli_tests/data/small.config" .
cat >search.txt <<'TEXT'
# what to try
light_dnn.hidden_units: choice([4], [8], [16, 8])
model_config.rocket_launching.recipe: choice(PAPER, SOFT)
model_config.rocket_launching.hint.weight: uniform(0.1, 1)
train_config.optimizer_config.adam_optimizer.learning_rate.constant_learning_rate.learning_rate: log_uniform(1e-3, 1e-1)
TEXT

tune() { exec "$rocket" tune -q -c small.config -s search.txt "$@"; }
halve() { tune --trials 6 --halving 2 --set train_config.num_steps=60 --set train_config.save_checkpoints_steps=4 "$@"; }
figure() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$1" "$2"; }

# ---- random search: a line per trial, best first; more trials leave the first ones as they are
run 0 tune -o random --trials 3 --json
json "$out"
cp "$out" three.json
python3 - three.json <<'PYTHON' || bad "three.json: order, front or range"
import json, sys
found = json.load(open(sys.argv[1]))
trials = found["trials"]
metrics = [t["metric"] for t in trials]
assert found["metric"] == "auc_light" and len(trials) == 3 and sorted(t["trial"] for t in trials) == [1, 2, 3]
assert metrics == sorted(metrics, reverse=True)
for t in trials:  # the front, worked out in another way: nobody is better and as small, or smaller and as good
    better = [o for o in trials if (o["metric"], -o["multiplications"]) != (t["metric"], -t["multiplications"])
              and o["metric"] >= t["metric"] and o["multiplications"] <= t["multiplications"]]
    assert t["pareto"] == (not better), t
    values = dict(o.split("=", 1) for o in t["overrides"])
    assert values["light_dnn.hidden_units"] in ("[4]", "[8]", "[16, 8]")
    assert 0.1 <= float(values["model_config.rocket_launching.hint.weight"]) <= 1
PYTHON
check "three trials" [ "$(wc -l <random/trials.jsonl)" -eq 3 ]
run 0 tune -o random --trials 5 --resume
check "a header, five trials and what * means" [ "$(wc -l <"$out")" -eq 7 ]
said "$out" '^trial +step +multiplications +auc_light +hidden_units +recipe +weight +learning_rate$'
check "two more trials" [ "$(wc -l <random/trials.jsonl)" -eq 5 ]

# ---- the best config is ready to train, and ends in the same figure
run 0 tune -o random --trials 5 --resume --json
best=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["trials"][0]["metric"])' "$out")
run 0 "$rocket" train -q -c random/best.config --json
check "best.config trains to $best, found $(figure "$out" auc_light)" [ "$(figure "$out" auc_light)" = "$best" ]

# ---- halving: 6 trials of 15 steps, 3 of 30, 1 of 60; a trial that goes on ends as one that ran through
run 0 halve -o whole --json
json "$out"
cp "$out" whole.json
check "ten trainings" [ "$(wc -l <whole/trials.jsonl)" -eq 10 ]
check "the front is of trials of the same length" python3 - whole.json <<'PYTHON'
import json, sys
trials = json.load(open(sys.argv[1]))["trials"]
for t in trials:
    better = [o for o in trials if o["steps"] == t["steps"] and o["metric"] >= t["metric"]
              and o["multiplications"] <= t["multiplications"]
              and (o["metric"], o["multiplications"]) != (t["metric"], t["multiplications"])]
    assert t["pareto"] == (not better), t
assert len({t["steps"] for t in trials if t["pareto"]}) == 3
PYTHON
check "one of 60 steps" [ "$(grep -c '"steps":60' whole/trials.jsonl)" -eq 1 ]
check "three of 30 steps" [ "$(grep -c '"steps":30' whole/trials.jsonl)" -eq 3 ]
best=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["trials"][0]["metric"])' whole.json)
run 0 "$rocket" train -q -c whole/best.config --json --set model_dir=through
check "the winner is as one that ran through: $best" [ "$(figure "$out" auc_light)" = "$best" ]

# ---- kill -9 at random moments, resumed: the same trials, figures and best config
seed=${TUNE_SEED:-$RANDOM}
echo "random moments: TUNE_SEED=$seed"
RANDOM=$seed
killed=0
for ((chain = 1; killed < 4 && chain <= 20; chain++)); do
    rm -rf killed
    kill_at_random 8 halve -o killed --json --resume --threads "$chain"
    check "ended with exit code 0 after $killed kills, found $code: $(cat "$err")" [ "$code" -eq 0 ]
    cp "$out" killed.json
    same whole/trials.jsonl killed/trials.jsonl
    same whole/best.config killed/best.config
    check "no temporary files are left" [ -z "$(find killed -name '*.tmp')" ]
    same <(sed 's/"whole/"killed/' whole.json) killed.json
done
check "killed $killed times" [ "$killed" -ge 4 ]

# ---- a trial that fails is told, and does not end the search
cat >explode.txt <<'TEXT'
train_config.optimizer_config.adam_optimizer.learning_rate.constant_learning_rate.learning_rate: choice(0.01, 1e38)
TEXT
run 0 "$rocket" tune -c small.config -s explode.txt -o explode --trials 6
said "$err" 'trial [0-9]+ failed: '
said "$out" ' failed '
check "the best one did not" grep -q 'learning_rate: 0.01' explode/best.config

# ---- refused
run 2 tune -o random --trials 3
said "$err" 'random holds a search; --resume goes on with it'
run 2 tune -o random --trials 3 --resume --seed 9
said "$err" 'random holds another search'
run 2 tune -o new --metric auc --trials 1
said "$err" 'expected a figure of the evaluation, found "auc"; there are auc_light, auc_booster'
run 2 tune -o new2 --halving 2 --set train_config.num_steps=0 --set data_config.num_epochs=1
said "$err" 'halving divides train_config.num_steps'
run 2 tune -o new2 --halving 1
said "$err" '--halving expects a whole number from 2 to 100, got "1"'
run 2 tune -o new2 --trials 0
said "$err" '--trials expects a whole number'
run 2 "$rocket" tune -q -c small.config -o new2
said "$err" 'no search file: give -s FILE'
run 1 "$rocket" tune -q -c small.config -s absent.txt -o new2
said "$err" 'absent.txt'
echo 'light_dnn.hiden_units: choice([4])' >wrong.txt
run 3 "$rocket" tune -q -c small.config -s wrong.txt -o new2
said "$err" 'trial 1: .*did you mean "hidden_units"'
echo 'light_dnn.dropout_ratio: choice([0.1], [2])' >wrong.txt
run 3 "$rocket" tune -q -c small.config -s wrong.txt -o new2
said "$err" 'trial [0-9]+: --set light_dnn.dropout_ratio=\[2\]'
echo 'light_dnn.hidden_units: chioce([4])' >wrong.txt
run 3 "$rocket" tune -q -c small.config -s wrong.txt -o new2
said "$err" 'wrong.txt:1:25: expected choice.*did you mean "choice"'
check "nothing was begun" [ ! -e new2 ]
echo 'nonsense' >>random/trials.jsonl
run 5 tune -o random --trials 5 --resume
said "$err" 'trials.jsonl'
finish
