"""Activations: one entry in, one entry out, and on the way back the slope of f at the z that went in."""

from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from numbers import Rational

import numpy as np

from classroom import svg
from classroom.drawing import INK, QUIET, ROLES, RULE, Drawing, Matrix, column, entry, row
from classroom.steppers.base import Choice, Frame, Lazy, Stepper
from classroom.steppers.walk import array, number, plain
from helpers import ReLU, Sigmoid, Tanh

REACH = 20.0  # the largest z: the curves have nothing new to show farther out
LEAST = 4.0  # the graph shows f at least this far from 0, to both sides
WIDE, TALL, LEFT, TOP = 190, 120, 50, 24  # of the graph
POINTS = 81  # of the curve; an odd number, so that the corner of ReLU is one of them
GATE = {
    1: "z is above 0: g passes",
    0: "ReLU has a corner at 0 and no slope there, so 0 is a choice: g is blocked",
    -1: "z is below 0: g is blocked",
}


@dataclass(frozen=True)
class Function:
    """An activation: its name, its layer in helpers, f(z) and f'(z) as they are written, and the largest slope.

    In `formula`, {z} is the entry and {n} the same in brackets where it is negative.
    """

    name: str
    layer: type
    formula: str
    slope: str
    largest: Rational

    def remark(self, z, slope):
        """What this slope does to g."""
        if self.layer is ReLU:
            return f"; {GATE[int(np.sign(z))]}"
        if slope == self.largest:
            return f"; f is steepest at 0, where f' = {self.largest}"
        flat = slope < self.largest / 10
        return "; f is nearly flat here (it saturates): little of g is left" if flat else ""


FUNCTIONS = {
    "relu": Function("ReLU", ReLU, "max({z}, 0)", "[z > 0]", 1),
    "tanh": Function("tanh", Tanh, "tanh({z})", "1 − a²", 1),
    "sigmoid": Function("sigmoid", Sigmoid, "1/(1 + e^(−{n}))", "a·(1 − a)", Fraction(1, 4)),
}


class ActivationStepper(Stepper):
    """Walks through a = f(z) and delta = f'(z) * g, entry by entry, beside the graph of f.

    z           what goes in, (n, N), at most 12x12 real numbers between -20 and 20
    g           dJ/da, of the shape of z: what arrives from above
    activation  "relu", "tanh" or "sigmoid"

    Options: view (forward, backward) and activation. Forward the graph shows the point (z, f(z)); backward the tangent
    there too, whose slope multiplies g. Values are exact where the layer's are: those of ReLU, or of a sigmoid at
    SymPy's log(3). Raises ValueError for anything but matrices of such numbers, for two different shapes, and for
    another activation. Equations activations.*.
    """

    def __init__(self, z, g, activation="relu"):
        self.z, self.g = array(z, "z", (2,)), array(g, "g", (2,))
        if self.g.shape != self.z.shape:
            raise ValueError(
                f"g has shape {self.g.shape}, but z has shape {self.z.shape}: g = dJ/da has an entry for each entry "
                "of z; pass a g of the shape of z."
            )
        self.reach = max(LEAST, _farthest(self.z))
        functions = Choice(tuple(FUNCTIONS), activation)
        functions.check("activation", activation)
        super().__init__({"view": Choice(("forward", "backward")), "activation": functions})

    def walk(self, view, activation):
        figure = Figure(self.z, self.g, FUNCTIONS[activation], self.reach)
        draw = {"forward": figure.forward, "backward": figure.backward}[view]
        return Lazy([partial(draw, place) for place in np.ndindex(self.z.shape)])


def _farthest(z):
    """The largest |z|; refuses what has no place on the graph."""
    try:
        farthest = float(np.abs(z.astype(float)).max())
    except TypeError:  # a symbol, or a complex number
        farthest = np.inf
    if farthest > REACH:
        raise ValueError(
            f"z={str(z.tolist())[:60]}: expected real numbers between {-REACH:g} and {REACH:g}, which have a place on "
            "the graph of f. Put numbers in place of symbols, and smaller ones in place of large ones."
        )
    return farthest


class Figure:
    """z, a = f(z), f'(z), g and delta as far as the walk has come, with the entries that meet lit, and the graph."""

    def __init__(self, z, g, function, reach):
        layer = function.layer()
        self.z, self.g, self.function = z, g, function
        self.a, self.slope = _exact(layer.forward(z)), _exact(layer.slope)
        self.shown = [np.frompyfunc(_said, 1, 1)(values) for values in (self.a, self.slope, self.slope * g)]
        self.graph = Graph(function, reach)

    def forward(self, place):
        at, f, z, (a, _, _) = _index(place), self.function, self.z[place], self.shown
        letters, numbers = f.formula.format(z=f"z{at}", n=f"z{at}"), f.formula.format(z=plain(z), n=number(z))
        picture = self._up(place, _until(place, a, "a", "output"))
        line = f"a{at} = {letters} = {numbers} = {plain(a[place])}"
        return Frame(picture, line, heading=f"Forward, a = f(z) with {f.name}: every entry by itself")

    def backward(self, place):
        at, f, z, g, (a, slopes, delta) = _index(place), self.function, self.z[place], self.g[place], self.shown
        up = self._up(place, Matrix(a, "a", "output", [place] if "a" in f.slope else []), self.slope[place])
        arrives, leaves = Matrix(self.g, "g", "gradient", [place]), _until(place, delta, "δ", "gradient")
        back = row(_until(place, slopes, "f'(z)", "neutral"), "∘", arrives, "=", leaves, gap=10)
        line = f"δ{at} = f'(z{at})·g{at} = f'({plain(z)})·{number(g)} = {number(slopes[place])}·{number(g)}"
        line += f" = {plain(delta[place])}{f.remark(float(z), float(self.slope[place]))}"
        return Frame(column(up, back), line, heading=f"Backward, δ = f'(z) ∘ g with {f.name}: f'(z) = {f.slope}")

    def _up(self, place, a, slope=None):
        graph = self.graph.at(self.z[place], self.a[place], slope)
        return row(Matrix(self.z, "z", "input", [place]), "→", a, graph, gap=10)


