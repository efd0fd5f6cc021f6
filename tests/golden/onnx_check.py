"""Run every <stem>.onnx of a folder in ONNX Runtime on the inputs in <stem>.json and compare with the y there.

The models must pass the checker of the onnx package, shapes included.
"""
import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime

onnxruntime.set_default_logger_severity(3)


def check(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert model.ir_version == 7 and [(o.domain, o.version) for o in model.opset_import] == [("", 13)], path
    rows = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    kinds = {value.name: value.type for value in session.get_inputs()}
    x = {name: numpy.array(values, numpy.int64 if kinds[name] == "tensor(int64)" else numpy.float32)
         for name, values in rows["x"].items() if name in kinds}
    expected = numpy.array(rows["y"])
    for n in (len(expected), 1):
        (y,) = session.run(["y"], {name: values[:n] for name, values in x.items()})
        worst = numpy.max(numpy.abs(y - expected[:n]) / (1 + numpy.abs(expected[:n])))
        assert y.shape == expected[:n].shape and worst <= 1e-6, (path.name, y.shape, worst)
    return len(model.graph.node)


models = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
nodes = {path.stem: check(path) for path in models}
assert len(nodes) >= 20, nodes
assert nodes["folded"] == 4, nodes  # look-up, dense with the norm in it, rectifier, name of the output
