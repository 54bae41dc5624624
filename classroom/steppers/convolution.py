"""The convolution, product by product: forward, the kernel's gradient, and the input's gradient in two views."""

from numbers import Integral

import numpy as np

from classroom.steppers.base import STEP, Choice
from classroom.steppers.walk import Product, Stamp, Sum, Walk, WalkStepper, array, board, example, laid_out, products

VIEWS = ("forward", "dK", "dx scatter", "dx gather", "db")


class ConvolutionStepper(WalkStepper):
    """Walks through z = x ★ K + b and its gradients, one product at a time.

    x        the input, (H, W) or maps (C, H, W), at most 12x12
    K        the kernel, (kh, kw), or kernels (O, C, kh, kw)
    delta    dJ/dz, of the shape of z, (h, w) or (O, h, w); where none fits, the frame shows an example and says so
    b        the bias, a number, or one for each output map
    stride, padding  where the options of that name begin

    Options: view (forward, dK, dx scatter, dx gather, db), operation (correlation or true convolution), stride,
    padding, step (one product, or one whole sum), and with several maps o and c, the output and the input map. The two
    views of dx are the same products in two orders and end in the same matrix. Entries stay as exact as they are given.

    Raises ValueError for anything but matrices of numbers, for sizes over 12x12, and for shapes that do not fit.
    Equations conv.* and maps.*.
    """

    def __init__(self, x, K, delta=None, b=0, stride=1, padding=0):
        self.x, self.K = array(x, "x", (2, 3)), array(K, "K", (2, 4))
        self.several = self.x.ndim == 3
        self.x, self.K = self._maps()
        self.b = self._biases(b)
        strides, paddings = self._geometries(stride, padding)
        self.delta = None if delta is None else self._given(delta, stride, padding)
        options = {
            "view": Choice(VIEWS),
            "operation": Choice(("correlation", "convolution"), label="forward pass"),
            "stride": Choice(strides, stride),
            "padding": Choice(paddings, padding),
            "step": STEP,
        }
        if self.several:
            options["o"] = Choice(tuple(range(len(self.K))), label="output map o")
            options["c"] = Choice(tuple(range(len(self.x))), label="input map c")
        super().__init__(options)

    def offers(self, name, chosen):
        views = {"o": ("forward", "dK", "db"), "c": ("dK", "dx scatter", "dx gather")}.get(name, VIEWS)
        return super().offers(name, chosen) and chosen["view"] in views

    def walk(self, view, operation, stride, padding, step, o=0, c=0):
        scene = Scene(self, operation == "convolution", stride, padding, o, c)
        result, groups, picture, start = {
            "forward": scene.forward,
            "dK": scene.kernel_gradient,
            "dx scatter": scene.scatter,
            "dx gather": scene.gather,
            "db": scene.bias_gradient,
        }[view]()
        return Walk(scene.heading(view), result, groups, picture, step, start)

    def output_shape(self, stride, padding):
        """Rows and columns of z: one entry for each place of the window, (H + 2P - kh) // s + 1."""
        sides = zip(self.x.shape[1:], self.K.shape[2:], strict=True)
        return tuple((side + 2 * padding - k) // stride + 1 for side, k in sides)

    def _maps(self):
        """x as (C, H, W) and K as (O, C, kh, kw), for one map too."""
        if self.x.ndim == 2 and self.K.ndim == 2:
            return self.x[None], self.K[None, None]
        if self.K.ndim != self.x.ndim + 1 or self.K.shape[1] != self.x.shape[0]:
            raise ValueError(
                f"x has shape {self.x.shape} and K has shape {self.K.shape}, which do not fit: pass x (H, W) with K "
                "(kh, kw), or x (C, H, W) with K (O, C, kh, kw), the same C in both."
            )
        return self.x, self.K

    def _biases(self, b):
        biases = np.array(b, dtype=object).ravel()
        if len(biases) not in (1, len(self.K)):
            raise ValueError(
                f"b has {len(biases)} entries, expected one number, or one for each of {len(self.K)} maps."
            )
        return np.resize(biases, len(self.K))

    def _geometries(self, stride, padding):
        """The strides and paddings to choose from."""
        whole = isinstance(stride, Integral) and isinstance(padding, Integral)
        if not whole or not (1 <= stride <= 3 and 0 <= padding <= 3):
            raise ValueError(
                f"stride={stride!r}, padding={padding!r}: pass a stride of 1 to 3 and a padding of 0 to 3."
            )
        if min(self.output_shape(1, padding)) < 1:
            raise ValueError(
                f"The kernel, {self.K.shape[2:]}, is larger than x, {self.x.shape[1:]}, with padding {padding}: pass a "
                "smaller kernel or a larger x."
            )
        paddings = [p for p in sorted({0, 1, padding}) if min(self.output_shape(1, p)) >= 1]
        return tuple(sorted({1, 2, stride})), tuple(paddings)

    def _given(self, delta, stride, padding):
        delta = array(delta, "delta", (3,) if self.several else (2,))
        delta = delta if self.several else delta[None]
        expected = (len(self.K), *self.output_shape(stride, padding))
        if delta.shape != expected:
            expected = expected if self.several else expected[1:]
            raise ValueError(
                f"delta has shape {delta.shape if self.several else delta.shape[1:]}, but z has shape {expected} with "
                f"stride {stride} and padding {padding}: pass a delta of the shape of z, or none for an example."
            )
        return delta


class Scene:
    """The matrices of one setting of the options, and for each view what is filled, from which products, and how."""

    def __init__(self, stepper, turn, stride, padding, o, c):
        self.stepper, self.turn, self.stride, self.padding, self.o, self.c = stepper, turn, stride, padding, o, c
        self.size = stepper.output_shape(stride, padding)
        self.sides, self.window = stepper.x.shape[1:], stepper.K.shape[2:]
        shape = (len(stepper.K), *self.size)
        fits = stepper.delta is not None and stepper.delta.shape == shape
        self.delta_values, self.note = (stepper.delta, "") if fits else (example(shape), "example values")
        self.replaced = stepper.delta is not None and not fits

    def heading(self, view):
        star, kernel = ("∗", "rot180(K)") if self.turn else ("★", "K")
        words = {
            "forward": f"Forward, z = x {star} K + b: the window slides over x",
            "dK": "dK: δ slides over x" + (", and the result is turned by 180 degrees" if self.turn else ""),
            "dx scatter": f"dx, scatter: each δ spreads {kernel} over the input, and overlaps add up",
            "dx gather": "dx, gather: each input entry collects from every δ that it touched",
            "db": "db: every δ counts once",
        }[view]
        said = {
            "true convolution": self.turn,
            f"stride {self.stride}": self.stride > 1,
            f"padding {self.padding}": self.padding > 0,
            "the given δ does not fit, so these are example values": self.replaced and view != "forward",
        }
        return "; ".join([words, *(text for text, holds in said.items() if holds)])

    # ------------------------------------------------------------------------------------------------ the boards

    def board(self, letter, values, role, *maps, note=""):
        """The board of one map: "x" alone, or "x_1" with entries x[1,i,j] where there are several."""
        if not self.stepper.several:
            return board(values, letter, role, note=note)
        index = ",".join(map(str, maps))
        return board(values, f"{letter}_{{{index}}}", role, f"{letter}[{index},{{}},{{}}]", note)

    def x(self, c):
        return self.board("x", self.stepper.x[c], "input", c).padded(self.padding)

    def kernel(self, o, c):
        """The kernel as it lies on the window: turned, where the forward pass is a true convolution."""
        kernel = self.board("K", self.stepper.K[o, c], "kernel", o, c)
        return kernel.turned() if self.turn else kernel

    def delta(self, o):
        return self.board("δ", self.delta_values[o], "gradient", o, note=self.note)

    def bias(self):
        name, letters = (f"b_{self.o}", f"b[{self.o}]") if self.stepper.several else ("b", "b")
        return board([[self.stepper.b[self.o]]], name, "kernel", letters)

    def corner(self, i, j):
        """Where the window of output entry (i, j) begins, and its size: a block of the padded input."""
        return self.stride * i, self.stride * j, *self.window

    # ------------------------------------------------------------------------------------------------- the views

    def forward(self):
        """z[i,j] = b + the sum over c, u, v of K[u,v] x[s i + u, s j + v]."""
        pairs = [(self.kernel(self.o, c), self.x(c)) for c in range(len(self.stepper.x))]
        bias, z = self.bias(), self.board("z", np.zeros(self.size), "output", self.o)
        groups = []
        for to in np.ndindex(self.size):
            window = self.corner(*to)
            met = [((kernel, k), (x, at)) for kernel, x in pairs for k, at in overlaps(kernel, x, window)]
            last = [((bias, (0, 0)),)] if bias.values[0, 0] != 0 else []
            groups.append(Sum(to, products(to, met + last), {x: window for _, x in pairs}))
        signs = ("+", bias) if bias.values[0, 0] != 0 else ()
        return z, groups, laid_out([(x, "★", kernel) for kernel, x in pairs], (*signs, "=", z)), None

    def kernel_gradient(self):
        """dK[u,v] = the sum over i, j of delta[i,j] x[s i + u, s j + v]; entries in reverse for a true convolution."""
        x, delta = self.x(self.c), self.delta(self.o).dilated(self.stride)
        dK = self.board("dK", np.zeros(self.window), "parameter gradient", self.o, self.c)
        groups = []
        for u, v in np.ndindex(self.window):
            to = (self.window[0] - 1 - u, self.window[1] - 1 - v) if self.turn else (u, v)
            met = [((delta, d), (x, at)) for d, at in overlaps(delta, x, (u, v))]
            groups.append(Sum(to, products(to, met), {x: (u, v, *delta.values.shape)}))
        return dK, groups, laid_out([(x, "★", delta)], ("= turned" if self.turn else "=", dK)), None

    def scatter(self):
        """Each delta[i,j] adds delta[i,j] K to the block of x that it came from; what falls on the padding is lost."""
        note = "the ring is padding" if self.padding else ""
        dx = self.board("dx", np.zeros(self.sides), "gradient", self.c, note=note).padded(self.padding)
        pairs = [(self.delta(o), self.kernel(o, self.c)) for o in range(len(self.stepper.K))]
        groups = []
        for delta, kernel in pairs:
            for i, j in np.ndindex(self.size):
                top, left, *_ = block = self.corner(i, j)
                stamp = [
                    Product((top + u, left + v), ((delta, (i, j)), (kernel, (u, v))))
                    for u, v in np.ndindex(self.window)
                ]
                groups.append(Stamp(tuple(stamp), {dx: block}))
        return dx, groups, laid_out([(delta, "·", kernel) for delta, kernel in pairs], ("→", dx)), 0

    def gather(self):
        """dx[p,q] = the sum over i, j of delta[i,j] K[p + P - s i, q + P - s j], wherever K has such an entry."""
        pairs = [(self.kernel(o, self.c).turned(), self.surrounded(self.delta(o))) for o in range(len(self.stepper.K))]
        dx, groups = self.board("dx", np.zeros(self.sides), "gradient", self.c), []
        for to in np.ndindex(self.sides):
            corner = (to[0] + self.padding, to[1] + self.padding)
            met = [((delta, at), (kernel, k)) for kernel, delta in pairs for k, at in overlaps(kernel, delta, corner)]
            remark = "" if met else ", since no window touches this entry"
            windows = {delta: (*corner, *self.window) for _, delta in pairs}
            groups.append(Sum(to, products(to, met), windows, remark))
        return dx, groups, laid_out([(delta, "★", kernel) for kernel, delta in pairs], ("=", dx)), None

    def surrounded(self, delta):
        """delta, dilated by the stride, with the zeros around it that the turned kernel needs to reach every entry."""
        delta = delta.dilated(self.stride)
        sizes = zip(self.sides, self.window, delta.values.shape, strict=True)
        return delta.padded([(k - 1, side + 2 * self.padding - found) for side, k, found in sizes])

    def bias_gradient(self):
        """db = the sum over i, j of delta[i,j]."""
        delta = self.delta(self.o)
        name = f"db[{self.o}]" if self.stepper.several else "db"
        db = board([[0]], f"db_{self.o}" if self.stepper.several else "db", "parameter gradient", name)
        every = products((0, 0), [((delta, place),) for place in np.ndindex(self.size)])
        return db, [Sum((0, 0), every)], laid_out([("sum of", delta)], ("=", db)), None


def overlaps(sliding, resting, corner):
    """(place, place below) of the entries of `sliding` and `resting` that meet, with the former's first at `corner`.

    A zero that only fills up, on either side, meets nothing.
    """
    for u, v in np.ndindex(sliding.values.shape):
        below = corner[0] + u, corner[1] + v
        if sliding.letters[u, v] and resting.letters[below]:
            yield (u, v), below
