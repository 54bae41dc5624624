"""Pictures of matrices and of the network, as SVG that is the same to the letter every time.

    row(Matrix(x, "x", "input", lit=block(0, 0, 2, 2)), "★", Matrix(K, "K", "kernel"), "=", Matrix(z, "z", "output"))

Nothing is told by colour alone. The frame says the role too: single for data, double for parameters; solid on the
way forward, dashed for a gradient. An entry that is lit is framed and bold as well as brighter. Each picture brings
its own light background (for dark themes) and a text that reads it out (for those who do not see it).

A drawing shows itself in a notebook; `.svg` is the picture, `.alt` its text. Colours, letters and the SVG itself are
in svg.py, the picture of the network in strip.py; both are to be had from here. `python -m classroom.drawing FOLDER`
writes the README's picture of the network, one file for each part.
"""

import html
import sys
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from numbers import Integral, Real

import numpy as np

from classroom import svg
from classroom.strip import GROUPS, NOTEBOOKS, PARTS, main, network_parts, network_strip, readme_files, readme_row
from classroom.svg import INK, PAPER, QUIET, ROLES, RULE, TEXT, TINT, Drawing, Role, entry, typeset

__all__ = [  # with what strip.py and svg.py hold of it
    "GROUPS",
    "INK",
    "NOTEBOOKS",
    "PAPER",
    "PARTS",
    "QUIET",
    "ROLES",
    "RULE",
    "TINT",
    "Drawing",
    "Matrix",
    "Role",
    "block",
    "column",
    "entry",
    "filmstrip",
    "legend",
    "network_parts",
    "network_strip",
    "readme_files",
    "readme_row",
    "row",
    "typeset",
]
CELL, LIMIT = 36, 12


def block(top, left, height, width):
    """The entries of a block as a set of (row, column), to be lit or dimmed: `lit=block(0, 1, 2, 2)`."""
    return frozenset((top + i, left + j) for i in range(height) for j in range(width))


@dataclass(frozen=True, repr=False)
class Matrix:
    """A matrix of at most 12x12 entries, drawn with its name and in the colour and frame of its role.

    values  rows of integers, fractions, floats (three decimals), SymPy expressions, strings; None leaves a cell empty
    name    "x", "δ", "dK", "z_1", "rot180(K)": "_" lowers, "^" raises
    role    one of ROLES: input, kernel, output, gradient, parameter gradient, neutral
    lit     the entries that meet, as (row, column) pairs, or True for all
    dim     entries to hold back, as pairs, or True for all that are not lit
    window  (top, left, height, width): outline of a block of entries
    corner  {(row, column): text}: a small remark in an entry's lower right corner, such as "×3"
    note    a small line below; index=True numbers rows and columns from 0
    limit   the most rows or columns; a stepper's padded matrices may be larger than 12
    room    a text for which every cell has room: the longest one in another frame of the same walk
    """

    values: object
    name: str = ""
    role: str = "neutral"
    lit: object = ()
    dim: object = ()
    window: tuple | None = None
    corner: Mapping = field(default_factory=dict)
    note: str = ""
    index: bool = False
    limit: int = LIMIT
    room: str = ""

    def __post_init__(self):
        cells = _cells(self.values, self.name, self.limit)
        rows, columns = len(cells), len(cells[0])
        if self.role not in ROLES:
            raise ValueError(f"role={self.role!r} of matrix {self.name!r}: choose one of {', '.join(ROLES)}.")
        lit = self.lit if self.lit is not True else block(0, 0, rows, columns)
        lit = _pairs(lit, rows, columns, "lit", self.name)
        dim = self.dim if self.dim is not True else block(0, 0, rows, columns) - lit
        dim = _pairs(dim, rows, columns, "dim", self.name)
        _pairs(self.corner, rows, columns, "corner", self.name)
        if self.window is not None:
            _check_window(self.window, rows, columns, self.name)
        for key, value in (("cells", cells), ("lit", lit), ("dim", dim)):
            object.__setattr__(self, key, value)

    @property
    def alt(self):
        return _read_out(self)

    @cached_property
    def drawing(self):
        return _draw_matrix(self)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self.drawing._repr_mimebundle_()

    def __repr__(self):
        return f"<Matrix: {self.alt}>"


