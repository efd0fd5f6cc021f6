#!/usr/bin/env python3
"""Makes fixtures/recipes/: two training steps of every recipe, hint, arm and form of sharing, computed in NumPy.

    python3 make_recipes.py

float64 throughout, gradients by the tape of tape.py, nothing in common with the program under test. Written are the data
(invented; every number is exact in float32), a config, cases.tsv (name, then overrides of that config), and the figures of
all cases in golden.safetensors, each name after "<case>/":
  step0, final     weights and moving statistics before and after two steps
  step1_grad       gradient of the total loss at step 1
  losses, step1    losses by step; logits and probabilities at step 1
  inference        logits of batch 1 with the final weights and the moving statistics
  teacher          weights of a net BOOSTER_ALONE that teaches (KD_FROM_BOOSTER)
"""

import pathlib
import re

import numpy as np

import fixture_file
from tape import (Node, backward, exp, join, leaky_relu, log, mean_columns, relu, stop, sum_rows, tanh, total,
                  worst_derivative_error)

BATCH, N_ROWS = 24, 41  # a full batch, and one of 17 rows
L2, EMBEDDING_L2 = 2.0 ** -10, 2.0 ** -9
RATE = {"sgd": 0.125, "adagrad": 0.0625}
TABLES = {"user": ("user_embedding", 12, 4), "item": ("item_table", 9, 3), "tags": ("item_table", 9, 3)}
ORDER = ["user", "price", "tags", "item"]
NETS = {"share_dnn": ([6], relu), "booster_dnn": ([7, 5], tanh), "light_dnn": ([4], leaky_relu)}

CONFIG = """# Made by make_recipes.py.
train_config {
  optimizer_config { sgd_optimizer { learning_rate { constant_learning_rate { learning_rate: 0.125 } } } }
  num_steps: 2
}
data_config {
  input_type: CSVInput
  batch_size: 24
  num_epochs: 1
  shuffle: false
  label_fields: 'clk'
  input_fields { input_name: 'clk' input_type: INT32 }
  input_fields { input_name: 'grade' input_type: INT32 }
  input_fields { input_name: 'weight' input_type: FLOAT }
  input_fields { input_name: 'user' input_type: INT32 }
  input_fields { input_name: 'item' input_type: INT32 }
  input_fields { input_name: 'tags' input_type: STRING }
  input_fields { input_name: 'price' input_type: FLOAT }
}
feature_config {
  features { input_names: 'user' feature_type: IdFeature num_buckets: 12 embedding_dim: 4 }
  features { input_names: 'item' feature_type: IdFeature num_buckets: 9 embedding_dim: 3 embedding_name: 'item_table' combiner: 'mean' }
  features { input_names: 'tags' feature_type: TagFeature separator: '|' num_buckets: 9 embedding_dim: 3 embedding_name: 'item_table' combiner: 'mean' }
  features { input_names: 'price' feature_type: RawFeature }
}
model_config {
  model_class: 'RocketLaunching'
  feature_groups { group_name: 'all' feature_names: ['user', 'price', 'tags', 'item'] wide_deep: DEEP }
  rocket_launching {
    share_dnn { hidden_units: [6] }
    booster_dnn { hidden_units: [7, 5] activation: 'tanh' }
    light_dnn { hidden_units: [4] activation: 'leaky_relu' }
    l2_regularization: 0.0009765625
  }
  embedding_regularization: 0.001953125
  num_class: 2
}
"""


def sigmoid(x):
    return exp(-softplus(-x))


def with_slope(step, scope, x):
    """prelu"""
    alpha = step.variable(f"{scope}/alpha", (x.value.shape[1],))
    return relu(x) - alpha * relu(-x)


def dice(step, scope, x):
    alpha = step.variable(f"{scope}/alpha", (x.value.shape[1],))
    p = sigmoid(step.normalise(scope, x, 1e-9))
    return (p + alpha * (-p + 1)) * x


ACTIVATIONS = {"prelu": with_slope, "dice": dice, "swish": lambda step, scope, x: x * sigmoid(x),
               "linear": lambda step, scope, x: x, "": lambda step, scope, x: x}


def f32(x):
    return np.asarray(x, dtype=np.float32).astype(np.float64)


# --- data -----------------------------------------------------------------------------------------------------------