class Graph:
    """f from -reach to reach: `at` draws it with the point (z, a) and, where a slope is given, the tangent there."""

    def __init__(self, function, reach):
        self.name, self.reach = function.name, reach
        z = np.linspace(-reach, reach, POINTS)
        a = function.layer().forward(z)
        margin = 0.15 * (a.max() - a.min())
        self.low, self.high = float(a.min() - margin), float(a.max() + margin)
        points = [self._place(*point) for point in zip(z.tolist(), a.tolist(), strict=True)]
        curve = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        self.body = self._axes() + svg.tag("path", d=curve, fill="none", stroke=ROLES["output"].stroke, stroke_width=2)

    def at(self, z, a, slope=None):
        (x, y), look = self._place(float(z), float(a)), ROLES["output"]
        says = f"f({entry(z)}) = {_said(a)}" if slope is None else f"f'({entry(z)}) = {_said(slope)}"
        body = self.body + svg.line(x, y, x, TOP + TALL, QUIET, 1, stroke_dasharray="2 3")
        body += svg.line(x, y, LEFT, y, QUIET, 1, stroke_dasharray="2 3")
        if slope is not None:
            body += self._tangent(float(z), float(a), float(slope))
        body += svg.tag("circle", cx=x, cy=y, r=4.5, fill=look.lit, stroke=look.stroke, stroke_width=2)
        body += svg.text(x, TOP + TALL + 15, *_label(entry(z))) + svg.text(
            LEFT - 5, y + 4, *_label(_said(a)), anchor="end"
        )
        body += svg.text(LEFT + WIDE / 2, 14, svg.typeset(f"{self.name}: {says}")[0], weight=600)
        alt = f"graph of {self.name} for z from {entry(-self.reach)} to {entry(self.reach)}, "
        alt += f"point ({plain(z)}, {plain(_said(a))})"
        alt += "" if slope is None else f", dashed tangent of slope {plain(_said(slope))}"
        return Drawing(body, LEFT + WIDE + 14, TOP + TALL + 20, TOP + TALL / 2, alt)

    def _place(self, z, a):
        return LEFT + WIDE * (z / self.reach + 1) / 2, TOP + TALL * (self.high - a) / (self.high - self.low)

    def _axes(self):
        """A frame, the two axes with a tick at every whole z, and their letters."""
        x, y = self._place(0, 0)
        whole = [self._place(k, 0)[0] for k in range(-int(self.reach), int(self.reach) + 1)]
        ticks = [(tick, y - 2, tick, y + 2) for tick in whole]
        body = svg.rect(LEFT, TOP, WIDE, TALL, "none", stroke=RULE)
        body += svg.lines([(LEFT, y, LEFT + WIDE, y), (x, TOP, x, TOP + TALL), *ticks], QUIET, 0.8)
        for right, up, letter in ((LEFT + WIDE + 8, y + 4, "z"), (x + 9, TOP + 12, "a")):
            body += svg.text(right, up, svg.typeset(letter, 13)[0], 13, QUIET)
        return body

    def _tangent(self, z, a, slope):
        """A dashed line through the point, a third of the frame to each side where the frame has room."""
        ends = []
        for way in (-1, 1):
            room = (self.high if way * slope > 0 else self.low) - a
            far = min(self.reach / 1.5, self.reach - way * z, room / (way * slope) if slope else np.inf)
            ends += self._place(z + way * far, a + way * far * slope)
        return svg.line(*ends, ROLES["gradient"].stroke, 2.4, stroke_dasharray="7 4")


def _exact(values):
    """Whole numbers and fractions as they are, all others, such as SymPy's tanh(log(2)), as floats."""
    return np.frompyfunc(lambda value: value if isinstance(value, Rational) else float(value), 1, 1)(values)


def _until(place, texts, name, role):
    """The matrix as far as the walk has come, `place` lit; cells that are still empty have room for what will come."""
    shown = texts.copy()
    shown.flat[np.ravel_multi_index(place, texts.shape) + 1 :] = None
    return Matrix(shown, name, role, [place], room=max(texts.flat, key=len))


def _index(place):
    return "[{},{}]".format(*place)


def _label(text):
    """A number beside an axis: its letters, their size and their colour."""
    return svg.typeset(text, 12)[0], 12, INK


def _said(value):
    """The text of a number: as in any cell, but with three digits below 1, so that small slopes multiply as shown."""
    return f"{value:.3g}" if isinstance(value, float) and 1e-4 <= abs(value) < 1 else entry(value)
