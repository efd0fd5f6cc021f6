"""Figures of test_soft_labels.c: the losses of upstream's kd blocks written down from easyrec.md 6, in plain Python and
double precision. Gradients are central differences of these values, so nothing of rocket's formulas is in here.

Run as: python3 make_soft_labels.py > soft_labels.json
"""
import json
import math
import random
import struct

EPS = 1e-7


def soften(row, logits, joint, temperature):
    if not logits and joint:
        row = [math.log(max(x, 0) + EPS) for x in row]
    elif not logits:
        row = [math.log(x / (1 - x)) for x in (min(max(x, EPS), 1 - EPS) for x in row)]
    return [x / temperature for x in row]


def probabilities(s, joint):
    if not joint:
        return [1 / (1 + math.exp(-x)) for x in s]
    e = [math.exp(x - max(s)) for x in s]
    return [x / sum(e) for x in e]


def row_loss(case, pred, label):
    """Of one row, already divided by what TensorFlow's mean over elements divides by besides the rows."""
    C = len(pred)
    if case["loss"] == "SOFT_LABEL_L2":
        return sum((x - y) ** 2 for x, y in zip(pred, label)) / C
    joint = C > 1 and case["loss"] != "SOFT_LABEL_BCE"
    p = probabilities(soften(pred, case["pred_is_logits"], joint, case["temperature"]), joint)
    q = probabilities(soften(label, case["label_is_logits"], joint, case["temperature"]), joint)
    if case["loss"] == "SOFT_LABEL_CE":
        return -sum(b * math.log(a + EPS) + (1 - b) * math.log(1 - a + EPS) for a, b in zip(p, q)) / C
    if case["loss"] == "SOFT_LABEL_BCE":
        return -sum(b * math.log(a) + (1 - b) * math.log(1 - a) for a, b in zip(p, q)) / C
    row = sum(b * math.log(b / a) for a, b in zip(p, q))
    return row if C > 1 else row + (1 - q[0]) * math.log((1 - q[0]) / (1 - p[0]))


def kd_loss(case, pred):
    weights = case["row_weights"]
    n = sum(w != 0 for w in weights)  # TensorFlow: SUM_BY_NONZERO_WEIGHTS
    rows = (w * row_loss(case, x, y) for w, x, y in zip(weights, pred, case["labels"]))
    return case["weight"] * sum(rows) / n


def gradient(case, pred):
    def moved(b, c, h):
        return kd_loss(case, [[x + h if (i, k) == (b, c) else x for k, x in enumerate(row)] for i, row in enumerate(pred)])

    h = 1e-5
    return [[(moved(b, c, h) - moved(b, c, -h)) / (2 * h) for c in range(len(row))] for b, row in enumerate(pred)]


def draw(rng, B, C, logits):
    def one():
        x = rng.gauss(0, 2) if logits else rng.uniform(0.03, 0.97)
        return struct.unpack("f", struct.pack("f", x))[0]

    return [[one() for _ in range(C)] for _ in range(B)]


def main():
    rng, B, cases = random.Random(12), 6, []
    for loss in ["SOFT_LABEL_CE", "SOFT_LABEL_BCE", "SOFT_LABEL_KL", "SOFT_LABEL_L2"]:
        for C in [1, 2, 5]:
            for flags in range(4):
                pred_is_logits, label_is_logits = flags & 1, flags >> 1
                pred = draw(rng, B, C, pred_is_logits)
                case = dict(loss=loss, C=C, weight=rng.choice([1, 0.25]), temperature=rng.choice([1, 2, 4]),
                            pred_is_logits=pred_is_logits, label_is_logits=label_is_logits,
                            labels=draw(rng, B, C, label_is_logits), row_weights=rng.choice([[1, 0.5, 0, 2, 1, 1], [1] * B]))
                case.update(pred=pred, value=kd_loss(case, pred), gradient=gradient(case, pred))
                cases.append(case)
    for case in cases:
        for key in ["labels", "pred", "gradient"]:
            case[key] = [x for row in case[key] for x in row]
    print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")


if __name__ == "__main__":
    main()
