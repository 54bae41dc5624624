"""Pictures of matrices and of the network, as SVG that is the same to the letter every time.

    row(Matrix(x, "x", "input", lit=block(0, 0, 2, 2)), "★", Matrix(K, "K", "kernel"), "=", Matrix(z, "z", "output"))

Nothing is told by colour alone. The frame says the role too: single for data, double for parameters; solid on the
way forward, dashed for a gradient. An entry that is lit is framed and bold as well as brighter. Each picture brings
its own light background (for dark themes) and a text that reads it out (for those who do not see it).

A drawing shows itself in a notebook; `.svg` is the picture, `.alt` its text. `python -m classroom.drawing FOLDER`
writes the README's picture of the network, one file for each part.
"""

import base64
import html
import re
import sys
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from numbers import Complex, Integral, Rational, Real
from pathlib import Path

import numpy as np

INK, QUIET, PAPER, RULE, TINT = "#16181D", "#5B6067", "#FFFFFF", "#C9CDD2", "#FFF8E1"
SANS = "Helvetica Neue,Helvetica,Arial,sans-serif"
SERIF = "STIX Two Text,Cambria,Georgia,serif"
CELL, TEXT, LIMIT = 36, 15, 12


@dataclass(frozen=True)
class Role:
    """How one kind of matrix looks: `fill` of a cell, `lit` fill, `stroke` of the frame, and the frame's form."""

    fill: str
    lit: str
    stroke: str
    double: bool = False
    dashed: bool = False
    weight: float = 1.6


ROLES = {
    "input": Role("#E6F0FB", "#8FC1F5", "#1B5AA6"),
    "kernel": Role("#FDF1D3", "#F7CB4D", "#7A5200", double=True),
    "output": Role("#DDF1E8", "#5DBF97", "#0A5F43", weight=3),
    "gradient": Role("#FCE6E0", "#F08D74", "#A62A10", dashed=True, weight=2.4),
    "parameter gradient": Role("#F1E6F8", "#B98ADB", "#5B2A8C", double=True, dashed=True),
    "neutral": Role("#F4F4F2", "#D5D6D3", "#5B6067", weight=1),
}

# --------------------------------------------------------------------------------------------------- small SVG


def _number(value):
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _tag(name, content="", **attributes):
    """One SVG element; `stroke_width=2` becomes stroke-width="2"."""
    text = "".join(f' {key.replace("_", "-")}="{_number(value)}"' for key, value in attributes.items())
    return f"<{name}{text}>{content}</{name}>" if content else f"<{name}{text}/>"


def _rect(x, y, width, height, fill, **attributes):
    return _tag("rect", x=x, y=y, width=width, height=height, fill=fill, **attributes)


def _line(x1, y1, x2, y2, stroke, width=1.2, **attributes):
    path = f"M{_number(x1)} {_number(y1)}L{_number(x2)} {_number(y2)}"
    return _tag("path", d=path, stroke=stroke, stroke_width=width, fill="none", **attributes)


def _move(body, x, y):
    return _tag("g", body, transform=f"translate({_number(float(x))} {_number(float(y))})")


def _lines(ends, stroke, width):
    """Many lines (x1, y1, x2, y2) in one path."""
    path = "".join("M{} {}L{} {}".format(*map(_number, line)) for line in ends)
    return _tag("path", d=path, stroke=stroke, stroke_width=width, fill="none")


def _text(x, y, content, size=TEXT, fill=INK, anchor=None, weight=None, family=None, style=None):
    """Text, in the middle of x and without serifs unless told otherwise (see `Drawing.svg`)."""
    look = {"text_anchor": anchor, "font_weight": weight, "font_family": family, "font_style": style}
    look = {key: value for key, value in look.items() if value}
    return _tag("text", content, x=float(x), y=float(y), font_size=size, fill=fill, **look)


# ------------------------------------------------------------------------------------------- numbers and letters

GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "eta": "η", "lambda": "λ", "mu": "μ", "sigma": "σ"}
TOKEN = re.compile(r"([_^])(\{[^}]*\}|\([^)]*\)|[A-Za-z0-9,]+)|([A-Za-z]+|[α-ω])|([^A-Za-zα-ω_^]+|[_^])")


