"""Read event files of ours with TensorBoard itself: tensorboard_check.py MODEL_DIR.

The run: steps 10 ... 60, killed after 60, resumed at 40, steps 50 ... 80, evaluations at 40 and 80.
"""
import os
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def scalars(folder):
    accumulator = EventAccumulator(folder)
    accumulator.Reload()
    return {tag: [(event.step, event.value) for event in accumulator.Scalars(tag)]
            for tag in accumulator.Tags()["scalars"]}


def loss(step, attempt):
    return step / 8 + attempt


train = scalars(sys.argv[1])
assert set(train) == {"lr", "total_loss", "examples_per_s"}, set(train)
expected = [(step, loss(step, 0)) for step in (10, 20, 30, 40)]
expected += [(step, loss(step, 1)) for step in (50, 60, 70, 80)]
assert train["total_loss"] == expected, train["total_loss"]
assert train["examples_per_s"] == [(step, 2048.0) for step, _ in expected], train["examples_per_s"]
assert all(abs(value - 0.001) < 1e-9 for _, value in train["lr"]), train["lr"]

evaluation = scalars(os.path.join(sys.argv[1], "eval_val"))
assert evaluation == {"auc_light": [(40, 0.75), (80, 0.8125)]}, evaluation  # a value that is not defined is left out
