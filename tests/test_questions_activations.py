"""The questions on activations, against answers from paper and against measured slopes."""

from fractions import Fraction as F

import numpy as np
import pytest

from classroom.questions.activations import relu, sigmoid, tanh
from classroom.questions.activations_slopes import from_a, slopes
from helpers import complex_step_gradient

SHEETS = {  # one sheet of each question, made up and computed on paper
    sigmoid: (  # slopes 0.25, 0.19661, 0.19661, 0.10499
        {"z": [[0, 1], [-1, 2]], "g": [[4, 3], [-2, 5]]},
        [[1.000, 0.590], [-0.393, 0.525]],
    ),
    tanh: (  # slopes 1, 0.41997, 0.41997, 0.07065
        {"z": [[0, 1], [-1, 2]], "g": [[2, 3], [-2, 5]]},
        [[2.000, 1.260], [-0.840, 0.353]],
    ),
    relu: ({"z": [[2, 0, -3], [-1, 4, 5]], "g": [[3, -2, 6], [5, -4, 1]]}, [[3, 0, 0], [0, -4, 1]]),
    slopes: ({"z": [-1, 0, 2]}, [[0.197, 0.420, 0], [0.250, 1, 0], [0.105, 0.071, 1]]),
    from_a: (  # slopes 3/16, 6/25, 3/4, 8/9
        {"a": [[F(1, 4), F(3, 5)], [F(1, 2), F(-1, 3)]], "g": [[4, -5], [6, 3]]},
        [[F(3, 4), F(-6, 5)], [F(9, 2), F(8, 3)]],
    ),
}

WRONG = [  # for the same sheets, also from paper
    (sigmoid, "slope left out", [[4, 3], [-2, 5]]),
    (sigmoid, "slope at a", [[0.940, 0.658], [-0.491, 1.036]]),
    (sigmoid, "factor 1 - a missing", [[2.000, 2.193], [-0.538, 4.404]]),
    (sigmoid, "matrix product", [[1.590, 1.101], [0.483, 0.132]]),
    (tanh, "plus in place of minus", [[2.000, 4.740], [-3.160, 9.647]]),
    (tanh, "slope a (1 - a)", [[0, 0.545], [2.683, 0.173]]),
    (tanh, "g left out", [[1.000, 0.420], [0.420, 0.071]]),
    (relu, "no mask", [[3, -2, 6], [5, -4, 1]]),
    (relu, "slope 1 at zero", [[3, -2, 0], [0, -4, 1]]),
    (relu, "sign of z", [[3, 0, -6], [-5, -4, 1]]),
    (relu, "value in place of slope", [[6, 0, 0], [0, -16, 5]]),
    (relu, "mask of the gradient", [[3, 0, 6], [5, 0, 1]]),
    (relu, "negative gradients stopped as well", [[3, 0, 0], [0, 0, 1]]),
    (slopes, "values in place of slopes", [[0.269, -0.762, 0], [0.500, 0, 0], [0.881, 0.964, 2]]),
    (slopes, "ReLU: slope 1 at zero", [[0.197, 0.420, 0], [0.250, 1, 1], [0.105, 0.071, 1]]),
    (slopes, "sigmoid and tanh exchanged", [[0.420, 0.197, 0], [1, 0.250, 0], [0.071, 0.105, 1]]),
    (from_a, "slopes left out", [[4, -5], [6, 3]]),
    (from_a, "rules exchanged", [[F(15, 4), F(-16, 5)], [F(3, 2), F(-4, 3)]]),
    (from_a, "rule of the sigmoid for both", [[F(3, 4), F(-6, 5)], [F(3, 2), F(-4, 3)]]),
]


def arrays(inputs):
    return {letters: np.array(value) for letters, value in inputs.items()}


def agree(answer, expected, question):
    """Exact answers to the last digit, rounded ones to half of the last decimal."""
    within = 1e-12 if question.decimals is None else 0.5001 * 10.0**-question.decimals
    answer, expected = np.asarray(answer, float), np.asarray(expected, float)
    return answer.shape == expected.shape and np.abs(answer - expected).max() <= within


@pytest.mark.parametrize("question", SHEETS, ids=lambda question: question.name)
def test_the_answer_is_the_one_from_paper(question):
    inputs, expected = SHEETS[question]
    assert agree(question.solve(arrays(inputs)), expected, question)


@pytest.mark.parametrize(("question", "name", "expected"), WRONG, ids=lambda value: getattr(value, "name", None))
def test_a_mistake_gives_the_wrong_answer_from_paper(question, name, expected):
    (mistake,) = [mistake for mistake in question.mistakes if mistake.name == name]
    assert agree(question.solve(arrays(SHEETS[question][0]), **mistake.switches), expected, question)


def squash(z):
    return 1 / (1 + np.exp(-z))


def cut(z):
    return z * (z.real > 0)


@pytest.mark.parametrize(("question", "f"), [(sigmoid, squash), (tanh, np.tanh), (relu, cut)])
def test_delta_is_the_measured_gradient(question, f):
    for seed in range(5):
        inputs = question.inputs(seed)
        measured = complex_step_gradient(lambda z, g=inputs["g"]: (g * f(z)).sum(), inputs["z"])
        assert np.allclose(question.solve(inputs), measured, rtol=0, atol=1e-12)


def test_the_slopes_are_the_measured_ones():
    for seed in range(5):
        inputs = slopes.inputs(seed)
        measured = [complex_step_gradient(lambda z, f=f: f(z).sum(), inputs["z"]) for f in (squash, np.tanh, cut)]
        assert np.allclose(slopes.solve(inputs), np.transpose(measured), rtol=0, atol=1e-12)


def test_the_slope_from_a_is_the_measured_one_at_the_z_that_gives_this_a():
    for seed in range(5):
        inputs = from_a.inputs(seed)
        a, g = (inputs[letter].astype(float) for letter in "ag")
        z = np.array([np.log(a[0] / (1 - a[0])), np.arctanh(a[1])])
        measured = complex_step_gradient(lambda z, g=g: (g * [squash(z[0]), np.tanh(z[1])]).sum(), z)
        assert np.allclose(from_a.solve(inputs).astype(float), measured, rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_relu_sheets_have_one_zero_and_both_signs(seed):
    inputs = relu.inputs(seed)
    assert (np.sign(inputs["z"]) == 0).sum() == 1 and {-1, 1} <= set(np.sign(inputs["z"]).flat)
    assert set(np.sign(inputs["g"]).flat) == {-1, 1}


def test_a_worked_entry_says_letters_numbers_and_result():
    inputs = arrays(SHEETS[from_a][0])
    assert from_a.worked(inputs, (0, 1)) == "δ[0,1] = g[0,1]·a[0,1]·(1 - a[0,1]) = (-5)·(3/5)·(2/5) = -6/5"
    inputs = arrays(SHEETS[relu][0])
    assert relu.worked(inputs, (0, 1)) == "δ[0,1] = g[0,1]·f'(z[0,1]) = (-2)·0 = 0"
