"""What may have led to a wrong answer as a whole, the simplest explanation first.

One mistake of the catalogue; the right answer under another convention; the right answer moved as a whole (transposed,
turned, negated, scaled); two mistakes of the catalogue; two moves, or one mistake and a move; the right rule on inputs
that were turned, exchanged or misread. What fits nothing has no explanation here.
"""

import itertools
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from classroom.questions.base import Question, place, written

NOT_YET = "Not yet. "
LETTERS = {"delta": "δ", "beta": "β"}


@dataclass(frozen=True)
class Explanation:
    """Why an answer is wrong: its kind and text, and the mistakes of the catalogue that it names."""

    kind: str
    text: str
    mistakes: tuple = ()


@dataclass(frozen=True, eq=False)
class Case:
    """A wrong answer to a question: ``given`` in place of ``right``, both arrays of floats."""

    question: Question
    inputs: dict
    right: np.ndarray
    given: np.ndarray

    def attempt(self, switches, inputs=None):
        """The answer with these switches or inputs, or None where they lead to shapes that do not fit."""
        try:
            with np.errstate(all="ignore"):  # a wrong rule may divide by 0
                return np.asarray(self.question.solve(self.inputs if inputs is None else inputs, **switches), float)
        except (ValueError, IndexError, ZeroDivisionError):
            return None

    def fits(self, candidate):
        """Whether a candidate answer is the given one, entry by entry."""
        if candidate is None or candidate.shape != self.given.shape:
            return False
        return bool((abs(candidate - self.given) <= self.question.tolerance).all())

    @cached_property
    def answers(self):
        """The answer of every mistake in the catalogue, by name."""
        return {mistake.name: self.attempt(mistake.switches) for mistake in self.question.mistakes}


def explanation(case):
    """The simplest :class:`Explanation` of the whole answer, or None."""
    # Numbers that were found by chance: with one or two entries, or one that is wrong, only the catalogue may speak.
    alike = case.right.shape == case.given.shape
    few = alike and (abs(case.right - case.given) > case.question.tolerance).sum() < 2
    searches = (_one_mistake,) if few or case.right.size < 3 else SEARCHES
    return next((found for search in searches if (found := search(case))), None)


# ----------------------------------------------------------------------------------------------- the catalogue


def _one_mistake(case):
    found = tuple(mistake for mistake in case.question.mistakes if case.fits(case.answers[mistake.name]))
    if not found:
        return None
    words = f"This is the answer that comes out when {found[0].says}."
    if len(found) > 1:
        either = "; or when ".join(mistake.says for mistake in found)
        words = f"Different slips give exactly this answer. It comes out when {either}."
    rules = [mistake.convention for mistake in found if mistake.convention]
    if rules:
        words += f" It is right where {rules[0]}; this sheet has another convention."
    kind = "convention" if len(rules) == len(found) else "mistake"
    return Explanation(kind, NOT_YET + words, found)


def _two_mistakes(case):
    """Two mistakes at once; all pairs that fit are named, up to three."""
    pairs = _pairs(case)
    if not pairs:
        return None
    (first, second), *others = pairs
    words = f"Two things happened at once. First, {first.says}. Second, {second.says}."
    for third, fourth in others:
        words += f" (The same numbers come out when {third.says} and {fourth.says}.)"
    return Explanation("pair", NOT_YET + words, _named(pairs))


def _pairs(case):
    """Pairs of mistakes whose switches, merged, give this answer, up to three."""
    pairs = itertools.combinations(case.question.mistakes, 2)
    apart = ((a, b) for a, b in pairs if not a.switches.keys() & b.switches.keys())
    fitting = ((a, b) for a, b in apart if case.fits(case.attempt({**a.switches, **b.switches})))
    return list(itertools.islice(fitting, 3))


def _named(pairs):
    return tuple(dict.fromkeys(mistake for pair in pairs for mistake in pair))


# ------------------------------------------------------------------------------------- the answer moved as a whole


def _one_move(case):
    """One move, and two mistakes that come to the same, where there are some."""
    words = _move(case, case.right)
    if not words:
        return None
    pairs = _pairs(case)
    words = f"This is the right answer {words}."
    if pairs:
        words += f" It comes out when {pairs[0][0].says} and {pairs[0][1].says}."
    return Explanation("moved", NOT_YET + words, _named(pairs))


def _two_moves(case):
    for words, turned in turned_over(case.right):
        then = _scaled(case, turned)
        if then:
            return Explanation("moved", f"{NOT_YET}This is the right answer {words} and {then}.")
    words = _scaled(case, case.right) or _odd_factor(case)
    return Explanation("moved", f"{NOT_YET}This is the right answer {words}.") if words else None


def _mistake_and_move(case):
    for mistake in case.question.mistakes if case.right.size > 3 else ():
        answer = case.answers[mistake.name]
        words = answer is not None and _move(case, answer)
        if words:
            text = f"{NOT_YET}Two things happened at once. First, {mistake.says}. Then the result is taken {words}."
            return Explanation("pair", text, (mistake,))
    return None


