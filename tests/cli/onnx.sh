#!/usr/bin/env bash
# Exported ONNX models: ONNX Runtime, fed with what `rocket hash` prints, scores every row as `rocket predict` does, for
# every feature type, activation, recipe and number of classes. And what else `rocket hash` and --export-dir do.
started_in=$PWD
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
cp "$cli_tests/data/onnx.config" .

# Rows with fields left out, ids never seen, no tags and many; clicks depend on the fields.
python3 - <<'PYTHON'
import random
for name, n, unseen in ("train.csv", 640, 0), ("rows.csv", 500, 0.2):
    draw = random.Random(n)
    with open(name, "w", encoding="utf-8") as file:
        for _ in range(n):
            def maybe(text):
                return "" if draw.random() < 0.1 else text
            def bag(most, piece, sep):
                n = draw.choice([0, 1, 2, most])
                return sep.join(piece() for _ in range(n))
            user, item, price = draw.randrange(50), draw.randrange(45), round(draw.uniform(-5, 110), 2)
            if draw.random() < unseen:
                user, item = user + 100000, draw.choice([-1, 10 ** 9])
            words = [draw.choice("abcdz") for _ in range(draw.choice([0, 1, 3, 9]))]
            vector = " ".join("%.3f" % draw.gauss(0, 1) for _ in range(draw.randrange(4)))
            clk = (user % 5) + (item % 7) - price / 20 + draw.uniform(0, 4) > 4.5
            file.write(",".join([str(int(clk)), str(int(clk) + draw.randrange(2)), maybe("u%d" % user), maybe(str(item)),
                maybe(draw.choice(["oslo", "rome", "lima", "atlantis"])), bag(40, lambda: "t%d" % draw.randrange(40), "|"),
                bag(12, lambda: "%d:%g" % (draw.randrange(-2, 25), draw.choice([0.25, 1, 3, -1, 0, 1e-12])), "|"),
                " ".join(words), " ".join("%g" % draw.choice([1, 2, 0.5, 0, 1e3]) for _ in words),
                maybe(str(price)), vector]) + "\n")
PYTHON

L=model_config.rocket_launching.
variant() { # name, overrides
    local name=$1 sets=()
    shift
    for set in "$@"; do sets+=(--set "$set"); done
    run 0 "$rocket" train -q -c onnx.config "${sets[@]}" --set model_dir="run_$name"
    run 0 "$rocket" export -q --checkpoint "run_$name/model.ckpt-30.safetensors" -o "$name.safetensors" --onnx "models/$name.onnx"
    run 0 "$rocket" predict -q -m "$name.safetensors" -i rows.csv -o "models/$name.csv"
    run 0 "$rocket" hash -q -m "$name.safetensors" -i rows.csv -o "models/$name.jsonl" --batch-size 37
}
mkdir models
variant two_classes
variant one_class model_config.num_class=1
variant light_alone "${L}arm=LIGHT_ALONE"
variant own_tables "${L}recipe=XDL" "${L}light_embedding_dim=3" "${L}light_dnn.use_bn=false" "${L}share_dnn.activation=dice"
variant dropped "model_config.variational_dropout={ regularization_lambda: 0.1 }" "${L}light_dnn.activation=prelu"
if [ -z "${ROCKET_SANITIZE:-}" ]; then
    variant three_classes model_config.num_class=3 data_config.label_fields=grade "${L}recipe=SOFT"
    variant paper "${L}recipe=PAPER" "${L}sharing=SHARE_EMBEDDINGS" "${L}share_dnn.hidden_units=[]" "${L}light_dnn.dropout_ratio=[]" \
        "${L}light_dnn.hidden_units=[12, 8]"
    variant dropped_by_value "model_config.variational_dropout={ embedding_wise_variational_dropout: true }"
    for activation in relu leaky_relu gelu tf.nn.gelu elu selu tanh sigmoid swish linear prelu dice; do
        variant "$activation" "${L}share_dnn.activation=$activation" "${L}light_dnn.activation=$activation"
    done
fi

# ---- ONNX Runtime, where it can be had
code=0
(cd "$started_in" &&
    bash "$cli_tests/../support/python_check.sh" "onnxruntime onnx" "$cli_tests/onnx_scores.py" "$work/models") || code=$?
check "ONNX Runtime's scores are ours (exit code $code)" [ "$code" -eq 0 -o "$code" -eq 77 ]

# ---- rocket hash: TensorFlow's buckets
run 0 "$rocket" hash --buckets 100000 hello 430548_1007 -- -1
check "TensorFlow's buckets" diff "$out" <(printf '%s\n' 296 42692 76430)
run 0 "$rocket" hash -c onnx.config -i rows.csv -o config.jsonl --batch-size 37 --threads 3
same config.jsonl models/two_classes.jsonl
head -n 3 rows.csv >three.csv
"$rocket" hash -q -c onnx.config --batch-size 1 <three.csv >three.jsonl && good || bad "rows from standard input"
check "a line for each batch" [ "$(wc -l <three.jsonl)" -eq 3 ]
head -1 three.jsonl >line.json
json line.json
echo "1,1,u7,-1,,t1|t2||t1,3:0.5|4:2,a z,1 0.5,,1 2" >one.csv
run 0 "$rocket" hash -q -c onnx.config -i one.csv --csv
said <(head -1 "$out") '^user,item,city,tags,tags/weights,tag_mean,tag_mean/weights,liked,liked/weights,words,words/weights,'
hash() { "$rocket" hash --buckets "$@" | tr '\n' ' ' | sed 's/ $//'; }
said <(sed -n 2p "$out") "^$(hash 64 u7),-1,1,$(hash 30 t1 t2 t1),1 1 1,$(hash 30 t1 t2 t1),1 1 1,3 4,0.5 2,0 0,1 0.5,$(hash 20 3 4),0.5 2,"

# ---- versions: whole or not at all, each greater than those before
exports() { "$rocket" export --checkpoint run_two_classes/model.ckpt-30.safetensors --export-dir served "$@"; }
run 0 exports --version 7 --onnx model.onnx
same served/7/model.safetensors two_classes.safetensors
same served/7/model.onnx models/two_classes.onnx
run 0 exports
newest=$(ls served | sort -n | tail -1)
check "a version of now: $newest" [ "$newest" -gt 1700000000 ]
check "without ONNX" [ "$(ls "served/$newest")" = model.safetensors ]
mkdir "served/99999999999"
run 0 exports
check "greater than any" [ -f served/100000000000/model.safetensors ]
run 1 exports --version 7
said "$err" 'served/7: exists already'
mkdir -p served/.8.999999999.0.tmp && touch served/.8.999999999.0.tmp/model.safetensors
run 0 exports --version 9
check "what a killed writer left is gone" [ "$(ls -A served | grep -c tmp)" -eq 0 ]
finish
