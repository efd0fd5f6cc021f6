#!/usr/bin/env bash
# Sample weights with one class and with two, where upstream fails: a row of weight k counts as k rows, one of weight 0 as
# none, in both cross-entropies and in the hint, in the losses and in what is learned from them. The sums are divided by
# the number of rows whose weight is not zero (easyrec.md 1.2), so that rows given k times are learned from at a rate that
# is larger by that ratio.
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

small_csv 240 3 >rows.csv
awk -F, -v OFS=, '{ print $0, (NR * 7) % 4 }' rows.csv >weighted.csv                      # 0, 1, 2, 3
awk '{ for (k = (NR * 7) % 4; k > 0; k--) print }' rows.csv >repeated.csv
few=$(awk '(NR * 7) % 4 > 0' rows.csv | wc -l) many=$(wc -l <repeated.csv)
check "180 rows that count, as often as 360" [ "$few $many" = "180 360" ]

# Both read all rows in every step; nothing else adds to the losses, and no row knows of another.
sed 's/adam_optimizer/sgd_optimizer/; s/shuffle: true/shuffle: false/; s/ dropout_ratio: .*\] }/ use_bn: false }/
    s/hidden_units: \[\(16\|8\)\] }/hidden_units: [\1] use_bn: false }/; /regularization/d
    s/booster_dnn.*/&\n    l2_regularization: 0/; s/num_steps: 40/num_steps: 5/; s/log_step_count_steps: 5/log_step_count_steps: 1/
    /input_name: "price"/s/$/\n  WEIGHT/' "$cli_tests/data/small.config" >base.config
sed 's/WEIGHT//' base.config >repeated.config
sed 's/WEIGHT/input_fields { input_name: "w" input_type: FLOAT }\n  sample_weight: "w"/' base.config >weighted.config

trains() { # name, rows, rate, classes
    run 0 "$rocket" train -q -c "$1.config" --set model_dir="$1$4" --set train_input_path="$1.csv" \
        --set eval_input_path=weightless.csv --set data_config.batch_size="$2" --set model_config.num_class="$4" \
        --set "train_config.optimizer_config[0].sgd_optimizer.learning_rate.constant_learning_rate.learning_rate=$3" \
        --set eval_config.num_examples=1
}
for classes in 1 2; do
    cp weighted.csv weightless.csv
    trains weighted 240 0.1 $classes
    cp rows.csv weightless.csv
    trains repeated "$many" 0.2 $classes
    if python3 - "weighted$classes" "repeated$classes" <<'PYTHON'; then good; else bad "weights with $classes classes"; fi
import json, math, struct, sys

def losses(run):
    lines = map(json.loads, open(run + "/metrics.jsonl"))
    return [l for l in lines if "hint_loss" in json.dumps(l)]

def floats(run):
    data = open(run + "/model.ckpt-5.safetensors", "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + n])
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            yield name, struct.unpack("<%df" % ((end - begin) // 4), data[8 + n + begin:8 + n + end])

def numbers(value):
    return {k: v for k, v in value.items() if k.endswith(("_loss", "_booster", "_light")) and isinstance(v, float)}

a, b = map(losses, sys.argv[1:])
assert len(a) == len(b) >= 5, (len(a), len(b))
seen = set()
for left, right in zip(a, b):
    x, y = numbers(left), numbers(right)
    for name in ("cross_entropy_loss_booster", "cross_entropy_loss_light", "hint_loss"):
        if name not in x:
            continue
        seen.add(name)
        assert math.isclose(x[name] * 180, y[name] * 360, rel_tol=1e-4, abs_tol=1e-6), (name, x[name], y[name])
assert len(seen) == 3, seen
left, right = dict(floats(sys.argv[1])), dict(floats(sys.argv[2]))
assert left.keys() == right.keys() and len(left) > 10
for name in left:
    for u, v in zip(left[name], right[name]):
        assert math.isclose(u, v, rel_tol=1e-3, abs_tol=1e-6), (name, u, v)
PYTHON
done
finish
