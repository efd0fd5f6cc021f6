#!/usr/bin/env python3
"""Writes tests/golden/fixtures/tfrecord/: a table as TensorFlow (2.15.1) writes it to TFRecord files, plain and gzip.

test_tfrecord.c has the same table as CSV, and expects the same rows.

    python3 tests/golden/data/make_tfrecord.py     # needs tensorflow
"""
import pathlib

import tensorflow as tf

OUT = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "tfrecord"

# label, id, price, on, word, tags, vector; None: the feature is absent
ROWS = [
    (1, 12345678901, 0.1, 1, "abc", ["7", "8"], [1.5, -2.25]),
    (0, -1, 3.0, 0, "", [], [0.5]),
    (0, None, None, None, None, None, None),
    (1, 2**31 - 1, 1e-20, 1, "\u4e2d\u6587", ["9"], [1234.5678, 0.3]),
    (0, -(2**63), 16777217.0, 0, "a,b\"c\"", ["1", "2", "3"], []),
    (1, 0, -0.001, 1, "x" * 300, ["5"], [100000.0, 123456.7]),
]


def integers(values):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def floats(values):
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))


def texts(values):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[v.encode() for v in values]))


def example(row):
    label, number, price, on, word, tags, vector = row
    feature = {"y": integers([label]), "unused": texts(["what no column is named after"])}
    if number is not None:
        feature.update(id=integers([number]), price=floats([price]), on=integers([on]), word=texts([word]),
                       tags=texts(tags), vector=floats(vector))
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for name, compression in (("rows.tfrecord", ""), ("rows.tfrecord.gz", "GZIP")):
        with tf.io.TFRecordWriter(str(OUT / name), options=compression) as writer:
            for row in ROWS:
                writer.write(example(row))


main()
