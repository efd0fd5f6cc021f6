#!/usr/bin/env bash
# Killed at any moment and resumed, stopped by a signal, on any number of threads: the same bits.
#
# The run is killed with SIGKILL at random moments until that has happened eight times; one that got to its end starts
# anew, so that every chain of kills is compared with the undisturbed run.
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

kills=8
seed=${RESUME_SEED:-$RANDOM}
echo "random moments: RESUME_SEED=$seed"
RANDOM=$seed
steps=60
small_csv 1500 1 >train.csv
small_csv 100 2 >eval.csv

# model_dir is the same everywhere, for it stands in the checkpoint: each run has a folder of its own to be in.
folder() {
    mkdir -p "$work/$1"
    cd "$work/$1"
    cp "$cli_tests/data/small.config" .
    ln -sf ../train.csv ../eval.csv .
}

train() { # replaces the shell that calls it: kill must reach the program
    exec "$rocket" train -q -c small.config --set train_config.num_steps=$steps --set train_config.save_checkpoints_steps=4 \
        --set train_config.log_step_count_steps=1 "$@"
}

# The lines of steps and evaluations, without what depends on the clock. A run that is killed behind its last evaluation
# evaluates again: the same line twice is no difference there.
figures() {
    python3 - "$1" <<'PYTHON'
import json, sys
evaluations = set()
for line in open(sys.argv[1], encoding="utf-8"):
    event = json.loads(line)
    if any("total_loss" in key or "auc" in key for key in event):
        kept = {k: v for k, v in event.items() if "second" not in k and "per_s" not in k and "time" not in k}
        text = json.dumps(kept, sort_keys=True)
        if text not in evaluations:
            print(text)
        if kept["kind"] == "eval":
            evaluations.add(text)
PYTHON
}

compare() { # folder
    same "$work/whole/run/model.ckpt-$steps.safetensors" "$work/$1/run/model.ckpt-$steps.safetensors"
    same "$work/whole/run/export/$steps/model.safetensors" "$work/$1/run/export/$steps/model.safetensors"
    same "$work/whole/figures" <(figures "$work/$1/run/metrics.jsonl")
    check "$1: no temporary files are left" [ -z "$(find "$work/$1" -name '*.tmp')" ]
}

folder whole
run 0 train
figures run/metrics.jsonl >figures
check "every step is in metrics.jsonl" [ "$(grep -c '"kind": "step"' figures)" -eq "$steps" ]

# ---- kill -9
killed=0
for ((chain = 1; killed < kills && chain <= 40; chain++)); do
    folder "chain$chain"
    kill_at_random $((kills - killed)) train --resume
    check "chain $chain ended with exit code 0, found $code: $(cat "$err")" [ "$code" -eq 0 ]
    compare "chain$chain"
done
check "killed $killed times" [ "$killed" -ge "$kills" ]

# ---- SIGTERM and SIGINT: a checkpoint is written, the exit code says which
for signal in TERM:143 INT:130; do
    folder "stop${signal%:*}"
    # An interactive shell would let a background process have SIGINT; this one ignores it there.
    python3 - "$rocket" "${signal%:*}" "$steps" >code 2>"$err" <<'PYTHON'
import os, signal, subprocess, sys, time
rocket, name, steps = sys.argv[1:]
command = [rocket, "train", "-c", "small.config", "--set", "train_config.num_steps=100000000",
           "--set", "train_config.save_checkpoints_steps=1000000", "--set", "train_config.log_step_count_steps=1"]
child = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                         preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
for _ in range(3000):  # until it has taken some steps
    if os.path.exists("run/metrics.jsonl") and open("run/metrics.jsonl").read().count("total_loss") >= 3:
        break
    time.sleep(0.01)
child.send_signal(getattr(signal, "SIG" + name))
print(child.wait(60))
PYTHON
    check "SIG${signal%:*} gives exit code ${signal#*:}, found $(cat code)" [ "$(cat code)" = "${signal#*:}" ]
    said "$err" 'stopped by signal [0-9]+ at step [0-9]+; --resume continues'
    step=$(sed -nE 's/.*at step ([0-9]+); --resume.*/\1/p' "$err")
    check "the checkpoint of that step" [ -f "run/model.ckpt-$step.safetensors" ]
done

# ---- threads
for threads in 1 2 3 8; do
    folder "threads$threads"
    run 0 train --threads "$threads"
    compare "threads$threads"
done
finish