def make_data(rng):
    rows = []
    for _ in range(N_ROWS):
        tags = rng.integers(9, size=rng.integers(0, 5))
        rows.append({"clk": int(rng.random() < 0.4), "grade": int(rng.integers(3)),
                     "weight": float(rng.choice([0, 0, 0.5, 1, 1, 2.25])), "user": int(rng.integers(12)),
                     "item": int(rng.integers(9)), "tags": "|".join(map(str, tags)),
                     "price": float(rng.integers(-128, 128)) / 64})
    return rows


def bags(rows, feature):
    """[B, V] of look-up weights: a mean over the ids of each row, zero for an empty one."""
    matrix = np.zeros((len(rows), TABLES[feature][1]))
    for b, row in enumerate(rows):
        ids = [int(t) for t in str(row[feature]).split("|") if t != ""]
        for i in ids:
            matrix[b, i] += 1 / len(ids)
    return matrix


# --- one net and one step -------------------------------------------------------------------------------------------

class Step:
    """Builds the loss of one batch. Variables are made on first use, drawn from rng unless values has them."""

    def __init__(self, case, rows, values, rng, training=True, stops=True):
        self.case, self.rows, self.values, self.rng = case, rows, values, rng
        self.training, self.stops = training, stops
        self.leaves, self.moving, self.losses, self.hidden = {}, {}, {}, {}
        self.regularization = Node(0.0)

    def value(self, name, shape, draw):
        if name not in self.values:
            self.values[name] = f32(draw(shape))
        return self.values[name]

    def variable(self, name, shape, mean=0.0, std=0.3):
        if name not in self.leaves:
            self.leaves[name] = Node(self.value(name, shape, lambda s: self.rng.normal(mean, std, s)))
        return self.leaves[name]

    def block(self, x):
        return stop(x) if self.stops else x

    def inputs(self, prefix="", dim=0):
        parts = []
        for feature in ORDER:
            if feature == "price":
                parts.append(Node([[row["price"]] for row in self.rows]))
                continue
            table, n, own_dim = TABLES[feature]
            weights = self.variable(f"{prefix}input_layer/{table}/embedding_weights", (n, dim or own_dim))
            pooled = Node(bags(self.rows, feature)) @ weights
            self.regularization = self.regularization + total(pooled ** 2) * (EMBEDDING_L2 / 2)
            parts.append(pooled)
        return join(parts)

    def dense(self, scope, x, units):
        kernel = self.variable(f"{scope}/kernel", (x.value.shape[1], units), std=0.5)
        self.regularization = self.regularization + total(kernel ** 2) * (L2 / 2)
        return x @ kernel + self.variable(f"{scope}/bias", (units,), std=0.1)

    def batch_norm(self, scope, x):
        n = x.value.shape[1]
        gamma = self.variable(f"{scope}/gamma", (n,), mean=1.0, std=0.15)
        beta = self.variable(f"{scope}/beta", (n,), std=0.1)
        return self.normalise(scope, x, 1e-3) * gamma + beta

    def normalise(self, scope, x, epsilon):
        n = x.value.shape[1]
        mean = self.value(f"{scope}/moving_mean", (n,), lambda s: self.rng.normal(0, 0.1, s))
        variance = self.value(f"{scope}/moving_variance", (n,), lambda s: self.rng.uniform(0.5, 1.5, s))
        if not self.training:
            return (x - mean) * ((variance + epsilon) ** -0.5)
        batch_mean = mean_columns(x)
        centred = x - batch_mean
        batch_variance = mean_columns(centred ** 2)
        self.moving[f"{scope}/moving_mean"] = 0.99 * mean + 0.01 * batch_mean.value[0]
        self.moving[f"{scope}/moving_variance"] = 0.99 * variance + 0.01 * batch_variance.value[0]
        return centred * ((batch_variance + epsilon) ** -0.5)

    def dnn(self, kind, scope, x):
        widths, activation = self.case["widths"].get(kind, NETS[kind][0]), NETS[kind][1]
        self.hidden[scope] = []
        own = ACTIVATIONS.get(self.case["activations"].get(kind))
        for i, units in enumerate(widths):
            x = self.batch_norm(f"{scope}/dnn_{i}/bn", self.dense(f"{scope}/dnn_{i}", x, units))
            x = own(self, f"{scope}/dnn_{i}/act", x) if own else activation(x)
            self.hidden[scope].append(x)
        return x

    def net(self, name, x):
        return self.dense(f"{name}_output", self.dnn(f"{name}_dnn", f"{name}_dnn", x), self.case["classes"])

    # Losses: per_row is [B, 1]; sample weights multiply rows, and the divisor counts rows whose weight is not 0.
    def mean(self, per_row):
        if not self.case["weighted"]:
            return total(per_row) * (1 / len(self.rows))
        weights = np.array([[row["weight"]] for row in self.rows])
        return total(per_row * weights) * (1 / np.count_nonzero(weights))

    def cross_entropy(self, logits):
        if self.case["classes"] == 1:
            labels = np.array([[row["clk"]] for row in self.rows])
            return self.mean(softplus(logits) - logits * labels) * self.case["ce_weight"]
        field = "clk" if self.case["classes"] == 2 else "grade"
        hot = np.eye(self.case["classes"])[[row[field] for row in self.rows]]
        return self.mean(-sum_rows(log_softmax(logits) * hot)) * self.case["ce_weight"]

    def hint(self, light, teacher):
        case, classes = self.case, self.case["classes"]
        if case["hint"] == "KD":
            t = case["temperature"]
            l, z = light * (1 / t), teacher * (1 / t)
            if classes == 1:
                per_row = softplus(l) - probabilities(z) * l
            else:
                per_row = -sum_rows(probabilities(z) * log_softmax(l))
            return self.mean(per_row) * (case["hint_weight"] * (t * t if case["scale_t2"] else 1))
        if case["hint"] == "PROB_MSE":
            light, teacher = probabilities(light), probabilities(teacher)
        share = 1 / classes if case["reduction"] == "MEAN" else 1
        return self.mean(sum_rows((light - teacher) ** 2)) * (share * case["hint_weight"])

    def similarity(self, light, booster):
        case, weight = self.case, self.case["features"]["weight"]
        if case["features"]["compat"]:
            return total((booster - light) ** 2) ** 0.5 * -weight
        kind = case["features"]["function"]
        if kind == "EUCLID":
            return self.mean(sum_rows((booster - light) ** 2) ** 0.5) * weight
        product = sum_rows(light * booster)
        if kind == "COSINE":
            product = product * sum_rows(light ** 2) ** -0.5 * sum_rows(booster ** 2) ** -0.5
        return self.mean(product) * -weight

    def similarities(self):
        """Light layer i with the first booster layer of its width."""
        boosters = self.hidden["booster_dnn"]
        for light in self.hidden["light_dnn"]:
            booster = next((h for h in boosters if h.value.shape == light.value.shape), None)
            if booster is not None:
                name = f"similarity_{sum(key.startswith('similarity') for key in self.losses)}"
                self.losses[name] = self.similarity(light, self.block(booster) if self.case["block"] else booster)

    def towers(self):
        """What the booster's and the light net's towers read."""
        case = self.case
        own_tables = case["sharing"] == "SHARE_NOTHING"
        if case["arm"] != "ROCKET":
            small = own_tables and case["arm"] != "BOOSTER_ALONE"
            x = self.dnn("share_dnn", "share_dnn", self.inputs("", case["light_dim"] if small else 0))
            return x, x
        x = self.inputs()
        shared = self.dnn("share_dnn", "share_dnn", x)
        view = (lambda v: v) if case["light_trains_shared"] or own_tables else self.block
        if case["sharing"] == "SHARE_ALL":
            return shared, view(shared)
        light = self.inputs("light_", case["light_dim"]) if own_tables else view(x)
        return shared, self.dnn("share_dnn", "light_share_dnn", light)

    def run(self, teacher=None):
        case = self.case
        booster_input, light_input = self.towers()
        self.logits = {}
        if case["arm"] in ("ROCKET", "BOOSTER_ALONE"):
            self.logits["booster"] = self.net("booster", booster_input)
        if case["arm"] != "BOOSTER_ALONE":
            self.logits["light"] = self.net("light", light_input)
        for name, logits in self.logits.items():
            self.losses[f"cross_entropy_loss_{name}"] = self.cross_entropy(logits)
        if case["arm"] == "ROCKET":
            z = self.logits["booster"]
            self.losses["hint_loss"] = self.hint(self.logits["light"], self.block(z) if case["block"] else z)
            if case["features"]:
                self.similarities()
        elif case["arm"] == "KD_FROM_BOOSTER":
            self.losses["hint_loss"] = self.hint(self.logits["light"], Node(teacher))
        self.losses["regularization_loss"] = self.regularization
        whole = Node(0.0)
        for loss in list(self.losses.values()):
            whole = whole + loss
        self.losses["total_loss"] = whole
        return whole


