#!/usr/bin/env python3
"""Trains every arm of the launch on a data set, several seeds each, and prints Markdown tables.

Each run leaves one JSON file (the program's own --json figures) in --out; a run whose file is there is not repeated, so an
interrupted table goes on where it stopped. Differences are paired by seed: same seed, same initial weights of what the
arms have in common, same order of rows.
"""
import argparse
import concurrent.futures
import json
import math
import os
import shutil
import subprocess
import sys

L = "model_config.rocket_launching."
ARMS = {  # name: (what the table calls it, net that is judged, overrides)
    "light": ("light alone", "light", [L + "arm=LIGHT_ALONE"]),
    "kd": ("KD from a trained booster", "light", [L + "arm=KD_FROM_BOOSTER", L + "recipe=SOFT"]),
    "easyrec": ("rocket EASYREC", "light", [L + "recipe=EASYREC"]),
    "paper": ("rocket PAPER", "light", [L + "recipe=PAPER"]),
    "noblock": ("rocket PAPER, no gradient block", "light", [L + "recipe=PAPER", L + "gradient_block=false"]),
    "soft": ("rocket SOFT", "light", [L + "recipe=SOFT"]),
    "booster": ("booster alone", "booster", [L + "arm=BOOSTER_ALONE"]),
}
SHAPES = {
    "easyrec": ("EasyRec's shape: shared 128-96-64, light 128-64, booster 256-128-96-64", "configs/ml1m_part.config"),
    "light": ("A really light net: embeddings shared, light 8, booster 256-128-64", "configs/ml1m_part_light.config"),
}
# Two-sided 95 % points of Student's t by degrees of freedom.
T95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228}


def run_one(args, shape, arm, seed):
    """Figures of one run, trained now unless its file is there."""
    path = f"{args.out}/ml1m_part-{shape}-{arm}-{seed}.json"
    if os.path.exists(path):
        with open(path) as f:
            return json.load(f)
    model_dir = f"{args.out}/runs/{shape}-{arm}-{seed}"
    shutil.rmtree(model_dir, ignore_errors=True)
    sets = [
        f"train_input_path={args.data}/ml1m_part/train.csv.gz",
        f"eval_input_path={args.data}/ml1m_part/test.csv.gz",
        f"model_dir={model_dir}",
        "train_config.save_checkpoints_steps=1000000",
    ] + ARMS[arm][2] + args.set
    if arm == "kd":
        teacher = f"{args.out}/runs/{shape}-booster-{seed}"
        names = [n for n in os.listdir(teacher) if n.startswith("model.ckpt-")]
        sets.append(f"{L}teacher_checkpoint={teacher}/{names[0]}")
    command = [args.rocket, "train", "-c", SHAPES[shape][1], "--seed", str(seed), "--threads", "1", "--json", "-q"]
    for s in sets:
        command += ["--set", s]
    print(f"{shape} {arm} seed {seed}", file=sys.stderr, flush=True)
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures = json.loads(done.stdout)
    with open(path + ".tmp", "w") as f:
        json.dump(figures, f)
    os.replace(path + ".tmp", path)
    if arm != "booster":  # the boosters are teachers still
        shutil.rmtree(model_dir, ignore_errors=True)
    return figures


def run_all(args, shapes):
    """Every run, one thread each, as many at a time as there are processors. The students come after their teachers."""
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for students in (False, True):
            jobs = [(shape, arm, seed) for shape in shapes for arm in ARMS for seed in range(1, args.seeds + 1)
                    if (arm == "kd") == students]
            for job in [pool.submit(run_one, args, *job) for job in jobs]:
                job.result()


def mean_sd(values):
    mean = sum(values) / len(values)
    if len(values) < 2:
        return mean, float("nan")
    return mean, math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1))


def paired(values, base):
    """Mean difference with its 95 % interval."""
    differences = [v - b for v, b in zip(values, base)]
    mean, sd = mean_sd(differences)
    if len(differences) < 2:
        return f"{mean:+.4f}"
    return f"{mean:+.4f} ± {T95[len(differences) - 1] * sd / math.sqrt(len(differences)):.4f}"


def print_table(args, shape):
    seeds = range(1, args.seeds + 1)
    results = {arm: [run_one(args, shape, arm, s) for s in seeds] for arm in ARMS}

    def column(arm, metric):
        return [r[f"{metric}_{ARMS[arm][1]}"] for r in results[arm]]

    print(f"\n## {SHAPES[shape][0]}\n")
    print("| arm | AUC | against light alone | GAUC | against light alone | log loss | its booster's AUC |")
    print("|---|---|---|---|---|---|---|")
    for arm, (name, net, _) in ARMS.items():
        auc, gauc, loss = (column(arm, m) for m in ("exact_auc", "gauc", "log_loss"))
        both = net == "light" and "exact_auc_booster" in results[arm][0]
        booster = "{:.4f} ± {:.4f}".format(*mean_sd([r["exact_auc_booster"] for r in results[arm]])) if both else ""
        alone = arm == "light"
        print(f"| {name} | {mean_sd(auc)[0]:.4f} ± {mean_sd(auc)[1]:.4f} "
              f"| {'' if alone else paired(auc, column('light', 'exact_auc'))} "
              f"| {mean_sd(gauc)[0]:.4f} ± {mean_sd(gauc)[1]:.4f} "
              f"| {'' if alone else paired(gauc, column('light', 'gauc'))} "
              f"| {mean_sd(loss)[0]:.4f} | {booster} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rocket", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="runs at a time")
    parser.add_argument("--shape", choices=SHAPES, action="append", help="default: both")
    parser.add_argument("--set", action="append", default=[], help="a further override for every run")
    args = parser.parse_args()
    os.makedirs(f"{args.out}/runs", exist_ok=True)
    shapes = args.shape or list(SHAPES)
    run_all(args, shapes)
    for shape in shapes:
        print_table(args, shape)


if __name__ == "__main__":
    main()
