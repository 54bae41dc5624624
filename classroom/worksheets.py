"""Worksheets: questions with numbers of their own, to be computed on paper, typed in, and answered as a teacher would.

    sheet = worksheet("conv-dK", seed=3)
    sheet                                  # the question and a grid to fill; where no kernel runs, the question
    sheet.check([[1, 2, 3], [4, 5, 6]])    # the same answer without the grid
    sheet.hint()                           # one help further with every call: hint, idea, one entry worked, the answer

The same name and seed give the same sheet everywhere. What was answered is noted by ``classroom.progress``.
"""

import html
import re
import sys
from functools import cached_property

import numpy as np

from classroom import progress
from classroom.drawing import Matrix, column, row
from classroom.grid import Grid
from classroom.mistakes import diagnose
from classroom.questions import QUESTIONS as QUESTIONS
from classroom.questions import named
from classroom.questions.base import place, written

WIDE = 700  # a line of matrices wider than this is broken


def worksheet(name, seed=0):
    """The sheet of the question ``name`` (one of ``QUESTIONS``) with the numbers that ``seed`` (0, 1, 2, ...) draws.

    Raises ValueError for an unknown name, with the nearest ones, and for a seed that is no whole number from 0 on.
    """
    return Worksheet(named(name), seed)


class Text(str):
    """A text that a notebook shows without quotation marks."""

    __repr__ = str.__str__


class Worksheet:
    """One question with the numbers of one seed.

    ``question``, ``seed``; ``inputs``, a fresh copy of the given arrays by their letters; ``shape`` of the answer.
    A notebook shows it as a grid to fill, and where no kernel runs as the drawn question.
    """

    def __init__(self, question, seed=0):
        self._inputs = question.inputs(seed)
        self.question, self.seed = question, int(seed)
        self.shape = np.shape(question.solve(self.inputs))
        self._feedback, self._given = None, []

    @property
    def inputs(self):
        return {letters: value.copy() for letters, value in self._inputs.items()}

    def check(self, matrix, note=True):
        """The feedback on an answer: nested lists or an array; entries are numbers or texts such as "1/4".

        It is noted as the reader's own answer, unless ``note`` is False: for somebody else's, in a lesson.
        """
        if not note:
            return diagnose(self.question, self.inputs, matrix)
        feedback, message = self.judge(matrix)
        if message:
            print(message, file=sys.stderr)
        return feedback

    def judge(self, matrix):
        """The feedback on an answer, which is noted, and what is to be said about the noting ("": nothing)."""
        feedback = diagnose(self.question, self.inputs, matrix)
        if feedback.kind == "input":
            return feedback, ""
        self._feedback = feedback
        texts = () if feedback.entries is None else np.asarray(feedback.entries, dtype=object).flat
        return feedback, progress.note(self.question.name, self.seed, feedback.correct, map(str, texts))

    def hint(self):
        """The next help: a hint (to the named mistake, if there is one), the idea, one entry worked, the answer."""
        helps = self._helps
        text = next((text for text in helps if text not in self._given), helps[-1])
        self._given.append(text)
        return Text(text)

    @property
    def _helps(self):
        """The four helps in order: those to the last answer, or else to a sheet that is still empty."""
        if self._feedback is not None and self._feedback.helps:
            return self._feedback.helps
        return diagnose(self.question, self.inputs, np.full(self.shape, None)).helps

    def entry(self, *indices):
        """One entry worked: the entry at these indices, or else the first that was wrong or is to be computed."""
        wrong = self._feedback.wrong if self._feedback is not None else ()
        indices = indices or (wrong[0] if wrong else (0,) * len(self.shape))
        if indices not in np.ndindex(self.shape):
            first, last = (0,) * len(self.shape), tuple(n - 1 for n in self.shape)
            names = " to ".join(place(self.question.answer, entry) for entry in (first, last))
            raise ValueError(f"entry{indices}: there is no such entry; {self.question.answer} has {names}")
        return Text(self.question.worked(self.inputs, indices))

    def new(self):
        """The sheet with the next seed: other numbers for the same question."""
        return Worksheet(self.question, self.seed + 1)

    # ------------------------------------------------------------------------------------------------- on display

    @property
    def blocks(self):
        """How the answer is laid out: [(name, rows of the entries' index tuples)]."""
        return blocks(symbols(self.question.answer), self.shape)

    @property
    def title(self):
        return f"{self.question.title} ({self.question.name}, sheet {self.seed})"

    def drawing(self, answer=True):
        """What is given, each matrix with its letters and role, and with ``answer`` an empty matrix for the result."""
        groups = [[part] for letters, value in self._inputs.items() for part in self._matrices(letters, value)]
        if answer:
            first, *rest = self._matrices(self.question.answer, np.full(self.shape, None), dim=True)
            groups += [["→", first], *([part] for part in rest)]
        return _in_lines(groups)

    def solution(self):
        """The right answer as a picture, for the teacher's page."""
        right = np.asarray(self.question.solve(self.inputs))
        texts = [written(value, self.question.decimals) for value in right.flat]
        parts = self._matrices(self.question.answer, np.array(texts, dtype=object).reshape(right.shape))
        return _in_lines([part] for part in parts)

    def _matrices(self, letters, array, **look):
        """The array as drawings, in the colour and frame of its role."""
        role = self.question.roles.get(letters, "neutral")
        values = np.asarray(array, dtype=object)
        look["index"] = values.ndim > 1
        return [
            Matrix([[_shown(values[entry]) for entry in line] for line in entries], name, role, **look)
            for name, entries in blocks(symbols(letters), values.shape)
        ]

    def words(self):
        """The question as HTML: title, task and conventions."""
        conventions = "".join(f"<li>{html.escape(text)}</li>" for text in self.question.conventions)
        heading, task = html.escape(self.title), html.escape(self.question.task)
        return f"<p><strong>{heading}</strong></p><p>{task}</p>" + (f"<ul>{conventions}</ul>" if conventions else "")

    @cached_property
    def _grid(self):
        return Grid(self)

    def _repr_mimebundle_(self, include=None, exclude=None):
        static = {"text/plain": repr(self), "text/html": self.words() + self.drawing().html}
        return self._grid.box._repr_mimebundle_() | static

    def __repr__(self):
        lines = [f"Worksheet: {self.title}", self.question.task, *self.question.conventions]
        lines += [f"{letters} = {_in_brackets(value)}" for letters, value in self._inputs.items()]
        return "\n".join([*lines, f"{self.question.answer} = ?  ({size(self.shape)})"])