def softplus(x):
    shift = np.maximum(x.value, 0)  # a constant: the derivative does not depend on it
    return log(exp(x - shift) + np.exp(-shift)) + shift


def log_softmax(x):
    x = x - x.value.max(axis=1, keepdims=True)
    return x - log(sum_rows(exp(x)))


def probabilities(x):
    if x.value.shape[1] > 1:
        return exp(log_softmax(x))
    return exp(-softplus(-x))


# --- cases ----------------------------------------------------------------------------------------------------------

RECIPES = {
    "EASYREC": dict(hint="LOGIT_MSE", hint_weight=1, reduction="MEAN", light_trains_shared=False, sharing="SHARE_ALL"),
    "PAPER": dict(hint="LOGIT_MSE", hint_weight=0.03, reduction="SUM_CLASSES", light_trains_shared=True,
                  sharing="SHARE_ALL"),
    "XDL": dict(hint="LOGIT_MSE", hint_weight=0.3, reduction="MEAN", light_trains_shared=True, sharing="SHARE_NOTHING"),
    "SOFT": dict(hint="KD", hint_weight=1, reduction="SUM_CLASSES", light_trains_shared=True, sharing="SHARE_ALL"),
}
HINT_FIELDS = {"hint": "loss", "hint_weight": "weight", "reduction": "reduction", "temperature": "temperature",
               "scale_t2": "scale_t2"}
