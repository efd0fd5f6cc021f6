#!/usr/bin/env python3
"""Makes fixtures/easyrec/ from EasyRec's golden figures.

    python3 make_easyrec_fixtures.py [GOLDEN_FOLDER]

GOLDEN_FOLDER holds one folder per case with pipeline.config, train.csv, eval.csv (invented data) and golden.npz: the
figures that EasyRec 0.8.7 printed for them. Config and CSV files are copied; of the figures, only what test_easyrec.c
reads is kept. Needs NumPy.
"""

import pathlib
import shutil
import sys

import numpy as np

import fixture_file

CASES = ["adam_id_tag", "lazy_adam_no_bn", "adagrad_raw_combo"]
# The clipped gradient shows in the weights after step 1; the rest follows from what is kept.
DROPPED_GROUPS = {"step1_grad_applied", "batch_rows"}
DROPPED_ENDS = ("_y", "_light_1", "_booster_1", "beta1_power", "beta2_power")


def wanted(key):
    return key.split("/")[0] not in DROPPED_GROUPS and not key.endswith(DROPPED_ENDS)


def convert(source, target):
    target.mkdir(parents=True, exist_ok=True)
    for name in ["pipeline.config", "train.csv", "eval.csv"]:
        shutil.copyfile(source / name, target / name)
    with np.load(source / "golden.npz") as golden:
        figures = {key: golden[key] for key in golden.files if wanted(key)}
    figures["schedule/learning_rate"] = figures.pop("learning_rate")  # every name is group/variable
    return fixture_file.write(target / "golden.safetensors", figures)


def main():
    here = pathlib.Path(__file__).resolve().parent
    source = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here.parents[2] / "shared/golden/easyrec"
    for case in CASES:
        size = convert(source / case, here / "fixtures/easyrec" / case)
        print(f"{case}: {size} bytes of figures")


if __name__ == "__main__":
    main()
