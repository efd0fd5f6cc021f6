"""Figures of test_variational_dropout.c: integrals over the noise of upstream's formula (variational_dropout_layer.py; see
src/nn/op/variational_dropout.c), in plain Python and double precision. Per logit_p: what a value of 1 becomes on average
in training, how that changes with logit_p (differences of the integral), and what it becomes in inference.

Run as: python3 make_variational_dropout.py > variational_dropout.json
"""
import json
import math

N = 200_000


def kept(logit_p):
    p, e = 1 / (1 + math.exp(-logit_p)), 2.0**-52
    total = 0.0
    for i in range(N):
        u = (i + 0.5) / N
        a = math.log(p + e) - math.log(1 - p + e) + math.log(u + e) - math.log(1 - u + e)
        total += 1 - 1 / (1 + math.exp(-a / 0.1))
    return total / N


def main():
    cases = []
    for logit_p in [-4, -1.5, -0.25, 0, 0.5, 2, 5]:
        h = 1e-3
        slope = (kept(logit_p + h) - kept(logit_p - h)) / (2 * h)
        cases.append(dict(logit_p=logit_p, training=kept(logit_p), slope=slope, inference=1 - 1 / (1 + math.exp(-logit_p))))
    print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")


if __name__ == "__main__":
    main()
