"""The questions on the mean pool: measured slopes as the oracle, and answers computed on paper."""

from fractions import Fraction

import numpy as np
import pytest
from measured import block_means, relu, slopes
from oracle import check_by_hand

from classroom.questions import QUESTIONS

SEEDS = range(3)
X = [[1, 5, 2, 4], [3, -1, 4, 6], [6, 2, -3, 1], [0, 4, 7, 3]]  # its block means: 2, 4, 3, 2
THREE_MAPS = [[[1, 5, 2, 4], [3, -1, 4, 6]], [[6, 2, -3, 1], [0, 4, 7, 3]], [[-1, 2, 8, 0], [-3, -2, 1, -5]]]
SHARED = {"x": X, "beta": 3, "b": -1, "delta": [[4, -8], [12, 8]]}
QUARTERS = Fraction(3, 4)

BY_HAND = {
    "mean-forward": (
        {"x": X, "beta": 3, "b": -1},
        {
            None: [[5, 11], [8, 5]],
            "block sums": [[23, 47], [35, 23]],
            "divided by 2": [[11, 23], [17, 11]],
            "maximum in place of mean": [[14, 17], [17, 20]],
            "b multiplied by beta": [[3, 9], [6, 3]],
            "beta left out": [[1, 3], [2, 1]],
            "beta and b exchanged": [[1, -1], [0, 1]],
            "pairs in a row": [[8, 8], [2, 14], [11, -4], [5, 14]],
        },
    ),
    "mean-dx": (
        SHARED,
        {
            None: [[3, 3, -6, -6], [3, 3, -6, -6], [9, 9, 6, 6], [9, 9, 6, 6]],
            "not divided by 4": [[12, 12, -24, -24], [12, 12, -24, -24], [36, 36, 24, 24], [36, 36, 24, 24]],
            "tiled": [[3, -6, 3, -6], [9, 6, 9, 6], [3, -6, 3, -6], [9, 6, 9, 6]],
            "columns tiled": [[3, -6, 3, -6], [3, -6, 3, -6], [9, 6, 9, 6], [9, 6, 9, 6]],
            "beta left out": [[1, 1, -2, -2], [1, 1, -2, -2], [3, 3, 2, 2], [3, 3, 2, 2]],
            "all to the largest": [[0, 12, 0, 0], [0, 0, 0, -24], [36, 0, 0, 0], [0, 0, 24, 0]],
            "b added": [[2, 2, -7, -7], [2, 2, -7, -7], [8, 8, 5, 5], [8, 8, 5, 5]],
            "shared in proportion": [[1.5, 7.5, -3, -6], [4.5, -1.5, -6, -9], [18, 6, -9, 3], [0, 12, 21, 9]],
            "not enlarged": [[3, -6], [9, 6]],
        },
    ),
    "mean-dx-block-sum": (
        SHARED | {"beta": QUARTERS},
        {
            None: [[3, 3, -6, -6], [3, 3, -6, -6], [9, 9, 6, 6], [9, 9, 6, 6]],
            "divided by 4": np.repeat(np.repeat([[0.75, -1.5], [2.25, 1.5]], 2, 0), 2, 1),
            "beta left out": [[4, 4, -8, -8], [4, 4, -8, -8], [12, 12, 8, 8], [12, 12, 8, 8]],
            "times down(x)": [[24, 24, -96, -96], [24, 24, -96, -96], [108, 108, 48, 48], [108, 108, 48, 48]],
        },
    ),
    "mean-dbeta": (
        {"x": THREE_MAPS, "beta": [3, -5, 2], "b": [-1, 2, 4], "delta": [[[4, -8]], [[3, 5]], [[-2, 6]]]},
        {
            None: [-24, 19, 8],  # 4·2 - 8·4, 3·3 + 5·2, -2·(-1) + 6·1
            "block sums": [-96, 76, 32],
            "with the output": [-68, -79, 32],  # 4·5 - 8·11, 3·(-13) + 5·(-8), -2·2 + 6·6
            "times beta": [-72, -95, 16],
            "down(x) forgotten": [-4, 8, 4],
            "mean over the places": [-12, 9.5, 4],
            "product of sums": [-24, 40, 0],
            "one beta for all maps": [3, 3, 3],
            "delta of the next map": [26, 6, -12],  # 3·2 + 5·4, -2·3 + 6·2, 4·(-1) - 8·1
            "not added up": [[8, -32], [9, 10], [2, 6]],
        },
    ),
    "mean-db": (
        {
            "beta": [3, -5, 2],
            "b": [-1, 2, 4],
            "delta": [[[[1, 2], [3, -4], [5, 6]]], [[[-1, 4], [2, 2], [-5, 3]]], [[[7, -2], [1, 1], [3, 2]]]],
        },
        {
            None: [13, 5, 12],
            "divided by N again": [6.5, 2.5, 6],
            "first example only": [9, -4, 11],
            "last example only": [4, 9, 1],
            "one b for all maps": [30, 30, 30],
            "times beta": [39, -25, 24],
            "examples kept apart": [[9, 4], [-4, 9], [11, 1]],
            "places kept apart": [[3, -1, 11], [3, 4, -2], [5, 2, 5]],
            "delta forgotten": [6, 6, 6],
        },
    ),
    "mean-delta-below": (
        {"z": [[1, -5, 2, 4], [3, 0, -4, 6], [6, 2, -3, -1], [-8, 4, -7, -3]], "beta": 3, "b": -4}
        | {"delta+": [[4, -8], [12, 8]]},
        {
            None: [[3, 0, -6, -6], [3, 0, 0, -6], [9, 9, 0, 0], [0, 9, 0, 0]],
            "f' forgotten": [[3, 3, -6, -6], [3, 3, -6, -6], [9, 9, 6, 6], [9, 9, 6, 6]],
            "slope 1 at 0": [[3, 0, -6, -6], [3, 3, 0, -6], [9, 9, 0, 0], [0, 9, 0, 0]],
            "f' of the mean": [[3, 3, -6, -6], [3, 3, -6, -6], [9, 9, 0, 0], [9, 9, 0, 0]],
            "f' of the pool's z": [[0, 0, -6, -6], [0, 0, -6, -6], [9, 9, 0, 0], [9, 9, 0, 0]],  # 3·1 - 4 = -1
            "f in place of f'": [[3, 0, -12, -24], [9, 0, 0, -36], [54, 18, 0, 0], [0, 36, 0, 0]],
            "not divided by 4": [[12, 0, -24, -24], [12, 0, 0, -24], [36, 36, 0, 0], [0, 36, 0, 0]],
        },
    ),
    "mean-delta-after-f": (
        {"x": THREE_MAPS, "beta": [3, -5, 2], "b": [-6, 12, 4], "g": [[[4, -8]], [[3, 5]], [[-2, 6]]]},
        {
            None: [-32, 10, 8],  # u: 0 and 6, -3 and 2, 2 and 6
            "f' forgotten": [-24, 19, 8],
            "slope 1 at 0": [-24, 10, 8],
            "f in place of f'": [-192, 20, 40],  # -8·6·4, 5·2·2, -2·2·(-1) + 6·6·1
            "f' of down(x)": [-24, 19, 6],
            "mask inverted": [0, 9, 0],
            "times beta": [-96, -50, 16],
        },
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_by_hand(name):
    check_by_hand(QUESTIONS[name], *BY_HAND[name])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_forward_pass_is_the_definition(seed):
    question = QUESTIONS["mean-forward"]
    inputs = question.inputs(seed)
    assert np.array_equal(question.solve(inputs), inputs["beta"] * block_means(inputs["x"]) + inputs["b"])


@pytest.mark.parametrize(("name", "scale"), [("mean-dx", 1), ("mean-dx-block-sum", 4)])
@pytest.mark.parametrize("seed", SEEDS)
def test_dx_is_the_measured_slope(name, scale, seed):
    inputs = QUESTIONS[name].inputs(seed)

    def J(x):
        return (inputs["delta"] * (inputs["beta"] * scale * block_means(x) + inputs["b"])).sum()

    assert np.array_equal(QUESTIONS[name].solve(inputs), slopes(J, inputs["x"]))


@pytest.mark.parametrize(("name", "letters"), [("mean-dbeta", "beta"), ("mean-delta-after-f", "beta")])
@pytest.mark.parametrize("seed", SEEDS)
def test_dbeta_is_the_measured_slope(name, letters, seed):
    inputs = QUESTIONS[name].inputs(seed)
    means = [block_means(x) for x in inputs["x"]]

    def delta(c):
        if name == "mean-dbeta":
            return inputs["delta"][c]
        z = inputs["beta"][c] * means[c] + inputs["b"][c]
        return np.array([[g if value > 0 else 0 for g, value in zip(inputs["g"][c][0], z[0], strict=True)]])

    def J(beta):
        return sum((delta(c) * (beta[c] * means[c] + inputs["b"][c])).sum() for c in range(3))

    assert np.array_equal(QUESTIONS[name].solve(inputs), slopes(J, inputs[letters]))


@pytest.mark.parametrize("seed", SEEDS)
def test_db_is_the_measured_slope(seed):
    inputs = QUESTIONS["mean-db"].inputs(seed)

    def J(b):
        return sum(inputs["delta"][c, i, j, t] * (7 + b[c]) for c, i, j, t in np.ndindex(3, 1, 3, 2))

    assert np.array_equal(QUESTIONS["mean-db"].solve(inputs), slopes(J, inputs["b"]))


@pytest.mark.parametrize("seed", SEEDS)
def test_delta_below_is_the_measured_slope(seed):
    inputs = QUESTIONS["mean-delta-below"].inputs(seed)

    def J(z):
        return (inputs["delta+"] * (inputs["beta"] * block_means(relu(z)) + inputs["b"])).sum()

    assert np.array_equal(QUESTIONS["mean-delta-below"].solve(inputs), slopes(J, inputs["z"], side=-1))


def test_a_worked_entry_names_every_factor():
    inputs = {letters: np.array(value) for letters, value in SHARED.items()}
    assert QUESTIONS["mean-dx"].worked(inputs, (3, 0)) == "dx[3,0] = 1/4·β·δ[1,0] = (1/4)·3·12 = 9"