def _cells(values, name, limit):
    """The texts of the entries, row by row; anything that is no small matrix is refused."""
    array = values if isinstance(values, np.ndarray) else None
    if array is None and hasattr(values, "tolist"):
        array = np.array(values.tolist(), dtype=object)
    if array is None:
        try:
            rows = [list(line) if not isinstance(line, str) else [line] for line in values]
        except TypeError:
            rows = None
        ragged = rows is None or len({len(line) for line in rows}) != 1 or any(isinstance(r, str) for r in values)
        if ragged:
            raise ValueError(
                f"Matrix {name!r} needs rows of equal length, such as [[1, 2], [3, 4]]; given {str(values)[:80]!r}. "
                "Write a vector as a column, [[1], [2], [3]]."
            )
        array = np.empty((len(rows), len(rows[0])), dtype=object)
        for i, line in enumerate(rows):
            for j, value in enumerate(line):
                array[i, j] = value
    shape = array.shape
    if len(shape) != 2 or not all(1 <= n <= limit for n in shape):
        raise ValueError(
            f"Matrix {name!r} has shape {shape}; a drawing holds a matrix of 1x1 to {limit}x{limit}. Take one map of "
            "one example (a[0, :, :, 0]), a part of it, or for a vector a column (v[:, None]); images go to "
            "classroom.plots."
        )
    return tuple(tuple(entry(value) for value in line) for line in array)


def _pairs(entries, rows, columns, what, name):
    try:
        pairs = frozenset((int(i), int(j)) for i, j in entries)
    except (TypeError, ValueError):
        raise ValueError(
            f"{what}={entries!r} of matrix {name!r}: give (row, column) pairs, such as {{(0, 0), (0, 1)}}."
        ) from None
    outside = sorted((i, j) for i, j in pairs if not (0 <= i < rows and 0 <= j < columns))
    if outside:
        raise ValueError(
            f"{what} of matrix {name!r} names entries {outside}, but the matrix is {rows}x{columns}: "
            f"rows run from 0 to {rows - 1}, columns from 0 to {columns - 1}."
        )
    return pairs


def _check_window(window, rows, columns, name):
    whole = isinstance(window, Iterable) and len(tuple(window)) == 4 and all(isinstance(n, Integral) for n in window)
    if whole:
        top, left, height, width = window
        if top >= 0 and left >= 0 and height > 0 and width > 0 and top + height <= rows and left + width <= columns:
            return
    raise ValueError(
        f"window={window!r} of matrix {name!r}: give (top, left, height, width) of a block inside the "
        f"{rows}x{columns} matrix; to let it hang over the edge, draw the padded matrix."
    )


def _read_out(matrix):
    """ "x, 3 by 3, rows 1 2 0; 3 1 4; 0 2 5; lit: row 0 column 1": the matrix in words."""
    rows = "; ".join(" ".join(text or "empty" for text in line) for line in matrix.cells)
    size = f"{len(matrix.cells)} by {len(matrix.cells[0])}"
    words = f"{matrix.name or 'matrix'}, {size}, rows {rows}"
    if matrix.lit and len(matrix.lit) == len(matrix.cells) * len(matrix.cells[0]):
        words += ", all lit"
    elif matrix.lit:
        words += ", lit: " + ", ".join(f"row {i} column {j}" for i, j in sorted(matrix.lit))
    if matrix.window:
        top, left, height, width = matrix.window
        words += f", outlined: {height} by {width} from row {top} column {left}"
    if matrix.corner:
        words += ", beside entries: " + ", ".join(
            f"row {i} column {j} {text}" for (i, j), text in matrix.corner.items()
        )
    return words + (f" ({matrix.note})" if matrix.note else "")


