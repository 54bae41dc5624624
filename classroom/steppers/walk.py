"""Walks over sums of products: which entries meet, what they add up to, and where it goes.

Every forward and backward pass of these layers is a list of products, each added to one entry of the result. A walk is
that list, with the matrices it reads; pictures, lines of numbers and sums so far all follow from it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from classroom.drawing import LIMIT, Matrix, column, entry, row, typeset
from classroom.steppers.base import Frame, Stepper

SPELLED = 9  # of a sum of more products only three are written in letters


@dataclass(frozen=True, eq=False)
class Board:
    """A matrix that takes part: exact values, the name of every entry ("" for a zero that only fills up), a role."""

    name: str
    values: np.ndarray
    letters: np.ndarray
    role: str
    note: str = ""

    def turned(self):
        """Turned by 180 degrees; twice is not at all."""
        name = self.name[7:-1] if self.name.startswith("rot180(") else f"rot180({self.name})"
        return replace(self, name=name, values=self.values[::-1, ::-1], letters=self.letters[::-1, ::-1])

    def transposed(self):
        return replace(self, name=f"{self.name}^T", values=self.values.T, letters=self.letters.T)

    def padded(self, *widths):
        """Zeros around it: as many on every side, or ((top, bottom), (left, right))."""
        if not np.any(widths):
            return self
        values, letters = np.pad(self.values, *widths), np.pad(self.letters, *widths, constant_values="")
        return replace(self, name=f"pad({self.name})", values=values, letters=letters)

    def dilated(self, stride):
        """stride - 1 zeros between neighbours."""
        if stride == 1:
            return self
        rows, columns = (stride * (n - 1) + 1 for n in self.values.shape)
        values, letters = np.zeros((rows, columns), object), np.full((rows, columns), "", object)
        values[::stride, ::stride], letters[::stride, ::stride] = self.values, self.letters
        return replace(self, name=f"{self.name} dilated", values=values, letters=letters)

    @cached_property
    def empty(self):
        """The places of the zeros that only fill up."""
        return [place for place in np.ndindex(self.letters.shape) if not self.letters[place]]

    def drawn(self, values, lit, window, corner, room=""):
        """The Matrix that shows it with these values, which the result of a walk fills step by step."""
        most = max(LIMIT, *self.values.shape)
        return Matrix(values, self.name, self.role, lit, self.empty, window, corner, self.note, limit=most, room=room)


def board(values, name, role, letters="", note=""):
    """A Board for the matrix `values`; `letters`, such as "x[1,{},{}]", names entry (i, j), by default "name[i,j]"."""
    values, letters = np.asarray(values, object), letters or name + "[{},{}]"
    named = np.empty(values.shape, object)
    for i, j in np.ndindex(values.shape):
        named[i, j] = letters.format(i, j)
    return Board(name, values, named, role, note)


@dataclass(frozen=True, eq=False)
class Product:
    """Entries that meet, as (board, place) pairs, and the place in the result to which their product goes."""

    to: tuple
    factors: tuple

    @property
    def letters(self):
        return "·".join(board.letters[place] for board, place in self.factors)

    @property
    def numbers(self):
        return "·".join(number(board.values[place]) for board, place in self.factors)

    @cached_property
    def value(self):
        result = 1
        for board, place in self.factors:
            result = result * board.values[place]
        return result


def array(values, name, axes):
    """`values` as an array of exact objects, with one of the numbers of `axes` and matrices of at most 12x12."""
    try:
        found = np.array(values, dtype=object)
    except ValueError:
        found = np.empty(0, object)  # rows of different lengths
    if found.ndim in axes and found.size and max(found.shape) <= LIMIT and all(map(counts, found.flat)):
        return found
    shapes = " or ".join({2: "a matrix", 3: "maps (C, H, W)", 4: "kernels (O, C, kh, kw)"}[n] for n in axes)
    given = f"shape {found.shape}" if found.ndim > 1 and max(found.shape) > LIMIT else str(values)[:60]
    raise ValueError(
        f"{name}: {given}; expected {shapes} of finite numbers, at most {LIMIT}x{LIMIT}. Pass rows of equal length, "
        f"such as [[1, 2], [3, 4]]; a vector as a column, [[1], [2]]; a part of a larger array, such as {name}[:6, :6]."
    )


def counts(value):
    """Whether it is a number (or a symbol) that can be multiplied and added: no text, no list, not NaN or infinite."""
    if not hasattr(value, "__mul__") or isinstance(value, str | bytes | list | tuple):
        return False
    return bool(value - value == 0)


def signal(delta, shape, letters=""):
    """The board of delta: the matrix given, which must have that shape, or else an example, and the frame says so."""
    if delta is None:
        return board(example(shape), "δ", "gradient", letters, "example values")
    delta = array(delta, "delta", (2,))
    if delta.shape != shape:
        raise ValueError(
            f"delta has shape {delta.shape}, but z has shape {shape}: pass a delta of the shape of z, or none at all "
            "for an example."
        )
    return board(delta, "δ", "gradient", letters)


def example(shape):
    """Small numbers of that shape, none of them 0, no row or map like the one before: a delta where none is given."""
    cycle = (1, 4, -1, -2, 3, -3, 2, 5, -4, 1, -5, 2, -1)
    return np.array([cycle[k % len(cycle)] for k in range(np.prod(shape))], object).reshape(shape)


def products(to, met):
    """The factors in `met`, as the products that add up to entry `to`."""
    return tuple(Product(to, tuple(factors)) for factors in met)


def number(value):
    """A number inside a product: negative ones and those with a sign or a bar inside stand in brackets."""
    text = plain(value)
    return f"({text})" if any(sign in text for sign in "−+/ ") else text


def plain(value):
    """The text of a number in a line: as in a cell, with a proper minus."""
    return entry(value).replace("-", "−").replace("{", "(").replace("}", ")")


def added(texts):
    """Terms joined by plus signs, a lone negative number subtracted: "2·3", "(−2)", "1·4" become "2·3 − 2 + 1·4"."""
    text = texts[0][1:-1] if NEGATIVE.fullmatch(texts[0]) else texts[0]
    for term in texts[1:]:
        text += f" − {term[2:-1]}" if NEGATIVE.fullmatch(term) else f" + {term}"
    return text


NEGATIVE = re.compile(r"\(−[^+−·()]+\)")  # (−2) or (−1/4), but not (−2)·3 or (−2 + m)


@dataclass(frozen=True, eq=False)
class Sum:
    """One entry of the result, `to`: the products that add up to it.

    windows  {board: (top, left, height, width)}, the blocks they come from
    remark   what is worth saying once the sum is complete
    """

    to: tuple
    products: tuple
    windows: Mapping = field(default_factory=dict)
    remark: str = ""

    def value(self, count):
        """What the first `count` products come to."""
        values = [product.value for product in self.products[:count]]
        return sum(values[1:], start=values[0]) if values else 0

    def write(self, values, count):
        values[self.to] = self.value(count)

    def marks(self, count):
        """{board: {place: a remark in the corner of that entry}} after `count` products."""
        return {}

    def line(self, letters, first, count, before):
        """The sum in letters, then in numbers as far as it goes, then what that comes to; and what is new in it."""
        total, name, end = len(self.products), letters[self.to], f"{plain(self.value(count))}{self.remark}"
        if not total:
            return f"{name} = {end}", ""
        shown = f"{name} = {self.letters(count)} = {self.numbers(count)}"
        now = self.products[count - 1].letters if count - first < total else ""
        if count < total:
            return f"{shown}; so far {plain(self.value(count))} ({count} of {total})", now
        return (shown if shown.endswith(f"= {end}") else f"{shown} = {end}"), now

    def letters(self, count):
        """All products; of many the first, the one that is new, and the last."""
        texts = [product.letters for product in self.products]
        if len(texts) > SPELLED:
            kept = sorted({0, count - 1, len(texts) - 1})
            gaps = [[] if k == 0 or k - 1 in kept else ["…"] for k in kept]
            texts = [text for k, gap in zip(kept, gaps, strict=True) for text in (*gap, texts[k])]
        return added(texts)

    def numbers(self, count):
        more = ["…"] if count < len(self.products) else []
        return added([product.numbers for product in self.products[:count]] + more)


@dataclass(frozen=True, eq=False)
class Stamp:
    """Products that each go to another entry of the result and are added to what is there already."""

    products: tuple
    windows: Mapping = field(default_factory=dict)
    corners: Mapping = field(default_factory=dict)
    remark: str = ""

    def write(self, values, count):
        for product in self.products[:count]:
            had = values[product.to]
            values[product.to] = product.value if had is None else had + product.value

    def marks(self, count):
        return self.corners

    def line(self, letters, first, count, before):
        """For each product: what its entry had, what it gets, what it then has; on the padding, how many."""
        met, total = self.products[first:count], len(self.products)
        if len(met) == 1:
            line = self._one(letters, met[0], before[met[0].to], met[0].letters)
            return line + self.remark + (f" ({count} of {total})" if total > 1 else ""), ""
        lines = [self._one(letters, product, before[product.to]) for product in met if letters[product.to]]
        shown = ", ".join(lines if len(lines) <= SPELLED else [*lines[:2], "…", lines[-1]])
        return "; ".join(filter(None, [shown, lost(total - len(lines), total)])) + self.remark, ""

    def _one(self, letters, product, had, spelled=""):
        """ "dx[0,1] = 2 + δ[0,1]·K[0,0] = 2 + 4·1 = 6": in letters too if `spelled`, without "2 +" at first."""
        if not letters[product.to]:
            return f"{product.letters} = {product.numbers} = {plain(product.value)} falls on the padding"
        name, start = letters[product.to], [] if had is None else [plain(had)]
        steps = [added([*start, text]) for text in (spelled, product.numbers) if text]
        end = plain(product.value if had is None else had + product.value)
        return " = ".join([name, *steps, *([] if steps[-1] == end else [end])])


def lost(count, total):
    """How many products of a stamp go to no entry: "4 of the 6 products fall on the padding", or nothing."""
    if count == total:
        return f"all {total} products fall on the padding"
    return f"{count} of the {total} products {'falls' if count == 1 else 'fall'} on the padding" if count else ""


class Walk(Sequence):
    """The frames of a list of groups (Sum or Stamp): one for each product, or one for each group.

    heading  what the walk shows
    result   the Board that is filled; its values do not matter
    picture  called with `draw`, which makes the Matrix of a board for this frame, returns the Drawing
    by       "product" or "sum"
    start    what an entry of the result holds before anything has come to it; None leaves it empty
    """

    def __init__(self, heading, result, groups, picture, by="product", start=None):
        self.heading, self.board, self.groups, self.picture = heading, result, groups, picture
        self.steps, self.before = [], [np.full(result.values.shape, start, object)]
        for group in groups:
            count = len(group.products)
            parts = [(k, k + 1) for k in range(count)] if by == "product" and count else [(0, count)]
            self.steps += [(len(self.before) - 1, *part) for part in parts]
            self.before.append(self.before[-1].copy())
            group.write(self.before[-1], count)

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, index):
        which, first, count = self.steps[index]
        group = self.groups[which]
        picture = self.picture(self._draw(group, first, count, self._values(which, count)))
        return Frame(picture, *group.line(self.board.letters, first, count, self.before[which]), self.heading)

    def _values(self, which, count):
        """The result after `count` products of a group."""
        values = self.before[which].copy()
        self.groups[which].write(values, count)
        return values

    @cached_property
    def room(self):
        """The widest text that any frame has in the result, so that its cells never change their width."""
        texts = set(map(entry, self.before[-1].flat))
        for which, first, count in self.steps:
            values = self._values(which, count)
            texts |= {entry(values[product.to]) for product in self.groups[which].products[first:count]}
        return max(texts, key=lambda text: typeset(text)[1])

    @property
    def result(self):
        """The complete result, without the zeros around it."""
        inside = np.argwhere(self.board.letters != "")
        (top, left), (bottom, right) = inside.min(axis=0), inside.max(axis=0)
        return self.before[-1][top : bottom + 1, left : right + 1]

    def _draw(self, group, first, count, values):
        """The function that makes a board's Matrix for this frame, with the entries that meet lit."""
        met, marks = group.products[first:count], group.marks(count)
        lit = {self.board: [product.to for product in met] or [group.to]}
        for which, place in (factor for product in met for factor in product.factors):
            lit.setdefault(which, []).append(place)

        def draw(which):
            shown, room = (values, self.room) if which is self.board else (which.values, "")
            return which.drawn(shown, lit.get(which, ()), group.windows.get(which), marks.get(which, {}), room)

        return draw


def laid_out(lines, end):
    """The picture of a walk: one row of boards and signs for each of `lines`, and `end` behind all of them."""

    def picture(draw):
        rows = [aligned(draw, line) for line in lines]
        return aligned(draw, (rows[0] if len(rows) == 1 else column(*rows), *end))

    return picture


def aligned(draw, items):
    """Boards, drawn by `draw`, between signs and finished drawings, in a row that is close enough for two on a page."""
    return row(*(draw(item) if isinstance(item, Board) else item for item in items), gap=10)


class WalkStepper(Stepper):
    """A stepper whose frames are walks; its filmstrips show whole sums."""

    still: Mapping = {"step": "sum"}

    def offers(self, name, chosen):
        """As every stepper does; and a step of one product or one sum only where a sum has several products."""
        if name == "step":
            products, sums = (len(self.frames(**chosen | {"step": way})) for way in ("product", "sum"))
            if products == sums:
                return False
        return super().offers(name, chosen)

    def result(self, **options):
        """The matrix in which the walk ends."""
        return self.frames(**options).result