def blocks(letters, shape):
    """How an array is laid out as matrices side by side: [(name, rows of the entries' index tuples)].

    A vector is a column. Maps stand one after the other, x[0], x[1]; kernels (O, C, kh, kw) as K[o,c]; maps with a
    batch (C, H, W, N), the batch last, as x[c,:,:,t].
    """
    if len(shape) < 2:
        return [(letters, [[entry] for entry in np.ndindex(shape)])]
    if len(shape) == 4 and "K" not in letters:
        maps, height, width, examples = shape
        named = [(f"{letters}[{c},:,:,{t}]", (c,), (t,)) for c in range(maps) for t in range(examples)]
    else:
        *outer, height, width = shape
        named = [(place(letters, front), front, ()) for front in np.ndindex(*outer)]
    return [
        (name, [[(*front, i, j, *back) for j in range(width)] for i in range(height)]) for name, front, back in named
    ]


def size(shape):
    """The shape in words: "one number", "3 entries", "2 by 3", "2 times 2 by 3"."""
    if len(shape) < 2:
        return f"{shape[0]} entries" if shape else "one number"
    *outer, height, width = map(str, shape)
    return " times ".join([*outer, f"{height} by {width}"])


def symbols(letters):
    """ "dbeta" as "dβ", "z1" as "z_1": letters as they are typeset."""
    return re.sub(r"(?<=[^\W\d_])(\d+)$", r"_\1", letters).replace("delta", "δ").replace("beta", "β")


def _shown(value):
    return value.item() if isinstance(value, np.generic) else value


def _in_brackets(value):
    if value.ndim == 0:
        return written(value[()])
    return "[" + ", ".join(map(_in_brackets, map(np.asarray, value))) + "]"


def _in_lines(groups):
    """Matrices and signs side by side, in as many lines as they need; a group stays together."""
    lines, wide = [[]], 0
    for group in groups:
        width = sum(part.drawing.width + 16 if isinstance(part, Matrix) else 36 for part in group)
        if lines[-1] and wide + width > WIDE:
            lines, wide = [*lines, []], 0
        lines[-1] += group
        wide += width
    return row(*lines[0]) if len(lines) == 1 else column(*(row(*line) for line in lines))
