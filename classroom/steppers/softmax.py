"""Softmax and the cross-entropy: move the logits and watch p, the Jacobian and p − y."""

import math
from functools import partial
from numbers import Real

import numpy as np

from classroom.drawing import LIMIT, Matrix, filmstrip, row
from classroom.steppers.base import Frame, Lazy, Range, Stepper
from classroom.steppers.walk import plain

REACH = 20.0  # the largest logit: e^20 is about 5·10^8


class SoftmaxStepper(Stepper):
    """p = softmax(z), the Jacobian diag(p) - p p^T and delta = p - y, for logits that sliders move.

    z      the logits of one example, 2 to 12 numbers between -20 and 20, as a list or a column
    label  the class, counted from 0

    The first frame is the whole figure; the frames after it walk through p, the Jacobian and p - y entry by entry.
    The options z0, z1, ... hold the logits. Raises ValueError for other logits and for a label that is none of them.
    Equations softmax.*.
    """

    def __init__(self, z, label):
        z = self._logits(z)
        if not isinstance(label, int | np.integer) or not 0 <= label < len(z):
            raise ValueError(f"label={label!r}: pass the number of a class, 0 to {len(z) - 1}.")
        self.label = int(label)
        reach = max(5.0, *map(abs, z))
        options = {f"z{k}": Range(-reach, reach, value, label=f"z[{k}]") for k, value in enumerate(z)}
        super().__init__(options)

    def walk(self, **z):
        figure, n = Figure(list(z.values()), self.label), len(z)
        entries = [partial(figure.probability, i) for i in range(n)]
        slopes = [partial(figure.slope, i, j) for i, j in np.ndindex(n, n)]
        return Lazy([figure.whole, *entries, *slopes, *(partial(figure.signal, i) for i in range(n))])

    def filmstrip(self, *settings, columns=1, caption=""):
        """The whole figure for each of these lists of logits.

        By default as they are, all raised by 1, all doubled, and with the label's raised by 3.
        """
        now = list(self.chosen.values())
        sure = [z + 3 * (k == self.label) for k, z in enumerate(now)]
        settings = settings or (now, [z + 1 for z in now], [2 * z for z in now], sure)
        figures = [Figure(self._logits(z, len(now)), self.label).whole().drawing for z in settings]
        return filmstrip(*figures, columns=columns, caption=caption or Figure.heading)

    @staticmethod
    def _logits(z, count=None):
        values = list(np.ravel(np.array(z, dtype=object)))
        fits = 2 <= len(values) <= LIMIT and len(values) == (count or len(values))
        if not fits or not all(isinstance(value, Real) and abs(value) <= REACH for value in values):
            raise ValueError(
                f"z={str(z)[:60]}: pass {count or f'2 to {LIMIT}'} numbers between {-REACH:g} and {REACH:g}, such as "
                "[2, 1, 0]. Take the same number from all logits if they are larger; p stays the same."
            )
        return [float(value) for value in values]


class Figure:
    """z, e^z, p, the Jacobian, y and p − y for one setting of the logits, with the entries that meet lit."""

    heading = "Softmax: p = e^z / sum of e^z; the Jacobian diag(p) − p pᵀ; δ = p − y"

    def __init__(self, z, label):
        self.z, self.label = z, label
        self.powers = [math.exp(value) for value in z]
        self.total = sum(self.powers)
        self.p = [power / self.total for power in self.powers]
        self.y = [int(k == label) for k in range(len(z))]
        self.delta = [p - y for p, y in zip(self.p, self.y, strict=True)]
        self.J = math.log(self.total) - z[label]

    def whole(self):
        chances = ", ".join(map(plain, self.p))
        line = f"p = ({chances}) for z = ({', '.join(map(plain, self.z))}); J = −log p[{self.label}] = {plain(self.J)}"
        return self._frame(line)

    def probability(self, i):
        powers = " + ".join(map(plain, self.powers))
        line = f"p[{i}] = e^z[{i}] / (sum of e^z) = {plain(self.powers[i])} / ({powers}) = {plain(self.p[i])}"
        return self._frame(line, powers=True, p=[(i, 0)])

    def slope(self, i, j):
        """dp[i]/dz[j] = p[i] ([i = j] - p[j]): an entry of the Jacobian."""
        one, value = int(i == j), self.p[i] * (int(i == j) - self.p[j])
        line = f"∂p[{i}]/∂z[{j}] = p[{i}]·({one} − p[{j}]) = {plain(self.p[i])}·({one} − {plain(self.p[j])})"
        return self._frame(f"{line} = {plain(value)}", p=[(i, 0), (j, 0)], jacobian=[(i, j)])

    def signal(self, i):
        line = f"δ[{i}] = p[{i}] − y[{i}] = {plain(self.p[i])} − {self.y[i]} = {plain(self.delta[i])}"
        return self._frame(line, p=[(i, 0)], y=[(i, 0)], delta=[(i, 0)])

    def _frame(self, line, powers=(), p=(), jacobian=(), y=(), delta=()):
        slopes = [[a * ((i == j) - b) for j, b in enumerate(self.p)] for i, a in enumerate(self.p)]
        picture = row(
            Matrix(column(self.z), "z", "input"),
            "→",
            Matrix(column(self.powers), "e^z", "neutral", powers),
            "→",
            Matrix(column(self.p), "p", "output", p),
            "−",
            Matrix(column(self.y), "y", "input", y),
            "=",
            Matrix(column(self.delta), "δ", "gradient", delta),
            ";",
            Matrix(slopes, "∂p/∂z", "neutral", jacobian),
        )
        return Frame(picture, line, heading=self.heading)


def column(values):
    return [[value] for value in values]
