"""A wrong answer gets the name of its mistake, a right one is right, and a random one gets no name."""

import itertools
import math
import random
import re
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.mistakes import CATALOGUE, diagnose
from classroom.questions import QUESTIONS

every_question = pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.name)

# The running example of notebook 04: dK = [[4, -7], [3, 5]], computed on paper.
X = np.array([[1, 2, 0], [3, 1, 4], [0, 2, 5]])
DELTA = np.array([[1, 4], [-1, -2]])
PAPER = {"x": X, "delta": DELTA}


def of_paper(answer):
    return diagnose("conv-dK", PAPER, answer)


# ------------------------------------------------------------------------------------------------ one example


def test_the_right_answer_is_right():
    feedback = of_paper([[4, -7], [3, 5]])
    assert feedback.correct
    assert feedback.kind == "right"
    assert feedback.wrong == ()
    assert feedback.text == "Right: all 4 entries of dK."


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ([[5, 3], [-7, 4]], "mistake", "180 degrees"),  # rotated
        ([[-4, 7], [-3, -5]], "mistake|moved", "sign|negative|step"),
        ([[4, 3], [-7, 5]], "mistake|moved", "transposed|rows and columns of the result are exchanged"),
        ([[8, -14], [6, 10]], "moved", "times 2"),
        ([[-1, Fraction(7, 4)], [Fraction(-3, 4), Fraction(-5, 4)]], "pair|moved", "sign|negative"),
        ([[6, -5], [5, 7]], "moved", "2 added to every entry"),
        ([[4, 7], [3, 5]], "slips", r"dK\[0,1\] has the wrong sign"),
        ([[4, -7], [3, 15]], "slips", r"dK\[1,1\] lacks a product: x\[2,2\]·δ\[1,1\]"),  # 5 = 1 + 16 - 2 - 10
        ([[4, -7], [3, 25]], "slips", r"dK\[1,1\] has a product with the wrong sign: x\[2,2\]·δ\[1,1\]"),
        ([[-7, 4], [3, 5]], "slips", r"dK\[0,0\], dK\[0,1\] have changed places"),
        ([[24, -7], [3, 5]], "slips", r"dK\[0,0\] is off by a round number"),
        ([[100, 200], [301, 407]], "unknown", "No entry is right"),
        ([[4, 0], [0, 407]], "unknown", r"1 of 4 entries is right.*dK\[0,1\], dK\[1,0\], dK\[1,1\]"),
    ],
)
def test_wrong_answers_get_the_words_that_fit(answer, kind, words):
    feedback = of_paper(answer)
    assert not feedback.correct
    assert feedback.kind in kind.split("|")
    assert re.search(words, feedback.text)


def test_an_answer_that_is_right_elsewhere_says_where():
    """The rotated dK: right where the forward pass is true convolution."""
    feedback = of_paper([[5, 3], [-7, 4]])
    assert "It is right where the forward pass is true convolution" in feedback.text
    dx = {"K": np.array([[1, 2], [3, -1]]), "delta": DELTA}
    feedback = diagnose("conv-dx", dx, [[-1, -1, 12], [3, 8, -2], [-2, -5, -2]])  # K stamped turned
    assert feedback.kind == "convention"
    assert "not turned" in feedback.text or "as it is" in feedback.text


def test_an_input_that_is_misread_is_found():
    read = X.copy()
    read[1, 1] = 7  # with paper and pencil: each entry changes by 6 times the delta that meets x[1,1]
    feedback = of_paper([[4 - 12, -7 - 6], [3 + 24, 5 + 6]])
    assert feedback.kind == "inputs"
    assert "x[1,1] is read as 7" in feedback.text


# ------------------------------------------------------------------------------------------------ all questions


@every_question
def test_every_mistake_is_named_from_its_own_wrong_answer(question):
    for seed in range(20):
        inputs = question.inputs(seed)
        for mistake in question.mistakes:
            feedback = diagnose(question, inputs, question.solve(inputs, **mistake.switches))
            assert mistake in feedback.mistakes, f"seed {seed}, {mistake.name}: {feedback.text}"
            assert feedback.kind in ("mistake", "convention")
            group = [set(names) for names in question.inseparable if mistake.name in names] or [{mistake.name}]
            assert {named.name for named in feedback.mistakes} == group[0]
            assert feedback.helps[0] == " ".join(named.hint for named in feedback.mistakes)


