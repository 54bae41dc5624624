"""The questions on softmax and cross-entropy, against answers from paper, SciPy, and measured gradients."""

from fractions import Fraction as F

import numpy as np
import pytest
import scipy.special

from classroom.questions.cross_entropy import losses
from classroom.questions.softmax import forward
from classroom.questions.softmax_delta import delta
from classroom.questions.softmax_jacobian import backward, jacobian
from helpers import complex_step_gradient

SHEETS = {  # one sheet of each question, made up and computed on paper
    forward: (  # columns of exp: 1, 2.71828, 7.38906 with sum 11.10734; 2.71828 twice, 0.36788 with sum 5.80444
        {"z": [[0, 1], [1, 1], [2, -1]]},
        [[0.090, 0.468], [0.245, 0.468], [0.665, 0.063]],
    ),
    losses: (  # -ln 0.7, -ln 0.5, -ln 0.6, and a third of their sum 1.56065
        {
            "p": [[F(1, 10), F(1, 2), F(1, 5)], [F(7, 10), F(3, 10), F(1, 5)], [F(1, 5), F(1, 5), F(3, 5)]],
            "labels": [1, 0, 2],
        },
        [0.357, 0.693, 0.511, 0.520],
    ),
    delta: (  # p = [[1/8, 3/10], [2/8, 1/10], [5/8, 6/10]]
        {"exp(z)": [[F(1), F(3)], [F(2), F(1)], [F(5), F(6)]], "labels": [2, 0]},
        [[F(1, 16), F(-7, 20)], [F(1, 8), F(1, 20)], [F(-3, 16), F(3, 10)]],
    ),
    jacobian: (
        {"p": [F(1, 2), F(1, 5), F(3, 10)]},
        [[F(1, 4), F(-1, 10), F(-3, 20)], [F(-1, 10), F(4, 25), F(-3, 50)], [F(-3, 20), F(-3, 50), F(21, 100)]],
    ),
    backward: (  # the weighted means of g are 3/5 and 29/10
        {
            "p": [[F(1, 2), F(1, 10)], [F(1, 5), F(3, 5)], [F(3, 10), F(3, 10)]],
            "g": [[F(2), F(-1)], [F(1), F(3)], [F(-2), F(4)]],
        },
        [[F(7, 10), F(-39, 100)], [F(2, 25), F(3, 50)], [F(-39, 50), F(33, 100)]],
    ),
}

WRONG = [  # for the same sheets, also from paper
    (forward, "normalised over the examples", [[0.269, 0.731], [0.500, 0.500], [0.953, 0.047]]),
    (forward, "one sum for the batch", [[0.059, 0.161], [0.161, 0.161], [0.437, 0.022]]),
    (forward, "exp forgotten", [[0, 1], [0.333, 1], [0.667, -1]]),
    (forward, "sigmoid in place of softmax", [[0.500, 0.731], [0.731, 0.731], [0.881, 0.269]]),
    (losses, "logarithm to base 10", [0.155, 0.301, 0.222, 0.226]),
    (losses, "sum in place of mean", [0.357, 0.693, 0.511, 1.561]),
    (losses, "rows and columns of p exchanged", [0.693, 0.357, 0.511, 0.520]),
    (losses, "classes counted from 1", [2.303, 1.609, 1.609, 1.840]),
    (losses, "1 - p", [0.3, 0.5, 0.4, 0.4]),
    (delta, "1/N left out", [[F(1, 8), F(-7, 10)], [F(1, 4), F(1, 10)], [F(-3, 8), F(3, 5)]]),
    (delta, "diagonal Jacobian", [[0, F(-7, 20)], [0, 0], [F(-3, 16), 0]]),
    (delta, "true class only", [[0, F(-7, 20)], [0, 0], [F(-3, 16), 0]]),
    (delta, "stopped at -y/p", [[0, F(-5, 3)], [0, 0], [F(-4, 5), 0]]),
    (delta, "target not subtracted", [[F(1, 16), F(3, 20)], [F(1, 8), F(1, 20)], [F(5, 16), F(3, 10)]]),
    (delta, "normalised over the examples", [[F(1, 8), F(-1, 8)], [F(1, 3), F(1, 6)], [F(-3, 11), F(3, 11)]]),
    (delta, "classes counted from 1", [[F(1, 16), F(3, 20)], [F(-3, 8), F(1, 20)], [F(5, 16), F(-1, 5)]]),
    (jacobian, "diagonal only", [[F(1, 4), 0, 0], [0, F(4, 25), 0], [0, 0, F(21, 100)]]),
    (
        jacobian,
        "p (1 - p) everywhere",
        [[F(1, 4), F(2, 5), F(7, 20)], [F(1, 10), F(4, 25), F(7, 50)], [F(3, 20), F(6, 25), F(21, 100)]],
    ),
    (
        jacobian,
        "factor p lost everywhere",
        [[F(1, 2), F(-1, 5), F(-3, 10)], [F(-1, 2), F(4, 5), F(-3, 10)], [F(-1, 2), F(-1, 5), F(7, 10)]],
    ),
    (backward, "subtraction forgotten", [[1, F(-1, 10)], [F(1, 5), F(9, 5)], [F(-3, 5), F(6, 5)]]),
    (backward, "diagonal Jacobian", [[F(1, 2), F(-9, 100)], [F(4, 25), F(18, 25)], [F(-21, 50), F(21, 25)]]),
    (backward, "factor p lost", [[F(7, 5), F(-39, 10)], [F(2, 5), F(1, 10)], [F(-13, 5), F(11, 10)]]),
    (backward, "g unchanged", [[2, -1], [1, 3], [-2, 4]]),
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


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=0)