FIELDS = {"block": "gradient_block", "light_trains_shared": "light_trains_shared", "sharing": "sharing", "arm": "arm",
          "light_dim": "light_embedding_dim", "ce_weight": "ce_weight"}


def text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def make_case(name, recipe, classes=2, optimizer="sgd", weighted=False, activations={}, widths={},
              features=None, freeze=(), **options):
    """The case as numbers, and as overrides of the config."""
    case = dict(RECIPES[recipe], name=name, classes=classes, optimizer=optimizer, weighted=weighted, block=True,
                arm="ROCKET", light_dim=0, temperature=1, scale_t2=False, ce_weight=1, activations=activations, widths=widths, freeze=freeze)
    case["features"] = features and dict(dict(function="COSINE", weight=0.1, compat=False), **features)
    if recipe == "XDL":
        case["ce_weight"] = 1 / classes
    case.update(options)
    launching = "model_config.rocket_launching"
    overrides = [f"{launching}.recipe={recipe}", f"model_config.num_class={classes}"]
    for key, value in options.items():
        field = f"hint.{HINT_FIELDS[key]}" if key in HINT_FIELDS else FIELDS[key]
        overrides.append(f"{launching}.{field}={text(value)}")
    overrides += [f"{launching}.{kind}.activation={name}" for kind, name in activations.items()]
    overrides += [f"{launching}.{kind}.hidden_units={units}" for kind, units in widths.items()]
    if freeze:
        overrides.append(f"train_config.freeze_gradient=[{', '.join(repr(pattern) for pattern in freeze)}]")
    if features is not None:
        overrides.append(f"{launching}.feature_based_distillation=true")
        overrides += [f"{launching}.feature_distillation_{key}={text(value)}" for key, value in features.items()]
    if classes == 3:
        overrides.append("data_config.label_fields=grade")
    if weighted:
        overrides.append("data_config.sample_weight=weight")
    if optimizer == "adagrad":
        overrides.append("train_config.optimizer_config=[{ adagrad_optimizer { learning_rate "
                         "{ constant_learning_rate { learning_rate: 0.0625 } } initial_accumulator_value: 0.125 } }]")
    case["overrides"] = overrides
    return case