def pairs_of(question, inputs):
    """The answers of two mistakes at once: (first, second, answer) where they can be combined into a new answer."""
    alone = [np.asarray(question.solve(inputs), float)]
    alone += [np.asarray(question.solve(inputs, **mistake.switches), float) for mistake in question.mistakes]
    for first, second in itertools.combinations(question.mistakes, 2):
        if first.switches.keys() & second.switches.keys():
            continue
        try:
            answer = np.asarray(question.solve(inputs, **first.switches, **second.switches), float)
        except ValueError:  # the shapes of the two do not fit together
            continue
        if not any(answer.shape == one.shape and np.abs(answer - one).max() < 0.01 for one in alone):
            yield first, second, answer


def test_two_mistakes_at_once_are_named_in_nine_of_ten_cases():
    named = total = 0
    for question in QUESTIONS.values():
        inputs = question.inputs(1)
        every = list(pairs_of(question, inputs))
        for first, second, answer in random.Random(question.name).sample(every, min(8, len(every))):
            feedback = diagnose(question, inputs, answer)
            named += first in feedback.mistakes and second in feedback.mistakes
            total += 1
    assert total >= 100
    assert named / total >= 0.9


def slips_of(question, inputs, right, rng):
    """One slip of each kind in a random entry of a right answer: a product dropped, a sign, two entries exchanged."""
    entries = list(np.ndindex(right.shape))
    entry, other = rng.sample(entries, 2)
    product = rng.choice(question.terms(inputs, entry))
    value = float(math.prod(number for _, number in product))
    for change in (-value, -2 * value):
        answer = right.copy()
        answer[entry] += change
        yield answer
    answer = right.copy()
    answer[entry], answer[other] = right[other], right[entry]
    yield answer


def test_single_slips_are_explained_in_nine_of_ten_cases():
    explained = total = 0
    rng = random.Random(7)
    for question in QUESTIONS.values():
        for seed in range(5) if question.terms else ():
            inputs = question.inputs(seed)
            right = np.asarray(question.solve(inputs), float)
            for answer in slips_of(question, inputs, right, rng):
                if np.abs(answer - right).max() > 0.01:
                    feedback = diagnose(question, inputs, answer)
                    explained += feedback.kind not in ("unknown", "input", "right")
                    total += 1
    assert total >= 300
    assert explained / total >= 0.9


def test_random_wrong_matrices_get_no_name():
    named = total = 0
    rng = np.random.default_rng(11)
    for question in QUESTIONS.values():
        inputs = question.inputs(2)
        right = np.asarray(question.solve(inputs), float)
        low, high = right.min() - 3, right.max() + 3
        for _ in range(20):
            answer = rng.uniform(low, high, right.shape).round(0 if question.decimals is None else question.decimals)
            feedback = diagnose(question, inputs, answer)
            named += feedback.kind not in ("unknown", "input")
            total += 1
    assert total >= 600
    assert named / total <= 0.01


questions = st.sampled_from(list(QUESTIONS.values()))


def ways_of_writing(value, decimals):
    """How a person may type a right entry."""
    if decimals is not None:
        cut = math.trunc(float(value) * 10**decimals) / 10**decimals
        return [f"{float(value):.{decimals}f}", f"{cut:.{decimals}f}", f"{float(value):.{decimals + 2}f}", float(value)]
    value = Fraction(value)
    ways = [value, float(value), f"{value}", f" {value} ".replace("-", "−"), f"{float(value):.3f}".replace(".", ",")]
    return [*ways, int(value), f"+{value}".replace("+-", "-")] if value.denominator == 1 else ways


@settings(max_examples=150, deadline=None)
@given(questions, st.integers(0, 40), st.data())
def test_no_right_answer_is_called_wrong(question, seed, data):
    inputs = question.inputs(seed)
    right = np.asarray(question.solve(inputs))
    typed = np.empty(right.shape, object)
    for entry in np.ndindex(right.shape):
        typed[entry] = data.draw(st.sampled_from(ways_of_writing(right[entry], question.decimals)))
    feedback = diagnose(question, inputs, typed.tolist())
    assert feedback.correct, feedback.text


