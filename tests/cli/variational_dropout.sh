#!/usr/bin/env bash
# Variational dropout end to end: what is exported scores as the checkpoint does, by upstream's formula; useless features
# are dropped more often; resumed and on any number of threads, the same bits.
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

small_csv 3000 1 >train.csv
small_csv 100 2 >eval.csv
cp "$cli_tests/data/small.config" .
train() { # whole features by default
    run 0 "$rocket" train -c small.config --set 'model_config.variational_dropout={ regularization_lambda: 5 }' "$@"
}

train --set train_config.num_steps=600 --set train_config.save_checkpoints_steps=600
said "$err" "variational_dropout_loss = [0-9.]+"
said "$err" "rates at which features are dropped: run/feature_dropout_ratio_all.csv"
run 0 "$rocket" eval -q -c small.config --set 'model_config.variational_dropout={ regularization_lambda: 5 }' --json
check "the penalty is of training only" bash -c "! grep -q variational '$out'"
run 0 "$rocket" inspect run/model.ckpt-600.safetensors
cp "$out" inspected
said inspected "rates at which features are dropped:"
check "five features" [ "$(wc -l <run/feature_dropout_ratio_all.csv)" -eq 6 ]
cat run/feature_dropout_ratio_all.csv
python3 - <<'PYTHON' && good || bad "clicks do not depend on city, and tags hardly: they must be dropped more than user and item"
import csv
rate = {row["feature_name"]: float(row["mean_drop_p"]) for row in csv.DictReader(open("run/feature_dropout_ratio_all.csv"))}
assert list(rate.values()) == sorted(rate.values())
assert max(rate["user"], rate["item"]) < min(rate["city"], rate["tags"]), rate
PYTHON

# ---- the exported net, and what the rates are
run 0 "$rocket" predict -q -m run/export/600/model.safetensors -i eval.csv -o light.csv --output-cols logits_light
run 0 "$rocket" predict -q -m run/model.ckpt-600.safetensors -i eval.csv -o checkpoint.csv --output-cols logits_light
same light.csv checkpoint.csv
python3 - <<'PYTHON' && good || bad "feature_dropout_ratio_all.csv is not sigmoid(logit_p) of the exported net"
import csv, json, math, struct
data = open("run/export/600/model.safetensors", "rb").read()
n = struct.unpack("<Q", data[:8])[0]
header = json.loads(data[8:8 + n])
for row in csv.DictReader(open("run/feature_dropout_ratio_all.csv")):
    begin, end = header["variational_dropout/%s/logit_p" % row["feature_name"]]["data_offsets"]
    (logit,) = struct.unpack("<f", data[8 + n + begin:8 + n + end])
    assert abs(1 / (1 + math.exp(-logit)) - float(row["mean_drop_p"])) < 1e-5
PYTHON

# ---- each value by itself; threads; resumed
values='model_config.variational_dropout={ embedding_wise_variational_dropout: true }'
for threads in 1 3; do
    mkdir -p "t$threads"
    (cd "t$threads" && ln -sf ../train.csv ../eval.csv ../small.config .)
    (cd "t$threads" && run 0 "$rocket" train -q -c small.config --set "$values" --threads "$threads")
done
same t1/run/model.ckpt-40.safetensors t3/run/model.ckpt-40.safetensors
rm t3/run/model.ckpt-40.safetensors
(cd t3 && run 0 "$rocket" train -q -c small.config --set "$values" --resume)
same t1/run/model.ckpt-40.safetensors t3/run/model.ckpt-40.safetensors
same t1/run/export/40/model.safetensors t3/run/export/40/model.safetensors

# ---- embeddings of its own for the light net
run 0 "$rocket" train -q -c small.config --set model_dir=apart --set "$values" \
    --set model_config.rocket_launching.sharing=SHARE_NOTHING
check "ten rates" [ "$(wc -l <apart/feature_dropout_ratio_all.csv)" -eq 11 ]
run 0 "$rocket" predict -q -m apart/export/40/model.safetensors -i eval.csv -o apart.csv
run 3 "$rocket" check small.config --set 'model_config.variational_dropout={ regularization_lambda: -1 }'
said "$err" "regularization_lambda: expected a number from 0 on, found -1"
finish