def test_the_probabilities_are_those_of_scipy():
    for seed in range(5):
        inputs = forward.inputs(seed)
        assert np.allclose(forward.solve(inputs), scipy.special.softmax(inputs["z"], axis=0), rtol=0, atol=1e-12)


def test_the_losses_are_the_relative_entropies_of_label_and_p():
    for seed in range(5):
        inputs = losses.inputs(seed)
        y = np.eye(3)[:, inputs["labels"]]
        each = scipy.special.rel_entr(y, inputs["p"].astype(float)).sum(axis=0)
        assert np.allclose(losses.solve(inputs), [*each, each.mean()], rtol=0, atol=1e-12)


def test_delta_is_the_measured_gradient_of_the_mean_loss():
    for seed in range(5):
        inputs = delta.inputs(seed)
        z, labels = np.log(inputs["exp(z)"].astype(float)), inputs["labels"]
        measured = complex_step_gradient(lambda z, c=labels: -np.log(softmax(z)[c, [0, 1]]).sum() / 2, z)
        assert np.allclose(delta.solve(inputs).astype(float), measured, rtol=0, atol=1e-12)


def test_the_jacobian_is_the_measured_one():
    for seed in range(5):
        inputs = jacobian.inputs(seed)
        z = np.log(inputs["p"].astype(float))
        measured = [complex_step_gradient(lambda z, i=i: softmax(z)[i], z) for i in range(3)]
        assert np.allclose(jacobian.solve(inputs).astype(float), measured, rtol=0, atol=1e-12)


def test_back_through_softmax_is_the_measured_gradient():
    for seed in range(5):
        inputs = backward.inputs(seed)
        z, g = np.log(inputs["p"].astype(float)), inputs["g"].astype(float)
        measured = complex_step_gradient(lambda z, g=g: (g * softmax(z)).sum(), z)
        assert np.allclose(backward.solve(inputs).astype(float), measured, rtol=0, atol=1e-12)


def test_the_sheets_hold_probabilities():
    for seed in range(20):
        for question in (losses, jacobian, backward):
            p = question.inputs(seed)["p"]
            assert (p > 0).all() and np.all(p.sum(axis=0) == 1)


def test_a_worked_entry_says_letters_numbers_and_result():
    inputs = arrays(SHEETS[delta][0])
    assert delta.worked(inputs, (2, 0)) == (
        "δ[2,0] = exp(z)[2,0]·1/sum[0]·1/N + (-1)·y[2,0]·1/N = 5·(1/8)·(1/2) + (-1)·1·(1/2) = -3/16"
    )
    inputs = arrays(SHEETS[losses][0])
    assert losses.worked(inputs, (1,)) == "L[1] = -ln p[0,1] = -ln(1/2) = 0.693"
    assert losses.worked(inputs, (3,)) == (
        "L[3] = J = (L[0] + L[1] + L[2]) / 3 = (0.35667 + 0.69315 + 0.51083) / 3 = 0.520"
    )
    inputs = arrays(SHEETS[forward][0])
    assert forward.worked(inputs, (2, 1)).splitlines() == [
        "p[2,1] = exp(z[2,1]) / (exp(z[0,1]) + exp(z[1,1]) + exp(z[2,1]))",
        "= 0.36788 / (2.71828 + 2.71828 + 0.36788) = 0.36788 / 5.80444 = 0.063",
    ]
