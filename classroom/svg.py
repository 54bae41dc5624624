"""What every drawing is made of: colours and roles, small SVG, mathematics set in letters and numbers, the Drawing.

All of it is text that is the same to the letter every time: no ids, no dates, no measured fonts.
"""

import base64
import html
import math
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from numbers import Complex, Integral, Rational, Real

import numpy as np

INK, QUIET, PAPER, RULE, TINT = "#16181D", "#5B6067", "#FFFFFF", "#C9CDD2", "#FFF8E1"
SANS = "Helvetica Neue,Helvetica,Arial,sans-serif"
SERIF = "STIX Two Text,Cambria,Georgia,serif"
TEXT = 15


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


def number(value):
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def tag(name, content="", **attributes):
    """One SVG element; `stroke_width=2` becomes stroke-width="2"."""
    text = "".join([f' {key.replace("_", "-")}="{number(value)}"' for key, value in attributes.items()])
    return f"<{name}{text}>{content}</{name}>" if content else f"<{name}{text}/>"


def rect(x, y, width, height, fill, **attributes):
    return tag("rect", x=x, y=y, width=width, height=height, fill=fill, **attributes)


def line(x1, y1, x2, y2, stroke, width=1.2, **attributes):
    path = f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}"
    return tag("path", d=path, stroke=stroke, stroke_width=width, fill="none", **attributes)


def move(body, x, y):
    return tag("g", body, transform=f"translate({number(float(x))} {number(float(y))})")


def lines(ends, stroke, width):
    """Many lines (x1, y1, x2, y2) in one path."""
    path = "".join("M{} {}L{} {}".format(*map(number, line)) for line in ends)
    return tag("path", d=path, stroke=stroke, stroke_width=width, fill="none")


def text(x, y, content, size=TEXT, fill=INK, anchor=None, weight=None, family=None, style=None):
    """Text, in the middle of x and without serifs unless told otherwise (see `Drawing.svg`)."""
    look = {"text_anchor": anchor, "font_weight": weight, "font_family": family, "font_style": style}
    look = {key: value for key, value in look.items() if value}
    return tag("text", content, x=float(x), y=float(y), font_size=size, fill=fill, **look)


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


def width_of(text, size=TEXT):
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
        content += tag("tspan", html.escape(piece), **look) if look else html.escape(piece)
        width, shift = width + width_of(piece, small), target
    return content, width


def entry(value):
    """The text of one entry: 3, 1/4, 0.333, x_1 + 2 or nothing at all (None)."""
    if value is None:
        return ""
    if isinstance(value, float):  # first, since asking for Integral or Rational takes longer than the text does
        return _decimal(float(value))
    if isinstance(value, (int, np.bool_, Integral)):
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
    if not math.isfinite(value) or value == 0 or 5e-4 <= abs(value) < 1e5:
        text = f"{value:.3f}".rstrip("0").rstrip(".") if math.isfinite(value) else str(value)
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
        inside = move(self.body, self.margin, self.margin) if self.margin else self.body
        paper = rect(self.left, 0, width, height, PAPER, rx=6 if self.margin else 0)
        words = tag("title", html.escape(self.title or self.alt)) + tag("desc", html.escape(self.alt))
        box = {"width": width, "height": height, "viewBox": f"{self.left} 0 {width} {height}"}
        look = {"role": "img", "font_family": SANS, "text_anchor": "middle"}
        return tag("svg", words + paper + inside, xmlns="http://www.w3.org/2000/svg", **box, **look)

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
