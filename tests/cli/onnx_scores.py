"""For every <name>.onnx of a folder: scores of ONNX Runtime on the inputs in <name>.jsonl against <name>.csv, row by row.

The largest difference of probabilities that is allowed is 1e-6; logits 1e-5 of their size.
"""
import csv
import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime


def numbers(text):
    return numpy.atleast_1d(numpy.array(json.loads(text)))


def open_model(path):
    onnx.checker.check_model(onnx.load(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def arrays(session, rows):
    kinds = {"tensor(int64)": numpy.int64, "tensor(float)": numpy.float32}
    inputs = {value.name: kinds[value.type] for value in session.get_inputs()}
    assert inputs.keys() == rows.keys(), inputs.keys() ^ rows.keys()
    return {name: numpy.array(rows[name], kind) for name, kind in inputs.items()}


def scores(session, path):
    parts = [session.run(["logits_light", "probs_light"], arrays(session, json.loads(line)))
             for line in path.read_text(encoding="utf-8").splitlines()]
    return [numpy.concatenate(part) for part in zip(*parts)]


def expected(path):
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    return [numpy.array([numbers(row[name]) for row in rows]) for name in ("logits_light", "probs_light")]


def check_examples(session):
    """What the metadata says of the inputs: its examples can be fed."""
    meta = session.get_modelmeta().custom_metadata_map
    assert meta["rocket.step"] == "30" and len(meta["rocket.config_hash"]) == 16
    for one in json.loads(meta["rocket.inputs"]):
        assert one["examples"] and one["fields"] and "feature_type" in one["feature"] or one["kind"] == "id", one
        for example in one["examples"]:
            assert len(example["values"]) == len(one["fields"])
            ids = numpy.array(example[one["input"]])
            assert one["kind"] == "floats" or ((ids >= -1) & (ids < one["rows"])).all()


def check(path):
    session = open_model(path)
    check_examples(session)
    logits, probs = scores(session, path.with_suffix(".jsonl"))
    our_logits, our_probs = expected(path.with_suffix(".csv"))
    assert probs.shape == our_probs.shape and len(probs) == 500, (probs.shape, our_probs.shape)
    assert numpy.std(our_probs[:, 0]) > 0.01, "scores do not vary"
    worst = numpy.max(numpy.abs(probs - our_probs))
    worst_logit = numpy.max(numpy.abs(logits - our_logits) / (1 + numpy.abs(our_logits)))
    print("%-20s largest difference of probabilities %.1e, of logits %.1e" % (path.stem, worst, worst_logit))
    assert worst <= 1e-6 and worst_logit <= 1e-5


models = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
assert len(models) >= 5
for model in models:
    check(model)
