"""The questions on fully connected layers, against answers from paper and against measured gradients."""

from fractions import Fraction as F

import numpy as np
import pytest

from classroom.questions.dense import dx, z
from classroom.questions.dense_activated import dW_from_g, mse
from classroom.questions.dense_delta import delta, delta_relu
from classroom.questions.dense_parameters import db, dW
from helpers import complex_step_gradient

SHEETS = {  # one sheet of each question, made up and computed on paper
    z: ({"x": [[1, 2], [-1, 3], [2, -2]], "W": [[2, 1, -1], [3, -2, 1]], "b": [4, -3]}, [[3, 13], [4, -5]]),
    dx: (
        {"x": [[1, -2], [3, 2]], "W": [[1, 2], [-1, 3], [2, -2]], "delta": [[2, 1], [-3, 2], [1, 4]]},
        [[7, 7], [-7, 0]],
    ),
    dW: (
        {"x": [[1, 2], [-1, 3], [2, -2]], "W": [[1, 2, 3], [-1, 1, -2]], "delta": [[2, 1], [-3, 4]]},
        [[4, 1, 2], [5, 15, -14]],
    ),
    db: ({"x": [[1, 2, -1], [3, -2, 2]], "b": [2, -3, 4], "delta": [[1, 2, -4], [3, -1, 5], [-2, 6, 4]]}, [-1, 7, 8]),
    delta: (  # slopes 0.25, 0.19661, 0.19661, 0.10499; W2^T delta2 = [[1, 3], [7, -4]]
        {"z1": [[0, 1], [-1, 2]], "W2": [[1, 2], [-1, 3]], "z2": [[1, 0], [2, -1]], "delta2": [[2, 1], [1, -2]]},
        [[0.250, 0.590], [1.376, -0.420]],
    ),
    delta_relu: (  # W2^T delta2 = [[-6, 15], [5, -1], [-1, 2]]
        {
            "z1": [[2, 0], [-1, 3], [4, -2]],
            "W2": [[1, 2, -1], [3, -1, 2], [-2, 1, 1]],
            "delta2": [[1, 2], [-1, 3], [2, -2]],
            "lr": F(1, 2),
        },
        [[-6, 0], [0, -1], [-1, 0]],
    ),
    dW_from_g: (  # delta = [[2, 0, 0], [0, -2, 1]]
        {"x": [[1, 2, -1], [3, -2, 2]], "z": [[2, -1, 0], [-3, 4, 5]], "g": [[2, 3, -1], [4, -2, 1]]},
        [[2, 6], [-5, 6]],
    ),
    mse: (  # a = [[0.5, 0.73106, 0.26894], [0.88080, 0.11920, 0.5]]
        {"z": [[0, 1, -1], [2, -2, 0]], "y": [[1, 2, -1], [3, 1, -2]]},
        [[-0.042, -0.083, 0.083], [-0.074, -0.031, 0.208]],
    ),
}

