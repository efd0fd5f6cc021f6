#!/usr/bin/env bash
# Export with weights of 8 and 16 bits: what the file holds, how it scores, and the gate in front of it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

small_csv 1200 1 >train.csv
small_csv 400 2 >eval.csv
cp "$cli_tests/data/small.config" .
L=model_config.rocket_launching.
run 0 "$rocket" train -q -c small.config --set "${L}share_dnn.hidden_units=[24, 16]" --set "${L}light_dnn.hidden_units=[20]" --set train_config.num_steps=120
export_it() { "$rocket" export -c run/pipeline.config "$@"; }

run 0 export_it -q -o float.safetensors
run 0 export_it -o int8.safetensors --quantize int8 --check eval.csv --most-auc-loss 0.01
said "$err" 'AUC 0\.[0-9]{6} with int8 weights, 0\.[0-9]{6} without'

# ---- what the file holds
if python3 - float.safetensors int8.safetensors <<'PYTHON'; then good; else bad "tensors of the quantized model"; fi
import json, struct, sys
def tensors(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    for name, entry in json.loads(data[8:8 + n]).items():
        if name == "__metadata__" or name.startswith("__pad_"):
            continue
        begin, end = (8 + n + at for at in entry["data_offsets"])
        code = {"F32": "f", "I8": "b", "U8": "B"}[entry["dtype"]]
        yield name, (entry["dtype"], entry["shape"], struct.unpack("<%d%s" % ((end - begin) // struct.calcsize(code), code), data[begin:end]))
floats, ints = dict(tensors(sys.argv[1])), dict(tensors(sys.argv[2]))
rounded = 0
for name, (dtype, shape, values) in floats.items():
    found, _, integers = ints[name]
    kernel = name.endswith("/kernel") and shape[1] >= 16
    assert (found == "I8") == (dtype == "F32" and (kernel or name.endswith("/embedding_weights"))), (name, found)
    if found != "I8":
        assert integers == values, name
        continue
    rounded += 1
    n = shape[1]
    _, (columns,), scale = ints[name + "/scale"]
    assert columns == n and min(scale) > 0
    rows = [1] * shape[0]
    if kernel:
        _, (k,), rows = ints[name + "/x_scale"]
        kind, (zeros,), zero = ints[name + "/x_zero"]
        assert k == zeros == shape[0] and min(rows) > 0 and kind == "U8"
        first = name.startswith("share_dnn/dnn_0")  # of tables around 128, and of numbers; other layers' values are rectified
        assert zero.count(128) == 16 if first else set(zero) == {0}, (name, zero)
    for i, value in enumerate(values):
        s = scale[i % n] / rows[i // n]
        assert abs(value - integers[i] * s) <= 0.5001 * s, (name, i)
        assert abs(integers[i]) <= 127
    assert max(abs(i) for i in integers) == 127
assert rounded >= 6, rounded
PYTHON

# ---- how it scores: close to the floats; the same bits for any number of rows at a time and of threads
for model in float int8; do
    run 0 "$rocket" predict -q -m $model.safetensors -i eval.csv -o $model.csv
done
for way in "--threads 1 --batch-size 1" "--threads 2 --batch-size 77"; do
    # shellcheck disable=SC2086
    run 0 "$rocket" predict -q -m int8.safetensors -i eval.csv -o again.csv $way
    same int8.csv again.csv
done
check "rounding shows" test "$(cmp -s float.csv int8.csv && echo same)" != same
if python3 - float.csv int8.csv <<'PYTHON'; then good; else bad "scores with 8-bit weights are far from those with floats"; fi
import csv, sys
a, b = ([float(row["probs_light_1"]) for row in csv.DictReader(open(path))] for path in sys.argv[1:])
assert len(a) == len(b) == 400
assert max(abs(x - y) for x, y in zip(a, b)) < 0.05 and len(set(b)) > 300
PYTHON
run 0 "$rocket" inspect int8.safetensors

# ---- 16 bits: the nearest value with 8 bits of fraction, in the file; scored as floats
run 0 export_it -o bf16.safetensors --quantize bf16 --check eval.csv --most-auc-loss 0.01
said "$err" 'AUC 0\.[0-9]{6} with bf16 weights, 0\.[0-9]{6} without'
run 0 "$rocket" predict -q -m bf16.safetensors -i eval.csv -o bf16.csv
run 0 "$rocket" export -q --checkpoint bf16.safetensors -o widened.safetensors
run 0 "$rocket" predict -q -m widened.safetensors -i eval.csv -o widened.csv
same bf16.csv widened.csv
run 3 "$rocket" export --checkpoint int8.safetensors -o twice.safetensors --quantize bf16 --check eval.csv
said "$err" 'expected weights of floats to round to bf16, found integers'
if python3 - float.safetensors bf16.safetensors widened.safetensors <<'PYTHON'; then good; else bad "tensors of bf16"; fi
import json, struct, sys
def tensors(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    for name, entry in json.loads(data[8:8 + n]).items():
        if name != "__metadata__" and not name.startswith("__pad_") and entry["dtype"] in ("F32", "BF16"):
            begin, end = (8 + n + at for at in entry["data_offsets"])
            code = {"F32": "I", "BF16": "H"}[entry["dtype"]]
            yield name, (entry["dtype"], entry["shape"], struct.unpack("<%d%s" % ((end - begin) // struct.calcsize(code), code), data[begin:end]))
floats, halves, widened = (dict(tensors(path)) for path in sys.argv[1:])
def nearest(bits): # of the two neighbours the nearer one, ties to the even one
    low = bits >> 16
    rest = bits & 0xffff
    return low + (rest > 0x8000 or (rest == 0x8000 and low & 1))
assert floats.keys() == halves.keys() == widened.keys()
for name, (_, shape, values) in floats.items():
    kind, _, found = halves[name]
    assert (kind == "BF16") == (len(shape) == 2), name
    expected = tuple(map(nearest, values)) if kind == "BF16" else values
    assert found == expected, name
    assert widened[name][2] == (tuple(h << 16 for h in found) if kind == "BF16" else values), name
assert sum(kind == "BF16" for kind, _, _ in halves.values()) >= 6
PYTHON
python3 - float.csv bf16.csv <<'PYTHON' && good || bad "scores of bf16 are far from those of floats"
import csv, sys
a, b = ([float(row["probs_light_1"]) for row in csv.DictReader(open(path))] for path in sys.argv[1:])
assert a != b and max(abs(x - y) for x, y in zip(a, b)) < 0.01
PYTHON

# ---- the gate, and what is refused
rm int8.safetensors
# Labels that rounding works against: a click is what it makes less likely.
python3 - float.csv int8.csv <<'PYTHON' >against.csv
import csv, sys
a, b = ([float(row["probs_light_1"]) for row in csv.DictReader(open(path))] for path in sys.argv[1:])
for x, y, line in zip(a, b, open("eval.csv")):
    print(int(x > y), line.rstrip("\n").split(",", 1)[1], sep=",")
PYTHON
run 6 export_it -o int8.safetensors --quantize int8 --check against.csv --most-auc-loss 0
check "nothing was written" [ ! -e int8.safetensors ]
said "$err" 'expected int8 weights to cost at most 0 of AUC, found 0\.[0-9]+ \(0\.[0-9]+ before.*nothing was written'
grep '^0' eval.csv >zeros.csv
run 4 export_it -o int8.safetensors --quantize int8 --check zeros.csv
said "$err" 'zeros.csv: expected rows of both classes, found one'
run 4 export_it -o int8.safetensors --quantize int8 --check nowhere.csv
run 2 export_it -o int8.safetensors --quantize int8
said "$err" 'expected --check FILES'
run 2 export_it -o int8.safetensors --quantize int4 --check eval.csv
said "$err" 'expected int8 or bf16, found "int4"'
run 2 export_it -o int8.safetensors --quantize int8 --check eval.csv --most-auc-loss -1
said "$err" 'expected a number of 0 or more, found "-1"'
run 2 export_it -o int8.safetensors --check eval.csv
run 2 export_it --onnx int8.onnx --quantize int8 --check eval.csv
check "no file after errors" [ ! -e int8.safetensors ]
finish
