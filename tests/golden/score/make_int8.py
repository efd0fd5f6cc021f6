"""Figures of test_int8_net.c: a small net of 8-bit integers computed from its tensors, as src/nn/weights.h and
src/bundle/int8_tensors.h say what they mean. Integers and double precision; nothing of rocket's code is in here.

Run as: python3 make_int8.py > int8.json
"""
import json
import math
import random

ROWS = 12
A, B, P = 4, 3, 2  # widths of a table with one id, of a table with a weighted bag, of numbers
SIZES = [A + B + P, 20, 16, 18, 2]


def nearest(value):
    """To even; never so near a half that floats could decide otherwise."""
    assert abs(value - math.floor(value) - 0.5) > 1e-4, value
    return math.floor(value + 0.5)


def kept(value):
    return min(max(value, 0), 255)


def draw(rng):
    uniform = lambda n, least, greatest: [round(rng.uniform(least, greatest), 6) for _ in range(n)]
    integers = lambda n: [rng.randint(-127, 127) for _ in range(n)]
    net = {
        "a": {"q": integers(7 * A), "scale": uniform(A, 0.002, 0.01)},
        "b": {"q": integers(5 * B), "scale": uniform(B, 0.002, 0.01)},
        "layers": [],
    }
    for i in range(3):
        k, n = SIZES[i], SIZES[i + 1]
        x_scale, x_zero = uniform(k, 0.01, 0.03), [0] * k
        if i == 0:
            x_scale = net["a"]["scale"] + [round(2.5 * s, 4) for s in net["b"]["scale"]] + uniform(P, 0.01, 0.02)
            x_zero = [128] * (A + B) + [17, 200]
        if i == 2:
            x_zero = [rng.randint(90, 160) for _ in range(k)]  # what it reads is not rectified
        net["layers"].append({"w": integers(k * n), "scale": uniform(n, 0.00005, 0.0001), "x_scale": x_scale,
                              "x_zero": x_zero, "bias": uniform(n, -0.5, 0.5)})
    n = SIZES[3]
    net["norm"] = {"gamma": uniform(n, 0.5, 1.5), "beta": uniform(n, -0.5, 0.5), "mean": uniform(n, -1, 1),
                   "variance": uniform(n, 0.2, 2)}
    net["last"] = {"kernel": uniform(SIZES[3] * SIZES[4], -1, 1), "bias": uniform(SIZES[4], -1, 1)}
    net["rows"] = [{"a": rng.randrange(7), "b": [rng.randrange(5) for _ in range(r % 4)],
                    "weights": uniform(r % 4, 0.2, 1.5), "p": uniform(P, -2, 2)} for r in range(ROWS)]
    return net


def first_bytes(net, row):
    x = net["layers"][0]
    q = [net["a"]["q"][row["a"] * A + d] + 128 for d in range(A)]
    for d in range(B):
        total = sum(w * net["b"]["q"][i * B + d] for i, w in zip(row["b"], row["weights"]))
        q.append(kept(nearest(total * net["b"]["scale"][d] / x["x_scale"][A + d] + 128)))
    for c in range(P):
        q.append(kept(nearest(row["p"][c] / x["x_scale"][A + B + c] + x["x_zero"][A + B + c])))
    return q


def sums(layer, q, n):
    for j in range(n):
        total = sum((q[l] - layer["x_zero"][l]) * layer["w"][l * n + j] for l in range(len(q)))
        yield layer["scale"][j] * total + layer["bias"][j]


def score(net, row):
    q, norm, layers = first_bytes(net, row), net["norm"], net["layers"]
    for i in range(2):
        v = sums(layers[i], q, SIZES[i + 1])
        v = [max(x, 0) for x in v] if i == 0 else list(v)
        q = [kept(nearest(x / s + z)) for x, s, z in zip(v, layers[i + 1]["x_scale"], layers[i + 1]["x_zero"])]
    v = [max((x - m) * g / math.sqrt(s + 1e-3) + b, 0) for x, m, s, g, b in
         zip(sums(layers[2], q, SIZES[3]), norm["mean"], norm["variance"], norm["gamma"], norm["beta"])]
    return [net["last"]["bias"][c] + sum(v[l] * net["last"]["kernel"][l * SIZES[4] + c] for l in range(SIZES[3]))
            for c in range(SIZES[4])]


def main():
    for seed in range(1000):
        net = draw(random.Random(seed))
        try:
            for row in net["rows"]:
                row["logits"] = score(net, row)
        except AssertionError:  # a value too near a half
            continue
        print(json.dumps(net))
        return


main()
