"""The questions on flatten, the tiny network, sizes and training: measured slopes, and answers computed on paper."""

from fractions import Fraction as F

import numpy as np
import pytest
from measured import block_means, relu, slopes
from oracle import check_by_hand

import helpers
from classroom.questions import QUESTIONS

SEEDS = range(3)
MAPS = [[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]
BATCH = [[[[1, 11], [2, 12]], [[3, 13], [4, 14]]], [[[5, 15], [6, 16]], [[7, 17], [8, 18]]]]
LAYER = {"x": [[1, 2], [3, -1], [0, 4]], "W": [[2, -1, 3], [4, 5, -2]], "b": [3, -5], "delta": [[2, -3], [5, 1]]}
# z1 has the blocks 4, 0 / -1, 0 and so on: the block means of its ReLU are 1, 6 and 3
Z1 = [[4, 0, 8, 5, -1, 6], [-1, -2, 11, -3, 6, 0]]
BACK = {"z1": Z1, "beta": 3, "z2": [[-1, 14, 5]], "W": [[1, 2, -1], [3, -2, 1], [2, 1, 3]], "delta": [4, -8, 8]}
STEP_TAKEN = [[F(24, 10), F(-19, 10), F(42, 10), F(31, 10)], [F(33, 10), F(36, 10), F(-24, 10), F(-56, 10)]]
IMAGE = [[1, 0, 2, -1, 1, 0, 3], [0, 2, 1, 1, -1, 2, 0], [1, 1, 0, 2, 1, -2, 1]]

BY_HAND = {
    "flatten": (
        {"a": MAPS},
        {
            None: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
            "down the columns": [1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12],
            "all indices reversed": [1, 7, 4, 10, 2, 8, 5, 11, 3, 9, 6, 12],
            "place by place": [1, 7, 2, 8, 3, 9, 4, 10, 5, 11, 6, 12],
            "rows take turns": [1, 2, 3, 7, 8, 9, 4, 5, 6, 10, 11, 12],
            "columns take turns": [1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12],
            "there and back": [1, 2, 3, 6, 5, 4, 7, 8, 9, 12, 11, 10],
            "maps in reverse order": [7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6],
        },
    ),
    "unflatten": (
        {"g": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]},
        {
            None: MAPS,
            "down the columns": [[[1, 3, 5], [2, 4, 6]], [[7, 9, 11], [8, 10, 12]]],
            "place by place": [[[1, 3, 5], [7, 9, 11]], [[2, 4, 6], [8, 10, 12]]],
            "all indices reversed": [[[1, 5, 9], [3, 7, 11]], [[2, 6, 10], [4, 8, 12]]],
            "rows and columns exchanged": [[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]],
            "backwards": [[[12, 11, 10], [9, 8, 7]], [[6, 5, 4], [3, 2, 1]]],
        },
    ),
    "flat-batch": (
        {"a": BATCH},
        {
            None: [[1, 11], [2, 12], [3, 13], [4, 14], [5, 15], [6, 16], [7, 17], [8, 18]],
            "examples mixed": [[1, 2], [3, 4], [5, 6], [7, 8], [11, 12], [13, 14], [15, 16], [17, 18]],
            "examples in rows": [[1, 2, 3, 4, 5, 6, 7, 8], [11, 12, 13, 14, 15, 16, 17, 18]],
            "place by place": [[1, 11], [5, 15], [2, 12], [6, 16], [3, 13], [7, 17], [4, 14], [8, 18]],
            "one long column": [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18],
        },
    ),
    "lenet-shapes": (
        {"image": [28, 36], "kernels": [5, 3], "maps": [6, 12]},
        {
            None: [[6, 24, 32], [6, 12, 16], [12, 10, 14], [12, 5, 7]],
            "n - k": [[6, 23, 31], [6, 11, 15], [12, 8, 12], [12, 4, 6]],
            "size kept": [[6, 28, 36], [6, 14, 18], [12, 14, 18], [12, 7, 9]],
            "maps multiplied": [[6, 24, 32], [6, 12, 16], [72, 10, 14], [72, 5, 7]],
            "kernels exchanged": [[6, 26, 34], [6, 13, 17], [12, 9, 13], [12, 4, 6]],
            "square image": [[6, 24, 24], [6, 12, 12], [12, 10, 10], [12, 5, 5]],
        },
    ),
    "lenet-parameters": (
        {"kernels": [5, 5], "maps": [6, 12], "last": [4, 4], "classes": 10},
        {
            None: [156, 12, 1812, 24, 1930],  # the network of the series: 3934 in all
            "convolutions without bias": [150, 12, 1800, 24, 1930],
            "C3 reads one map": [156, 12, 312, 24, 1930],
            "pools have none": [156, 0, 1812, 0, 1930],
            "maps for entries": [156, 12, 1812, 24, 130],
            "running total": [156, 168, 1980, 2004, 3934],
        },
    ),
    "network-z": (
        {"x": IMAGE, "K": [[1, 2], [-1, 1]], "b1": 1, "beta": 3, "b2": -4}
        | {"W": [[1, 2, -1], [3, -2, 1], [2, 1, 3]], "b3": [1, -2, 3]},
        # z1: 4 4 1 0 5 5 / 5 4 6 -1 1 6; its ReLU's means 17/4, 7/4, 17/4; z2 = v = 35/4, 5/4, 35/4
        {
            None: [3.5, 30.5, 48],
            "b1 left out": [1, 21, 31.75],  # 3 3 0 -1 4 4 / 4 3 5 -2 0 5; 13/4, 5/4, 13/4; 23/4, -1/4, 23/4
            "b3 left out": [2.5, 32.5, 45],
            "W transposed": [31, 21.75, 21.75],
        },
    ),
    "network-delta": (
        BACK,
        # W.T delta = -4, 32, 12; the first is silent; times 3/4: 24 and 9
        {
            None: [[0, 0, 24, 24, 0, 9], [0, 0, 24, 0, 9, 0]],
            "W not transposed": [[0, 0, 27, 27, 0, 18], [0, 0, 27, 0, 18, 0]],  # W delta = -20, 36, 24
            "not divided by 4": [[0, 0, 96, 96, 0, 36], [0, 0, 96, 0, 36, 0]],
            "f' behind the pool forgotten": [[-3, 0, 24, 24, 0, 9], [0, 0, 24, 0, 9, 0]],
            "f' behind the convolution forgotten": [[0, 0, 24, 24, 9, 9], [0, 0, 24, 24, 9, 9]],
            "tiled": [[0, 0, 9, 0, 0, 9], [0, 0, 9, 0, 24, 0]],
            "beta left out": [[0, 0, 8, 8, 0, 3], [0, 0, 8, 0, 3, 0]],
        },
    ),
    "network-dK": (
        {"x": IMAGE} | BACK,
        # 24 (2 - 1 + 1) + 9 (0 - 1), 24 (-1 + 1 + 1) + 9 (3 + 2), and so on
        {
            None: [[39, 69], [75, 30]],
            "result turned": [[30, 75], [69, 39]],
            "result transposed": [[39, 75], [69, 30]],
            "sign changed": [[-39, -69], [-75, -30]],
            "beta left out": [[13, 23], [25, 10]],
        },
    ),
    "network-dbeta": (
        BACK,
        {
            None: [228, 44, 90],  # 32·6 + 12·3, 32 + 12, 3·24 + 2·9
            "with the sums": [912, 44, 90],
            "with z2": [508, 44, 90],  # 32·14 + 12·5
            "db1 from delta2": [228, 44, 44],
            "db2 times beta": [228, 132, 90],
            "not divided by 4": [228, 44, 360],
            "dbeta and db2 exchanged": [44, 228, 90],
            "mean over the places": [76, 44 / 3, 7.5],
        },
    ),
    "network-dW": (
        {"z2": [[-1, 14, 5]], "W": BACK["W"], "delta": [4, -8, 8]},
        {
            None: [[0, 56, 20], [0, -112, -40], [0, 112, 40]],
            "transposed": [[0, 0, 0], [56, -112, 112], [20, -40, 40]],
            "z2 for v": [[-4, 56, 20], [8, -112, -40], [-8, 112, 40]],
            "W.T delta for delta": [[0, -56, -20], [0, 448, 160], [0, 168, 60]],
            "entry by entry": [0, -112, 40],
        },
    ),
    "sgd-update": (
        LAYER | {"lr": F(1, 10)},
        # dW = 2·1 - 3·2 and so on: -4 9 -12 / 7 14 4; db = -1, 6
        {
            None: STEP_TAKEN,
            "learning rate left out": [[6, -10, 15, 4], [-3, -9, -6, -11]],
            "only the gradient": [[-4, 9, -12, -1], [7, 14, 4, 6]],
            "b kept": [[*STEP_TAKEN[0][:3], 3], [*STEP_TAKEN[1][:3], -5]],
        },
    ),
    "l2": (
        LAYER | {"lambda": F(3, 2)},
        {
            None: [[-1, 7.5, -7.5, -1], [13, 21.5, 1, 6]],
            "penalty forgotten": [[-4, 9, -12, -1], [7, 14, 4, 6]],
            "factor 2": [[2, 6, -3, -1], [19, 29, -2, 6]],
            "biases penalised": [[-1, 7.5, -7.5, 3.5], [13, 21.5, 1, -1.5]],
            "penalty subtracted": [[-7, 10.5, -16.5, -1], [1, 6.5, 7, 6]],
            "penalty only": [[3, -1.5, 4.5, 0], [6, 7.5, -3, 0]],
        },
    ),
    "gradient-check": (
        {"c": [2, -3, 1], "w": [1, 2, -1], "h": 3},
        {
            None: [24, -63, 12],  # 2 (64 + 8) / 6, -3 (125 + 1) / 6, (8 + 64) / 6
            "divided by h": [48, -126, 24],
            "not divided": [144, -378, 72],
            "derivative by rule": [6, -36, 3],
            "forward difference": [42, -117, 3],  # 2 (64 - 1) / 3, -3 (125 - 8) / 3, (8 + 1) / 3
            "all entries moved at once": [-27, -27, -27],  # (144 - 378 + 72) / 6
        },
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_by_hand(name):
    check_by_hand(QUESTIONS[name], *BY_HAND[name])


@pytest.mark.parametrize("seed", SEEDS)
def test_flatten_and_back_is_numpys_reshape(seed):
    a, g = QUESTIONS["flatten"].inputs(seed)["a"], QUESTIONS["unflatten"].inputs(seed)["g"]
    assert np.array_equal(QUESTIONS["flatten"].solve({"a": a}), a.reshape(-1))
    assert np.array_equal(QUESTIONS["unflatten"].solve({"g": g}), g.reshape(2, 2, 3))
    a = QUESTIONS["flat-batch"].inputs(seed)["a"]
    assert np.array_equal(QUESTIONS["flat-batch"].solve({"a": a}), helpers.Flatten().forward(a))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_shapes_are_those_of_the_layers(seed):
    inputs = QUESTIONS["lenet-shapes"].inputs(seed)
    (f1, f2), (k1, k2), x = inputs["maps"], inputs["kernels"], np.ones((1, *inputs["image"], 1))
    for row, layer in zip(
        QUESTIONS["lenet-shapes"].solve(inputs),
        (helpers.Conv2D(1, f1, k1), helpers.MeanPool2D(2), helpers.Conv2D(f1, f2, k2), helpers.MeanPool2D(2)),
        strict=True,
    ):
        x = layer.forward(x)
        assert tuple(row) == x.shape[:3]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_parameters_are_those_of_the_layers(seed):
    inputs = QUESTIONS["lenet-parameters"].inputs(seed)
    (f1, f2), (k1, k2), (rows, columns) = inputs["maps"], inputs["kernels"], inputs["last"]
    layers = [helpers.Conv2D(1, f1, k1), helpers.MeanPool2D(2, maps=f1), helpers.Conv2D(f1, f2, k2)]
    layers += [helpers.MeanPool2D(2, maps=f2), helpers.Dense(f2 * rows * columns, int(inputs["classes"]))]
    counts = [sum(value.size for value in layer.params.values()) for layer in layers]
    assert np.array_equal(QUESTIONS["lenet-parameters"].solve(inputs), counts)


# ---------------------------------------------------------------------------------------------- the tiny network


def sheets(seed):
    """The numbers of all five sheets of one seed, in one dict."""
    names = ["network-z", "network-delta", "network-dK", "network-dbeta", "network-dW"]
    numbers = {}
    for name in names:
        for letters, value in QUESTIONS[name].inputs(seed).items():
            assert letters not in numbers or np.array_equal(numbers[letters], value), f"{letters} differs on {name}"
            numbers[letters] = value
    return numbers


def forward(numbers, z1=None):
    """z1, z2 and z3 by loops and definitions; from ``z1`` on where it is given."""
    x, K = numbers["x"], numbers["K"]
    if z1 is None:
        z1 = np.empty((2, 6), dtype=object)
        for i, j in np.ndindex(2, 6):
            z1[i, j] = numbers["b1"] + sum(K[u, v] * x[i + u, j + v] for u, v in np.ndindex(2, 2))
    z2 = numbers["beta"] * block_means(relu(z1)) + numbers["b2"]
    v = relu(z2).ravel()
    return z1, z2, [sum(numbers["W"][k, m] * v[m] for m in range(3)) + numbers["b3"][k] for k in range(3)]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_sheets_of_the_network_fit_together(seed):
    numbers = sheets(seed)
    z1, z2, z3 = forward(numbers)
    assert np.array_equal(z1, numbers["z1"])
    assert np.array_equal(z2, numbers["z2"])
    assert np.array_equal(QUESTIONS["network-z"].solve(numbers), z3)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_gradient_of_the_network_is_the_measured_slope(seed):
    numbers = sheets(seed)

    def measured(letters):
        def J(value):
            return sum(d * z for d, z in zip(numbers["delta"], forward(numbers | {letters: value})[2], strict=True))

        return slopes(J, numbers[letters], side=-1)  # from below, for a z1 that is exactly 0

    assert np.array_equal(QUESTIONS["network-dW"].solve(numbers), measured("W"))
    assert np.array_equal(QUESTIONS["network-dbeta"].solve(numbers)[:2], [measured("beta")[()], measured("b2")[()]])
    assert QUESTIONS["network-dbeta"].solve(numbers)[2] == measured("b1")[()]

    def J(z1):
        return sum(d * z for d, z in zip(numbers["delta"], forward(numbers, z1)[2], strict=True))

    assert np.array_equal(QUESTIONS["network-delta"].solve(numbers), slopes(J, numbers["z1"], side=-1))
    if numbers["z1"].all():  # else moving K crosses the corner of a ReLU
        assert np.array_equal(QUESTIONS["network-dK"].solve(numbers), measured("K"))


# -------------------------------------------------------------------------------------------------------- training


def loss(inputs, W, b):
    """Sum of delta z over outputs and examples, z = W x + b: its gradients are the layer's."""
    x, delta = inputs["x"], inputs["delta"]
    return sum(
        delta[i, t] * (sum(W[i, j] * x[j, t] for j in range(3)) + b[i]) for i in range(2) for t in range(x.shape[1])
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_a_step_goes_against_the_measured_slope(seed):
    inputs = QUESTIONS["sgd-update"].inputs(seed)
    W, b = inputs["W"], inputs["b"]
    new_W = W - inputs["lr"] * slopes(lambda value: loss(inputs, value, b), W)
    new_b = b - inputs["lr"] * slopes(lambda value: loss(inputs, W, value), b)
    assert np.array_equal(QUESTIONS["sgd-update"].solve(inputs), np.column_stack([new_W, new_b]))


@pytest.mark.parametrize("seed", SEEDS)
def test_weight_decay_is_the_slope_of_the_penalty(seed):
    inputs = QUESTIONS["l2"].inputs(seed)
    W, b, half = inputs["W"], inputs["b"], inputs["lambda"] / 2

    def J(value):
        return loss(inputs, value, b) + half * (value**2).sum()

    dW = (slopes(J, W) + slopes(J, W, side=-1)) / 2  # a parabola: exact from both sides
    db = slopes(lambda value: loss(inputs, W, value), b)
    assert np.array_equal(QUESTIONS["l2"].solve(inputs), np.column_stack([dW, db]))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_check_is_the_series_own(seed):
    inputs = QUESTIONS["gradient-check"].inputs(seed)

    def J(w):
        return (inputs["c"] * w**3).sum()

    measured = helpers.numerical_gradient(J, inputs["w"], h=float(inputs["h"]))
    np.testing.assert_allclose(QUESTIONS["gradient-check"].solve(inputs), measured, rtol=1e-12)