def _draw_matrix(matrix):
    rows, columns = len(matrix.cells), len(matrix.cells[0])
    longest = max(typeset(text)[1] for text in {matrix.room}.union(*matrix.cells))
    size = TEXT if longest < 150 else 12
    remarks = {place: str(text) for place, text in matrix.corner.items()}
    remark_width = max((svg.width_of(text, 10) for text in remarks.values()), default=0)
    wide = max(CELL, round(longest * size / TEXT + 16), round(remark_width + 12))
    outer = 4 if matrix.index and ROLES[matrix.role].double else 0  # the second frame stands outside of the cells
    left, top = (18 if matrix.index else 0) + outer, (26 if matrix.name else 0) + (14 if matrix.index else 0) + outer
    grid = ""
    for i, line in enumerate(matrix.cells):
        for j, text in enumerate(line):
            place, corner = (i, j), (left + j * wide, top + i * CELL)
            look = place in matrix.lit, place in matrix.dim, remarks.get(place)
            grid += _cell(matrix.role, text, *look, *corner, wide, size)
    body = grid + svg.move(_frame(columns * wide, rows * CELL, ROLES[matrix.role]), left, top)
    if matrix.window:
        i, j, height, width = matrix.window
        place = (left + j * wide - 1.0, top + i * CELL - 1.0, width * wide + 2.0, height * CELL + 2.0)
        body += svg.rect(*place, "none", stroke=PAPER, stroke_width=6, rx=3)
        body += svg.rect(*place, "none", stroke=INK, stroke_width=3, rx=3)
    name, name_width = typeset(matrix.name, 18)
    width = max(left + columns * wide, left + name_width)
    middle = left + columns * wide / 2
    if matrix.name:
        body += svg.text(middle, 16, name, 18, ROLES[matrix.role].stroke, weight=600)
    if matrix.index:
        body += "".join(svg.text(left + (j + 0.5) * wide, top - 6 - outer, str(j), 11, QUIET) for j in range(columns))
        body += "".join(svg.text(left - 10 - outer, top + (i + 0.5) * CELL + 4, str(i), 11, QUIET) for i in range(rows))
    height = top + rows * CELL
    if matrix.note:
        body += svg.text(middle, height + 18, typeset(matrix.note, 12)[0], 12, QUIET)
        width, height = max(width, svg.width_of(matrix.note, 12)), height + 24
    shift = max(0.0, width / 2 - middle) if not matrix.index else 0.0
    body = svg.move(body, shift, 0) if shift else body
    return Drawing(body, width, height, top + rows * CELL / 2, matrix.alt, matrix.name)


@lru_cache(maxsize=1 << 14)
def _cell(role, text, lit, dim, remark, x, y, wide, size):
    """One entry with its upper left corner at x, y. Remembered, since most cells of a walk's frames are alike."""
    ground, before, after = _ground(role, lit, dim, remark is not None, x, y, wide, size)
    body = ground + before + typeset(text, size)[0] + after if text else ground
    if remark is not None:
        body += svg.text(x + wide - 5, y + CELL - 5, typeset(remark, 10)[0], 10, INK, anchor="end")
    return body


@lru_cache(maxsize=1 << 14)
def _ground(role, lit, dim, lifted, x, y, wide, size):
    """A cell, and what stands before and after its text. Remembered too: often no more than the text is new."""
    role, base = ROLES[role], y + CELL / 2 + size * 0.35 - (4 if lifted else 0)
    body = svg.rect(x, y, wide, CELL, role.lit if lit else PAPER if dim else role.fill, stroke=RULE, stroke_width=0.8)
    if lit:
        body += svg.rect(x + 2.0, y + 2.0, wide - 4, CELL - 4, "none", stroke=role.stroke, stroke_width=1.5, rx=2)
    look = {"fill": QUIET if dim else INK, "weight": 700 if lit else None}
    return body, *svg.text(x + wide / 2, base, "|", size, **look).split("|")


def _frame(width, height, role):
    """Single or double, solid or dashed: the role, told without colour."""
    dash = {"stroke_dasharray": "6 3"} if role.dashed else {}
    line = {"stroke": role.stroke, "stroke_width": role.weight, **dash}
    inner = svg.rect(0, 0, width, height, "none", **line)
    return inner + (svg.rect(-4, -4, width + 8, height + 8, "none", rx=2, **line) if role.double else "")


