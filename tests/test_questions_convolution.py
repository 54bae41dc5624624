"""The questions on one map: SciPy and SymPy as oracles, and answers computed on paper, right and wrong."""

import numpy as np
import pytest
import scipy.signal
from oracle import check_by_hand, gradient, kernel, layer, one_map

from classroom.questions import QUESTIONS

SEEDS = range(3)

# The example of derivations/convolution.md.
X = [[1, 2, 0], [3, 1, 4], [0, 2, 5]]
K = [[1, 2], [3, -1]]
DELTA = [[1, 4], [-1, -2]]
Z = [[11, -1], [1, 8]]
Z_TRUE = [[10, 2], [0, 18]]
DK = [[4, -7], [3, 5]]
DX = [[1, 6, 8], [2, 7, -8], [-3, -5, 2]]
DX_TRUE = [[-1, -1, 12], [3, 8, -2], [-2, -5, -2]]

BY_HAND = {
    "conv-forward": (
        {"x": X, "K": K, "b": -2},
        {
            None: Z,
            "kernel turned": Z_TRUE,
            "kernel transposed": [[10, -2], [2, 10]],
            "bias forgotten": [[13, 1], [3, 10]],
            "bias once per weight": [[5, -7], [-5, 2]],
        },
    ),
    "conv-forward-true": (
        {"x": X, "K": K, "b": -2},
        {None: Z_TRUE, "kernel not turned": Z, "only the rows reversed": [[4, 13], [10, 9]]},
    ),
    "conv-dK": (
        {"x": X, "delta": DELTA},
        {
            None: DK,
            "delta turned": [[9, 4], [-5, 7]],
            "result turned": [[5, 3], [-7, 4]],
            "averaged over the places": [[1, -1.75], [0.75, 1.25]],
            "only the last place": [[-2, -8], [-4, -10]],
        },
    ),
    "conv-dK-true": (
        {"x": X, "delta": DELTA},
        {None: [[5, 3], [-7, 4]], "result not turned": DK, "convolution of x and delta": [[9, 4], [-5, 7]]},
    ),
    "conv-dx": (
        {"K": K, "delta": DELTA},
        {
            None: DX,
            "kernel not turned": DX_TRUE,
            "overlaps overwritten": [[1, 4, 8], [-1, -2, -4], [-3, -6, 2]],
            "overlaps averaged": [[1, 3, 8], [1, 1.75, -4], [-3, -2.5, 2]],
            "stamps side by side": [[1, 2, 4, 8], [3, -1, 12, -4], [-1, -2, -2, -4], [-3, 1, -6, 2]],
            "no border": [[7]],
            "as large as delta": [[1, 6], [2, 7]],
            "border too wide": np.pad(DX, 1),
            "zeros on one side": [[0, 0, 0], [0, 1, 6], [0, 2, 7]],
        },
    ),
    "conv-dx-true": ({"K": K, "delta": DELTA}, {None: DX_TRUE, "kernel turned": DX}),
    "conv-dx-3x3": (
        {"K": X, "delta": [[2], [-1]]},
        {
            None: [[2, 4, 0], [5, 0, 8], [-3, 3, 6], [0, -2, -5]],
            "kernel not turned": [[10, 4, 0], [3, 0, 6], [-4, 3, -1], [0, -2, -1]],
            "border of one": [[0], [3]],
        },
    ),
    "conv-delta-below": (
        {"z": [[1, -2, 0], [3, 4, -1], [-2, 1, 2]], "K": K, "delta": DELTA},
        {
            None: [[1, 0, 0], [2, 7, 0], [0, -5, 2]],
            "f' forgotten": DX,
            "slope 1 at zero": [[1, 0, 8], [2, 7, 0], [0, -5, 2]],
            "ReLU of the gradient": [[1, 6, 8], [2, 7, 0], [0, 0, 2]],
            "multiplied by x": [[1, 0, 0], [6, 28, 0], [0, -5, 4]],
        },
    ),
    "conv-dK-from-g": (
        {"x": [[2, 0, 1, 3], [1, 3, 0, -1], [0, 1, 4, 2]], "z": [[2, -1, 3], [4, 0, 1]], "g": [[1, -1, 2], [3, 5, -2]]},
        {
            None: [[7, 17], [-7, 0]],
            "f' forgotten": [[22, 16], [-5, 20]],
            "slope 1 at zero": [[22, 17], [-2, 20]],
            "result turned": [[0, -7], [17, 7]],
        },
    ),
    "conv-db": (
        {"b": [3, -2, 4], "delta": [[[1, 4], [-1, -2]], [[2, 1], [1, 1]], [[1, 3], [2, -7]]]},
        {
            None: [2, 5, -1],
            "averaged over the places": [0.5, 1.25, -0.25],
            "one sum for all maps": [6, 6, 6],
            "added over the rows only": [[0, 2], [3, 2], [3, -4]],
            "multiplied by b": [6, -10, -4],
            "bias updated": [1, -7, 5],
        },
    ),
    "conv-matrix": (
        {"K": K},
        {
            None: [[3, -1, 0], [0, 3, -1], [1, 2, 0], [0, 1, 2]],
            "kernel turned": [[2, 1, 0], [0, 2, 1], [-1, 3, 0], [0, -1, 3]],
            "no gap between the kernel's rows": [[-1, 0, 0], [3, -1, 0], [1, 2, 3], [0, 1, 2]],
            "columns of the upper row": [[1, 2, 0], [0, 1, 2], [0, 0, 0], [0, 0, 0]],
        },
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_answers_computed_by_hand(name):
    check_by_hand(QUESTIONS[name], *BY_HAND[name])


def asked(name, seed):
    question = QUESTIONS[name]
    inputs = question.inputs(seed)
    return inputs, question.solve(inputs)


@pytest.mark.parametrize("seed", SEEDS)
def test_forward_is_scipys(seed):
    inputs, z = asked("conv-forward", seed)
    np.testing.assert_array_equal(z, scipy.signal.correlate2d(inputs["x"], inputs["K"], "valid") + inputs["b"])
    inputs, z = asked("conv-forward-true", seed)
    np.testing.assert_array_equal(z, scipy.signal.convolve2d(inputs["x"], inputs["K"], "valid") + inputs["b"])


def kernel_gradient(x, delta, shape, turn=1):
    return gradient(
        "K", shape, lambda K: layer(one_map(x), kernel(K[::turn, ::turn]))[0, :, :, 0], delta
    )  # turn=-1: the forward pass is true convolution


def input_gradient(K, delta, shape, turn=1):
    return gradient("x", shape, lambda x: layer(one_map(x), kernel(K[::turn, ::turn]))[0, :, :, 0], delta)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "turn"), [("conv-dK", 1), ("conv-dK-true", -1)])
