"""Mean and max pooling, entry by entry: what is averaged, who wins, and how delta comes back."""

from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral, Real

import numpy as np

from classroom.drawing import LIMIT
from classroom.steppers.base import STEP, Choice
from classroom.steppers.walk import (
    Product,
    Stamp,
    Sum,
    Walk,
    WalkStepper,
    added,
    array,
    board,
    laid_out,
    number,
    plain,
    products,
    signal,
)

VIEWS = {"mean": ("forward", "dx", "dbeta", "db"), "max": ("forward", "dx")}


@dataclass(frozen=True, eq=False)
class Mean(Sum):
    """An entry of a mean pool: the sum of a block in brackets, times beta / n^2, plus b."""

    size: int = 2
    beta: object = 1
    b: object = 0

    def value(self, count):
        """The sum so far; once complete, the entry itself."""
        total = super().value(count)
        return total if count < len(self.products) else self.beta * total * Fraction(1, self.size**2) + self.b

    def write(self, values, count):
        values[self.to] = self.value(count) if count == len(self.products) else None

    def line(self, letters, first, count, before):
        total, (spelled, worked) = len(self.products), scaled(self.size, self.beta, self.b)
        shown = f"{letters[self.to]} = {spelled(self.letters(count))} = {worked(self.numbers(count))}"
        now = self.products[count - 1].letters if count - first < total else ""
        if count < total:
            return f"{shown}; so far {plain(self.value(count))} in the brackets ({count} of {total})", now
        return f"{shown} = {plain(self.value(count))}", now


def scaled(size, beta, b):
    """Two functions that write beta, 1/n^2 and b around a sum, in letters and in numbers, each only where it counts."""
    count = size * size

    def letters(sum_):
        return f"{'' if beta == 1 else 'β·'}({sum_})/{count}{'' if b == 0 else ' + b'}"

    def numbers(sum_):
        scale = "" if beta == 1 else f"{number(beta)}·"
        return added([f"{scale}({sum_})/{count}", *([] if b == 0 else [number(b)])])

    return letters, numbers


@dataclass(frozen=True, eq=False)
class Largest(Sum):
    """An entry of a max pool: the largest of a window, found one comparison after the other."""

    def value(self, count):
        return self.products[self._winner(count)].value

    def marks(self, count):
        ((x, place),) = self.products[self._winner(count)].factors
        return {x: {place: "max"}}

    def line(self, letters, first, count, before):
        total, winner = len(self.products), self.products[self._winner(count)]
        names, numbers = ([getattr(p, kind) for p in self.products] for kind in ("letters", "numbers"))
        seen = ", ".join(numbers[:count] + ["…"] * (count < total)).replace("(", "").replace(")", "")
        shown = f"{letters[self.to]} = max({', '.join(names)}) = max({seen})"
        now = names[count - 1] if count - first < total else ""
        if count < total:
            return f"{shown}; so far {plain(winner.value)}, at {winner.letters} ({count} of {total})", now
        return f"{shown} = {plain(winner.value)}, at {winner.letters}{self.remark}", now

    def _winner(self, count):
        return largest([product.value for product in self.products[:count]])


def largest(values):
    """The number of the first largest value: of several equal ones the first in reading order."""
    return max(range(len(values)), key=values.__getitem__)


