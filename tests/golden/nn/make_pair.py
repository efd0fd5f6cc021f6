"""Figures of test_pair.c: one training step of the net in support/nn_pair.h, in plain Python and double precision.

Independent of rocket in all that matters: only the forward pass is written down, value by value; gradients come from
reverse-mode differentiation of single numbers. Run as: python3 make_pair.py > pair.json
"""
import json
import math
import random


class V:
    """A number that remembers what it was made of: (parent, d self / d parent)."""

    def __init__(self, x, parents=()):
        self.x, self.parents, self.g = x, parents, 0.0

    def __add__(self, o):
        o = o if isinstance(o, V) else V(o)
        return V(self.x + o.x, ((self, 1.0), (o, 1.0)))

    def __mul__(self, o):
        o = o if isinstance(o, V) else V(o)
        return V(self.x * o.x, ((self, o.x), (o, self.x)))

    def __sub__(self, o):
        return self + (o if isinstance(o, V) else V(o)) * -1.0

    def __truediv__(self, o):
        return self * (o if isinstance(o, V) else V(o)).map(lambda x: 1 / x, lambda x: -1 / x**2)

    __radd__, __rmul__ = __add__, __mul__

    def map(self, f, df):
        return V(f(self.x), ((self, df(self.x)),))

    def exp(self):
        return self.map(math.exp, math.exp)

    def log(self):
        return self.map(math.log, lambda x: 1 / x)


def block(v):
    return V(v.x)


def backward(root):
    order, seen, stack = [], set(), [(root, False)]
    while stack:
        v, done = stack.pop()
        if done:
            order.append(v)
        elif id(v) not in seen:
            seen.add(id(v))
            stack.append((v, True))
            stack.extend((p, False) for p, _ in v.parents)
    root.g = 1.0
    for v in reversed(order):
        for p, d in v.parents:
            p.g += v.g * d


def total(values):
    s = V(0.0)
    for v in values:
        s = s + v
    return s


def matrix(rows, cols, draw):
    return [[V(draw()) for _ in range(cols)] for _ in range(rows)]


def bag(table, ids, weights, combiner):
    row = [total(V(w) * table[i][c] for i, w in zip(ids, weights)) for c in range(len(table[0]))]
    if not ids or combiner == "sum":
        return row
    by = sum(weights) if combiner == "mean" else math.sqrt(sum(w * w for w in weights))
    return [v / by for v in row]


def dense(p, scope, x):
    kernel, bias = p[scope + "/kernel"], p[scope + "/bias"][0]
    return [[total(r[i] * kernel[i][o] for i in range(len(r))) + bias[o] for o in range(len(bias))] for r in x]


def batch_norm(p, scope, x, moved):
    n, C = len(x), len(x[0])
    out = [[None] * C for _ in x]
    for c in range(C):
        mean = total(r[c] for r in x) / n
        var = total((r[c] - mean) * (r[c] - mean) for r in x) / n
        scale = (var + 1e-3).map(lambda v: v**-0.5, lambda v: -0.5 * v**-1.5)
        for b in range(n):
            out[b][c] = (x[b][c] - mean) * scale * p[scope + "/gamma"][0][c] + p[scope + "/beta"][0][c]
        for name, v in (("moving_mean", mean), ("moving_variance", var)):
            old = p[scope + "/" + name][0][c].x
            moved.setdefault(scope + "/" + name, []).append(0.99 * old + 0.01 * v.x)
    return out


def activate(x, f, df):
    return [[v.map(f, df) for v in r] for r in x]


def layer(p, scope, x, moved, f, df):
    return activate(batch_norm(p, scope, dense(p, scope, x), moved), f, df)


def probabilities(row, T=1.0):
    if len(row) == 1:
        return [V(1.0) / ((row[0] * (-1.0 / T)).exp() + 1.0)]
    e = [(v * (1.0 / T)).exp() for v in row]
    return [v / total(e) for v in e]


def cross_entropy(row, label):
    p = probabilities(row)
    if len(row) > 1:
        return p[int(label)].log() * -1.0
    return p[0].log() * -label - (V(1.0) - p[0]).log() * (1.0 - label)


def distillation(light, booster, T):
    p, q = probabilities(light, T), probabilities(booster, T)
    if len(p) == 1:
        return (q[0] * p[0].log() + (V(1.0) - q[0]) * (V(1.0) - p[0]).log()) * -(T * T)
    return total(a * b.log() for a, b in zip(q, p)) * -(T * T)