def test_kernel_gradient_is_sympys(name, turn, seed):
    inputs, dK = asked(name, seed)
    np.testing.assert_array_equal(dK, kernel_gradient(inputs["x"], inputs["delta"], (2, 3), turn))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("name", "shape", "turn"), [("conv-dx", (3, 3), 1), ("conv-dx-true", (3, 3), -1), ("conv-dx-3x3", (4, 3), 1)]
)
def test_input_gradient_is_sympys(name, shape, turn, seed):
    inputs, dx = asked(name, seed)
    np.testing.assert_array_equal(dx, input_gradient(inputs["K"], inputs["delta"], shape, turn))


@pytest.mark.parametrize("seed", SEEDS)
def test_relu_behind_and_below(seed):
    inputs, dK = asked("conv-dK-from-g", seed)
    delta = np.where(inputs["z"] > 0, inputs["g"], 0)
    np.testing.assert_array_equal(dK, kernel_gradient(inputs["x"], delta, (2, 2)))
    inputs, below = asked("conv-delta-below", seed)
    dx = input_gradient(inputs["K"], inputs["delta"], (3, 3))
    np.testing.assert_array_equal(below, np.where(inputs["z"] > 0, dx, 0))


@pytest.mark.parametrize("seed", SEEDS)
def test_columns_of_the_matrix_times_delta_are_dx(seed):
    inputs, C = asked("conv-matrix", seed)
    dx = input_gradient(inputs["K"], np.array(DELTA), (3, 3))
    np.testing.assert_array_equal(C.T @ np.ravel(DELTA), dx[1])


@pytest.mark.parametrize("seed", SEEDS)
def test_some_relus_are_off_and_one_is_at_zero(seed):
    for name in ("conv-dK-from-g", "conv-delta-below"):
        z = QUESTIONS[name].inputs(seed)["z"]
        assert (z == 0).sum() == 1, name
        assert (z > 0).any() and (z < 0).any(), name
