"""Name the mistake: from a wrong matrix to what a good teacher would say about it.

``diagnose`` compares an answer with everything that may have led to it, the simplest explanation first: the right
rule; one mistake of the catalogue; the right answer under another convention; the right answer transposed, rotated,
negated or scaled; two mistakes at once; the right rule on inputs that were turned, exchanged or misread; slips in
single entries. What fits nothing is left without a name: an honest "I do not recognise this" helps more than a guess.
"""

from dataclasses import dataclass
from html import escape

import numpy as np

from classroom.answers import Unreadable, nested, number
from classroom.drawing import Matrix, row
from classroom.explanations import NOT_YET, Case, Explanation, explanation
from classroom.questions import QUESTIONS, named
from classroom.questions.base import place, written
from classroom.slips import explain

CATALOGUE = {name: question.mistakes for name, question in QUESTIONS.items()}


@dataclass(frozen=True, eq=False)
class Feedback:
    """What is said about one answer.

    correct   whether every entry is right, within the question's tolerance
    kind      right; mistake, convention, moved, pair, inputs or slips for what has a name; unknown for what has none;
              input for what cannot be read or is not finished
    text      the first thing a good teacher says; it does not contain the answer
    mistakes  the mistakes of the catalogue that it names
    wrong     the wrong entries, as index tuples
    entries   what was typed, as texts in the answer's shape; None where the shape is another
    helps     further help in this order: a hint, the idea, one entry worked, the answer
    """

    question: object
    kind: str
    text: str
    mistakes: tuple = ()
    wrong: tuple = ()
    entries: object = None
    helps: tuple = ()

    @property
    def correct(self):
        return self.kind == "right"

    def __str__(self):
        return self.text

    __repr__ = __str__

    def _repr_html_(self):
        words = "".join(f"<p>{escape(line)}</p>" for line in self.text.splitlines())
        return words + (self.picture.html if self.entries is not None and self.entries.ndim else "")

    @property
    def picture(self):
        """The reader's own answer, each entry marked as right or wrong."""
        shape = self.entries.shape if self.entries.ndim > 1 else (-1, 1)
        wrong = np.zeros(self.entries.shape, bool)
        for entry in self.wrong:
            wrong[entry] = True
        typed, wrong, letters = self.entries.reshape(shape), wrong.reshape(shape), self.question.answer
        blocks = []
        for k in np.ndindex(*typed.shape[:-2]):
            marks = {entry: "✗" if missed else "✓" for entry, missed in np.ndenumerate(wrong[k])}
            lit, role = np.argwhere(wrong[k]), self.question.roles.get(letters, "output")
            blocks.append(Matrix(typed[k], place(letters, k), role, lit=lit, corner=marks))
        return row(*blocks, title=f"your {letters}: ✓ right, ✗ not yet")


def diagnose(question, inputs, answer):
    """The :class:`Feedback` on an answer to a question (or its name) with these inputs.

    ``answer`` is a nested list, an array, or one number; entries are numbers or texts such as "1/4", "-3", "0.25", and
    "" or None where nothing stands yet. A vector may be a list or a column. An entry is right within
    ``question.tolerance``. Raises ValueError for an unknown question only: any answer gets a sentence.
    """
    question = named(question) if isinstance(question, str) else question
    inputs = {letters: np.asarray(value) for letters, value in inputs.items()}
    right = np.asarray(question.solve(inputs))
    try:
        texts, values = _read(question, right, answer)
        why, wrong = _judged(question, inputs, right, values)
    except Unreadable as problem:
        texts, why, wrong = np.empty(0), Explanation("input", str(problem)), ()
    shown = texts if texts.shape == right.shape else None
    return Feedback(
        question, why.kind, why.text, why.mistakes, wrong, shown, _helps(question, inputs, right, wrong, why.mistakes)
    )


def _judged(question, inputs, right, values):
    """The explanation of an answer that was read, and its wrong entries."""
    empty = tuple(entry for entry, value in np.ndenumerate(values) if value is None)
    if len(empty) == values.size:
        words = f"Nothing is filled in yet: {_all_of(question, right)} are waiting. Begin with any one of them."
        return Explanation("input", words), ()
    if values.shape != right.shape:
        return _of_another_shape(question, inputs, right, values, empty), ()
    far = [e for e in np.ndindex(right.shape) if values[e] is not None and not _right(question, values[e], right[e])]
    wrong = tuple(far)
    if empty:
        rest = f"Look again at {_listed(question, wrong)}." if wrong else "What stands there so far is right."
        return Explanation("input", f"Still empty: {_listed(question, empty)}. {rest}"), wrong
    if not wrong:
        return Explanation("right", f"Right: {_all_of(question, right)}."), ()
    case = Case(question, inputs, np.asarray(right, float), values.astype(float))
    return explanation(case) or _entry_by_entry(case, wrong), wrong