@settings(max_examples=150, deadline=None)
@given(questions, st.integers(0, 40), st.data())
def test_no_wrong_answer_is_called_right(question, seed, data):
    inputs = question.inputs(seed)
    answer = np.asarray(question.solve(inputs), float).copy()
    entry = data.draw(st.sampled_from(list(np.ndindex(answer.shape))))
    least = 0.002 if question.decimals is not None else 0.001
    answer[entry] += data.draw(st.sampled_from([-1, 1])) * data.draw(st.floats(least, 50))
    feedback = diagnose(question, inputs, answer)
    assert not feedback.correct
    assert entry in feedback.wrong or feedback.entries is None


@every_question
def test_the_answer_comes_last_and_never_in_the_first_words(question):
    inputs = question.inputs(5)
    right = np.asarray(question.solve(inputs))
    feedback = diagnose(question, inputs, np.full(right.shape, 99))
    answer = feedback.helps[-1]
    assert len(feedback.helps) == 4
    assert answer.startswith(f"{question.answer} = ")
    assert all(answer not in text for text in (feedback.text, *feedback.helps[:3]))
    assert diagnose(question, inputs, np.array(eval_list(answer), object)).correct


def eval_list(answer):
    """The typed form of the answer, read back without the code under test."""
    text = answer.partition(" = ")[2]
    return sympy.sympify(text) if "[" in text else text


# ---------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "Nothing is filled in yet"),
        ([["", ""], ["", " "]], "Nothing is filled in yet"),
        ([["4", ""], [None, "5"]], "Still empty: dK[0,1], dK[1,0]. What stands there so far is right."),
        ([["4", ""], [2, "5"]], "Still empty: dK[0,1]. Look again at dK[1,0]."),
        ([[4, -7], [3, "five"]], "dK[1,1] is 'five', which is no number"),
        ([[4, -7], ["3/0", 5]], "divides by 0"),
        ([[4, -7], [3, math.nan]], "no number"),
        ([[4, -7], [3, 5j]], "no number"),
        ([[4, -7], [3, "1e999999999"]], "too large"),
        ([[4, -7], [3, 10**30]], "too large"),
        ([[4, -7], [3]], "The rows have different lengths (2, 1)"),
        ([4, -7, 3, 5], "dK is 2×2, your answer is a vector of 4. Write a list of 2 rows with 2 numbers each."),
        ([[1, 2, 3], [4, 5, 6]], "dK is 2×2, your answer is 2×3"),
        (7, "your answer is one number"),
        ([], "Nothing is filled in"),
        (np.zeros((60, 60)), "The answer has 3600 entries; dK has 4."),
        ({"a": 1}, "no number"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence_that_helps(answer, words):
    feedback = of_paper(answer)
    assert feedback.kind == "input"
    assert not feedback.correct
    assert words in feedback.text


@pytest.mark.parametrize(
    "answer",
    [
        [["4", "−7"], ["3,0", "10/2"]],
        np.array([[4.0, -7.0], [3.0, 5.0]]),
        sympy.Matrix([[4, -7], [3, 5]]),
        ((4, -7), (3, Fraction(5))),
        [[" 4", "- 7"], ["+3", "5.0004"]],
    ],
)
def test_numbers_may_be_written_in_many_ways(answer):
    assert of_paper(answer).correct


def test_a_vector_may_lie_or_stand():
    question = QUESTIONS["conv-db"]
    inputs = question.inputs(0)
    right = [Fraction(entry) for entry in np.asarray(question.solve(inputs)).tolist()]
    for answer in (right, [right], [[entry] for entry in right], np.array(right, object)):
        assert diagnose(question, inputs, answer).correct


def test_an_unknown_question_is_refused_with_its_neighbours():
    with pytest.raises(ValueError, match=r"no question 'conv-Dk'.*conv-dK"):
        diagnose("conv-Dk", PAPER, [[1]])


def test_the_feedback_shows_itself_with_the_wrong_entries_marked():
    feedback = of_paper([[4, 7], [3, 5]])
    assert str(feedback) == repr(feedback) == feedback.text
    picture = feedback.picture
    assert "row 0 column 1 ✗" in picture.alt
    assert "row 0 column 0 ✓" in picture.alt
    assert picture.html in feedback._repr_html_()


def test_the_catalogue_is_that_of_the_questions():
    assert set(CATALOGUE) == set(QUESTIONS)
    assert all(CATALOGUE[name] == QUESTIONS[name].mistakes for name in QUESTIONS)
