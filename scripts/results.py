#!/usr/bin/env python3
"""Trains every arm of the launch on the real data sets, several seeds each, and prints Markdown tables.

Settings. Batch size and length of training come from results_settings.json, which --choose writes: with a sixth seed, on a
validation set cut from the training file, for every arm by the same rule (see choose). The test file is only read by
the final runs.

Runs. Each leaves one JSON file in --out with the program's own --json figures and the command that made them; the run is
not repeated while the command is the same. A run that was interrupted goes on from its checkpoint. tables.md in --out is
written again after every run, over the seeds that are there by then. Differences are paired by seed: same seed, same
order of rows, same initial values of what the arms have in common.
"""
import argparse
import concurrent.futures
import csv
import glob
import gzip
import json
import math
import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
import zlib

from results_sets import ARMS, LAUNCH, ROWS, SETS, SHAPES, config, overrides

SETTINGS = os.path.join(os.path.dirname(__file__), "results_settings.json")
CHOOSING_SEED = 6
BATCHES = (256, 1024)
MOST_EPOCHS = 12
# Two-sided 95 % points of Student's t by degrees of freedom.
T95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228}
writing = threading.Lock()


# ---- files ----

def write_file(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".tmp", "w") as f:
        f.write(text)
    os.replace(path + ".tmp", path)


def read_json(path):
    if not os.path.exists(path):
        return None
    with open(path) as f:
        return json.load(f)


def read_settings():
    return read_json(SETTINGS) or {}


