"""A tape: reverse-mode differentiation of NumPy arrays in float64, for the scripts that make fixtures.

Only primitive operations have derivatives here; batch norm, softmax and losses are put together from them, so nothing of
their hand-derived gradients in the program under test is repeated. `worst_derivative_error` checks the tape itself
against central differences.
"""

import numpy as np


class Node:
    def __init__(self, value, parents=()):
        self.value = np.asarray(value, dtype=np.float64)
        self.parents = parents  # pairs of (node, function from the gradient here to the gradient there)
        self.grad = np.zeros_like(self.value)

    def __add__(self, other):
        other = wrap(other)
        return Node(self.value + other.value, [(self, lambda g: fold(g, self)), (other, lambda g: fold(g, other))])

    def __mul__(self, other):
        other = wrap(other)
        return Node(self.value * other.value,
                    [(self, lambda g: fold(g * other.value, self)), (other, lambda g: fold(g * self.value, other))])

    def __sub__(self, other):
        return self + wrap(other) * -1.0

    def __neg__(self):
        return self * -1.0

    def __pow__(self, power):
        return Node(self.value ** power, [(self, lambda g: g * power * self.value ** (power - 1))])

    def __matmul__(self, other):
        return Node(self.value @ other.value,
                    [(self, lambda g: g @ other.value.T), (other, lambda g: self.value.T @ g)])

    __radd__ = __add__
    __rmul__ = __mul__


def wrap(x):
    return x if isinstance(x, Node) else Node(x)


def fold(grad, node):
    """Sum over what broadcasting repeated."""
    while grad.ndim > node.value.ndim:
        grad = grad.sum(axis=0)
    for axis, n in enumerate(node.value.shape):
        if n == 1 and grad.shape[axis] != 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad


def total(x):
    return Node(x.value.sum(), [(x, lambda g: np.broadcast_to(g, x.value.shape))])


def sum_rows(x):
    """[B, n] -> [B, 1]"""
    return Node(x.value.sum(axis=1, keepdims=True), [(x, lambda g: np.broadcast_to(g, x.value.shape))])


def mean_columns(x):
    """[B, n] -> [1, n]"""
    n = x.value.shape[0]
    return Node(x.value.mean(axis=0, keepdims=True), [(x, lambda g: np.broadcast_to(g / n, x.value.shape))])


def pointwise(x, value, derivative):
    return Node(value, [(x, lambda g: g * derivative)])


def exp(x):
    return pointwise(x, np.exp(x.value), np.exp(x.value))


def log(x):
    return pointwise(x, np.log(x.value), 1 / x.value)


def tanh(x):
    return pointwise(x, np.tanh(x.value), 1 - np.tanh(x.value) ** 2)


def relu(x):
    return pointwise(x, np.maximum(x.value, 0), (x.value > 0) * 1.0)


def leaky_relu(x):
    return pointwise(x, np.where(x.value > 0, x.value, 0.2 * x.value), np.where(x.value > 0, 1.0, 0.2))


def join(parts):
    """Columns side by side."""
    ends = np.cumsum([p.value.shape[1] for p in parts])
    return Node(np.concatenate([p.value for p in parts], axis=1),
                [(p, lambda g, a=end - p.value.shape[1], b=end: g[:, a:b]) for p, end in zip(parts, ends)])


def stop(x):
    return Node(x.value)


def backward(root):
    order, seen = [], set()

    def visit(node):
        if id(node) not in seen:
            seen.add(id(node))
            for parent, _ in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    root.grad = np.ones_like(root.value)
    for node in reversed(order):
        for parent, push in node.parents:
            parent.grad = parent.grad + push(node.grad)


def worst_derivative_error(loss_of, values, rng, n=40, h=1e-6):
    """Largest difference between the tape's derivatives and central differences, over n entries drawn at random.

    loss_of: dictionary of arrays -> (loss node, dictionary of leaf nodes). Gradients that are meant not to flow must not
    be asked for: pass a loss without stops.
    """
    loss, leaves = loss_of(values)
    backward(loss)
    worst = 0.0
    for _ in range(n):
        name = list(values)[rng.integers(len(values))]
        at = tuple(rng.integers(k) for k in values[name].shape)
        sides = []
        for sign in (1, -1):
            moved = dict(values)
            moved[name] = values[name].copy()
            moved[name][at] += sign * h
            sides.append(float(loss_of(moved)[0].value))
        exact = leaves[name].grad[at] if name in leaves else 0.0
        worst = max(worst, abs((sides[0] - sides[1]) / (2 * h) - exact))
    return worst