def _pieces(text):
    """Split mathematics into (level, italic, text): letters lean, words, digits and signs stand upright."""
    for script, inner, word, rest in TOKEN.findall(text):
        if script:
            level, inner = (-1 if script == "_" else 1), inner.strip("{}")
            yield from ((level, lean and inner != "T", text) for _, lean, text in _pieces(inner))
        elif word:
            word = GREEK.get(word, word)
            yield 0, len(word) == 1 or (len(word) == 2 and word[0] == "d"), word
        else:
            yield 0, False, rest.replace("-", "−")


def _width(text, size=TEXT):
    """An estimate that is the same on every machine; fonts differ, so it is a little generous."""
    return sum((0.33 if c in " .,()/|'" else 0.85 if c in "mwMW★=+−→" else 0.58) for c in text) * size


@lru_cache(maxsize=4096)
def typeset(text, size=TEXT):
    """SVG content and width of mathematics such as "δ", "dK", "z_1", "rot180(K)", "δ^(l+1)"."""
    content, width, shift = "", 0.0, 0.0
    for level, italic, piece in _pieces(text):
        small = size * (0.72 if level else 1)
        target = {0: 0.0, -1: 0.22 * size, 1: -0.38 * size}[level]
        look = {"dy": target - shift} if target != shift else {}
        look |= {"font_size": small} if level else {}
        look |= {"font_style": "italic", "font_family": SERIF} if italic else {}
        content += _tag("tspan", html.escape(piece), **look) if look else html.escape(piece)
        width, shift = width + _width(piece, small), target
    return content, width


def entry(value):
    """The text of one entry: 3, 1/4, 0.333, x_1 + 2 or nothing at all (None)."""
    if value is None:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, Rational):
        return str(value)
    if isinstance(value, Real):
        return _decimal(float(value))
    if isinstance(value, Complex):
        return f"{entry(value.real)}{'-' if value.imag < 0 else '+'}{entry(abs(value.imag))}i"
    return str(value).replace("**", "^").replace("*", "·")


def _decimal(value):
    """At most three decimals; 1.5·10^(-9) where they would show nothing or too much."""
    if not np.isfinite(value) or value == 0 or 5e-4 <= abs(value) < 1e5:
        text = f"{value:.3f}".rstrip("0").rstrip(".") if np.isfinite(value) else str(value)
        return "0" if text == "-0" else text
    digits, power = f"{value:.2g}".split("e") if "e" in f"{value:.2g}" else f"{value:.1e}".split("e")
    return f"{digits}·10^{{{int(power)}}}"


# ------------------------------------------------------------------------------------------------------ drawings


@dataclass(frozen=True, repr=False)
class Drawing:
    """A finished picture: `svg`, its text `alt`, and `html`, an image with that text which every notebook viewer shows.

    `axis` is the height of the line on which `row` lines it up with its neighbours.
    """

    body: str
    width: float
    height: float
    axis: float
    alt: str
    title: str = ""
    margin: int = 12
    left: int = 0

    @cached_property
    def svg(self):
        width, height = round(self.width) + 2 * self.margin, round(self.height) + 2 * self.margin
        inside = _move(self.body, self.margin, self.margin) if self.margin else self.body
        paper = _rect(self.left, 0, width, height, PAPER, rx=6 if self.margin else 0)
        words = _tag("title", html.escape(self.title or self.alt)) + _tag("desc", html.escape(self.alt))
        box = {"width": width, "height": height, "viewBox": f"{self.left} 0 {width} {height}"}
        look = {"role": "img", "font_family": SANS, "text_anchor": "middle"}
        return _tag("svg", words + paper + inside, xmlns="http://www.w3.org/2000/svg", **box, **look)

    @property
    def html(self):
        # An <img>, since JupyterLab and GitHub drop alternative texts of SVG and PNG outputs but keep this one.
        data = base64.b64encode(self.svg.encode()).decode()
        width, alt = round(self.width) + 2 * self.margin, html.escape(self.alt)
        return f'<img alt="{alt}" width="{width}" src="data:image/svg+xml;base64,{data}">'

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"image/svg+xml": self.svg, "text/html": self.html}

    def __repr__(self):
        return f"<Drawing: {self.alt}>"


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

    def __post_init__(self):
        cells = _cells(self.values, self.name)
        rows, columns = len(cells), len(cells[0])
        if self.role not in ROLES:
            raise ValueError(f"role={self.role!r} of matrix {self.name!r}: choose one of {', '.join(ROLES)}.")
        every = block(0, 0, rows, columns)
        lit = every if self.lit is True else _pairs(self.lit, rows, columns, "lit", self.name)
        dim = every - lit if self.dim is True else _pairs(self.dim, rows, columns, "dim", self.name)
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


