"""What a question is: inputs drawn from a seed, the right answer, the ways of getting it wrong, one entry worked.

A question computes its answer in one function, ``solve(inputs, **switches)``. Without switches the answer is right;
a mistake is a set of switches, so that two mistakes made at once are two sets merged. ``terms`` says the same thing a
second time, product by product; it is what "one entry worked" shows and what single slips are looked for in.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

import numpy as np

SEPARATION = 0.01  # two answers of a sheet that count as different differ at least by this in some entry


@dataclass(frozen=True, eq=False)
class Mistake:
    """One way of getting a question wrong.

    name        short, unique within its question, such as "result rotated"
    switches    what it changes in the question's ``solve``
    says        what was done; it completes "This is the answer that comes out when ..."
    hint        what a good teacher says next: one or two sentences that do not contain the answer
    convention  for an answer that is right elsewhere: under which convention, such as "down is the block sum"
    """

    name: str
    switches: Mapping
    says: str
    hint: str
    convention: str = ""


@dataclass(frozen=True, eq=False)
class Question:
    """One question with everything that belongs to it.

    name          such as "conv-dK"; the same in ``worksheet(name)``
    notebook      number of the notebook it belongs to, such as "04"
    title         a line, such as "The kernel's gradient"
    task          what is asked, in one or two sentences
    answer        the answer's letters, such as "dK"
    conventions   sentences that fix what could be read in two ways; printed on every sheet
    draw          random.Random -> {letters: array}: small numbers that tell mistakes apart
    solve         (inputs, **switches) -> the answer, an array of 0 to 4 axes
    hint, idea    the first help and the second, for a wrong answer without a name; neither contains the answer
    mistakes      the catalogue of this question
    terms         (inputs, entry) -> the products that add up to this entry: [[("x[0,1]", 2), ("δ[0,0]", 1)], ...]
    steps         (inputs, entry) -> the entry worked, in words and numbers, where it is no sum of products
    equation      id in the derivations, such as "conv.17"
    inseparable   groups of mistakes' names that give the same answer whatever the inputs
    roles         {letters: role in classroom.drawing}, for inputs and answer
    decimals      None for exact answers (whole numbers, fractions), else how many decimals are asked for
    sheet         what seeds the draw in place of ``name``: questions with one ``sheet`` and one ``draw`` share inputs,
                  where that draw itself keeps the answers of all of them apart
    """

    name: str
    notebook: str
    title: str
    task: str
    answer: str
    conventions: tuple
    draw: Callable
    solve: Callable
    hint: str
    idea: str
    mistakes: tuple
    terms: Callable | None = None
    steps: Callable | None = None
    equation: str = ""
    inseparable: tuple = ()
    roles: Mapping = field(default_factory=dict)
    decimals: int | None = None
    sheet: str = ""

    @property
    def tolerance(self):
        """How far an entry may be from the right value: half of the third decimal, or one unit of the last asked."""
        return 0.000501 if self.decimals is None else 1.05 * 10.0**-self.decimals

    def inputs(self, seed):
        """The inputs of the sheet with this seed, {letters: array}; the same on every machine.

        Draws are repeated until no two answers of the catalogue coincide beyond the groups that always do. Raises
        ValueError for a seed that is no whole number, RuntimeError where 400 draws do not suffice.
        """
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise ValueError(f"seed is {seed!r}, expected a whole number from 0 on, such as seed=3")
        return {letters: value.copy() for letters, value in _drawn(self, int(seed)).items()}

    def answers(self, inputs):
        """{mistake's name, and None for the right answer: what it gives for these inputs}."""
        given = {mistake.name: self.solve(inputs, **mistake.switches) for mistake in self.mistakes}
        return {None: self.solve(inputs), **given}

    def collisions(self, inputs):
        """The pairs of names (None: the right answer) whose answers coincide, beyond the inseparable ones."""
        found = list(self.answers(inputs).items())
        pairs = [(a, b) for i, (a, first) in enumerate(found) for b, second in found[:i] if same(first, second)]
        return [pair for pair in pairs if not any(set(pair) <= set(group) for group in self.inseparable)]

    def worked(self, inputs, entry):
        """One entry of the right answer, worked: letters first, then numbers, then the result."""
        if self.steps is not None:
            return self.steps(inputs, entry)
        products = self.terms(inputs, entry)
        letters = " + ".join("·".join(letter for letter, _ in product) for product in products)
        values = " + ".join("·".join(in_brackets(value) for _, value in product) for product in products)
        result = written(np.asarray(self.solve(inputs))[entry], self.decimals)
        return " = ".join(dict.fromkeys((place(self.answer, entry), letters, values, result)))


@lru_cache(maxsize=512)
def _drawn(question, seed):
    for attempt in range(400):
        inputs = question.draw(random.Random(f"{question.sheet or question.name}/{seed}/{attempt}"))
        if not question.collisions(inputs):
            return inputs
    raise RuntimeError(f"question {question.name!r}, seed {seed}: no draw of 400 keeps all answers apart")


def same(first, second, tolerance=SEPARATION):
    """Whether two answers have the same shape and differ nowhere by more than the tolerance."""
    first, second = np.asarray(first, float), np.asarray(second, float)
    return first.shape == second.shape and bool(np.all(np.abs(first - second) <= tolerance))


# ---------------------------------------------------------------------------------------------- drawing numbers


def whole(rng, *shape, low=-4, high=5, zero=False, distinct=False):
    """An array of small whole numbers from low to high; without 0 unless ``zero``; all different where ``distinct``."""
    values = [n for n in range(low, high + 1) if n or zero]
    count = int(np.prod(shape))
    drawn = rng.sample(values, count) if distinct else [rng.choice(values) for _ in range(count)]
    return np.array(drawn, dtype=np.int64).reshape(shape)


def number(rng, *values):
    """One of the values, as an array without axes: beta, b or a learning rate on a sheet."""
    value = rng.choice(values)
    return np.array(value, dtype=object if isinstance(value, Fraction) else None)


def exact(array):
    """The array with Fractions for entries, so that dividing stays exact."""
    array = np.asarray(array)
    return np.array([Fraction(entry) for entry in array.flat], dtype=object).reshape(array.shape)


# ---------------------------------------------------------------------------------------------- writing numbers


def place(letters, entry):
    """ "dK[0,1]"; the letters alone for an answer without axes."""
    return f"{letters}[{','.join(map(str, entry))}]" if entry else letters


def written(value, decimals=None):
    """3, -1/4 or 0.333: whole numbers and fractions as they are, other numbers with their decimals."""
    if decimals is None and not isinstance(value, float | np.floating):
        return str(Fraction(value))
    text = f"{float(value):.{3 if decimals is None else decimals}f}"
    return text[1:] if text.lstrip("-").strip("0.") == "" and text.startswith("-") else text


def in_brackets(value):
    """The number as a factor: negative numbers and fractions in brackets, others with five decimals at most."""
    text = written(value, 5).rstrip("0").rstrip(".") if isinstance(value, float | np.floating) else written(value)
    return f"({text})" if text.startswith("-") or "/" in text else text


def at(letters, array, *entry):
    """One factor of a product, for ``terms``: its letters with indices, and its value."""
    return place(letters, entry), np.asarray(array)[entry]