CASES = [
    make_case("easyrec2", "EASYREC"),
    make_case("easyrec1", "EASYREC", classes=1),
    make_case("easyrec3", "EASYREC", classes=3, optimizer="adagrad"),
    make_case("paper2", "PAPER"),
    make_case("paper1", "PAPER", classes=1, optimizer="adagrad"),
    make_case("paper3", "PAPER", classes=3),
    make_case("xdl2", "XDL", light_dim=2),
    make_case("xdl1", "XDL", classes=1, optimizer="adagrad"),
    make_case("soft2", "SOFT"),
    make_case("soft1", "SOFT", classes=1),
    make_case("soft3", "SOFT", classes=3, optimizer="adagrad"),
    # The hint reaches the booster too.
    make_case("paper2_no_block", "PAPER", block=False, hint_weight=0.5),
    make_case("easyrec1_no_block", "EASYREC", classes=1, block=False),
    make_case("soft3_no_block", "SOFT", classes=3, block=False),
    make_case("soft1_no_block", "SOFT", classes=1, block=False, temperature=2),
    make_case("prob2_no_block", "PAPER", block=False, hint="PROB_MSE", hint_weight=1),
    make_case("prob1_no_block", "PAPER", classes=1, block=False, hint="PROB_MSE", hint_weight=1),
    # Every hint by itself.
    make_case("logits_mean", "PAPER", reduction="MEAN", hint_weight=0.5),
    make_case("logits_sum", "EASYREC", classes=3, reduction="SUM_CLASSES"),
    make_case("prob_mean", "PAPER", classes=3, hint="PROB_MSE", reduction="MEAN", hint_weight=2),
    make_case("prob_sum", "EASYREC", hint="PROB_MSE", reduction="SUM_CLASSES"),
    make_case("prob1", "EASYREC", classes=1, hint="PROB_MSE"),
    make_case("kd_t2", "PAPER", hint="KD", temperature=2, hint_weight=1),
    make_case("kd_t2_scaled", "PAPER", hint="KD", temperature=2, scale_t2=True, hint_weight=0.25),
    make_case("kd1_t2", "SOFT", classes=1, temperature=2),
    make_case("kd1_t2_scaled", "SOFT", classes=1, temperature=2, scale_t2=True),
    make_case("kd3_t4_scaled", "SOFT", classes=3, temperature=4, scale_t2=True),
    make_case("ce_weight", "PAPER", ce_weight=0.5),
    # What is shared, and who trains it.
    make_case("embeddings_trained", "PAPER", sharing="SHARE_EMBEDDINGS"),
    make_case("embeddings_detached", "EASYREC", sharing="SHARE_EMBEDDINGS"),
    make_case("nothing_same_width", "PAPER", sharing="SHARE_NOTHING"),
    make_case("nothing_narrow", "EASYREC", sharing="SHARE_NOTHING", light_dim=2),
    make_case("paper_detached", "PAPER", light_trains_shared=False),
    make_case("easyrec_attached", "EASYREC", light_trains_shared=True),
    # The arms.
    make_case("light_alone2", "EASYREC", arm="LIGHT_ALONE"),
    make_case("light_alone1", "PAPER", classes=1, arm="LIGHT_ALONE", optimizer="adagrad"),
    make_case("light_alone_narrow", "XDL", arm="LIGHT_ALONE", light_dim=2),
    make_case("booster_alone2", "EASYREC", arm="BOOSTER_ALONE"),
    make_case("booster_alone1", "SOFT", classes=1, arm="BOOSTER_ALONE"),
    make_case("taught2", "SOFT", arm="KD_FROM_BOOSTER", temperature=2),
    make_case("taught1", "PAPER", classes=1, arm="KD_FROM_BOOSTER", hint_weight=0.5),
    # Sample weights, some of them 0.
    make_case("weighted_easyrec1", "EASYREC", classes=1, weighted=True),
    make_case("weighted_paper2", "PAPER", weighted=True, hint_weight=0.5),
    make_case("weighted_soft3", "SOFT", classes=3, weighted=True, block=False),
    make_case("weighted_prob2", "PAPER", weighted=True, hint="PROB_MSE", reduction="MEAN", hint_weight=1),
    # Activations with parameters of their own, and those that upstream has no way to run.
    make_case("act_prelu_dice", "PAPER", activations={"share_dnn": "swish", "booster_dnn": "prelu", "light_dnn": "dice"}),
    make_case("act_dice_linear", "EASYREC", classes=1, optimizer="adagrad",
              activations={"share_dnn": "dice", "booster_dnn": "linear", "light_dnn": "prelu"}),
    # Variables that do not train.
    make_case("frozen", "PAPER", freeze=["light_dnn/dnn_0/(kernel|bn)", "item_table"]),
    make_case("frozen_below", "EASYREC", optimizer="adagrad", freeze=["^input_layer", "share_dnn", "output/bias$"]),
    # Hints between hidden layers.
    make_case("features_default", "EASYREC", widths={"light_dnn": [7, 5]}, features={"weight": 0.1}),
    make_case("features_crossed", "PAPER", weighted=True, features={"weight": 0.5},
              widths={"booster_dnn": [5, 7, 5], "light_dnn": [7, 4, 5]}),
    make_case("features_inner", "EASYREC", classes=1, widths={"light_dnn": [5]}, features={"function": "INNER_PRODUCT"}),
    make_case("features_euclid", "PAPER", classes=3, optimizer="adagrad", widths={"light_dnn": [5, 7]},
              features={"function": "EUCLID", "weight": 0.25}),
    make_case("features_no_block", "PAPER", block=False, hint_weight=1, widths={"light_dnn": [7]},
              features={"function": "COSINE", "weight": 1}),
    make_case("features_upstream", "EASYREC", widths={"light_dnn": [7, 5]}, features={"compat": True}),
    make_case("features_upstream_weighted", "EASYREC", classes=1, weighted=True, widths={"light_dnn": [5]},
              features={"function": "COSINE", "compat": True}),
]


