#!/usr/bin/env python3
"""rocket beside PyTorch and TensorFlow, one after the other on the same log: Markdown tables of rates and ratios.

Every program runs in a process of its own, makes five runs after a warm-up and reports the median; a ratio is that of
two medians of one session. A rival whose Python does not import its library is left out, and the table says so.
"""
import argparse
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LAZY = "train_config.optimizer_config.lazy_adam_optimizer.learning_rate.constant_learning_rate.learning_rate=0.001"
ADAM = "train_config.optimizer_config.adam_optimizer.learning_rate.constant_learning_rate.learning_rate=0.001"
HASHED = 100000  # tables of so many rows become LARGE ones for the second table
LARGE = 1000000

# who trains with which rows moving at a step: every row (EasyRec's own Adam) or the looked-up rows only
RIVALS = [("torch", "pair_torch.py", "stacked", "looked-up"), ("torch", "pair_torch.py", "sparse", "looked-up"),
          ("torch", "pair_torch.py", "dense", "every"),
          ("tensorflow", "pair_tensorflow.py", "lazy", "looked-up"), ("tensorflow", "pair_tensorflow.py", "adam", "every")]


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", help="click log in Taobao's columns, at least 32 batches long")
    parser.add_argument("--rocket", default="build/rocket")
    parser.add_argument("--config", default="configs/easyrec_pair.config")
    parser.add_argument("--torch", default="python3", help="a Python with torch, numpy and pandas")
    parser.add_argument("--tensorflow", default="python3", help="a Python with tensorflow 2.15, numpy and pandas")
    parser.add_argument("--batches", type=int, nargs="+", default=[1024, 4096])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--no-large", action="store_true", help="leave out the tables of a million rows")
    parser.add_argument("--raw", help="file that every measurement is appended to, a line of JSON each")
    return parser.parse_args()


def output_of(command):
    """Standard output, or None with the last line of what went wrong on standard error."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        print(f"{' '.join(command)}: {last}", file=sys.stderr)
        return None
    return done.stdout


def keep(args, record):
    if args.raw:
        with open(args.raw, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")


def large_tables(config):
    """--set options that enlarge every table of HASHED rows of the config."""
    with open(config, encoding="utf-8") as file:
        features = [line for line in file if line.strip().startswith("features {")]
    return [word for i, line in enumerate(features) if f"hash_bucket_size: {HASHED} " in line
            for word in ("--set", f"feature_config.features[{i}].hash_bucket_size={LARGE}")]


def run_rocket(args, moving, batch, threads, large):
    command = [args.rocket, "bench", "-c", args.config, "--json", "-q", "--batch-size", str(batch), "--threads", str(threads),
               "--run-ms", str(int(args.seconds * 1000)), "--set", f"train_input_path={args.log}", "--set", LAZY if moving == "looked-up" else ADAM]
    if threads == 1 and sys.platform == "linux":
        command = ["taskset", "-c", str(max(os.sched_getaffinity(0)))] + command
    text = output_of(command + (large_tables(args.config) if large else []))
    if text is None:
        return {}
    figures = {f"{f['name']}, {f['unit']}": f["median"] for f in json.loads(text)["figures"]}
    keep(args, {"library": "rocket", "moving": moving, "batch": batch, "threads": threads, "large": large, "figures": figures})
    return figures


def run_rival(args, rival, batch, threads, large):
    library, script, way, _ = rival
    command = [getattr(args, library), os.path.join(HERE, script), args.log, "--way", way, "--batch", str(batch), "--threads", str(threads),
               "--seconds", str(args.seconds)]
    text = output_of(command + (["--large"] if large else []))
    if text is None:
        return None
    record = json.loads(text.strip().splitlines()[-1])
    keep(args, record)
    return record


def row_of(args, batch, threads, large):
    """Lines of the table for one setting: each rival beside rocket with the same rows moving."""
    ours = {moving: run_rocket(args, moving, batch, threads, large) for moving in ("looked-up", "every")}
    for rival in RIVALS:
        theirs = run_rival(args, rival, batch, threads, large)
        rate = ours[rival[3]].get("training from memory, examples/s")
        shown = [f"{rate:,.0f}" if rate else "-", f"{theirs['median']:,.0f}" if theirs else "not run",
                 f"{rate / theirs['median']:.2f}" if rate and theirs else "-"]
        name = f"{theirs['library'] if theirs else rival[0]}, {rival[2]}"
        print(f"| {batch} | {threads} | {rival[3]} | {name} | " + " | ".join(shown) + " |", flush=True)


def table(args, title, batches, large):
    print(f"\n## {title}\n\n| batch | threads | rows that move | rival | rocket, examples/s | rival, examples/s | ratio |\n|---:|---:|---|---|---:|---:|---:|", flush=True)
    for batch in batches:
        for threads in args.threads:
            row_of(args, batch, threads, large)


def main():
    args = parse_args()
    table(args, "From memory, tables of EasyRec's sample", args.batches, large=False)
    if not args.no_large:
        table(args, "From memory, tables of a million rows", [max(args.batches)], large=True)


main()