def weighted(weights, rows):
    return total(r * w for r, w in zip(rows, weights)) / sum(w != 0 for w in weights)


def figures(C, B, seed):
    rnd = random.Random(seed)
    normal = lambda: rnd.gauss(0, 1)
    # weights as float32 would have them, so that both sides start from the same numbers
    short = lambda: round(rnd.gauss(0, 0.5) * 1024) / 1024
    p = {"tags": matrix(9, 3, short), "users": matrix(200, 4, short)}
    for scope, i, o in (("share", 12, 6), ("booster", 6, 5), ("light", 6, 4), ("booster_output", 5, C), ("light_output", 4, C)):
        p[scope + "/kernel"], p[scope + "/bias"] = matrix(i, o, short), matrix(1, o, short)
        if not scope.endswith("output"):
            for name in ("gamma", "beta", "moving_mean"):
                p[scope + "/" + name] = matrix(1, o, short)
            p[scope + "/moving_variance"] = matrix(1, o, lambda: 1.0)

    bags = [[rnd.randrange(9) for _ in range(b % 4)] for b in range(B)]
    bag_weights = [[(1 + rnd.randrange(16)) / 8 for _ in ids] for ids in bags]
    users = [rnd.randrange(200) for _ in range(B)]
    raw = [[round(normal() * 64) / 64 for _ in range(2)] for _ in range(B)]
    labels = [rnd.randrange(max(C, 2)) for _ in range(B)]
    weights = [0.0 if b % 4 == 3 else (1 + rnd.randrange(16)) / 8 for b in range(B)]

    tags_mean = [bag(p["tags"], i, w, "mean") for i, w in zip(bags, bag_weights)]
    tags_sqrtn = [bag(p["tags"], i, w, "sqrtn") for i, w in zip(bags, bag_weights)]
    x = [m + list(p["users"][u]) + [V(v) for v in r] + s for m, u, r, s in zip(tags_mean, users, raw, tags_sqrtn)]
    moved = {}
    share = layer(p, "share", x, moved, lambda v: max(v, 0.0), lambda v: float(v > 0))
    booster = dense(p, "booster_output", layer(p, "booster", share, moved, math.tanh, lambda v: 1 - math.tanh(v) ** 2))
    blocked = [[block(v) for v in r] for r in share]
    light = layer(p, "light", blocked, moved, lambda v: v if v > 0 else 0.2 * v, lambda v: 1.0 if v > 0 else 0.2)
    light = dense(p, "light_output", light)

    square = lambda v: v * v
    pairs = list(zip(light, booster))
    losses = [
        total(square(v) for r in tags_mean for v in r) * 0.01,
        weighted(weights, [cross_entropy(r, y) for r, y in zip(booster, labels)]),
        weighted(weights, [cross_entropy(r, y) for r, y in zip(light, labels)]),
        weighted(weights, [total(square(a - block(z)) for a, z in zip(l, b)) for l, b in pairs]) * (0.3 / C),
        weighted(weights, [total(square(a - z) for a, z in zip(probabilities(l), probabilities(b))) for l, b in pairs]),
        weighted(weights, [distillation(l, b, 2.0) for l, b in pairs]),
    ]
    l2 = total(square(v) for name in p if name.endswith("/kernel") for r in p[name] for v in r) * 0.005
    backward(total(losses) + l2)
    flat = lambda rows, f: [f(v) for r in rows for v in r]
    return {
        "n_classes": C,
        "offsets": [sum(len(i) for i in bags[:b]) for b in range(B + 1)],
        "ids": sum(bags, []), "id_weights": sum(bag_weights, []), "users": users, "raw": sum(raw, []),
        "labels": labels, "sample_weights": weights,
        "weights": {name: flat(m, lambda v: v.x) for name, m in p.items()},
        "losses": [v.x for v in losses], "l2": l2.x,
        "logits_light": flat(light, lambda v: v.x), "logits_booster": flat(booster, lambda v: v.x),
        "gradients": {name: flat(m, lambda v: v.g) for name, m in p.items() if "moving" not in name},
        "moved": moved,
    }


print(json.dumps([figures(1, 21, 1), figures(3, 37, 2)], separators=(",", ":")))
