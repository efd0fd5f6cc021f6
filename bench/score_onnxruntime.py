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
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


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


def theirs(program, library, args, n_rows, threads, words):
    command = [program, library, args.onnx, str(threads), str(n_rows)] + words
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
    print(f"ONNX Runtime {onnxruntime.__version__}\n\n| request | threads | weights | ONNX Runtime, us | rocket, us | ratio |\n|---|---:|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "onnxruntime_time")
        subprocess.run(["cc", "-O2", os.path.join(HERE, "onnxruntime_time.c"), "-ldl", "-o", program], check=True)
        for threads in args.threads:
            for n_rows, one_user in requests:
                words = input_words(args.onnx, user if one_user else set())
                rounds = [(theirs(program, library, args, n_rows, threads, words),
                           [ours(args, path, n_rows, threads, one_user) for _, path in models]) for _ in range(args.rounds)]
                them = statistics.median(pair[0] for pair in rounds)
                for i, (name, _) in enumerate(models):
                    us = statistics.median(pair[1][i] for pair in rounds)
                    what = f"1 user, {n_rows} candidates" if one_user else f"{n_rows} row{'s' if n_rows > 1 else ''}"
                    print(f"| {what} | {threads} | {name} | {them:.1f} | {us:.1f} | {them / us:.2f} |", flush=True)


if __name__ == "__main__":
    main()
