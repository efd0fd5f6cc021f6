#!/usr/bin/env bash
# Incremental training (--continue), the name map of fine-tuning, patterns that freeze nothing, metrics of training.
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

small_csv 1500 1 >monday.csv
small_csv 1500 3 >tuesday.csv
small_csv 300 2 >eval.csv
cp "$cli_tests/data/small.config" .
train() { # data, model_dir, ...
    local data=$1 dir=$2
    shift 2
    "$rocket" train -c small.config --set train_input_path="$data" --set model_dir="$dir" "$@"
}

# What a checkpoint holds: variables FILE NAME... prints their values; sums and counts are enough here.
cat >tensors.py <<'PYTHON'
import json, struct
def tensors(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + n])
    meta = header.pop("__metadata__")
    found = {}
    for name, t in header.items():
        begin, end = (8 + n + x for x in t["data_offsets"])
        if t["dtype"] == "F32":
            found[name] = struct.unpack("<%df" % ((end - begin) // 4), data[begin:end])
    return found, meta
PYTHON

# ---- the same data in two runs of 20 steps, without shuffling: the bits of one run of 40
same_data=(--set data_config.shuffle=false --set train_config.save_checkpoints_steps=1000)
awk 'NR <= 1280' monday.csv >first.csv
awk 'NR > 1280' monday.csv >rest.csv
cat rest.csv tuesday.csv >second.csv
cat first.csv second.csv >both.csv
run 0 train both.csv whole "${same_data[@]}"
run 0 train first.csv half "${same_data[@]}" --set train_config.num_steps=20
run 0 train second.csv other "${same_data[@]}" --set train_config.num_steps=20 --continue half
said "$err" "going on from half/model.ckpt-20.safetensors at step 20"
said "$err" "global step 40:"
check "the same bits as one run" python3 - <<'PYTHON'
from tensors import tensors
one, two = tensors("whole/model.ckpt-40.safetensors"), tensors("other/model.ckpt-40.safetensors")
assert one[0] == two[0] and len(one[0]) > 50
assert two[1]["rocket.first_step"] == "20" and "rocket.first_step" not in one[1]
PYTHON
check "its light net" [ -f other/export/40/model.safetensors ]

# ---- killed and resumed, with the same command line
train second.csv killed "${same_data[@]}" --set train_config.num_steps=20 --continue half \
    --set train_config.save_checkpoints_steps=8 >/dev/null 2>&1
rm killed/model.ckpt-40.safetensors
run 0 train second.csv killed "${same_data[@]}" --set train_config.num_steps=20 --continue half --resume \
    --set train_config.save_checkpoints_steps=8
said "$err" "resuming from killed/model.ckpt-32.safetensors"
check "the same bits again" python3 -c "
from tensors import tensors
assert tensors('other/model.ckpt-40.safetensors')[0] == tensors('killed/model.ckpt-40.safetensors')[0]"
run 2 train second.csv killed "${same_data[@]}" --continue half
said "$err" "model_dir already holds"

# ---- grown: a word in front and one behind, ids above; slots go along
grown=(--set 'feature_config.features[2].vocab_list=["bern", "oslo", "rome", "lima", "bonn"]'
    --set feature_config.features[1].num_buckets=50)
run 0 train tuesday.csv grown "${grown[@]}" --set train_config.num_steps=1 --continue half/model.ckpt-20.safetensors \
    --set 'train_config.optimizer_config[0]={ adam_optimizer { learning_rate { constant_learning_rate { learning_rate: 0 } } } }'
said "$err" "input_layer/city_embedding/embedding_weights: 2 words are new, 0 are gone"
check "rows went with their words" python3 - <<'PYTHON'
from tensors import tensors
old, new = tensors("half/model.ckpt-20.safetensors")[0], tensors("grown/model.ckpt-21.safetensors")[0]
city, item = "input_layer/city_embedding/embedding_weights", "input_layer/item_embedding/embedding_weights"
assert new[city][4:16] == old[city] and len(new[city]) == 20 and any(new[city][:4]) and any(new[city][16:])
assert new[item][:160] == old[item] and len(new[item]) == 200
slots = [name for name in old if name.startswith(city + "/")]
assert len(slots) == 2
PYTHON
run 3 train tuesday.csv no --set feature_config.features[0].hash_bucket_size=65 --continue half
said "$err" 'half/model.ckpt-20.safetensors: table "input_layer/user_embedding/embedding_weights" had 64 rows and is to have 65'
run 3 train tuesday.csv no --set 'model_config.rocket_launching.light_dnn.hidden_units=[9]' --continue half
said "$err" 'variable "light_dnn/dnn_0/kernel" had another shape'
run 3 train tuesday.csv no --continue half/export/20/model.safetensors
said "$err" 'this is a model, not a checkpoint: training cannot go on from it'
run 3 train tuesday.csv no --continue "$cli_tests"
said "$err" 'holds no checkpoint'
check "nothing was begun" [ ! -e no ]

# ---- names of another run
printf 'light_dnn/dnn_0/kernel booster_dnn/dnn_1/kernel\n\n  light_dnn/dnn_0/bias\tbooster_dnn/dnn_1/bias \n' >names.txt
tune=(--set train_config.fine_tune_checkpoint=half --set train_config.num_steps=1 --set train_config.fine_tune_ckpt_var_map=names.txt
    --set 'train_config.optimizer_config[0]={ sgd_optimizer { learning_rate { constant_learning_rate { learning_rate: 0 } } } }')
run 0 train monday.csv tuned "${tune[@]}" --set 'model_config.rocket_launching.light_dnn.hidden_units=[8]'
check "variables under the names of the map" python3 - <<'PYTHON'
from tensors import tensors
old, new = tensors("half/model.ckpt-20.safetensors")[0], tensors("tuned/model.ckpt-1.safetensors")[0]
assert new["light_dnn/dnn_0/kernel"] == old["booster_dnn/dnn_1/kernel"]
assert new["light_dnn/dnn_0/bias"] == old["booster_dnn/dnn_1/bias"]
assert new["booster_dnn/dnn_1/kernel"] == old["booster_dnn/dnn_1/kernel"]
PYTHON
echo "light_dnn/dnn_0/kernel nowhere" >names.txt
run 3 train monday.csv no "${tune[@]}"
said "$err" 'names.txt:1: there is no variable "nowhere" there'
printf '\nnowhere light_dnn/dnn_0/kernel\n' >names.txt
run 3 train monday.csv no "${tune[@]}"
said "$err" 'names.txt:2: the model has no variable "nowhere"'
echo "one" >names.txt
run 3 train monday.csv no "${tune[@]}"
said "$err" 'names.txt:1: expected two names'

# ---- arrays that somebody else wrote, as out of a TensorFlow checkpoint: no metadata, no checksums
python3 - <<'PYTHON'
import json, struct
from tensors import tensors
arrays, _ = tensors("half/model.ckpt-20.safetensors")
name, values = "light_dnn/dnn_0/kernel", arrays["light_dnn/dnn_0/kernel"]
kernel = struct.pack("<%df" % len(values), *values)
header = json.dumps({name: {"dtype": "F32", "shape": [len(values) // 8, 8], "data_offsets": [0, len(kernel)]},
                     "global_step": {"dtype": "I64", "shape": [], "data_offsets": [len(kernel), len(kernel) + 8]}}).encode()
header += b" " * (-len(header) % 8)
open("foreign.safetensors", "wb").write(struct.pack("<Q", len(header)) + header + kernel + struct.pack("<q", 20))
PYTHON
run 0 train monday.csv foreign --set train_config.fine_tune_checkpoint=foreign.safetensors --set train_config.num_steps=1 "${tune[@]:6}"
said "$err" 'fine_tune_checkpoint has no "light_dnn/dnn_0/bias": it starts as it was drawn'
check "the array is where its name says" python3 - <<'PYTHON'
from tensors import tensors
old, new = tensors("half/model.ckpt-20.safetensors")[0], tensors("foreign/model.ckpt-1.safetensors")[0]
assert new["light_dnn/dnn_0/kernel"] == old["light_dnn/dnn_0/kernel"]
assert new["booster_dnn/dnn_1/kernel"] != old["booster_dnn/dnn_1/kernel"]
PYTHON

# ---- freezing
run 0 train monday.csv frozen --set train_config.num_steps=1 --set 'train_config.freeze_gradient=["share_dnn", "booster_dnnn"]'
said "$err" 'freeze_gradient "booster_dnnn" is found in no variable.s name: nothing is frozen by it'
check "the other pattern is not complained of" [ "$(grep -c 'nothing is frozen' "$err")" -eq 1 ]

# ---- metrics of the training batches, in windows that a resumed run repeats
online=(--set eval_config.eval_online=true --set train_config.keep_checkpoint_max=0)
run 0 train monday.csv online "${online[@]}"
check "one report with every checkpoint" [ "$(grep -c train/auc_light online/metrics.jsonl)" -eq 2 ]
said online/metrics.jsonl '"step":40,.*"train/auc_light":0\.[0-9]+,.*"train/gauc_booster":0\.[0-9]+'
grep train/auc online/metrics.jsonl | sed -E 's/"(seconds|examples_per_s)":[0-9.e+-]*,//g' >reports
rm online/model.ckpt-40.safetensors
run 0 train monday.csv online "${online[@]}" --resume
grep train/auc online/metrics.jsonl | sed -E 's/"(seconds|examples_per_s)":[0-9.e+-]*,//g' >again
same reports again
finish