def _right(question, value, right):
    return abs(float(value) - float(right)) <= question.tolerance


# -------------------------------------------------------------------------------------------- reading the answer


def _read(question, right, answer):
    """The typed entries as texts and as Fractions (None: empty), in the shape given; a vector may lie or stand."""
    shape, entries = nested(answer)
    if shape != right.shape and len(entries) == right.size and right.ndim <= 1 and sum(n > 1 for n in shape) <= 1:
        shape = right.shape  # a vector as a row or a column, a number in brackets
    if len(entries) > 1000:
        raise Unreadable(f"The answer has {len(entries)} entries; {question.answer} has {right.size}.")
    values, texts = np.empty(shape, object), np.empty(shape, object)
    for entry, given in zip(np.ndindex(*shape), entries, strict=True):
        values[entry] = number(given, place(question.answer, entry))
        texts[entry] = "" if given is None else given.strip() if isinstance(given, str) else _text(values[entry], given)
    return texts, values


def _text(value, given):
    return str(value) if value.denominator <= 1000 else f"{float(given):.6g}"


def _of_another_shape(question, inputs, right, values, empty):
    """A shape that the answer has not: what leads there may be known, too."""
    words = f"{question.answer} is {_size(right.shape)}, your answer is {_size(values.shape)}."
    why = None if empty else explanation(Case(question, inputs, np.asarray(right, float), values.astype(float)))
    if why:
        return Explanation(why.kind, f"{words} {why.text.removeprefix(NOT_YET)}", why.mistakes)
    return Explanation("input", f"{words} {_how_to_write(right.shape)}")


def _size(shape):
    if not shape:
        return "one number"
    return f"a vector of {shape[0]}" if len(shape) == 1 else "×".join(map(str, shape))


def _how_to_write(shape):
    if len(shape) < 2:
        return f"Write {'a list of ' + str(shape[0]) + ' numbers' if shape else 'one number'}."
    rows, columns = shape[-2:]
    words = f"a list of {rows} row{'s' * (rows > 1)} with {columns} number{'s' * (columns > 1)} each"
    return f"Write {words}" + (f", one such list for each of the {shape[0]} maps." if len(shape) > 2 else ".")


def _all_of(question, right):
    return f"all {right.size} entries of {question.answer}" if right.size > 1 else question.answer


def _listed(question, entries, limit=6):
    names = [place(question.answer, entry) for entry in entries]
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


# ------------------------------------------------------------------------------------------------ entry by entry


def _entry_by_entry(case, wrong):
    """Most entries are right: each wrong one explained where possible; otherwise which are wrong, and no guess."""
    right, given, letters = case.right, case.given, case.question.answer
    total, good = right.size, right.size - len(wrong)
    if len(wrong) == 2 and case.fits(_exchange(right, *wrong)):
        places = _listed(case.question, wrong)
        return Explanation("slips", f"{NOT_YET}{places} have changed places. The other entries are right.")
    told = {}
    if 2 * good >= total:
        told = {entry: explain(case.question, case.inputs, right, given, entry) for entry in wrong[:6]}
    if not any(told.values()):
        return Explanation("unknown", _without_a_name(case.question, good, total, wrong))
    lines = [NOT_YET + _so_far(good, total)]
    lines += [f"{place(letters, entry)} {words or 'is wrong'}." for entry, words in told.items()]
    if len(wrong) > len(told):
        lines.append(f"Also wrong: {_listed(case.question, wrong[len(told) :])}.")
    return Explanation("slips", "\n".join(lines))


def _exchange(array, first, second):
    exchanged = array.copy()
    exchanged[first], exchanged[second] = array[second], array[first]
    return exchanged


def _so_far(good, total):
    return f"{good} of {total} entries {'is' if good == 1 else 'are'} right."


def _without_a_name(question, good, total, wrong):
    if not good:
        return f"{NOT_YET}No entry is right, and it is none of the slips that I know. Begin again with one entry."
    return f"{NOT_YET}{_so_far(good, total)} Look again at {_listed(question, wrong)}."


# ---------------------------------------------------------------------------------------------------- more help


def _helps(question, inputs, right, wrong, mistakes):
    """Hint, idea, one entry worked, the answer: in this order, each only when asked for."""
    entries = list(wrong or np.ndindex(right.shape))
    entry = next((entry for entry in entries if right[entry]), entries[0])  # a 0 shows nothing of the rule
    hint = " ".join(mistake.hint for mistake in mistakes) or question.hint
    return hint, question.idea, question.worked(inputs, entry), f"{question.answer} = {_matrix(right, question)}"


def _matrix(right, question):
    """The answer as nested lists, in the way it could be typed."""
    if np.ndim(right) == 0:
        return written(np.asarray(right)[()], question.decimals)
    return "[" + ", ".join(_matrix(part, question) for part in right) + "]"