def _part(item):
    """Anything a row may hold as a Drawing: a Matrix, a Drawing, a sign or a number."""
    if isinstance(item, Drawing):
        return item
    if isinstance(item, Matrix):
        return item.drawing
    if isinstance(item, (str, Real)):
        content, width = typeset(entry(item), 20)
        return Drawing(svg.text(width / 2, 21, content, 20), width, 28, 14, str(item))
    raise ValueError(f"A row holds Matrix, Drawing, text or numbers; given {type(item).__name__}. Wrap it in Matrix().")


def _caption(words, width):
    """Lines of running text under a picture, and their height."""
    lines = textwrap.wrap(words, max(64, int(width / 6.4)))
    body = "".join(svg.text(0, 16 + 18 * n, html.escape(line), 13, INK, "start") for n, line in enumerate(lines))
    return body, 18 * len(lines) + 4, max((svg.width_of(line, 12.2) for line in lines), default=0)


def _with_caption(body, width, height, axis, alt, caption, title):
    if caption:
        text, tall, wide = _caption(caption, width)
        body, height, width = body + svg.move(text, 0, height + 10), height + 10 + tall, max(width, wide)
        alt = f"{caption.rstrip('.')}. {alt}"
    return Drawing(body, width, height, axis, alt, title or caption)


def row(*items, caption="", title="", gap=16):
    """Matrices and signs side by side, lined up on their middles, with a caption in words below."""
    if not items:
        raise ValueError("row() was given nothing to draw; give it at least one Matrix.")
    parts = [_part(item) for item in items]
    axis = max(part.axis for part in parts)
    body, x = "", 4.0
    for part in parts:
        body += svg.move(part.body, x, axis - part.axis)
        x += part.width + gap
    height = axis + max(part.height - part.axis for part in parts)
    return _with_caption(body, x - gap + 4, height + 4, axis, " ".join(p.alt for p in parts), caption, title)


def column(*items, caption="", title="", gap=18):
    """Drawings one below the other."""
    if not items:
        raise ValueError("column() was given nothing to draw; give it at least one Matrix or row(...).")
    parts = [_part(item) for item in items]
    body, y = "", 0.0
    for part in parts:
        body += svg.move(part.body, 4, y)
        y += part.height + gap
    width, height = max(part.width for part in parts) + 8, y - gap
    alt = ". ".join(part.alt.rstrip(".") for part in parts)
    return _with_caption(body, width, height, height / 2, alt, caption, title)


def filmstrip(*frames, columns=3, caption="", title="", numbers=None):
    """The frames that matter of a walk, in reading order: what an interactive figure shows on paper.

    They are numbered 1, 2, 3, ..., or as `numbers` says, one for each frame.
    """
    if not frames or not isinstance(columns, Integral) or columns < 1:
        raise ValueError(f"filmstrip() needs at least one frame and columns >= 1; given {len(frames)} and {columns}.")
    numbers = range(1, len(frames) + 1) if numbers is None else numbers
    if len(numbers) != len(frames):
        raise ValueError(f"numbers={list(numbers)}: give as many as frames, which are {len(frames)}, or leave it out.")
    parts = [_part(frame) for frame in frames]
    wide, tall = max(part.width for part in parts) + 24, max(part.height for part in parts) + 42
    body = ""
    for place, (number, part) in enumerate(zip(numbers, parts, strict=True)):
        x, y = place % columns * (wide + 12), place // columns * (tall + 12)
        body += svg.rect(x, y, wide, tall, "none", stroke=RULE, rx=4)
        body += svg.text(x + 12, y + 19, str(number), 13, QUIET, "start", 700)
        body += svg.move(part.body, x + 12, y + 30)
    lines = -(-len(parts) // columns)
    width, height = min(columns, len(parts)) * (wide + 12) - 12, lines * (tall + 12) - 12
    alt = " ".join(f"Frame {number}: {part.alt.rstrip('.')}." for number, part in zip(numbers, parts, strict=True))
    return _with_caption(body, width, height, height / 2, alt, caption, title)


def legend():
    """The six roles, named: what colour and frame mean throughout the series."""
    swatches = [Matrix([[""]], role=role, lit=(), note=role) for role in ROLES]
    return row(*swatches, gap=26, caption="Double frame: a parameter. Dashed frame: a gradient.", title="Roles")


if __name__ == "__main__":
    main(sys.argv[1:])
