"""The questions on stride, padding and windows as columns: SymPy as the oracle, and answers computed on paper."""

import numpy as np
import pytest
from oracle import check_by_hand, gradient, kernel, layer, one_map

from classroom.questions import QUESTIONS

SEEDS = range(3)
X = [[1, 2, 0, 1, 5], [3, 1, 4, 2, -3], [0, 2, 5, -1, 1], [2, 1, 0, 3, 4]]
DELTA = [[2, -1], [1, 4]]
K_3X3 = [[1, 2, 0], [3, 1, 4], [0, 2, 5]]

BY_HAND = {
    "stride-forward": (
        {"x": X, "K": [[1, 2], [3, -1]], "b": -2},
        {
            None: [[11, 10], [7, -2]],
            "windows begin at i, j": [[11, -1], [1, 8]],
            "windows from the right edge": [[-1, 18], [13, 4]],
            "a window beyond the edge": [[11, 10, -6], [7, -2, 11]],
            "bias forgotten": [[13, 12], [9, 0]],
        },
    ),
    "stride-dK": (
        {"x": X[:3], "delta": DELTA},
        {
            None: [[22, 1, 4]],
            "windows begin at i, j": [[7, 21, 11]],
            "delta turned": [[14, 5, 2]],
            "result turned": [[4, 1, 22]],
            "only the last place": [[20, -4, 4]],
        },
    ),
    "stride-dK-remainder": (
        {"x": [[1, 2, 0, 1, 5, 7], [3, 1, 4, 2, -3, -2], [0, 2, 5, -1, 1, 6]], "delta": DELTA},
        {
            None: [[22, 1, 4]],
            "not cut to the kernel's size": [[22, 1, 4, 18]],
            "cut on the wrong side": [[1, 4, 18]],
            "windows begin at i, j": [[7, 21, 11]],
        },
    ),
    "stride-dx": (
        {"K": [[1, 2, 3]], "delta": DELTA},
        {
            None: [[2, 4, 5, -2, -3], [0, 0, 0, 0, 0], [1, 2, 7, 8, 12]],
            "overlaps overwritten": [[2, 4, -1, -2, -3], [0, 0, 0, 0, 0], [1, 2, 4, 8, 12]],
            "kernel not turned": [[6, 4, -1, -2, -1], [0, 0, 0, 0, 0], [3, 2, 13, 8, 4]],
            "no zeros between the deltas": [[2, 3, 4, -3], [1, 6, 11, 12]],
            "zeros at the end": [[2, 3, 4, -3, 0], [1, 6, 11, 12, 0], [0, 0, 0, 0, 0]],
            "copies in place of zeros": [[2, 6, 9, 4, -3], [2, 6, 9, 4, -3], [1, 3, 9, 11, 12]],
        },
    ),
    "stride-dx-remainder": (
        {"K": [[1, 2, 3], [0, -1, 2]], "delta": [[2, -1]]},
        {
            None: [[2, 4, 5, -2, -3, 0], [0, -2, 4, 1, -2, 0]],
            "remainder dropped": [[2, 4, 5, -2, -3], [0, -2, 4, 1, -2]],
            "remainder on the left": [[0, 2, 4, 5, -2, -3], [0, 0, -2, 4, 1, -2]],
        },
    ),
    "pad-forward": (
        {"x": [[1, 2], [3, -1]], "K": K_3X3, "b": 2},
        {
            None: [[12, 5], [3, 15]],
            "frame below and right only": [[15, 1], [3, 1]],
            "kernel turned": [[14, 6], [4, 22]],
            "bias subtracted": [[8, 1], [-1, 11]],
        },
    ),
    "pad-dx": (
        {"K": K_3X3, "delta": [[1, 4], [-1, -2]]},
        {
            None: [[9, 4], [-5, 7]],
            "frame not cut off": [[1, 6, 8, 0], [2, 9, 4, 16], [-3, -5, 7, 12], [0, -2, -9, -10]],
            "cut below and right only": [[1, 6], [2, 9]],
            "cut above and left only": [[7, 12], [-9, -10]],
        },
    ),
    "pad-dK": (
        {"x": [[1, 2], [3, -1]], "delta": [[1, 4], [-1, -2]]},
        {
            None: [[-2, -5, -2], [-2, 8, 3], [12, -1, -1]],
            "result turned": [[-1, -1, 12], [3, 8, -2], [-2, -5, -2]],
            "delta turned": [[1, 6, 8], [2, 7, -8], [-3, -5, 2]],
            "frame forgotten": [[8]],
        },
    ),
    "im2col": (
        {"x": [[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]},
        {
            None: [[1, 2], [2, 3], [4, 5], [5, 6], [7, 8], [8, 9], [10, 11], [11, 12]],
            "windows as rows": [[1, 2, 4, 5, 7, 8, 10, 11], [2, 3, 5, 6, 8, 9, 11, 12]],
            "maps interleaved": [[1, 2], [7, 8], [2, 3], [8, 9], [4, 5], [10, 11], [5, 6], [11, 12]],
            "row of map 0, row of map 1": [[1, 2], [2, 3], [7, 8], [8, 9], [4, 5], [5, 6], [10, 11], [11, 12]],
            "entries clockwise": [[1, 2], [2, 3], [5, 6], [4, 5], [7, 8], [8, 9], [11, 12], [10, 11]],
        },
    ),
    "col2im": (
        {"dcolumns": [[1, 2, 3], [4, 5, 6], [-1, -2, -3], [2, 0, -4]]},
        {
            None: [[1, 6, 8, 6], [-1, 0, -3, -4]],
            "overlaps overwritten": [[1, 2, 3, 6], [-1, -2, -3, -4]],
            "only the first copy": [[1, 4, 5, 6], [-1, 2, 0, -4]],
            "copies averaged": [[1, 3, 4, 6], [-1, 0, -1.5, -4]],
            "windows taken from the rows": [[1, 7, 3, 2], [3, 3, -2, -4]],
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
@pytest.mark.parametrize(("name", "stride", "padding"), [("stride-forward", 2, 0), ("pad-forward", 1, 1)])
def test_forward_is_the_definition(name, stride, padding, seed):
    inputs, z = asked(name, seed)
    expected = layer(one_map(inputs["x"]), kernel(inputs["K"]), inputs["b"].reshape(1), stride, padding)
    np.testing.assert_array_equal(one_map(z), expected)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("name", "stride", "padding"), [("stride-dx", 2, 0), ("stride-dx-remainder", 2, 0), ("pad-dx", 1, 1)]
)
def test_input_gradients_are_sympys(name, stride, padding, seed):
    inputs, dx = asked(name, seed)
    K, delta = kernel(inputs["K"]), one_map(inputs["delta"])
    expected = gradient("x", dx.shape, lambda x: layer(one_map(x), K, None, stride, padding), delta)
    np.testing.assert_array_equal(dx, expected)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("name", "stride", "padding"), [("stride-dK", 2, 0), ("stride-dK-remainder", 2, 0), ("pad-dK", 1, 1)]
)
def test_kernel_gradients_are_sympys(name, stride, padding, seed):
    inputs, dK = asked(name, seed)
    x, delta = one_map(inputs["x"]), one_map(inputs["delta"])
    expected = gradient("K", dK.shape, lambda K: layer(x, kernel(K), None, stride, padding), delta)
    np.testing.assert_array_equal(dK, expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_columns_make_the_layer_a_product_of_matrices(seed):
    inputs, columns = asked("im2col", seed)
    K = np.arange(1, 17).reshape(2, 2, 2, 2) ** 2 % 11
    z = layer(inputs["x"][..., None], K)
    np.testing.assert_array_equal(K.reshape(2, 8) @ columns, z.reshape(2, 2))


@pytest.mark.parametrize("seed", SEEDS)
def test_columns_go_back_to_the_map_as_the_layer_does(seed):
    _, dx = asked("col2im", seed)
    dcolumns = QUESTIONS["col2im"].inputs(seed)["dcolumns"]
    one_window_each = np.eye(4, dtype=int).reshape(4, 1, 2, 2)  # four kernels that copy one entry: z is columns
    expected = gradient("x", (2, 4), lambda x: layer(one_map(x), one_window_each), dcolumns.reshape(4, 1, 3, 1))
    np.testing.assert_array_equal(dx, expected)
