#!/usr/bin/env bash
# --shard I/N: parts of the rows or of the files that are disjoint and together the whole, the same ones whatever the
# format and the number of threads; what is trained on one is what is trained on a file that holds nothing else.
source "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

small_csv 300 1 >all.csv
small_csv 60 2 >eval.csv
sed -n '1,121p' all.csv >part1.csv # no multiple of the number of shards
sed -n '122,170p' all.csv >part2.csv
sed -n '171,300p' all.csv >part3.csv
cp "$cli_tests/data/small.config" small.config
sed 's/CSVInput/TFRecordInput/' small.config >tfrecord.config
for part in 1 2 3; do python3 "$cli_tests/tables.py" tfrecord part$part.csv part$part.tfrecord; done

trains() { # name, config, training files, more arguments
    local name=$1 config=$2 files=$3
    shift 3
    run 0 "$rocket" train -q -c "$config" --set model_dir="$name" --set train_input_path="$files" --set eval_input_path="" "$@"
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
predicts() { # model, input, output, more arguments
    local model=$1 input=$2 output=$3
    shift 3
    run 0 "$rocket" predict -q -m "$model/export/40/model.safetensors" -i "$input" -o "$output" --reserved-cols ALL_COLUMNS "$@"
}
rows_of() { # file, condition on the row's number r, counted from 0: those rows and the header
    awk "NR == 1 || (r = NR - 2) >= 0 && ($2)" "$1"
}

# ---- every row is in one shard, and that is the row's number modulo N
trains all small.config all.csv
trains records tfrecord.config 'part?.tfrecord'
predicts all all.csv whole.out
predicts records 'part?.tfrecord' whole_records.out
for whole in whole.out whole_records.out; do check "300 rows and their header" [ "$(wc -l <$whole)" -eq 301 ]; done
for i in 0 1 2 3; do
    predicts all 'part?.csv' shard$i.out --shard $i/4 --threads $((1 + i % 3)) --batch-size $((7 + i))
    same shard$i.out <(rows_of whole.out "r % 4 == $i")
    predicts all 'part?.csv' others$i.out --shard not:$i/4
    same others$i.out <(rows_of whole.out "r % 4 != $i")
    predicts records 'part?.tfrecord' records$i.out --shard $i/4
    same records$i.out <(rows_of whole_records.out "r % 4 == $i")
done
check "together the shards are the whole" diff <(tail -qn +2 shard?.out | sort) <(tail -n +2 whole.out | sort)
predicts all part2.csv one.out --shard 0/1
predicts all part2.csv none.out
same one.out none.out

# ---- files
trains files small.config all.csv --set data_config.file_shard=true
same_tensors all files
predicts files part1.csv,part3.csv expected.out
predicts files 'part?.csv' found.out --shard 0/2
same expected.out found.out
predicts files part2.csv expected.out
predicts files 'part?.csv' found.out --shard 1/2
same expected.out found.out
predicts files 'part?.csv' found.out --shard not:0/2
same expected.out found.out
run 4 "$rocket" predict -m files/export/40/model.safetensors -i 'part?.csv' -o no.out --shard 3/4
said "$err" 'part\?\.csv: expected at least 4 files for shard 3/4 with data_config.file_shard, found 3'
run 4 "$rocket" train -c small.config --set train_input_path=all.csv --set data_config.file_shard=true --shard 0/2 --set model_dir=no
said "$err" 'all\.csv: expected at least 2 files for shard 0/2 with data_config.file_shard, found 1'

# ---- training on a shard is training on its rows
awk 'NR % 3 == 2' all.csv >own.csv
trains own small.config own.csv
trains csv small.config 'part?.csv' --shard 1/3 --threads 3
same_tensors own csv
trains tfrecord tfrecord.config 'part?.tfrecord' --shard 1/3 --threads 1
same_tensors own tfrecord
run 0 "$rocket" pack -c small.config --data 'part?.csv' -o all.rkpack
said "$err" '3 files become one: data_config.shuffle would have changed their order'
trains packed small.config all.rkpack --shard 1/3
same_tensors own packed
run 0 "$rocket" pack -c small.config --data 'part?.csv' -o own.rkpack --shard 1/3
check "no warning: rows of a shard come in their order anyway" [ -z "$(grep become "$err")" ]
trains packed_shard small.config own.rkpack
same_tensors own packed_shard
run 0 "$rocket" pack -c small.config --data 'part?.csv' -o files.rkpack --shard 1/2 --set data_config.file_shard=true
said "$err" ' 49 rows'
check "no warning: one file of the shard" [ -z "$(grep become "$err")" ]
run 0 "$rocket" pack -c small.config --data 'part?.csv' -o all.rkpack --set data_config.shuffle=false
check "no warning: no shuffle" [ -z "$(grep become "$err")" ]

# ---- rows that are dropped are not counted
awk '{ print } NR % 10 == 0 { print "1,bad" }' part1.csv >bad1.csv
trains dropped small.config bad1.csv,part2.csv,part3.csv --shard 1/3 --set data_config.ignore_error=true
same_tensors own dropped

# ---- evaluation
run 0 "$rocket" eval -q -c small.config --set model_dir=own -i own.csv --json
cp "$out" own.json
run 0 "$rocket" eval -q -c small.config --set model_dir=own -i 'part?.csv' --shard 1/3 --json
same own.json "$out"
trains whole_evaluation small.config 'part?.csv' --shard 1/3 --set eval_input_path=eval.csv --json
cp "$out" at_end.json
run 0 "$rocket" eval -q -c small.config --set model_dir=own -i eval.csv --json
check "training evaluates on all rows" diff <(grep -o '"auc_light": [0-9.]*' at_end.json) <(grep -o '"auc_light": [0-9.]*' "$out")

# ---- a resumed run
trains stopped small.config 'part?.csv' --shard 1/3 --set train_config.num_steps=20
resumes() { "$rocket" train -q -c small.config --set model_dir=stopped --set train_input_path='part?.csv' --set eval_input_path="" --resume "$@"; }
run 2 resumes --shard 2/3
said "$err" 'model.ckpt-20.safetensors was trained with --shard 1/3, not with --shard 2/3: the run cannot continue with other rows'
run 2 resumes
said "$err" 'was trained with --shard 1/3, not without it: the run cannot'
run 0 resumes --shard 1/3
same_tensors own stopped
run 2 "$rocket" train -c small.config --set model_dir=own --set train_input_path=own.csv --shard 0/3 --resume
said "$err" 'was trained without --shard, not with --shard 0/3: the run cannot'

# ---- what is no shard
for shard in 3/3 1 1/0 a/3 1/ /3 -1/3 not:0/1 other:1/3 1/3/2 0/1000001; do
    run 2 "$rocket" train -c small.config --shard=$shard
    said "$err" "\-\-shard: expected I/N with I from 0 to N-1 and N up to 1000000, or not:I/N for all the others, found \"$shard\""
done
run 4 "$rocket" eval -c small.config --set model_dir=own -i eval.csv --shard 60/61
said "$err" 'eval\.csv: expected rows for shard 60/61, found 60 in all'
finish
