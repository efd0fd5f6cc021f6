#!/usr/bin/env python3
"""The light net's scoring beside ONNX Runtime on the same net: a Markdown table of microseconds a request and ratios.

Run it with a Python that imports onnxruntime. Both are called from C (bench/onnxruntime_time.c is built with cc), in
turn, in processes of their own; a figure is the median over the rounds of medians. One id in each list; for a request
of one user ONNX Runtime gets the user's columns tiled.
"""
import argparse
import glob
import json
import os
import statistics
import subprocess
import sys
import tempfile

import onnxruntime

HERE = os.path.dirname(os.path.abspath(__file__))


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="safetensors file of `rocket export`")
    parser.add_argument("onnx", help="the same net, of `rocket export --onnx`")
    parser.add_argument("--quantized", help="the same net, of `rocket export --quantize int8`")
    parser.add_argument("--user", default="", help="features that are the user's, comma-separated")
    parser.add_argument("--rocket", default="build/rocket")
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--stacked", action="store_true", help="plain rows also with all tables as one (needs the package onnx)")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def stack_tables(path, folder):
    """The same net with one table and ids [N, F] that count on from table to table, as a serving team would write it by hand;
    lists become one id. The words of its inputs."""
    import onnx
    from onnx import helper, numpy_helper
    import numpy

    model = onnx.load(path)
    graph = model.graph
    values = {tensor.name: tensor for tensor in graph.initializer}
    made_by = {name: node for node in graph.node for name in node.output}
    concat = next(node for node in graph.node if node.op_type == "Concat")
    tables = []
    for name in concat.input:
        while made_by[name].op_type != "Gather":
            kind = made_by[name].op_type
            if kind not in ("MatMul", "Squeeze"):
                sys.exit(f"{path}: {name}: expected a row of a table or a sum of rows, found {kind}")
            name = made_by[name].input[1 if kind == "MatMul" else 0]
        tables.append(numpy_helper.to_array(values[made_by[name].input[0]]))
    width = sum(table.shape[1] for table in tables)
    later = list(graph.node)[list(graph.node).index(concat) + 1:]
    read = {name for node in later for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in read]
    nodes = [helper.make_node("Gather", ["table", "ids"], ["rows"]),
             helper.make_node("Reshape", ["rows", "shape"], list(concat.output))]
    extra = [numpy_helper.from_array(numpy.concatenate(tables), "table"),
             numpy_helper.from_array(numpy.array([-1, width], dtype=numpy.int64), "shape")]
    ids = helper.make_tensor_value_info("ids", onnx.TensorProto.INT64, ["N", len(tables)])
    stacked = helper.make_model(helper.make_graph(nodes + later, "stacked", [ids], list(graph.output), kept + extra),
                                opset_imports=model.opset_import, ir_version=model.ir_version)
    onnx.save(stacked, os.path.join(folder, "stacked.onnx"))
    output = graph.output[-1]
    return [f"{output.name}:{output.type.tensor_type.shape.dim[1].dim_value}", f"ids:{len(tables)}:{sum(len(t) for t in tables)}:0"]


def input_words(path, user):
    """The inputs of an ONNX model as onnxruntime_time wants them."""
    session = onnxruntime.InferenceSession(path)
    meta = json.loads(session.get_modelmeta().custom_metadata_map["rocket.inputs"])
    rows = {entry["input"]: entry.get("rows", 0) for entry in meta}
    words = []
    for value in session.get_inputs():
        columns = 0 if len(value.shape) == 1 else value.shape[1] if isinstance(value.shape[1], int) else 1
        ids = rows[value.name] if value.type == "tensor(int64)" else 0
        words.append(f"{value.name}:{columns}:{ids}:{int(value.name.split('/')[0] in user)}")
    output = session.get_outputs()[-1]
    return [f"{output.name}:{output.shape[1]}"] + words


def theirs(program, library, path, n_rows, threads, words):
    command = [program, library, path, str(threads), str(n_rows)] + words
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def ours(args, model, n_rows, threads, one_user):
    command = [args.rocket, "bench", "-m", model, "--json", "--run-ms", "20", "--batch-size", str(n_rows), "--threads", str(threads)]
    figures = json.loads(subprocess.run(command + (["--user", args.user] if one_user else []), check=True,
                                        capture_output=True, text=True).stdout)["figures"]
    wanted = "1 user" if one_user else "rows: "
    return [figure["median"] for figure in figures if wanted in figure["name"]][-1]


def main():
    args = parse_args()
    library = glob.glob(os.path.join(os.path.dirname(onnxruntime.__file__), "capi", "libonnxruntime.so.*"))[0]
    user = set(filter(None, args.user.split(",")))
    models = [("floats", args.model)] + ([("int8", args.quantized)] if args.quantized else [])
    requests = [(1, False), (64, False), (1024, False)] + ([(200, True)] if user else [])
    print(f"ONNX Runtime {onnxruntime.__version__}\n\n| request | threads | ONNX Runtime's tables | weights | ONNX Runtime, us | rocket, us | ratio |\n|---|---:|---|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "onnxruntime_time")
        subprocess.run(["cc", "-O2", os.path.join(HERE, "onnxruntime_time.c"), "-ldl", "-o", program], check=True)
        stacked = stack_tables(args.onnx, folder) if args.stacked else None
        for threads in args.threads:
            for n_rows, one_user in requests:
                forms = [("one each", args.onnx, input_words(args.onnx, user if one_user else set()))]
                if stacked and not one_user:
                    forms.append(("stacked", os.path.join(folder, "stacked.onnx"), stacked))
                rounds = [([theirs(program, library, path, n_rows, threads, words) for _, path, words in forms],
                           [ours(args, path, n_rows, threads, one_user) for _, path in models]) for _ in range(args.rounds)]
                what = f"1 user, {n_rows} candidates" if one_user else f"{n_rows} row{'s' if n_rows > 1 else ''}"
                for f, (form, _, _) in enumerate(forms):
                    them = statistics.median(pair[0][f] for pair in rounds)
                    for i, (name, _) in enumerate(models):
                        us = statistics.median(pair[1][i] for pair in rounds)
                        print(f"| {what} | {threads} | {form} | {name} | {them:.1f} | {us:.1f} | {them / us:.2f} |", flush=True)


if __name__ == "__main__":
    main()
