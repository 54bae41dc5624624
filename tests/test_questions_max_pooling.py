"""The questions on the max pool: measured slopes as the oracle, and answers computed on paper."""

import numpy as np
import pytest
from measured import largest, slopes
from oracle import check_by_hand

from classroom.questions import QUESTIONS

SEEDS = range(3)
X = [[1, 7, 2, 4], [3, 5, 6, 0], [8, 2, -9, -1], [4, -1, -3, -5]]
TIED = [[5, 2, 1, 4], [0, 5, 4, 3], [7, 1, 2, 6], [7, 7, 6, 6]]

BY_HAND = {
    "max-forward": (
        {"x": [[1, 7, 2, 4, -2, -6], [3, 5, 6, 0, -8, -1], [8, 2, 9, 1, 0, 2], [4, -1, 3, 5, -7, 6]]},
        {
            None: [[7, 6, -1], [8, 9, 6]],
            "smallest entry": [[1, 0, -8], [-1, 1, -7]],
            "largest without sign": [[7, 6, -8], [8, 9, -7]],
            "signs dropped": [[7, 6, 8], [8, 9, 7]],
            "mean in place of maximum": [[4, 3, -4.25], [3.25, 4.5, 0.25]],
            "place of the maximum": [[1, 2, 3], [0, 0, 3]],
            "second largest": [[5, 4, -2], [4, 5, 2]],
            "ReLU applied": [[7, 6, 0], [8, 9, 6]],
            "overlapping windows": [[7, 7, 6, 4, -1], [8, 9, 9, 1, 2], [8, 9, 9, 5, 6]],
            "four in reading order": [[7, 5, 6], [9, 4, 6]],
        },
    ),
    "max-dx": (
        {"x": X, "delta": [[2, -3], [5, 4]]},
        {
            None: [[0, 2, 0, 0], [0, 0, -3, 0], [5, 0, 0, 4], [0, 0, 0, 0]],
            "delta to all entries": [[2, 2, -3, -3], [2, 2, -3, -3], [5, 5, 4, 4], [5, 5, 4, 4]],
            "upper left entries": [[2, 0, -3, 0], [0, 0, 0, 0], [5, 0, 4, 0], [0, 0, 0, 0]],
            "index read by columns": [[0, 0, 0, -3], [2, 0, 0, 0], [5, 0, 0, 0], [0, 0, 4, 0]],
            "largest without sign": [[0, 2, 0, 0], [0, 0, -3, 0], [5, 0, 4, 0], [0, 0, 0, 0]],
            "only positive maxima": [[0, 2, 0, 0], [0, 0, -3, 0], [5, 0, 0, 0], [0, 0, 0, 0]],
            "1 in place of delta": [[0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 1], [0, 0, 0, 0]],
            "the maximum itself": [[0, 7, 0, 0], [0, 0, 6, 0], [8, 0, 0, -1], [0, 0, 0, 0]],
            "place counted from the corner of x": [[5, 6, -3, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
            "largest entry of the whole map": [[0, 0, 0, 0], [0, 0, 0, 0], [8, 0, 0, 0], [0, 0, 0, 0]],
            "x kept elsewhere": [[1, 2, 2, 4], [3, 5, -3, 0], [5, 2, -9, 4], [4, -1, -3, -5]],
        },
    ),
    "max-dx-ties": (
        {"x": TIED, "delta": [[6, 12], [-6, 18]]},
        {
            None: [[6, 0, 0, 12], [0, 0, 0, 0], [-6, 0, 0, 18], [0, 0, 0, 0]],
            "delta to every largest entry": [[6, 0, 0, 12], [0, 6, 12, 0], [-6, 0, 0, 18], [-6, -6, 18, 18]],
            "delta split among the largest": [[3, 0, 0, 6], [0, 3, 6, 0], [-2, 0, 0, 6], [-2, -2, 6, 6]],
            "last of the largest": [[0, 0, 0, 0], [0, 6, 12, 0], [0, 0, 0, 0], [0, -6, 0, 18]],
            "first by columns": [[6, 0, 0, 0], [0, 0, 12, 0], [-6, 0, 0, 0], [0, 0, 18, 0]],
            "nothing on a tie": [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
        },
    ),
    "max-dx-overlap": (
        {"x": [[1, 2, 0, 8], [3, 9, 4, 5], [5, 2, 6, 7]], "delta": [[1, 4, 3], [-1, -2, 5]]},
        {
            None: [[0, 0, 0, 3], [0, 2, 0, 0], [0, 0, 0, 5]],
            "= for +=": [[0, 0, 0, 3], [0, -2, 0, 0], [0, 0, 0, 5]],
            "first window only": [[0, 0, 0, 3], [0, 1, 0, 0], [0, 0, 0, 5]],
            "mean of the windows": [[0, 0, 0, 3], [0, 0.5, 0, 0], [0, 0, 0, 5]],
            "delta to all entries": [[1, 5, 7, 3], [0, 2, 10, 8], [-1, -3, 3, 5]],
        },
    ),
    "max-dx-remainder": (
        {"x": [[1, 7, 2, 4, 9], [3, 5, 6, 0, 1], [8, 2, 3, 1, 4]], "delta": [[2, -3]]},
        {
            None: [[0, 2, 0, 0, 0], [0, 0, -3, 0, 0], [0, 0, 0, 0, 0]],
            "cropped": [[0, 2, 0, 0], [0, 0, -3, 0]],
            "windows reach to the edge": [[0, 0, 0, 0, -3], [0, 0, 0, 0, 0], [2, 0, 0, 0, 0]],
            "windows begin at the lower right": [[0, 0, 0, 0, 0], [0, 0, 2, 0, 0], [0, 0, 0, 0, -3]],
            "windows one step apart": [[0, -1, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
        },
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_by_hand(name):
    check_by_hand(QUESTIONS[name], *BY_HAND[name])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_forward_pass_is_the_definition(seed):
    inputs = QUESTIONS["max-forward"].inputs(seed)
    assert np.array_equal(QUESTIONS["max-forward"].solve(inputs), largest(inputs["x"]))


@pytest.mark.parametrize(("name", "stride"), [("max-dx", 2), ("max-dx-overlap", 1), ("max-dx-remainder", 2)])
@pytest.mark.parametrize("seed", SEEDS)
def test_dx_is_the_measured_slope(name, stride, seed):
    inputs = QUESTIONS[name].inputs(seed)

    def J(x):
        return (inputs["delta"] * largest(x, stride)).sum()

    assert np.array_equal(QUESTIONS[name].solve(inputs), slopes(J, inputs["x"]))


@pytest.mark.parametrize("seed", SEEDS)
def test_on_a_tie_the_first_in_reading_order_stands_for_all(seed):
    """Raised by a little, in this order: 3/1000 for the first entry of a window down to 0, there are no ties."""
    inputs = QUESTIONS["max-dx-ties"].inputs(seed)
    lift = np.tile([[3, 2], [1, 0]], (2, 2))

    def J(x):
        return (inputs["delta"] * largest(x)).sum()

    apart = slopes(J, 10_000 * inputs["x"] + lift)
    assert np.array_equal(QUESTIONS["max-dx-ties"].solve(inputs), apart)


def test_every_entry_worked_names_the_windows_it_wins():
    inputs = {"x": np.array([[1, 2, 0], [3, 9, 4], [5, 2, 6]]), "delta": np.array([[1, 4], [-1, -2]])}
    overlap = QUESTIONS["max-dx-overlap"]
    assert overlap.worked(inputs, (1, 1)) == "dx[1,1] = δ[0,0] + δ[0,1] + δ[1,0] + δ[1,1] = 1 + 4 + (-1) + (-2) = 2"
    assert overlap.worked(inputs, (0, 0)) == "dx[0,0] = 0 (wins no window) = 0"