class PoolingStepper(WalkStepper):
    """Walks through a mean pool z = beta down(x) + b, or a max pool, and back.

    x           the input, (H, W), at most 12x12
    delta       dJ/dz, of the shape of z; without one the frame shows an example and says so
    kind        "mean" or "max"
    size        side n of the window
    beta, b     the coefficient and the bias of a mean pool
    stride      of a max pool, by default size; with a smaller one the windows overlap, and their deltas add up

    Options: view (forward and dx; for a mean pool dbeta and db too) and step (one product, or one whole sum). In a max
    pool with a tie the first entry in reading order wins, which is a choice, and the frame says so.
    Raises ValueError for anything but matrices of numbers, for sizes over 12x12, and for shapes that do not fit.
    Equations mean_pool.* and max_pool.*.
    """

    def __init__(self, x, delta=None, kind="mean", size=2, beta=1, b=0, stride=None):
        if kind not in VIEWS:
            raise ValueError(f"kind={kind!r}: choose 'mean' or 'max'.")
        self.kind, self.size, self.stride = kind, size, size if stride is None else stride
        x = array(x, "x", (2,))
        self._check(x, beta, b)
        self.shape = tuple((side - size) // self.stride + 1 for side in x.shape)
        self.x, self.beta, self.b = board(x, "x", "input"), beta, b
        self.delta = signal(delta, self.shape)
        super().__init__({"view": Choice(VIEWS[kind]), "step": STEP})

    def walk(self, view, step):
        heading, passage = {
            ("mean", "forward"): (f"Forward, z = {self._formula()}: the mean of each block", self.mean),
            ("mean", "dx"): ("dx: each δ is shared equally by its block", self.mean_back),
            ("mean", "dbeta"): ("dβ: each δ meets the mean of its block", self.beta_gradient),
            ("mean", "db"): ("db: every δ counts once", self.bias_gradient),
            ("max", "forward"): ("Forward: the largest entry of each window wins", self.largest),
            ("max", "dx"): (
                "dx: each δ goes to the winner of its window, and the others get nothing",
                self.largest_back,
            ),
        }[self.kind, view]
        result, groups, lines, end, start = passage()
        return Walk(heading, result, groups, laid_out(lines, end), step, start)

    # -------------------------------------------------------------------------------------------- the mean pool

    def mean(self):
        """z[i,j] = beta (the sum over the block of x) / n^2 + b."""
        z, groups = self._output("z", "output"), []
        for to in np.ndindex(self.shape):
            met = products(to, [((self.x, place),) for place in self._places(to)])
            groups.append(Mean(to, met, {self.x: self._window(to)}, "", self.size, self.beta, self.b))
        return z, groups, [(self.x, "→")], (z,), None

    def mean_back(self):
        """dx[p,q] = beta delta[i,j] / n^2, the same for every entry of the block."""
        dx, groups = self._input("dx"), []
        share = board([[Fraction(1, self.size**2)]], "1/n^2", "neutral", f"1/{self.size**2}")
        scale = [(board_, (0, 0)) for board_ in (*self._coefficient(), share)]
        for to in np.ndindex(self.shape):
            met = [Product(place, (*scale[:-1], (self.delta, to), scale[-1])) for place in self._places(to)]
            groups.append(Stamp(tuple(met), {dx: self._window(to)}))
        signs = [item for board_ in self._coefficient() for item in (board_, "·")]
        return dx, groups, [(*signs, self.delta, "·", share)], ("→", dx), None

    def beta_gradient(self):
        """dbeta = the sum over i, j of delta[i,j] down(x)[i,j]."""
        means = np.zeros(self.shape, object)
        for to in np.ndindex(self.shape):
            means[to] = Fraction(1, self.size**2) * sum(self.x.values[place] for place in self._places(to))
        down, dbeta = board(means, "down(x)", "input"), board([[0]], "dβ", "parameter gradient", "dβ")
        met = products((0, 0), [((self.delta, to), (down, to)) for to in np.ndindex(self.shape)])
        return dbeta, [Sum((0, 0), met)], [(self.delta, "·", down)], ("=", dbeta), None

    def bias_gradient(self):
        """db = the sum over i, j of delta[i,j]."""
        db = board([[0]], "db", "parameter gradient", "db")
        met = products((0, 0), [((self.delta, to),) for to in np.ndindex(self.shape)])
        return db, [Sum((0, 0), met)], [("sum of", self.delta)], ("=", db), None

    # --------------------------------------------------------------------------------------------- the max pool

    def largest(self):
        """z[i,j] = the largest entry of the window."""
        z, groups = self._output("z", "output"), []
        for to in np.ndindex(self.shape):
            met = products(to, [((self.x, place),) for place in self._places(to)])
            groups.append(Largest(to, met, {self.x: self._window(to)}, self._tie(to)))
        return z, groups, [(self.x, "→")], (z,), None

    def largest_back(self):
        """dx[p,q] = the sum of every delta[i,j] whose window (p, q) has won."""
        dx, groups = self._input("dx"), []
        for to in np.ndindex(self.shape):
            winner, *_ = self._winners(to)
            windows = {self.x: self._window(to), dx: self._window(to)}
            met = products(winner, [((self.delta, to),)])
            remark = self._tie(to) or f"; {self.x.letters[winner]} is the largest of its window"
            groups.append(Stamp(met, windows, {self.x: {winner: "max"}}, remark))
        return dx, groups, [(self.x, self.delta)], ("→", dx), 0

    # ------------------------------------------------------------------------------------------------- the parts

    def _window(self, to):
        return self.stride * to[0], self.stride * to[1], self.size, self.size

    def _places(self, to):
        """The entries of x in the window of output entry `to`, in reading order."""
        return [(self.stride * to[0] + r, self.stride * to[1] + e) for r, e in np.ndindex(self.size, self.size)]

    def _winners(self, to):
        """The largest entry of a window, the first in reading order, and those later ones that are as large."""
        places = self._places(to)
        first = largest([self.x.values[place] for place in places])
        winner = places[first]
        return [winner, *(place for place in places[first + 1 :] if self.x.values[place] == self.x.values[winner])]

    def _tie(self, to):
        """A remark where several entries of a window are the largest."""
        winners = [self.x.letters[place] for place in self._winners(to)]
        if len(winners) == 1:
            return ""
        return f"; {' and '.join(winners)} tie, and the first in reading order wins, which is a choice"

    def _formula(self):
        return ("" if self.beta == 1 else "β ") + "down(x)" + ("" if self.b == 0 else " + b")

    def _check(self, x, beta, b):
        whole = [n for n in (self.size, self.stride) if isinstance(n, Integral) and 1 <= n <= LIMIT]
        if len(whole) < 2 or self.size > min(x.shape):
            raise ValueError(
                f"size={self.size!r}, stride={self.stride!r} with x of shape {x.shape}: pass whole numbers of at least "
                "1, and a size that fits into x."
            )
        if self.kind == "mean" and (self.stride != self.size or any(side % self.size for side in x.shape)):
            raise ValueError(
                f"A mean pool cuts x into blocks, but size {self.size} with stride {self.stride} does not divide x, "
                f"{x.shape}: crop x, as in x[:4, :4], leave stride out, or pass kind='max'."
            )
        if self.kind == "max" and (beta != 1 or b != 0):
            raise ValueError(f"beta={beta!r}, b={b!r}: a max pool has neither; leave them out, or pass kind='mean'.")
        if self.kind == "max" and not all(isinstance(value, Real) for value in x.flat):
            raise ValueError("A max pool compares its entries: pass numbers, not symbols.")

    def _output(self, name, role):
        return board(np.zeros(self.shape), name, role)

    def _input(self, name):
        return board(np.zeros(self.x.values.shape), name, "gradient")

    def _coefficient(self):
        return [] if self.beta == 1 else [board([[self.beta]], "β", "kernel", "β")]