def validation_rows(name, rows, header):
    """Indices of the rows to validate on: a fifth, chosen as the test file's rows were."""
    order = SETS[name]["cut"]
    if order is None:
        return {i for i in range(len(rows)) if zlib.crc32(b"%d" % i) % 5 == 0}
    user, time = header.index(SETS[name]["user"]), header.index(order)
    by_user = {}
    for i, row in enumerate(rows):
        by_user.setdefault(row[user], []).append(i)
    chosen = set()
    for own in by_user.values():
        own.sort(key=lambda i: int(rows[i][time]))  # stable
        chosen.update(own[len(own) - len(own) // 5:])
    return chosen


def cut(args, name):
    """The training file in two: to fit on, to validate on."""
    paths = [f"{args.out}/cut/{name}-{part}.csv.gz" for part in ("fit", "valid")]
    if all(os.path.exists(p) for p in paths):
        return paths
    with gzip.open(f"{args.folder}/{name}/train.csv.gz", "rt", newline="") as f:
        header, *rows = list(csv.reader(f))
    chosen = validation_rows(name, rows, header)
    os.makedirs(f"{args.out}/cut", exist_ok=True)
    for path, wanted in zip(paths, (False, True)):
        with gzip.open(path + ".tmp", "wt", newline="", compresslevel=1) as f:
            writer = csv.writer(f, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(row for i, row in enumerate(rows) if (i in chosen) == wanted)
        os.replace(path + ".tmp", path)
    return paths


def count_rows(path):
    with gzip.open(path, "rt") as f:
        return sum(1 for _ in f) - 1


# ---- runs ----

def commit():
    done = subprocess.run(["git", "describe", "--always", "--dirty"], stdout=subprocess.PIPE, text=True)
    return done.stdout.strip() or "unknown"


def command_of(args, job, batch, files, model_dir, teacher):
    """The words of a run; train_config.num_steps is missing."""
    name, shape, arm, seed = job
    config_path = f"{args.out}/configs/{name}-{shape}.config"
    with writing:
        write_file(config_path, config(name, shape))
    sets = [f"train_input_path={files[0]}", f"eval_input_path={files[1]}", f"model_dir={model_dir}",
            f"data_config.batch_size={batch}"] + overrides(shape, arm) + args.set
    if teacher:
        sets.append(f"{LAUNCH}teacher_checkpoint={teacher}")
    command = [args.rocket, "train", "-c", config_path, "--seed", str(seed), "--threads", "1", "--json", "-q"]
    for s in sets:
        command += ["--set", s]
    return command


def train(args, command, steps, more=()):
    """Figures of a run up to a step; goes on from the checkpoint that is there."""
    command = shlex.split(args.run_with) + command + ["--set", f"train_config.num_steps={steps}", "--resume", *more]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def clear_other(model_dir, command):
    """Remove what other settings left; what this command left stays and is resumed."""
    path = f"{model_dir}/command.json"
    if os.path.exists(model_dir) and read_json(path) != command:
        shutil.rmtree(model_dir)
    write_file(path, json.dumps(command))


def drop_weights(model_dir):
    for path in glob.glob(f"{model_dir}/model.ckpt-*"):
        os.remove(path)
    shutil.rmtree(f"{model_dir}/export", ignore_errors=True)


# ---- settings: batch size and length of training ----

def curve(args, name, shape, arm, batch, teacher=None):
    """Validation AUC after each epoch, until it falls (not before 500 steps: batch norm's averages start cold)."""
    path = f"{args.out}/choice/{name}-{shape}-{arm}-{batch}.json"
    model_dir, files = path[:-len(".json")], cut(args, name)
    command = command_of(args, (name, shape, arm, CHOOSING_SEED), batch, files, model_dir, teacher)
    command += ["--set", "train_config.keep_checkpoint_max=100"]
    done = read_json(path) or {"command": command, "auc": [], "steps": [], "ended": False}
    if done["command"] != command:
        done = {"command": command, "auc": [], "steps": [], "ended": False}
    if done["ended"]:
        return done
    clear_other(model_dir, command)
    rows = count_rows(files[0])
    while not done["ended"]:
        steps = rows * (len(done["auc"]) + 1) // batch
        figures = train(args, command, steps)
        done["auc"].append(figures[f"exact_auc_{ARMS[arm][1]}"])
        done["steps"].append(steps)
        falls = len(done["auc"]) > 1 and done["auc"][-1] < done["auc"][-2] and steps >= 500
        done["ended"] = falls or len(done["auc"]) == MOST_EPOCHS
        write_file(path, json.dumps(done))
        print(f"{name} {shape} {arm}, batches of {batch}: " + " ".join(f"{a:.4f}" for a in done["auc"]), file=sys.stderr,
              flush=True)
    return done


def best_epochs(done):
    return done["auc"].index(max(done["auc"])) + 1


def choose_batch(args, pool, name):
    """The batch size with the better light net and booster, each alone and at its best epoch."""
    jobs = {b: [pool.submit(curve, args, name, "light", arm, b) for arm in ("light", "booster")] for b in BATCHES}
    return max(BATCHES, key=lambda b: sum(max(j.result()["auc"]) for j in jobs[b]))


def keep_choice(name, shape, batch, epochs):
    with writing:
        settings = read_settings()
        settings.setdefault(name, {"batch_size": batch}).setdefault(shape, {}).update(epochs)
        write_file(SETTINGS, json.dumps(settings, indent=1) + "\n")


def choose_own_epochs(args, name, shape, arm, batch):
    """The arm's own best epoch. KD is taught by the booster that was trained alone, at its best epoch."""
    teacher = None
    if arm == "kd":
        booster = curve(args, name, shape, "booster", batch)
        steps = booster["steps"][best_epochs(booster) - 1]
        teacher = f"{args.out}/choice/{name}-{shape}-booster-{batch}/model.ckpt-{steps}.safetensors"
    keep_choice(name, shape, batch, {arm: best_epochs(curve(args, name, shape, arm, batch, teacher))})


def choose_common_epochs(args, name, shape, batch, judges, arms):
    """One number for several arms: where the judges' validation AUCs have the greatest sum."""
    curves = [curve(args, name, shape, arm, batch)["auc"] for arm in judges]
    sums = [sum(aucs) for aucs in zip(*curves)]
    keep_choice(name, shape, batch, dict.fromkeys(arms, sums.index(max(sums)) + 1))


def choose_for_shape(args, pool, name, shape, batch):
    """Epochs of all arms, by one rule for each kind of run.

    Where light net and booster are of a size, all arms train as long, judged by these two alone. Else a booster overfits
    before a small net has learnt: each net alone, and KD, has its own number, and all launches have one, judged by
    EASYREC and SOFT.
    """
    if SHAPES[shape]["alike"]:
        return [pool.submit(choose_common_epochs, args, name, shape, batch, ("light", "booster"), list(ARMS))]
    alone = [pool.submit(choose_own_epochs, args, name, shape, arm, batch) for arm in ("booster", "light")]
    alone[0].result()  # it teaches KD
    launches = [arm for arm in ARMS if arm not in ("booster", "light", "kd")]
    return alone + [pool.submit(choose_own_epochs, args, name, shape, "kd", batch),
                    pool.submit(choose_common_epochs, args, name, shape, batch, ("easyrec", "soft"), launches)]


def choose(args, pool):
    """Batch size of each set, by light net and booster alone, and epochs, where they are not chosen yet."""
    for name in args.sets:
        cut(args, name)
    batches = {name: (read_settings().get(name) or {}).get("batch_size") for name in args.sets}
    batches = {name: batch or choose_batch(args, pool, name) for name, batch in batches.items()}
    jobs = []
    for shape in args.shapes:
        for name in args.sets:
            if len(read_settings().get(name, {}).get(shape, {})) < len(ARMS):
                jobs += choose_for_shape(args, pool, name, shape, batches[name])
    for job in jobs:
        job.result()


def choice_table(args):
    """Validation AUC after each epoch of every curve that was drawn, the best one bold."""
    lines = ["| set | shape | arm | batch | validation AUC after epoch 1, 2, ... |", "|---|---|---|---|---|"]
    for name in args.sets:
        for shape in args.shapes:
            for arm in ROWS:
                for batch in BATCHES:
                    done = read_json(f"{args.out}/choice/{name}-{shape}-{arm}-{batch}.json")
                    if done and done["ended"]:
                        best = max(done["auc"])
                        aucs = " ".join(f"**{a:.4f}**" if a == best else f"{a:.4f}" for a in done["auc"])
                        lines.append(f"| {name} | {shape} | {ARMS[arm][0]} | {batch} | {aucs} |")
    return "\n".join(lines)


# ---- the runs of the tables ----

def result_path(args, job):
    return "{}/{}-{}-{}-{}.json".format(args.out, *job)


def run_one(args, job, teacher_job=None):
    """Figures of one run, trained now unless they are there."""
    if time.monotonic() > args.deadline:
        return
    name, shape, arm, seed = job
    model_dir = "{}/runs/{}-{}-{}-{}".format(args.out, *job)
    settings = read_settings()[name]
    batch, epochs = settings["batch_size"], settings[shape][arm]
    teacher = None
    if arm == "kd":
        if teacher_job:
            teacher_job.result()
        found = glob.glob(f"{args.out}/runs/{name}-{shape}-booster-{seed}/model.ckpt-*.safetensors")
        if not found and time.monotonic() > args.deadline:
            return
        if not found:
            sys.exit(f"./dev results: {name} {shape} kd seed {seed}: its teacher is missing, train --arms booster first")
        teacher = found[0]
    files = [f"{args.folder}/{name}/{part}.csv.gz" for part in ("train", "test")]
    command = command_of(args, job, batch, files, model_dir, teacher)
    steps = args.rows[name] * epochs // batch
    done = read_json(result_path(args, job))
    if done and done["command"] == command and done["steps"] == steps:
        return
    clear_other(model_dir, command + [steps])
    print(f"{name} {shape} {arm} seed {seed}: {steps} steps of {batch}", file=sys.stderr, flush=True)
    figures = train(args, command, steps)
    write_file(result_path(args, job), json.dumps({"command": command, "steps": steps, "epochs": epochs,
                                                   "batch_size": batch, "commit": args.commit, "figures": figures}))
    if arm != "booster":  # the boosters are teachers still
        drop_weights(model_dir)
    with writing:
        write_tables(args)


def run_all(args, pool):
    """Every run, one thread each, as many at a time as there are processors; a student waits for its teacher."""
    settings = read_settings()
    missing = [f"{n} {s} {a}" for n in args.sets for s in args.shapes for a in args.arms if a not in settings.get(n, {}).get(s, {})]
    if missing:
        sys.exit(f"./dev results: no settings for {missing[0]} and {len(missing) - 1} more; run ./dev results --choose")
    args.rows = {name: count_rows(f"{args.folder}/{name}/train.csv.gz") for name in args.sets}
    jobs = []
    for shape in args.shapes:
        for name in args.sets:
            teachers = {}
            for arm in args.arms:
                for seed in range(1, args.seeds + 1):
                    job = pool.submit(run_one, args, (name, shape, arm, seed), teachers.get(seed))
                    if arm == "booster":
                        teachers[seed] = job
                    jobs.append(job)
    for job in jobs:
        job.result()


# ---- tables ----

def mean_sd(values):
    mean = sum(values) / len(values)
    if len(values) < 2:
        return mean, float("nan")
    return mean, math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1))


def show(values):
    mean, sd = mean_sd(values)
    return f"{mean:.4f}" if len(values) < 2 else f"{mean:.4f} ± {sd:.4f}"


def paired(ours, base):
    """Mean difference with its 95 % interval, over the seeds that both have; bold when the interval leaves out 0."""
    differences = [ours[s] - base[s] for s in ours if s in base]
    if len(differences) < 2:
        return ""
    mean, sd = mean_sd(differences)
    half = T95[min(len(differences) - 1, max(T95))] * sd / math.sqrt(len(differences))
    text = f"{mean:+.4f} ± {half:.4f}"
    return f"**{text}**" if abs(mean) > half else text


def column(results, arm, metric, net=None):
    """Seed -> figure of the net that the arm is judged by."""
    key = f"{metric}_{net or ARMS[arm][1]}"
    return {seed: r["figures"][key] for seed, r in results.get(arm, {}).items()}


def cost(args, name, shape):
    command = [args.rocket, "inspect", f"{args.out}/configs/{name}-{shape}.config", "--json", "-q", "--set",
               "train_config.num_steps=1"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    nets = json.loads(done.stdout) if done.returncode == 0 else {}
    return ", ".join(f"{net} {nets[net]['multiplications']}" for net in ("light", "booster") if net in nets)


def table(args, name, shape):
    results = {}
    for arm in args.arms:
        for seed in range(1, args.seeds + 1):
            done = read_json(result_path(args, (name, shape, arm, seed)))
            if done:
                results.setdefault(arm, {})[seed] = done
    if not results:
        return ""
    commits = sorted({r["commit"] for seeds in results.values() for r in seeds.values()})
    batch = next(iter(next(iter(results.values())).values()))["batch_size"]
    lines = [f"## {name}: {SHAPES[shape]['title']}", "",
             f"Multiplications per example: {cost(args, name, shape)}. Batches of {batch}. Printed by `./dev results` at "
             f"commit {', '.join(commits)}.", "",
             "| arm | epochs | AUC | against light alone | GAUC | against light alone | log loss | its booster's AUC |",
             "|---|---|---|---|---|---|---|---|"]
    for arm in (a for a in ROWS if a in results):
        auc, gauc, loss = (column(results, arm, m) for m in ("exact_auc", "gauc", "log_loss"))
        both = ARMS[arm][1] == "light" and "exact_auc_booster" in next(iter(results[arm].values()))["figures"]
        against = [paired(ours, column(results, "light", m)) if arm != "light" else ""
                   for ours, m in ((auc, "exact_auc"), (gauc, "gauc"))]
        seeds = f" ({len(auc)} of {args.seeds} seeds)" if len(auc) < args.seeds else ""
        booster = show(list(column(results, arm, "exact_auc", "booster").values())) if both else ""
        epochs = next(iter(results[arm].values()))["epochs"]
        lines.append(f"| {ARMS[arm][0]}{seeds} | {epochs} | {show(list(auc.values()))} | {against[0]} | "
                     f"{show(list(gauc.values()))} | {against[1]} | {mean_sd(list(loss.values()))[0]:.4f} | {booster} |")
    return "\n".join(lines) + "\n"


def write_tables(args):
    tables = [table(args, name, shape) for name in args.sets for shape in args.shapes]
    text = "\n".join(t for t in tables if t)
    write_file(f"{args.out}/tables.md", text)
    return text


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rocket", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--folder", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--out", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--set", action="append", default=[], help="a further override for every run")
    parser.add_argument("--data", nargs="+", choices=SETS, default=list(SETS), dest="sets", help="default: all")
    parser.add_argument("--shape", nargs="+", choices=SHAPES, default=list(SHAPES), dest="shapes", help="default: both")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS), help="default: all")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="runs at a time")
    parser.add_argument("--run-with", default="", help="words before every training command, such as nice")
    parser.add_argument("--choose", action="store_true", help="choose batch sizes and epochs that are not chosen yet")
    parser.add_argument("--commit", default=commit(), help="of the program; default: of the checkout")
    parser.add_argument("--tables", action="store_true", help="print the tables of what is there, train nothing")
    parser.add_argument("--for", type=float, default=math.inf, dest="seconds", help="begin no run after so many seconds")
    args = parser.parse_args()
    args.deadline = time.monotonic() + args.seconds
    return args


def main():
    args = arguments()
    if args.tables:
        print(write_tables(args))
        return
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        (choose if args.choose else run_all)(args, pool)
    print(choice_table(args) if args.choose else write_tables(args))


if __name__ == "__main__":
    main()