def run_case(case, data, rng):
    batches = [data[:BATCH], data[BATCH:]]
    values, slots, figures = {}, {}, {}
    teachers = [None, None]

    def frozen(name):
        return any(re.search(pattern, name) for pattern in case["freeze"])

    if case["arm"] == "KD_FROM_BOOSTER":
        booster, teacher = dict(case, arm="BOOSTER_ALONE"), {}
        for i, rows in enumerate(batches):
            step = Step(booster, rows, teacher, rng, training=False)
            step.run()
            teachers[i] = step.logits["booster"].value
        figures.update({f"teacher/{name}": value for name, value in teacher.items()})
    losses = []
    for i, rows in enumerate(batches):
        step = Step(case, rows, values, rng)
        backward(step.run(teachers[i]))
        losses.append({name: float(loss.value) for name, loss in step.losses.items()})
        if i == 0:
            figures.update({f"step0/{name}": value.copy() for name, value in values.items()})
            for net, logits in step.logits.items():
                figures[f"step1/logits_{net}"] = logits.value
                figures[f"step1/probs_{net}"] = probabilities(logits).value
            figures.update({f"step1_grad/{name}": leaf.grad * (not frozen(name)) for name, leaf in step.leaves.items()})
        for name, leaf in step.leaves.items():
            if frozen(name):
                continue
            move(case["optimizer"], values, slots, name, leaf.grad)
        values.update(step.moving)
    figures.update({f"final/{name}": value for name, value in values.items()})
    figures.update({f"losses/{name}": [now[name] for now in losses] for name in losses[0]})
    step = Step(case, batches[0], values, rng, training=False)
    step.run(teachers[0])
    figures.update({f"inference/logits_{net}": logits.value for net, logits in step.logits.items()})
    return {f"{case['name']}/{name}": value for name, value in figures.items()}


def move(optimizer, values, slots, name, grad):
    if optimizer == "sgd":
        values[name] = values[name] - RATE["sgd"] * grad
        return
    slots[name] = slots.get(name, 0.125) + grad * grad
    values[name] = values[name] - RATE["adagrad"] * grad / np.sqrt(slots[name])


def check_tape(case, data, rng):
    """Central differences know nothing of stops: check each case without them."""
    values = {}
    teacher = rng.normal(size=(BATCH, case["classes"]))
    Step(case, data[:BATCH], values, rng).run(teacher)

    def loss_of(now):
        step = Step(case, data[:BATCH], dict(now), rng, stops=False)
        return step.run(teacher), step.leaves

    moving = {name for name in values if "/moving_" in name}
    error = worst_derivative_error(loss_of, {k: v for k, v in values.items() if k not in moving}, rng)
    assert error < 1e-7, (case["name"], error)


def main():
    rng = np.random.default_rng(2018)
    folder = pathlib.Path(__file__).resolve().parent / "fixtures/recipes"
    folder.mkdir(parents=True, exist_ok=True)
    data = make_data(rng)
    figures = {}
    for case in CASES:
        check_tape(case, data, rng)
        figures.update(run_case(case, data, rng))
    lines = ["\t".join([case["name"]] + case["overrides"]) for case in CASES]
    (folder / "cases.tsv").write_text("\n".join(lines) + "\n")
    (folder / "pipeline.config").write_text(CONFIG)
    (folder / "train.csv").write_text("".join(",".join(str(v) for v in row.values()) + "\n" for row in data))
    size = fixture_file.write(folder / "golden.safetensors", figures)
    print(f"{len(CASES)} cases, {len(figures)} figures, {size} bytes")


if __name__ == "__main__":
    main()
