#!/usr/bin/env bash
# One table in several formats: CSV, TFRecord (plain, compressed, in parts), libsvm and libffm train to the same bits.
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

tables() { python3 "$cli_tests/tables.py" "$@"; }
trains() { # name, config, training and evaluation files, --set ...
    local name=$1 config=$2 train=$3 eval=$4
    shift 4
    run 0 "$rocket" train -q -c "$config" --set model_dir="$name" --set train_input_path="$train" \
        --set eval_input_path="$eval" "$@"
}
same_tensors() { # run, run: the bytes behind the headers of their checkpoints
    if python3 - "$1/model.ckpt-40.safetensors" "$2/model.ckpt-40.safetensors" <<'PYTHON'; then good; else bad "$1 and $2 differ"; fi
import struct, sys
def tensors(path):
    data = open(path, "rb").read()
    return data[8 + struct.unpack("<Q", data[:8])[0]:]
a, b = map(tensors, sys.argv[1:])
assert len(a) > 1000 and a == b
PYTHON
}

small_csv 300 1 >train.csv
small_csv 60 2 >eval.csv
cp "$cli_tests/data/small.config" small.config

# ---- tf.Example: values by name, absent ones by default, tags as a list
sed 's/CSVInput/TFRecordInput/' small.config >tfrecord.config
for part in train eval; do tables tfrecord $part.csv $part.tfrecord; done
gzip -k train.tfrecord
run 0 "$rocket" check tfrecord.config --set train_input_path=train.tfrecord --set eval_input_path=eval.tfrecord --data
said "$out" '^train.tfrecord: 300 rows ok, 0 bad rows$'
trains csv small.config train.csv eval.csv
trains tfrecord tfrecord.config train.tfrecord eval.tfrecord
trains tfrecord_gz tfrecord.config train.tfrecord.gz eval.tfrecord
same_tensors csv tfrecord
same_tensors csv tfrecord_gz
run 0 "$rocket" predict -m csv/export/40/model.safetensors -i eval.csv -o csv.out --reserved-cols user,item
run 0 "$rocket" predict -m tfrecord/export/40/model.safetensors -i eval.tfrecord -o tfrecord.out --reserved-cols user,item
check "60 scores and their header" [ "$(wc -l <csv.out)" -eq 61 ]
same csv.out tfrecord.out

# ---- several files take turns, in the same order whatever their format and the number of threads
for part in 1 2 3; do
    sed -n "$((100 * part - 99)),$((100 * part))p" train.csv >part$part.csv
    tables tfrecord part$part.csv part$part.tfrecord
done
trains parts_csv small.config 'part?.csv' eval.csv --threads 1
trains parts_tfrecord tfrecord.config 'part?.tfrecord' eval.tfrecord --threads 2
same_tensors parts_csv parts_tfrecord

# ---- libsvm and libffm, against the same numbers as CSV
numbers() { # input_type, type of the column of user and item, with the tags or without
    sed -e "s/CSVInput/$1/; /input_names*: \"city\"/d; /input_name: \"tags\"/s/tags/2/" \
        -e "/input_name: \"user\"/s/.*/  input_fields { input_name: \"0\" input_type: $2 }/" \
        -e "/input_name: \"item\"/s/.*/  input_fields { input_name: \"1\" input_type: $2 }/" \
        -e 's/input_name: "price"/input_name: "3"/; s/uid_field: "user"/uid_field: "0"/' \
        -e 's/input_names: "user"/input_names: "0"/; s/input_names: "item"/input_names: "1"/' \
        -e 's/input_names: "tags".*/input_names: "2" feature_type: TagFeature separator: " " kv_separator: ":" num_buckets: 30 embedding_dim: 4 }/' \
        -e 's/input_names: "price"/input_names: "3"/' \
        -e 's/feature_names: .*/feature_names: ["0", "1", "2", "3"]/' small.config |
        if [ "$3" = tags ]; then cat; else sed '/input_names*: "2"/d; s/"1", "2", "3"/"1", "3"/'; fi
}
for part in train eval; do
    for format in numbers libsvm libffm; do tables $format $part.csv $part.$format; done
done
numbers CSVInput INT64 tags >numbers.config
numbers LibffmInput INT64 tags >libffm.config
trains numbers numbers.config train.numbers eval.numbers
trains libffm libffm.config train.libffm eval.libffm
same_tensors numbers libffm
numbers LibsvmInput INT64 none >libsvm.config
numbers CSVInput INT64 none >few.config
cut -d, -f 1-3,5 train.numbers >train.few
cut -d, -f 1-3,5 eval.numbers >eval.few
trains few few.config train.few eval.few
trains libsvm libsvm.config train.libsvm eval.libsvm
same_tensors few libsvm
cut -d' ' -f 2- eval.libsvm >unlabelled.libsvm
run 0 "$rocket" predict -m libsvm/export/40/model.safetensors -i unlabelled.libsvm -o libsvm.out
run 0 "$rocket" predict -m few/export/40/model.safetensors -i eval.few -o few.out
same libsvm.out few.out
finish
