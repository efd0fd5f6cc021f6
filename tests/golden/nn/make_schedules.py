#!/usr/bin/env python3
"""Learning rates for test_schedules.c, computed apart from the project's code.

    make_schedules.py > ../fixtures/schedules.tsv                    NumPy, float64, formulas of easyrec.md 4.2
    make_schedules.py GOLDEN_FOLDER > ../fixtures/schedules_easyrec.tsv  rates that EasyRec used (golden.npz)

Columns: message LearningRate as text, step before the update, rate.
"""
import sys
from pathlib import Path

import numpy as np


def exponential(step, base=0.002, every=4000000, factor=0.95, staircase=True, burn_rate=0.0, burn_steps=0, low=0.0):
    if step < burn_steps:
        rate = base if burn_rate == 0 else np.interp(step, [0, burn_steps], [burn_rate, base])
    else:
        power = (step - burn_steps) / every
        rate = base * factor ** (np.floor(power) if staircase else power)
    return max(rate, low)


def manual(step, first, boundaries, rates, warmup=False):
    if warmup and step < boundaries[0]:
        return np.interp(step, [0, boundaries[0]], [first, rates[0]])
    return np.concatenate(([first], rates))[np.searchsorted(boundaries, step, side="right")]


def cosine(step, base, total, warm_rate, warm_steps, hold):
    if step > total:
        return 0.0
    if step < warm_steps:
        return np.interp(step, [0, warm_steps], [warm_rate, base])
    if step <= warm_steps + hold:
        return base
    return base * (1 + np.cos(np.pi * (step - warm_steps - hold) / (total - warm_steps - hold))) / 2


def poly(step, base, total, power, end):
    return end + (base - end) * (1 - min(step, total) / total) ** power


def transformer(step, base, hidden, warm_steps, scale):
    s, u = step * scale + 1, warm_steps * scale
    return base / np.sqrt(hidden) * min(s * u ** -1.5, s ** -0.5)


CASES = [
    ("constant_learning_rate {}", lambda s: 0.002),
    ("constant_learning_rate { learning_rate: 0.3 }", lambda s: 0.3),
    ("exponential_decay_learning_rate {}", exponential),
    ("exponential_decay_learning_rate { initial_learning_rate: 0.004 decay_steps: 7 decay_factor: 0.7 "
     "min_learning_rate: 0.0015 }", lambda s: exponential(s, 0.004, 7, 0.7, low=0.0015)),
    ("exponential_decay_learning_rate { initial_learning_rate: 0.01 decay_steps: 13 decay_factor: 0.9 "
     "staircase: false }", lambda s: exponential(s, 0.01, 13, 0.9, False)),
    ("exponential_decay_learning_rate { initial_learning_rate: 0.01 decay_steps: 5 decay_factor: 0.5 "
     "burnin_learning_rate: 0.002 burnin_steps: 9 }", lambda s: exponential(s, 0.01, 5, 0.5, True, 0.002, 9)),
    ("exponential_decay_learning_rate { initial_learning_rate: 0.01 decay_steps: 5 decay_factor: 0.5 burnin_steps: 9 }",
     lambda s: exponential(s, 0.01, 5, 0.5, True, 0, 9)),
    ("manual_step_learning_rate { initial_learning_rate: 0.03 }", lambda s: 0.03),
    ("manual_step_learning_rate { initial_learning_rate: 0.03 schedule { step: 4 learning_rate: 0.1 } "
     "schedule { step: 11 learning_rate: 0.05 } }", lambda s: manual(s, 0.03, [4, 11], [0.1, 0.05])),
    ("manual_step_learning_rate { initial_learning_rate: 0.03 warmup: true schedule { step: 6 learning_rate: 0.1 } "
     "schedule { step: 11 learning_rate: 0.05 } }", lambda s: manual(s, 0.03, [6, 11], [0.1, 0.05], True)),
    ("cosine_decay_learning_rate { learning_rate_base: 0.08 total_steps: 40 warmup_learning_rate: 0.01 warmup_steps: 5 "
     "hold_base_rate_steps: 3 }", lambda s: cosine(s, 0.08, 40, 0.01, 5, 3)),
    ("cosine_decay_learning_rate { learning_rate_base: 0.08 total_steps: 25 warmup_steps: 0 }",
     lambda s: cosine(s, 0.08, 25, 0.0002, 0, 0)),
    ("poly_decay_learning_rate { learning_rate_base: 0.5 total_steps: 30 power: 1.7 end_learning_rate: 0.02 }",
     lambda s: poly(s, 0.5, 30, 1.7, 0.02)),
    ("transformer_learning_rate { learning_rate_base: 2 hidden_size: 64 warmup_steps: 10 }",
     lambda s: transformer(s, 2, 64, 10, 1)),
    ("transformer_learning_rate { learning_rate_base: 1 hidden_size: 512 warmup_steps: 8 step_scaling_rate: 0.5 }",
     lambda s: transformer(s, 1, 512, 8, 0.5)),
]
STEPS = list(range(45)) + [100, 12345, 4000000, 9000000]

EASYREC = {
    "adam_id_tag": "exponential_decay_learning_rate { initial_learning_rate: 0.004 decay_steps: 2 decay_factor: 0.7 "
                   "min_learning_rate: 0.0015 }",
    "lazy_adam_no_bn": "constant_learning_rate { learning_rate: 0.01 }",
    "adagrad_raw_combo": "cosine_decay_learning_rate { learning_rate_base: 0.08 total_steps: 10 "
                         "warmup_learning_rate: 0.01 warmup_steps: 2 hold_base_rate_steps: 1 }",
}


def main():
    if len(sys.argv) > 1:
        for case, text in EASYREC.items():
            rates = np.load(Path(sys.argv[1]) / case / "golden.npz")["learning_rate"]
            for step, rate in enumerate(rates):
                print(text, step, repr(float(rate)), sep="\t")
        return
    for text, rate in CASES:
        for step in STEPS:
            print(text, step, repr(float(rate(step))), sep="\t")


main()
