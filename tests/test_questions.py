"""What holds for every question: its inputs, its two accounts of the answer, its catalogue and its texts.

What single questions compute is tested against independent oracles in test_questions_<topic>.py.
"""

import math
from fractions import Fraction

import numpy as np
import pytest

import derivations
from classroom.questions import QUESTIONS, base

every_question = pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.name)
SEEDS = range(20)


def distinct_answers(question, inputs):
    """The answers that differ, each as (names that give it, array), compared without the code under test."""
    groups = []
    for name, switches in [("right", {}), *((m.name, m.switches) for m in question.mistakes)]:
        answer = np.asarray(question.solve(inputs, **switches), float)
        for names, known in groups:
            if known.shape == answer.shape and np.abs(known - answer).max() <= 0.01:
                names.append(name)
                break
        else:
            groups.append(([name], answer))
    return groups


def test_the_catalogue_is_as_large_as_promised():
    assert len(QUESTIONS) >= 30
    assert sum(len(question.mistakes) for question in QUESTIONS.values()) >= 200
    notebooks = {question.notebook for question in QUESTIONS.values()}
    assert notebooks >= {"01", "02", "03", "04", "05", "06", "07", "08"}


@every_question
def test_a_seed_gives_the_same_sheet_and_another_seed_another(question):
    first, again, other = question.inputs(3), question.inputs(3), question.inputs(4)
    assert list(first) == list(again)
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert any(not np.array_equal(first[name], other[name]) for name in first)
    for value in first.values():
        value[...] = 0  # a copy: writing into it changes no later sheet
    assert all(np.array_equal(again[name], value) for name, value in question.inputs(3).items())


@every_question
def test_no_two_answers_coincide_beyond_the_pairs_that_always_do(question):
    groups = {frozenset(group) for group in question.inseparable}
    for seed in SEEDS:
        found = {frozenset(names) for names, _ in distinct_answers(question, question.inputs(seed)) if len(names) > 1}
        assert found == groups, f"seed {seed}"


@every_question
def test_solving_leaves_the_inputs_alone(question):
    inputs = question.inputs(0)
    before = {name: value.copy() for name, value in inputs.items()}
    for mistake in question.mistakes:
        question.solve(inputs, **mistake.switches)
    assert all(np.array_equal(inputs[name], value) for name, value in before.items())


@every_question
def test_the_products_of_every_entry_add_up_to_the_answer(question):
    assert (question.terms is None) != (question.steps is None)
    for seed in range(3):
        inputs = question.inputs(seed)
        right = np.asarray(question.solve(inputs))
        for entry in np.ndindex(right.shape):
            if question.terms:
                total = sum(math.prod(number for _, number in product) for product in question.terms(inputs, entry))
                assert abs(float(total) - float(right[entry])) < 1e-9
            worked = question.worked(inputs, entry)
            assert base.written(right[entry], question.decimals) in worked
            assert base.place(question.answer, entry) in worked


@every_question
def test_an_answer_has_more_than_one_entry_and_fits_a_grid(question):
    right = np.asarray(question.solve(question.inputs(0)))
    assert 2 <= right.size <= 30
    assert right.ndim <= 4


@every_question
def test_an_exact_answer_is_exact(question):
    if question.decimals is None:
        entries = np.asarray(question.solve(question.inputs(0))).astype(object).flat
        assert all(
            isinstance(entry, int | Fraction) or float(entry) == round(float(entry) * 64) / 64 for entry in entries
        )


@every_question
def test_the_texts_are_there_and_the_equation_exists(question):
    for text in (question.title, question.task, question.hint, question.idea, *question.conventions):
        assert text[0].isupper() or not text[0].isalpha() or text.split()[0] in {"delta", "dK", "dx", "x", "z", "down"}
        assert len(text) > 3
    assert not question.equation or derivations.equation(question.equation)
    names = [mistake.name for mistake in question.mistakes]
    assert len(set(names)) == len(names)
    assert {name for group in question.inseparable for name in group} <= set(names)
    for mistake in question.mistakes:
        assert mistake.switches
        assert mistake.says and mistake.says[-1] not in ".!?"
        assert mistake.hint[-1] in ".?)"


@pytest.mark.parametrize("seed", [-1, 1.5, "3", None, True])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(ValueError, match=r"seed is .*expected a whole number"):
        QUESTIONS["conv-dK"].inputs(seed)


def test_numbers_are_written_as_on_paper():
    assert base.written(np.int64(-3)) == "-3"
    assert base.written(Fraction(1, 4)) == "1/4"
    assert base.written(2.0, 3) == "2.000"
    assert base.written(-0.0001, 3) == "0.000"
    assert base.in_brackets(Fraction(-1, 4)) == "(-1/4)"
    assert base.in_brackets(7) == "7"
    assert base.place("dK", (0, 1)) == "dK[0,1]"
    assert base.place("J", ()) == "J"


def test_a_worked_entry_shows_letters_numbers_and_result():
    inputs = {"x": np.array([[1, 2, 0], [3, 1, 4], [0, 2, 5]]), "delta": np.array([[1, 4], [-1, -2]])}
    assert QUESTIONS["conv-dK"].worked(inputs, (0, 1)) == (
        "dK[0,1] = x[0,1]·δ[0,0] + x[0,2]·δ[0,1] + x[1,1]·δ[1,0] + x[1,2]·δ[1,1] = 2·1 + 0·4 + 1·(-1) + 4·(-2) = -7"
    )
