#!/usr/bin/env bash
# Offline distillation end to end: soft labels of one and of several numbers, task spaces, several blocks. The losses
# that eval reports are computed again from the predictions and the data.
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

# clk,user,item,city,tags,price,teacher,both: the teacher's probability of a click, and its logits of both classes
with_teacher() {
    awk -F, -v OFS=, '{ z = 3 * $1 - 1 - $6 / 100; printf "%s,%.4f,%.3f;%.3f\n", $0, 1 / (1 + exp(-z)), -z / 2, z / 2 }'
}
small_csv 600 1 | with_teacher >train.csv
small_csv 60 2 | with_teacher >eval.csv
sed -e 's/label_fields: "clk"/label_fields: ["clk", "teacher", "both"] label_sep: [",", ",", ";"] label_dim: [1, 1, 2]/' \
    -e 's/input_fields { input_name: "price".*/& input_fields { input_name: "teacher" input_type: FLOAT } input_fields { input_name: "both" input_type: STRING }/' \
    -e 's/  model_class: "RocketLaunching"/& \
  kd { loss_type: BINARY_CROSS_ENTROPY_LOSS pred_name: "probs_light_1" pred_is_logits: false soft_label_name: "teacher" label_is_logits: false temperature: 2 } \
  kd { loss_type: CROSS_ENTROPY_LOSS pred_name: "logits_light" soft_label_name: "both" loss_weight: 0.5 loss_name: "ce" \
       task_space_indicator_name: "city" task_space_indicator_value: "rome" in_task_space_weight: 3 out_task_space_weight: 0 } \
  kd { loss_type: KL_DIVERGENCE_LOSS pred_name: "logits_booster" soft_label_name: "both" temperature: 4 }/' \
    "$cli_tests/data/small.config" >small.config

run 0 "$rocket" check small.config
said "$err" "note: kd: soft labels are learnt, which upstream ignores for RocketLaunching"
check "said once" [ "$(grep -c 'soft labels are learnt' "$err")" -eq 1 ]
run 0 "$rocket" train -q -c small.config
run 0 "$rocket" eval -q -c small.config --json
cp "$out" figures.json
run 0 "$rocket" predict -q -m run/model.ckpt-40.safetensors -i eval.csv -o scores.csv
run 0 "$rocket" predict -q -m run/export/40/model.safetensors -i eval.csv -o light.csv
python3 - <<'PYTHON' && good || bad "the losses that eval reports are not those of its predictions"
import csv, json, math
figures = json.load(open("figures.json"))
data = list(csv.reader(open("eval.csv")))
scores = list(csv.DictReader(open("scores.csv")))
assert len(data) == len(scores) == 60
def sigmoid(x): return 1 / (1 + math.exp(-x))
def logit(p): return math.log(p / (1 - p))
bce = ce = 0
rome = sum(row[3] == "rome" for row in data)
for row, score in zip(data, scores):
    light = [float(x) for x in json.loads(score["logits_light"])]
    s, q = logit(float(score["probs_light_1"])) / 2, sigmoid(logit(float(row[6])) / 2)
    bce += -(q * math.log(sigmoid(s)) + (1 - q) * math.log(1 - sigmoid(s)))
    if row[3] == "rome":
        z = [float(x) for x in row[7].split(";")]
        for p, q in [(sigmoid(light[1] - light[0]), sigmoid(z[1] - z[0]))] * 2:  # both classes ask the same question
            ce += -(q * math.log(p) + (1 - q) * math.log(1 - p)) / 2
for name, value in [("kd_loss_probs_light_1_teacher", bce / len(data)), ("ce", 0.5 * 3 * ce / rome)]:
    found = figures["loss/loss/" + name]
    print(name, found, value)
    assert abs(found - value) < 2e-4 * value
assert figures["loss/loss/kd_loss_logits_booster_both"] >= 0
total = sum(v for k, v in figures.items() if k.startswith("loss/loss/") and k != "loss/loss/total_loss")
assert abs(total - figures["loss"]) < 1e-6 and figures["loss"] == figures["loss/loss/total_loss"]
PYTHON

# ---- the light net alone learns its teacher. This one says what no label tells: whether the user's number is odd. So a
# net without kd knows nothing of it, and one with kd nearly all.
odd_users() { awk -F, -v OFS=, '{ z = substr($2, 2) % 2 ? 2 : -2; $8 = -z / 2 ";" z / 2; print }'; }
odd_users <train.csv >odd_train.csv
odd_users <eval.csv >odd_eval.csv
alone() { # model_dir, weight of the distillation while training, weight while evaluating
    local sets=(-c small.config --set "model_dir=$1" --set train_input_path=odd_train.csv --set eval_input_path=odd_eval.csv
        --set model_config.rocket_launching.arm=LIGHT_ALONE --set train_config.num_steps=200)
    kd() { echo "model_config.kd=[{ loss_type: KL_DIVERGENCE_LOSS pred_name: \"logits_light\" soft_label_name: \"both\" loss_weight: $1 }]"; }
    run 0 "$rocket" train -q "${sets[@]}" --set "$(kd "$2")"
    run 0 "$rocket" eval -q "${sets[@]}" --set "$(kd 1)" --json
    cp "$out" "$1.json"
}
alone with 5
alone without 0
check "the net with kd is near to its teacher, the one without is not" python3 - <<'PYTHON'
import json
near, far = (json.load(open(name))["loss/loss/kd_loss_logits_light_both"] for name in ("with.json", "without.json"))
print("Kullback-Leibler divergence from the teacher: %.4f with kd, %.4f without" % (near, far))
assert near < 0.3 * far
PYTHON

# ---- the same bits on any number of threads
run 0 "$rocket" train -q -c small.config --set model_dir=one --threads 1
run 0 "$rocket" train -q -c small.config --set model_dir=three --threads 3
check "the same weights" python3 - <<'PYTHON'
import json, struct
def tensors(path):
    data = open(path, "rb").read()
    return data[8 + struct.unpack("<Q", data[:8])[0]:]
assert tensors("one/model.ckpt-40.safetensors") == tensors("three/model.ckpt-40.safetensors")
PYTHON

# ---- bad rows
sed '7s/[^,]*$/0.5/' train.csv >bad.csv
run 4 "$rocket" train -q -c small.config --set model_dir=bad --set train_input_path=bad.csv
said "$err" 'bad.csv:7:[0-9]+: field "both" \(STRING\): expected 2 numbers \(label_dim\), found 1: "0.5"'
awk -F, -v OFS=, 'NR == 5 { $7 = "1.5" } 1' train.csv >bad.csv
run 4 "$rocket" train -q -c small.config --set model_dir=bad --set train_input_path=bad.csv
said "$err" 'bad.csv:5:[0-9]+: field "teacher" \(FLOAT\): expected a soft label from 0 to 1 \(label_is_logits is false\), found "1.5"'
sed '3s/[^,]*$/1;2;3/' train.csv >bad.csv
run 4 "$rocket" train -q -c small.config --set model_dir=bad --set train_input_path=bad.csv
said "$err" 'bad.csv:3:[0-9]+: field "both" \(STRING\): expected 2 numbers \(label_dim\), found more: "1;2;3"'
sed '3s/[^,]*$/1;nan/' train.csv >bad.csv
run 4 "$rocket" train -q -c small.config --set model_dir=bad --set train_input_path=bad.csv
said "$err" 'bad.csv:3:[0-9]+: field "both" \(STRING\): expected a finite soft label, found "1;nan"'
finish
