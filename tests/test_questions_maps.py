"""The questions on several maps, a batch and biases: SymPy as the oracle, and answers computed on paper."""

import numpy as np
import pytest
from oracle import check_by_hand, gradient, layer

from classroom.questions import QUESTIONS

SEEDS = range(3)
X = [[[1, 2], [3, 1]], [[2, 0], [1, 3]]]
K = [[[[1, 2]], [[3, -1]]], [[[-2, 1]], [[2, 5]]]]

BY_HAND = {
    "maps-forward": (
        {"x": X, "K": K, "b": [1, -2]},
        {
            None: [[[12], [6]], [[2], [10]]],
            "K[c,o] for K[o,c]": [[[2], [7]], [[3], [23]]],
            "only the last input map": [[[7], [1]], [[2], [15]]],
            "bias once per input map": [[[13], [7]], [[0], [8]]],
        },
    ),
    "maps-dx": (
        {"K": K, "delta": [[[2, -1]], [[1, 3]]]},
        {
            None: [[[0, -2, 1]], [[8, 6, 16]]],
            "only the last output map": [[[-2, -5, 3]], [[2, 11, 15]]],
            "K[c,o] for K[o,c]": [[[5, 11, -5]], [[-2, 15, 14]]],
            "maps reversed, not the kernel": [[[9, -1, 7]], [[4, 2, 5]]],
            "summed over the wrong index": [[[8, -2, -1]], [[0, 6, 18]]],
            "the same for every input map": [[[8, 4, 17]], [[8, 4, 17]]],
        },
    ),
    "maps-dK": (
        {"x": X, "delta": [[[2], [-1]], [[1], [3]]]},
        {
            None: [[[[-1, 3]], [[3, -3]]], [[[10, 5]], [[5, 9]]]],
            "sum of the deltas": [[[[9, 8]], [[8, 6]]], [[[9, 8]], [[8, 6]]]],
            "dK[c,o] for dK[o,c]": [[[[-1, 3]], [[10, 5]]], [[[3, -3]], [[5, 9]]]],
            "only equal numbers": [[[[-1, 3]], [[0, 0]]], [[[0, 0]], [[5, 9]]]],
            "first input map for all": [[[[-1, 3]], [[-1, 3]]], [[[10, 5]], [[10, 5]]]],
        },
    ),
    "maps-dK-batch": (
        {"x": [[[[1, 2], [2, -1], [3, 4]]]], "delta": [[[[1, 2], [-1, 1]]], [[[3, -2], [1, 1]]]]},
        {
            None: [[[[2, 1]]], [[[0, 15]]]],
            "divided by N again": [[[[1, 0.5]]], [[[0, 7.5]]]],
            "only the last example": [[[[3, 2]]], [[[-5, 6]]]],
            "batch added up first": [[[[9, 3]]], [[[5, 15]]]],
            "examples crossed": [[[[7, 2]]], [[[5, 0]]]],
        },
    ),
    "maps-db": (
        {"delta": [[[[1, 2], [-3, 4], [2, 1]]], [[[2, -1], [1, 1], [-4, 3]]], [[[-2, -2], [3, 1], [1, -5]]]]},
        {
            None: [7, 2, -4],
            "divided by N again": [3.5, 1, -2],
            "only the last example": [7, 3, -6],
            "one sum for all maps": [5, 5, 5],
            "only the first place": [3, 1, -4],
            "examples kept apart": [[0, 7], [-1, 3], [2, -6]],
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


def with_batch(maps):
    return np.asarray(maps)[..., None]


@pytest.mark.parametrize("seed", SEEDS)
def test_forward_is_the_definition(seed):
    inputs, z = asked("maps-forward", seed)
    np.testing.assert_array_equal(with_batch(z), layer(with_batch(inputs["x"]), inputs["K"], inputs["b"]))


@pytest.mark.parametrize("seed", SEEDS)
def test_gradients_are_sympys(seed):
    inputs, dx = asked("maps-dx", seed)
    expected = gradient("x", (2, 1, 3, 1), lambda x: layer(x, inputs["K"]), with_batch(inputs["delta"]))
    np.testing.assert_array_equal(with_batch(dx), expected)
    inputs, dK = asked("maps-dK", seed)
    x, delta = with_batch(inputs["x"]), with_batch(inputs["delta"])
    np.testing.assert_array_equal(dK, gradient("K", (2, 2, 1, 2), lambda K: layer(x, K), delta))


@pytest.mark.parametrize("seed", SEEDS)
def test_gradients_over_a_batch_are_sympys(seed):
    inputs, dK = asked("maps-dK-batch", seed)
    expected = gradient("K", (2, 1, 1, 2), lambda K: layer(inputs["x"], K), inputs["delta"])
    np.testing.assert_array_equal(dK, expected)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "shape"), [("conv-db", (3, 2, 2, 1)), ("maps-db", (3, 1, 3, 2))])
def test_bias_gradients_are_sympys(name, shape, seed):
    inputs, db = asked(name, seed)
    x, K = np.ones((2, shape[1] + 2, shape[2] + 2, shape[3]), int), np.ones((3, 2, 3, 3), int)
    expected = gradient("b", (3,), lambda b: layer(x, K, b), inputs["delta"].reshape(shape))
    np.testing.assert_array_equal(db, expected)