def turned_over(array):
    """(words, array) for every way of moving an array's entries that leaves their values alone; signs last."""
    if array.ndim == 1:
        yield "in reverse order", array[::-1]
    if array.ndim >= 2:
        yield "transposed", array.swapaxes(-1, -2)
        yield "turned by 180 degrees", array[..., ::-1, ::-1]
        yield "mirrored left to right", array[..., ::-1]
        yield "turned upside down", array[..., ::-1, :]
        yield "turned by 90 degrees", np.rot90(array, 1, (-2, -1))
        yield "turned by 90 degrees", np.rot90(array, -1, (-2, -1))
        yield "transposed and turned by 180 degrees", array.swapaxes(-1, -2)[..., ::-1, ::-1]
        yield "written down column by column", array.reshape(*array.shape[:-2], -1).reshape(array.shape, order="F")
    if array.ndim >= 3:
        yield "with its maps in reverse order", array[::-1]
    if array.ndim == 4:
        yield "with input and output maps exchanged", array.swapaxes(0, 1)
        yield "with its input maps in reverse order", array[:, ::-1]
    yield "without its signs", abs(array)


def _move(case, source):
    """What leads from source to the given answer: a turn, a sign, a simple factor or a constant; "" for none."""
    for words, turned in turned_over(source):
        if case.fits(turned):
            return words
    words = _scaled(case, source)
    if words or source.shape != case.given.shape or np.ptp(source) <= case.question.tolerance:
        return "" if " and " in words else words
    offset = float(case.given.flat[0] - source.flat[0])
    if abs(offset) > case.question.tolerance and case.fits(source + offset):
        return f"with {offset:g} added to every entry" if offset > 0 else f"with {-offset:g} taken off every entry"
    return ""


def _scaled(case, source):
    """ "times 4", "divided by 9", "with the opposite sign", or both; "" where no factor leads to the given answer."""
    factor = _factor(case, source)
    if not factor:
        return ""
    size = abs(factor)
    words = f"divided by {size.denominator}" if size.numerator == 1 else f"times {size}"
    parts = [words] * (size != 1) + ["with the opposite sign"] * (factor < 0)
    return " and ".join(parts)


def _factor(case, source):
    """The simple Fraction that leads from source to the given answer, other than 0 and 1; None where there is none."""
    alike = source.shape == case.given.shape and np.isfinite(source).all()
    # A source whose entries are all alike leads to every answer whose entries are.
    if not alike or np.ptp(source) <= case.question.tolerance or np.count_nonzero(source) < 2:
        return None
    factor = Fraction(float((source * case.given).sum() / (source * source).sum())).limit_denominator(64)
    simple = factor not in (0, 1) and min(abs(factor.numerator), factor.denominator) <= 9
    slack = case.question.tolerance * max(1.0, abs(factor))
    return factor if simple and (abs(float(factor) * source - case.given) <= slack).all() else None


def _odd_factor(case):
    """Any factor, where the answer has entries enough to tell it from chance, and is exact."""
    source = case.right
    if source.shape != case.given.shape or np.count_nonzero(source) < 4 or case.question.decimals is not None:
        return ""
    factor = float((source * case.given).sum() / (source * source).sum())
    slack = case.question.tolerance * max(1.0, abs(factor))
    return f"times {factor:.4g}" if factor and (abs(factor * source - case.given) <= slack).all() else ""


# ------------------------------------------------------------------------------------- the right rule, other inputs


def _changed_inputs(case):
    for words, inputs in itertools.chain(_turned_inputs(case.inputs), _exchanged(case.inputs), _misread(case)):
        if case.fits(case.attempt({}, inputs)):
            return Explanation("inputs", f"{NOT_YET}This is the answer that comes out when {words}.")
    return None


def _turned_inputs(inputs):
    """(words, inputs) with one of them turned, negated, left out, or taken as ones."""
    for name, value in inputs.items():
        letter = LETTERS.get(name, name)
        for words, turned in turned_over(value) if value.ndim else ():
            yield f"{letter} is taken {words}", {**inputs, name: turned}
        yield f"{letter} is taken with the opposite sign", {**inputs, name: -value}
        yield f"{letter} is left out (set to 0)", {**inputs, name: 0 * value}
        yield f"every entry of {letter} counts as 1", {**inputs, name: 0 * value + 1}


def _exchanged(inputs):
    """(words, inputs) with one in the place of another of its shape, or both exchanged."""
    for first, second in itertools.permutations(inputs, 2):
        if inputs[first].shape == inputs[second].shape:
            here, there = LETTERS.get(first, first), LETTERS.get(second, second)
            yield f"{there} stands where {here} belongs", {**inputs, first: inputs[second]}
            if first < second:
                both = {**inputs, first: inputs[second], second: inputs[first]}
                yield f"{here} and {there} are exchanged", both


def _misread(case):
    """(words, inputs) with one entry read as another whole number, found from what one more in it would change."""
    if case.right.shape != case.given.shape:
        return
    difference = case.given - case.right
    for name, value in case.inputs.items():
        for entry in np.ndindex(value.shape):
            moved = value.copy()
            moved[entry] = moved[entry] + 1
            reached = case.attempt({}, {**case.inputs, name: moved})
            if reached is None or reached.shape != case.right.shape:
                continue
            slope = reached - case.right
            if np.count_nonzero(abs(slope) > 1e-9) < 2:
                continue
            step = round(float((slope * difference).sum() / (slope * slope).sum()))
            if 0 < abs(step) <= 20:
                moved[entry] = value[entry] + step
                read = f"{place(LETTERS.get(name, name), entry)} is read as {written(moved[entry])}"
                yield read, {**case.inputs, name: moved}


SEARCHES = (_one_mistake, _one_move, _two_mistakes, _two_moves, _mistake_and_move, _changed_inputs)