WRONG = [  # for the same sheets, also from paper
    (z, "bias left out", [[-1, 9], [7, -2]]),
    (z, "bias by example", [[3, 6], [11, -5]]),
    (z, "bias once a weight", [[11, 21], [-2, -11]]),
    (z, "operands exchanged", [[12, 1], [4, -10]]),
    (z, "last input left out", [[5, 11], [2, -3]]),
    (z, "activation applied", [[3, 13], [4, 0]]),
    (dx, "rows of W", [[-4, 5], [-11, 5]]),
    (dx, "reshaped, not transposed", [[-5, 1], [-2, -1]]),
    (dx, "last output only", [[2, 8], [-2, -8]]),
    (dx, "product of sums", [[0, 14], [0, 21]]),
    (dx, "examples added up", [[14, 14], [-7, -7]]),
    (dx, "mean over the batch", [[3.5, 3.5], [-3.5, 0]]),
    (dW, "dW transposed", [[4, 5], [1, 15], [2, -14]]),
    (dW, "delta transposed", [[-4, -11, 10], [9, 11, -6]]),
    (dW, "product of sums", [[9, 6, 0], [3, 2, 0]]),
    (dW, "last example only", [[2, 3, -2], [8, 12, -8]]),
    (dW, "mean over the batch", [[2, 0.5, 1], [2.5, 7.5, -7]]),
    (dW, "new weights", [[-3, 1, 1], [-6, -14, 12]]),
    (db, "summed over the outputs", [2, 7, 5]),
    (db, "everything added up", [14, 14, 14]),
    (db, "rows of dW added up", [0, 17, -4]),
    (db, "mean over the batch", [F(-1, 3), F(7, 3), F(8, 3)]),
    (db, "dz/db alone", [1, 1, 1]),
    (db, "multiplied by b", [-2, -21, 32]),
    (delta, "slope left out", [[1, 3], [7, -4]]),
    (delta, "W not transposed", [[1.000, -0.590], [0.197, -0.735]]),
    (delta, "slope of layer 2", [[0.197, 0.750], [0.735, -0.786]]),
    (delta, "z in place of a", [[0, 0], [-14, 8]]),
    (delta_relu, "no mask", [[-6, 15], [5, -1], [-1, 2]]),
    (delta_relu, "slope 1 at zero", [[-6, 15], [0, -1], [-1, 0]]),
    (delta_relu, "W not transposed", [[-3, 0], [0, -1], [-1, 0]]),
    (delta_relu, "updated weights", [[-12, 0], [0, -26.5], [-13, 0]]),  # W2 = [[0, -1, -3], [4, -5.5, 4], [-4, 4, -3]]
    (delta_relu, "mask of the gradient", [[0, 15], [5, 0], [0, 2]]),
    (dW_from_g, "no mask", [[9, -2], [-1, 18]]),
    (dW_from_g, "slope 1 at zero", [[3, 4], [-5, 6]]),
    (dW_from_g, "mask of the gradient", [[8, 0], [3, 14]]),
    (dW_from_g, "output in place of input", [[4, 0], [0, -3]]),
    (dW_from_g, "dW transposed", [[2, -5], [6, 6]]),
    (mse, "slope left out", [[-0.167, -0.423, 0.423], [-0.706, -0.294, 0.833]]),
    (mse, "y - a", [[0.042, 0.083, -0.083], [0.074, 0.031, -0.208]]),
    (mse, "z - y", [[-0.083, -0.066, 0], [-0.035, -0.105, 0.167]]),
    (mse, "1/N left out", [[-0.125, -0.249, 0.249], [-0.223, -0.092, 0.625]]),
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


def forward(W, x, b):
    return np.einsum("ij,jt->it", W, x) + np.reshape(b, (-1, 1))


def squash(z):
    return 1 / (1 + np.exp(-z))


def cut(z):
    return z * (z.real > 0)


def squared(z, y):
    return ((squash(z) - y) ** 2).sum() / 2 / y.shape[1]


MEASURED = {  # question: what J is as a function of the array that the gradient is asked for, and where
    dx: lambda x, W, delta: (lambda at: (delta * forward(W, at, [0, 0, 0])).sum(), x),
    dW: lambda x, W, delta: (lambda at: (delta * forward(at, x, [0, 0])).sum(), W),
    db: lambda x, b, delta: (lambda at: (delta * forward(np.zeros((3, 2)), x, at)).sum(), b),
    delta: lambda z1, W2, z2, delta2: (lambda at: (delta2 * forward(W2, squash(at), [0, 0])).sum(), z1),
    delta_relu: lambda z1, W2, delta2, lr: (lambda at: (delta2 * forward(W2, cut(at), [0, 0, 0])).sum(), z1),
    dW_from_g: lambda x, z, g: (lambda at: (g * cut(z + at @ x)).sum(), np.zeros((2, 2))),
    mse: lambda z, y: (lambda at: squared(at, y), z),
}


@pytest.mark.parametrize("question", MEASURED, ids=lambda question: question.name)
def test_the_answer_is_the_measured_gradient(question):
    for seed in range(5):
        inputs = question.inputs(seed)
        measured = complex_step_gradient(*MEASURED[question](**inputs))
        assert np.allclose(question.solve(inputs).astype(float), measured, rtol=0, atol=1e-12)


def test_z_is_row_times_column_plus_bias():
    for seed in range(5):
        inputs = z.inputs(seed)
        assert np.array_equal(z.solve(inputs), forward(**inputs))


def test_a_worked_entry_says_letters_numbers_and_result():
    inputs = arrays(SHEETS[dx][0])
    assert dx.worked(inputs, (1, 0)) == (
        "dx[1,0] = W[0,1]·δ[0,0] + W[1,1]·δ[1,0] + W[2,1]·δ[2,0] = 2·2 + 3·(-3) + (-2)·1 = -7"
    )
    inputs = arrays(SHEETS[delta][0])
    assert delta.worked(inputs, (1, 0)) == (
        "δ1[1,0] = W2[0,1]·δ2[0,0]·f'(z1[1,0]) + W2[1,1]·δ2[1,0]·f'(z1[1,0]) = 2·2·0.19661 + 3·1·0.19661 = 1.376"
    )
