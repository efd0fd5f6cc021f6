#!/usr/bin/env python3
"""The rational function of src/nn/init.c that inverts the normal distribution between -2 and 2 sigma.

    make_truncated.py                                                Python 3.8 or newer, nothing else

With r = q^2 and |q| <= Phi(2) - 1/2 it finds P, Q of degree 5 such that q P(r) / Q(r) meets the inverse of
Phi(x) - 1/2 in the 11 Chebyshev nodes of r (exact fractions, since the system is badly conditioned), and prints the
coefficients, lowest power first, and the greatest error over 100,000 places.
"""
from fractions import Fraction
from math import cos, pi, sqrt
from statistics import NormalDist

DEGREE = 5
NORMAL = NormalDist()
MOST = NORMAL.cdf(2) - 0.5


def solve(rows):
    """Gauss's elimination of [A | b]."""
    n = len(rows)
    for i in range(n):
        best = max(range(i, n), key=lambda k: abs(rows[k][i]))
        rows[i], rows[best] = rows[best], rows[i]
        for k in range(i + 1, n):
            factor = rows[k][i] / rows[i][i]
            rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i])]
    x = [Fraction(0)] * n
    for i in reversed(range(n)):
        x[i] = (rows[i][n] - sum(rows[i][j] * x[j] for j in range(i + 1, n))) / rows[i][i]
    return x


def equation(r):
    """P(r) - f(r) (Q(r) - 1) = f(r), where f(q^2) = inverse / q."""
    f, r = Fraction(NORMAL.inv_cdf(0.5 + sqrt(r)) / sqrt(r)), Fraction(r)
    return [r**i for i in range(DEGREE + 1)] + [-f * r**i for i in range(1, DEGREE + 1)] + [f]


def value(coefficients, r):
    total = 0.0
    for c in reversed(coefficients):
        total = total * r + c
    return total


n = 2 * DEGREE + 1
x = [float(c) for c in solve([equation(MOST * MOST / 2 * (1 - cos(pi * (k + 0.5) / n))) for k in range(n)])]
p, q = x[: DEGREE + 1], [1.0] + x[DEGREE + 1 :]
places = [MOST * i / 100000 for i in range(1, 100001)]
print("P", *map(repr, p))
print("Q", *map(repr, q))
print("error", max(abs(t * value(p, t * t) / value(q, t * t) - NORMAL.inv_cdf(0.5 + t)) for t in places))