def _cells(values, name):
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
    if len(shape) != 2 or not all(1 <= n <= LIMIT for n in shape):
        raise ValueError(
            f"Matrix {name!r} has shape {shape}; a drawing holds a matrix of 1x1 to {LIMIT}x{LIMIT}. Take one map of "
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
    longest = max(typeset(text)[1] for line in matrix.cells for text in line)
    size = TEXT if longest < 150 else 12
    remarks = max((_width(str(text), 10) for text in matrix.corner.values()), default=0)
    wide = max(CELL, round(longest * size / TEXT + 16), round(remarks + 12))
    left, top = (18 if matrix.index else 0), (26 if matrix.name else 0) + (14 if matrix.index else 0)
    grid = "".join(
        _cell(matrix, i, j, left + j * wide, top + i * CELL, wide, size) for i in range(rows) for j in range(columns)
    )
    body = grid + _move(_frame(columns * wide, rows * CELL, ROLES[matrix.role]), left, top)
    if matrix.window:
        i, j, height, width = matrix.window
        place = (left + j * wide - 1.0, top + i * CELL - 1.0, width * wide + 2.0, height * CELL + 2.0)
        body += _rect(*place, "none", stroke=PAPER, stroke_width=6, rx=3)
        body += _rect(*place, "none", stroke=INK, stroke_width=3, rx=3)
    name, name_width = typeset(matrix.name, 18)
    width = max(left + columns * wide, left + name_width)
    middle = left + columns * wide / 2
    if matrix.name:
        body += _text(middle, 16, name, 18, ROLES[matrix.role].stroke, weight=600)
    if matrix.index:
        body += "".join(_text(left + (j + 0.5) * wide, top - 6, str(j), 11, QUIET) for j in range(columns))
        body += "".join(_text(left - 10, top + (i + 0.5) * CELL + 4, str(i), 11, QUIET) for i in range(rows))
    height = top + rows * CELL
    if matrix.note:
        body += _text(middle, height + 18, typeset(matrix.note, 12)[0], 12, QUIET)
        width, height = max(width, _width(matrix.note, 12)), height + 24
    shift = max(0.0, width / 2 - middle) if not matrix.index else 0.0
    body = _move(body, shift, 0) if shift else body
    return Drawing(body, width, height, top + rows * CELL / 2, matrix.alt, matrix.name)


def _cell(matrix, i, j, x, y, wide, size):
    role, lit, dim = ROLES[matrix.role], (i, j) in matrix.lit, (i, j) in matrix.dim
    fill = role.lit if lit else PAPER if dim else role.fill
    body = _rect(x, y, wide, CELL, fill, stroke=RULE, stroke_width=0.8)
    if lit:
        body += _rect(x + 2.0, y + 2.0, wide - 4, CELL - 4, "none", stroke=role.stroke, stroke_width=1.5, rx=2)
    look = {"fill": QUIET if dim else INK, "weight": 700 if lit else None}
    lift = 4 if (i, j) in matrix.corner else 0
    if matrix.cells[i][j]:
        body += _text(
            x + wide / 2, y + CELL / 2 + size * 0.35 - lift, typeset(matrix.cells[i][j], size)[0], size, **look
        )
    if lift:
        remark = typeset(str(matrix.corner[i, j]), 10)[0]
        body += _text(x + wide - 5, y + CELL - 5, remark, 10, INK, anchor="end")
    return body


def _frame(width, height, role):
    """Single or double, solid or dashed: the role, told without colour."""
    dash = {"stroke_dasharray": "6 3"} if role.dashed else {}
    line = {"stroke": role.stroke, "stroke_width": role.weight, **dash}
    inner = _rect(0, 0, width, height, "none", **line)
    return inner + (_rect(-4, -4, width + 8, height + 8, "none", rx=2, **line) if role.double else "")


def _part(item):
    """Anything a row may hold as a Drawing: a Matrix, a Drawing, a sign or a number."""
    if isinstance(item, Drawing):
        return item
    if isinstance(item, Matrix):
        return item.drawing
    if isinstance(item, (str, Real)):
        content, width = typeset(entry(item), 20)
        return Drawing(_text(width / 2, 21, content, 20), width, 28, 14, str(item))
    raise ValueError(f"A row holds Matrix, Drawing, text or numbers; given {type(item).__name__}. Wrap it in Matrix().")


def _caption(words, width):
    """Lines of running text under a picture, and their height."""
    lines = textwrap.wrap(words, max(64, int(width / 6.4)))
    body = "".join(_text(0, 16 + 18 * n, html.escape(line), 13, INK, "start") for n, line in enumerate(lines))
    return body, 18 * len(lines) + 4, max((_width(line, 12.2) for line in lines), default=0)


def _with_caption(body, width, height, axis, alt, caption, title):
    if caption:
        text, tall, wide = _caption(caption, width)
        body, height, width = body + _move(text, 0, height + 10), height + 10 + tall, max(width, wide)
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
        body += _move(part.body, x, axis - part.axis)
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
        body += _move(part.body, 4, y)
        y += part.height + gap
    width, height = max(part.width for part in parts) + 8, y - gap
    alt = ". ".join(part.alt.rstrip(".") for part in parts)
    return _with_caption(body, width, height, height / 2, alt, caption, title)


def filmstrip(*frames, columns=3, caption="", title=""):
    """The frames that matter of a walk, numbered in reading order: what an interactive figure shows on paper."""
    if not frames or not isinstance(columns, Integral) or columns < 1:
        raise ValueError(f"filmstrip() needs at least one frame and columns >= 1; given {len(frames)} and {columns}.")
    parts = [_part(frame) for frame in frames]
    wide, tall = max(part.width for part in parts) + 24, max(part.height for part in parts) + 42
    body = ""
    for number, part in enumerate(parts):
        x, y = number % columns * (wide + 12), number // columns * (tall + 12)
        body += _rect(x, y, wide, tall, "none", stroke=RULE, rx=4)
        body += _text(x + 12, y + 19, str(number + 1), 13, QUIET, "start", 700)
        body += _move(part.body, x + 12, y + 30)
    lines = -(-len(parts) // columns)
    width, height = min(columns, len(parts)) * (wide + 12) - 12, lines * (tall + 12) - 12
    alt = " ".join(f"Frame {number + 1}: {part.alt.rstrip('.')}." for number, part in enumerate(parts))
    return _with_caption(body, width, height, height / 2, alt, caption, title)


def legend():
    """The six roles, named: what colour and frame mean throughout the series."""
    swatches = [Matrix([[""]], role=role, lit=(), note=role) for role in ROLES]
    return row(*swatches, gap=26, caption="Double frame: a parameter. Dashed frame: a gradient.", title="Roles")


# -------------------------------------------------------------------------------------------- the whole network

# name: width, heading, what it does, what it does to delta on the way back, gradients of its parameters
PARTS = {
    "input": (92, "image", "", "", ""),
    "conv1": (108, "C1", "convolution", "", "dK, db"),
    "act1": (28, "f", "", "∘ f′", ""),
    "pool1": (84, "S2", "pool", "β up(δ)/4", "dβ, db"),
    "act2": (28, "f", "", "∘ f′", ""),
    "conv2": (94, "C3", "convolution", "full conv", "dK, db"),
    "act3": (28, "f", "", "∘ f′", ""),
    "pool2": (84, "S4", "pool", "β up(δ)/4", "dβ, db"),
    "act4": (28, "f", "", "∘ f′", ""),
    "flatten": (52, "flatten", "", "reshape", ""),
    "dense": (84, "dense", "fully connected", "W^Tδ", "dW, db"),
    "softmax": (64, "softmax", "", "p − y", ""),
    "loss": (42, "loss", "", "", ""),
}
GROUPS = {"activation": ("act1", "act2", "act3", "act4"), "pool": ("pool1", "pool2"), "conv": ("conv1", "conv2")}
ALL = sum(part[0] for part in PARTS.values())
MIDDLE, SCALE, STEP = 90, 2.5, 3.0
SIZES = {"input": 28, "conv1": 24, "pool1": 12, "conv2": 8, "pool2": 4}
ACROSS = {"conv1": 5, "pool1": 2, "conv2": 5, "pool2": 2}


def network_strip(lit=None, backward=False, maps=(6, 12)):
    """The network as one strip, the same everywhere, with the part `lit` in colour and the rest quiet.

    lit       None (all in colour), a name or several: input conv1 act1 pool1 act2 conv2 act3 pool2 act4 flatten
              dense softmax loss, or a kind: conv pool activation
    backward  draw below it how delta travels back, and which parameter gradients it leaves on the way
    maps      how many maps the two convolutions make
    """
    shown, maps = _lit_parts(lit), _check_maps(maps)
    height = 236 if backward else 172
    body = "".join(markup for _, _, markup in _strip(shown, maps, backward))
    return Drawing(body, ALL, height - 20, MIDDLE, _strip_words(lit, shown, maps, backward), "The network", margin=10)


def network_parts(maps=(6, 12), notebooks=None):
    """The same picture cut into parts that join without a seam when set side by side: {name: Drawing}.

    notebooks  {part: text}, a line at the foot of each part, such as the number of the notebook behind the link
    """
    maps, notebooks = _check_maps(maps), notebooks or {}
    marks = _strip(frozenset(PARTS), maps, True)
    for name, text in notebooks.items():
        x, width = _place(name)
        marks.append((x, x + width, _rect(x + 3, 222, width - 6, 20, "#EAF1FA", rx=4)))
        marks.append((x, x + width, _text(x + width / 2, 236, html.escape(text), 11, "#1B5AA6", weight=700)))
    parts = {}
    for name in PARTS:
        x, width = _place(name)
        body = "".join(markup for left, right, markup in marks if right > x and left < x + width)
        parts[name] = Drawing(body, width, 248 if notebooks else 220, 0, _part_words(name, maps), margin=0, left=x)
    return parts


def _place(name):
    x = 0
    for part, (width, *_) in PARTS.items():
        if part == name:
            return x, width
        x += width
    raise ValueError(f"The network has no part {name!r}; its parts are {', '.join(PARTS)}.")


def _lit_parts(lit):
    names = () if lit is None else (lit,) if isinstance(lit, str) else tuple(lit)
    wanted = [part for name in names for part in GROUPS.get(name, (name,))]
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        known = ", ".join([*PARTS, *GROUPS])
        raise ValueError(f"lit={lit!r}: the network has no part {unknown[0]!r}; choose from {known}, or None for all.")
    return frozenset(wanted or PARTS)


def _check_maps(maps):
    pair = tuple(maps) if isinstance(maps, Iterable) else ()
    if len(pair) != 2 or not all(isinstance(n, Integral) and n > 0 for n in pair):
        raise ValueError(f"maps={maps!r}: give the number of maps of both convolutions, such as (6, 12).")
    return tuple(int(n) for n in pair)


def _sizes(name, maps):
    """The size written under a part."""
    flat = maps[1] * 16
    counts = {"input": 1, "conv1": maps[0], "pool1": maps[0], "conv2": maps[1], "pool2": maps[1]}
    if name in SIZES:
        return f"{counts[name]} × {SIZES[name]} × {SIZES[name]}"
    return {"flatten": str(flat), "dense": "10", "softmax": "10"}.get(name, "")


def _part_words(name, maps):
    _, heading, does, back, gradients = PARTS[name]
    words = {"f": "activation f", "loss": "loss J", "dense": ""}
    text = words.get(heading, heading) + (f" {does}" if does and heading == "dense" else f", {does}" if does else "")
    text += f", {_sizes(name, maps).replace('×', 'by')}" if _sizes(name, maps) else ""
    return text.strip(" ,") + (f"; back: {back}" if back else "") + (f"; gradients {gradients}" if gradients else "")


def _strip_words(lit, shown, maps, backward):
    names = [name for name in PARTS if not name.startswith("act")]
    words = "The network from left to right: " + "; ".join(_part_words(n, maps).split(";")[0] for n in names)
    words += ". An activation f follows both convolutions and both pools"
    if backward:
        words += ". Below, from right to left, the error signal delta and the parameter gradients dW, dK, dβ and db"
    if lit is not None:
        words += ". Lit: " + ", ".join(_part_words(name, maps).split(";")[0] for name in PARTS if name in shown)
    return words + "."


def _strip(shown, maps, backward):
    """All marks of the picture as (left, right, SVG), so that it can be cut between any two parts."""
    marks, every = [], len(shown) == len(PARTS)
    for name, (width, heading, does, _, _) in PARTS.items():
        x, lit = _place(name)[0], name in shown
        if lit and not every:
            marks.append((x, x + width, _rect(x, 0, width, 216 if backward else 152, TINT, rx=5)))
            marks.append((x, x + width, _rect(x, 0, width, 4, INK, rx=2)))
        color, middle = INK if lit else QUIET, x + width / 2
        if heading != "f":
            label = _text(middle, 18, heading, 13, color, weight=700 if lit else 400)
            size = _text(middle, 148, _sizes(name, maps), 10.5, color) if _sizes(name, maps) else ""
            marks.append((x, x + width, label + (_text(middle, 32, does, 10.5, color) if does else "") + size))
    marks += _stacks(shown, maps) + _tail(shown) + _signs(shown)
    return marks + (_way_back(shown) if backward else [])


def _look(name, shown, role):
    lit = name in shown
    return (ROLES[role].fill, ROLES[role].stroke, 1.4) if lit else ("#F7F7F6", "#9AA0A7", 1.0)


def _corner(name, count):
    """Upper left corner and side of the front map of a stack, and the offset from one map to the next."""
    x, width = _place(name)
    side, step = SIZES[name] * SCALE, min(STEP, 33 / count)
    depth = step * (count - 1)
    return x + (width - side - depth) / 2, MIDDLE - (side - depth) / 2, side, step


def _stacks(shown, maps):
    """The image and the four stacks of maps to one scale, and the lines from a window to the entry it makes."""
    counts = {"input": 1, "conv1": maps[0], "pool1": maps[0], "conv2": maps[1], "pool2": maps[1]}
    marks, before = [], None
    for name, count in counts.items():
        fill, stroke, weight = _look(name, shown, "input" if name == "input" else "output")
        x, y, side, step = _corner(name, count)
        look = {"fill": fill, "stroke": stroke, "stroke_width": weight}
        layers = [_rect(x + k * step, y - k * step, side, side, **look) for k in range(min(count, 40))][::-1]
        marks.append((x, x + side + step * count, "".join(layers)))
        if name == "input":
            marks.append((x, x + side, _digit(x, y, side, name in shown)))
        if before:
            marks.append(_projection(before, name, counts, shown))
        before = name
    return marks


def _digit(x, y, side, lit):
    """A five in one stroke of the pen."""
    path = "M19 6H11L10 13C14 11 20 12 20 17C20 23 12 24 8 21"
    look = {"fill": "none", "stroke": INK if lit else QUIET, "stroke_width": 2.4}
    pen = _tag("path", d=path, stroke_linecap="round", stroke_linejoin="round", **look)
    return _tag("g", pen, transform=f"translate({_number(x)} {_number(y)}) scale({_number(side / 28)})")


def _projection(before, name, counts, shown):
    """A window on the front map before, and its edges drawn together in one entry of the front map after."""
    lit = name in shown
    stroke = ROLES["kernel" if name.startswith("conv") else "neutral"].stroke if lit else "#9AA0A7"
    x, y, side, _ = _corner(before, counts[before])
    u, v, after, _ = _corner(name, counts[name])
    window, unit = ACROSS[name] * SCALE, SCALE
    left, top = x + side - window - 2 * unit, y + side * 0.55
    right, low = u + 2 * unit, v + after * 0.55
    fill = ROLES["kernel"].lit if lit and name.startswith("conv") else "none"
    box = _rect(left, top, window, window, fill, stroke=stroke, stroke_width=1.2, fill_opacity=0.75)
    ends = [(left + window, top, right, low), (left + window, top + window, right, low + unit)]
    lines = _lines(ends, stroke, 0.9)
    return left, right + unit, box + lines + _rect(right, low, unit, unit, stroke)


def _tail(shown):
    """Flatten, fully connected, softmax and the loss."""
    marks = []
    fill, stroke, weight = _look("flatten", shown, "output")
    x, width = _place("flatten")
    tall, center = 92, x + width / 2
    ticks = _lines([(center - 4, 44 + k * 4, center + 4, 44 + k * 4) for k in range(1, 23)], stroke, 0.5)
    bar = _rect(center - 4, 44, 8, tall, fill, stroke=stroke, stroke_width=weight)
    marks.append((x - 8, x + width, _arrow(x - 4, center - 6, MIDDLE, stroke) + bar + ticks))
    edge, (x, width) = center + 4, _place("dense")
    center = x + width / 2 + 14
    fill, stroke, weight = _look("dense", shown, "output")
    ends = [(edge + 2, 46 + 88 * i / 7, center - 4, 49 + 9 * k) for i in range(8) for k in range(10)]
    fan = _lines(ends, stroke, 0.35)
    look = {"fill": fill, "stroke": stroke, "stroke_width": weight, "rx": 4}
    units = "".join(_rect(center - 4.0, 45 + 9 * k, 8, 8, **look) for k in range(10))
    marks.append((edge, center + 4, fan + units))
    return marks + _chances(shown, center) + _end(shown)


def _chances(shown, edge):
    """Ten bars, the five's the longest, below the scores they come from."""
    _, stroke, _ = _look("softmax", shown, "output")
    x, width = _place("softmax")
    start, bars = x + 12, (2, 2, 3, 7, 2, 38, 3, 2, 5, 2)
    body = _lines([(edge + 7, 49 + 9 * k, start - 4, 49 + 9 * k) for k in range(10)], stroke, 0.6)
    dark = ROLES["output"].lit if "softmax" in shown else "#C9CDD2"
    for k, length in enumerate(bars):
        body += _rect(start, 46 + 9 * k, length, 6, dark, stroke=stroke, stroke_width=0.7)
    return [(edge, x + width, body)]


def _end(shown):
    fill, stroke, weight = _look("loss", shown, "neutral")
    x, width = _place("loss")
    center = x + width / 2
    body = _tag("circle", cx=center, cy=MIDDLE, r=13, fill=fill, stroke=stroke, stroke_width=weight + 0.4)
    body += _text(center, MIDDLE + 5, "J", 16, INK if "loss" in shown else QUIET, family=SERIF, style="italic")
    return [(x - 8, x + width, _arrow(x - 6, center - 14, MIDDLE, stroke) + body)]


def _arrow(start, end, y, stroke, width=1.3):
    """A horizontal arrow; it points the way it runs."""
    turn = 5 if end > start else -5
    tip = f"M{_number(end)} {y}l{-turn} -3.2v6.4z"
    return _line(start, y, end - turn * 0.6, y, stroke, width) + _tag("path", d=tip, fill=stroke)


def _signs(shown):
    """The activations: f in a circle on the way."""
    marks = []
    for name in GROUPS["activation"]:
        x, width = _place(name)
        lit, center = name in shown, x + width / 2
        fill, stroke, weight = _look(name, shown, "neutral")
        disc = _tag("circle", cx=center, cy=MIDDLE, r=9, fill=fill, stroke=stroke, stroke_width=weight)
        look = {"family": SERIF, "style": "italic", "weight": 700 if lit and len(shown) < len(PARTS) else None}
        letter = _text(center - 0.5, MIDDLE + 4.5, "f", 14, INK if lit else QUIET, **look)
        marks.append((x, x + width, disc + letter))
    return marks


def _way_back(shown):
    """Delta from right to left, what each part does to it, and the gradients that it leaves there."""
    marks, end = [], _place("loss")[0] + 21
    back, y = ROLES["gradient"].stroke, 172
    start = _place("conv1")[0] + 56
    line = _line(end, y, start + 6, y, back, 1.8, stroke_dasharray="6 3")
    marks.append((start, end, line + _tag("path", d=f"M{start} {y}l9 -4.5v9z", fill=back)))
    marks.append((start - 20, start, _text(start - 11, y + 6, "δ", 18, back, family=SERIF, style="italic")))
    marks.append((end - 2, end + 2, _line(end, MIDDLE + 15, end, y, back, 1.8, stroke_dasharray="6 3")))
    for name, (width, _, _, does, gradients) in PARTS.items():
        x = _place(name)[0]
        middle = x + width / 2
        if does:
            wide, tinted = min(_width(does, 11.5), width), name in shown and len(shown) < len(PARTS)
            plate = _rect(middle - wide / 2, y - 8, wide, 16, TINT if tinted else PAPER)
            words = _text(middle, y + 4, typeset(does, 11.5)[0], 11.5, back if name in shown else QUIET)
            marks.append((x, x + width, plate + words))
        if gradients:
            purple = ROLES["parameter gradient"].stroke if name in shown else QUIET
            drop = _arrow_down(middle, y + 11, y + 21, purple)
            marks.append((x, x + width, drop + _text(middle, y + 34, typeset(gradients, 12)[0], 12, purple)))
    return marks


def _arrow_down(x, start, end, stroke):
    return _line(x, start, x, end - 3, stroke, 1.2) + _tag("path", d=f"M{_number(x)} {end}l-3 -5h6z", fill=stroke)


# ------------------------------------------------------------------------------------------------- the README's

LINKS = (
    ("00_start_here", ("input",)),
    ("01_fully_connected", ("flatten", "dense")),
    ("02_activations", GROUPS["activation"]),
    ("03_softmax_cross_entropy", ("softmax",)),
    ("04_convolution", ("conv1",)),
    ("05_convolution_with_maps", ("conv2",)),
    ("06_mean_pooling", ("pool1",)),
    ("07_max_pooling", ("pool2",)),
    ("08_full_network", ("loss",)),
)
NOTEBOOKS = {part: notebook for notebook, parts in LINKS for part in parts}


def _readme_parts():
    """(part, file name, drawing) in the order in which they stand in the row."""
    parts = network_parts(notebooks={part: notebook[:2] for part, notebook in NOTEBOOKS.items()})
    return [(name, f"{number:02}-{name}.svg", part) for number, (name, part) in enumerate(parts.items(), 1)]


def readme_files():
    """{file name: SVG text} of the README's picture."""
    return {file: part.svg + "\n" for _, file, part in _readme_parts()}


def readme_row(folder="docs/network"):
    """The README's line of HTML: one image for each part, side by side, each a link to its notebook."""
    link = '<a href="notebooks/{0}.ipynb"><img align="top" src="{1}/{2}" width="{3}" alt="Notebook {4}: {5}"></a>'
    images = [
        link.format(NOTEBOOKS[name], folder, file, part.width, NOTEBOOKS[name][:2], html.escape(part.alt))
        for name, file, part in _readme_parts()
    ]
    return f'<p align="center">{"".join(images)}</p>'


def main(arguments):
    """Write the pictures and print the line that shows them."""
    if len(arguments) != 1:
        raise SystemExit("usage: python -m classroom.drawing FOLDER   (writes the README's picture of the network)")
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, svg in readme_files().items():
        (folder / name).write_text(svg, encoding="utf-8", newline="\n")
    print(readme_row(folder.as_posix()))


if __name__ == "__main__":
    main(sys.argv[1:])
