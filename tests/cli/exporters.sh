#!/usr/bin/env bash
# Exporters and early stop: what is in export/ and best_ckpt/ at the end, and that it is the same after kills.
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

small_csv 1200 1 >train.csv
small_csv 300 2 >eval.csv

folder() {
    mkdir -p "$work/$1"
    cd "$work/$1"
    cp "$cli_tests/data/small.config" .
    ln -sf ../train.csv ../eval.csv .
}

train() {
    exec "$rocket" train -c small.config --set train_config.num_steps=200 --set train_config.save_checkpoints_steps=10 \
        --set train_config.keep_checkpoint_max=0 "$@"
}

best() { # the run ends when it has got no better for 30 steps; the two best nets are kept
    train --set export_config.exporter_type=best --set export_config.enable_early_stop=true \
        --set export_config.max_check_steps=30 --set export_config.exports_to_keep=2 "$@"
}

exports() { (cd run && find export best_ckpt -type f 2>/dev/null | LC_ALL=C sort); }
sums() { (cd run && find export best_ckpt model.ckpt-* -type f | LC_ALL=C sort | xargs sha256sum); }

# ---- best and early stop
folder whole
run 0 best --json
python3 - "$out" run/metrics.jsonl >verdict <<'PYTHON'
import json, sys
last = json.load(open(sys.argv[1]))["global_step"]
best, ended, beaten = None, None, []
for line in open(sys.argv[2]):
    event = json.loads(line)
    if event["kind"] != "eval":
        continue
    if best is None or event["auc_light"] > best[0]:
        best = (event["auc_light"], event["step"])
        beaten.append(event["step"])
    elif event["step"] - best[1] >= 30 and ended is None:
        ended = event["step"]
print(int(last), ended, *beaten[-2:])
PYTHON
read -r last ended second first <verdict
check "the run ended $last where metrics.jsonl says: $ended" [ "$last" = "$ended" ]
check "the two best nets are kept: $second and $first" [ "$(exports)" = "$(printf '%s\n' \
    "best_ckpt/model.ckpt-$second.safetensors" "best_ckpt/model.ckpt-$first.safetensors" \
    "export/$second/model.safetensors" "export/$first/model.safetensors" | LC_ALL=C sort)" ]

run 0 "$rocket" eval -q -c small.config --checkpoint "run/best_ckpt/model.ckpt-$first.safetensors" --json
sums >sums

# ---- killed: before each evaluation in turn, as if the machine had died there
for step in 10 "$first" "$ended"; do
    folder "killed$step"
    cp -r ../whole/run .
    (
        cd run
        for path in model.ckpt-* best_ckpt/model.ckpt-*; do
            number=$(basename "${path#*ckpt-}" .safetensors)
            number=${number#model.ckpt-}
            if [ "$number" -gt "$step" ]; then rm "$path"; fi
        done
        for path in export/*; do
            if [ "${path#export/}" -ge "$step" ]; then rm -r "$path"; fi
        done
        rm -f "best_ckpt/model.ckpt-$step.safetensors"
    )
    run 0 best --resume --json
    same "$work/whole/sums" <(sums)
done

# ---- killed with SIGKILL while it runs
folder random
killed=0
kill_at_random 6 best --resume --json
check "ended with exit code 0 after $killed kills, found $code: $(cat "$err")" [ "$code" -eq 0 ]
same "$work/whole/sums" <(sums)

# ---- the others
folder latest
run 0 train --set train_config.num_steps=35 --set export_config.exporter_type=latest --set export_config.exports_to_keep=3
check "the last three exports" [ "$(exports)" = "$(printf 'export/%s/model.safetensors\n' 20 30 35)" ]
folder final
run 0 train --set train_config.num_steps=35
check "one export" [ "$(exports)" = "export/35/model.safetensors" ]

folder none
run 0 train --set train_config.num_steps=35 --set export_config.exporter_type=none
check "no export" [ -z "$(exports)" ]
folder undefined
awk -F, '{ $1 = 0; print }' OFS=, ../eval.csv >zeros.csv
run 0 train --set train_config.num_steps=20 --set eval_input_path=zeros.csv --set export_config.exporter_type=best \
    --set export_config.best_exporter_metric=exact_auc_light
said "$err" "no evaluation had a defined exact_auc_light: the last light net is exported"
check "the last one" [ "$(exports)" = "export/20/model.safetensors" ]
finish
