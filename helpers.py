"""The shared code of the series: a convolutional neural network and its back-propagation, in NumPy.

Read it from top to bottom: operators on matrices, layers, the network, training, gradient checks, saving, data.

Every layer is written once for every number system: float32 and float64 to train, complex numbers to measure a
gradient (complex step), ``fractions.Fraction`` to compute by hand, SymPy expressions to prove the code. That costs
four habits, which explain the few unusual lines: comparisons look at the real part, nothing is ever conjugated, exp,
log and tanh are dispatched for arrays of objects, and factors such as 1/n^2 stay exact there.

Conventions (``derivations/notation.md``): the batch is the last axis, so vectors are columns (n, N) and maps are (C,
H, W, N); "convolution" in the forward pass is cross-correlation, as in TensorFlow and PyTorch; the 1/N of the mean
stands once, in the loss; relu'(0) = 0; the first of several equal maxima, in reading order, gets the gradient.

Every layer keeps ``params`` and ``grads`` (name -> array) and works in two steps: ``forward(x)`` returns the output
and remembers what the backward pass needs, ``backward(g)`` takes g = dJ/d(output), fills ``grads`` and returns dJ/dx.
What is remembered is always the layer's own: arrays that were handed in or out may be edited, and no later call
overwrites them.
"""

import copy
import functools
import gzip
import hashlib
import json
import math
import numbers
import os
import sys
import time
import zlib
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from tqdm.auto import tqdm

# The C library of Linux keeps freed blocks for reuse up to the largest one freed so far; others cost page faults anew.
np.empty(2**24, np.uint8)

# --- number systems --------------------------------------------------------------------------------------------------


def _is_symbolic(x):
    """Whether any entry of the object array x is a SymPy expression (known by its ``free_symbols``)."""
    return x.dtype == object and any(hasattr(entry, "free_symbols") for entry in x.flat)


def _elementwise(name, x):
    """The function exp, log or tanh of every entry of x, for objects too: SymPy's own, else the one on real numbers."""
    if x.dtype != object:
        return getattr(np, name)(x)
    library = sys.modules["sympy"] if _is_symbolic(x) else math
    return np.frompyfunc(getattr(library, name), 1, 1)(x)


def _reciprocal(number, like):
    """1 / number, as an exact fraction where ``like`` holds exact objects."""
    return Fraction(1, number) if like.dtype == object else 1 / number


def _decided(compare, *arrays):
    """compare(*arrays), with a readable error where symbols leave the order open."""
    try:
        return compare(*arrays)
    except TypeError as error:
        hint = "give them assumptions, as in m and m + d with m real and d positive"
        raise ValueError(f"relu and max pooling need an order among symbols ({error}): {hint}") from error


# --- operators on matrices -------------------------------------------------------------------------------------------


def rot180(k):
    """The matrix k turned by 180 degrees: entry (u, v) moves to (kh-1-u, kw-1-v). Not a transpose."""
    return _matrix(k, "k")[::-1, ::-1]


def correlate2d(x, k, mode="valid"):
    """Cross-correlation: slide k over x as it is and add up the products; z[i,j] = sum over u, v of k[u,v] x[i+u,j+v].

    x is (H, W), k is (kh, kw). ``mode`` is "valid" (only where k fits: (H-kh+1, W-kw+1)), "full" (wherever k touches x,
    zeros around it: (H+kh-1, W+kw-1)) or "same" (the middle of "full", of the shape of x). Named and centred as in
    SciPy, but complex entries are not conjugated. Raises ValueError for anything but two matrices, a kernel larger than
    x in mode "valid", or an unknown mode. Equations conv.*; the operation that TensorFlow and PyTorch call convolution.
    """
    x, k = _matrix(x, "x"), _matrix(k, "k")
    (height, width), (kh, kw) = x.shape, k.shape
    _check_name("mode", mode, ("valid", "same", "full"))
    if mode != "valid":
        x = np.pad(x, ((kh - 1, kh - 1), (kw - 1, kw - 1)))
    elif kh > height or kw > width:
        raise ValueError(f"kernel {k.shape} is larger than x {x.shape}: pass a smaller kernel, or mode='full'")
    z = np.tensordot(sliding_window_view(x, k.shape), k, axes=2)
    return z[kh // 2 : kh // 2 + height, kw // 2 : kw // 2 + width] if mode == "same" else z


def convolve2d(x, k, mode="valid"):
    """True convolution, as MATLAB's conv2 and SciPy's convolve2d: correlate with the kernel turned by 180 degrees.

    z[i,j] = sum over u, v of k[u,v] x[i-u,j-v] in mode "full". Shapes, modes and errors as :func:`correlate2d`.
    """
    x = _matrix(x, "x")
    return rot180(correlate2d(rot180(x), k, mode))  # turning x, and the result back, comes to turning k


def down(a, size=2):
    """Block mean: one entry for each size x size block of the matrix a, (H, W) -> (H/size, W/size).

    Raises ValueError where ``size`` does not divide both sides. Bouvrie's notes and the source material fold the
    1/size^2 into beta and let down be the block *sum*; here it is the mean.
    """
    a = _matrix(a, "a")
    _check_size(size, "down, size")
    _check_divides(a.shape, size, "down")
    return _block_sum(a[None, :, :, None], size)[0, :, :, 0] * _reciprocal(size * size, a)


def up(delta, size=2):
    """Repeat each entry of the matrix delta over a size x size block: the Kronecker product with a block of ones.

    The transpose of the block *sum*. The gradient of the block mean ``down`` is therefore up(delta) / size^2.
    """
    _check_size(size, "up, size")
    return _repeat_blocks(_matrix(delta, "delta")[None, :, :, None], size)[0, :, :, 0]


def _block_sum(x, size):
    """The sum over each size x size block of maps (C, H, W, N): size^2 slices, added."""
    return functools.reduce(np.add, _taps(x, size, size))


def _repeat_blocks(g, size):
    """Each entry of the maps g (C, H, W, N) repeated over a size x size block."""
    maps, height, width, n = g.shape
    blocks = np.broadcast_to(g[:, :, None, :, None, :], (maps, height, size, width, size, n))
    return blocks.reshape(maps, height * size, width * size, n)


def _taps(x, size, stride):
    """The size^2 slices of maps (C, H, W, N): slice (u, v) holds entry (u, v) of every window, in reading order."""
    rows, columns = (length - size + 1 for length in x.shape[1:3])
    return [x[:, u : u + rows : stride, v : v + columns : stride] for u in range(size) for v in range(size)]


# --- what every input must satisfy -----------------------------------------------------------------------------------


def _array(x):
    """x as an array; whole numbers as int64, since smaller ones, such as the bytes of an image, wrap around."""
    x = np.asarray(x)
    return x.astype(np.int64) if x.dtype.kind in "biu" else x


def _matrix(a, name):
    a = _array(a)
    if a.ndim != 2 or a.size == 0:
        raise ValueError(f"{name} has shape {a.shape}, expected a matrix (two axes, not empty); pass one map at a time")
    return a


def _check_size(size, owner, least=1):
    if not isinstance(size, int | np.integer) or isinstance(size, bool) or size < least:
        raise ValueError(f"{owner} is {size!r}, expected a whole number of at least {least}")


def _check_divides(lengths, size, owner):
    if any(length % size for length in lengths):
        raise ValueError(f"{owner}: size {size} does not divide height and width {tuple(lengths)}: crop or pad them")


def _check_finite(x, owner, name):
    """Raise where x holds NaN or infinity. The sum of squares tells, fast; only then are the entries searched."""
    if x.dtype != object and np.isfinite(np.vdot(x, x)):  # where squares of large numbers overflow, the entries tell
        return
    finite = np.frompyfunc(lambda entry: not isinstance(entry, float | complex) or np.isfinite(entry), 1, 1)
    broken = np.argwhere(~(finite(x).astype(bool) if x.dtype == object else np.isfinite(x)))
    if len(broken):
        given = f"{len(broken)} entries that are NaN or infinite, the first at {broken[0].tolist()}"
        raise ValueError(f"{owner}: {name} has {given}. Clean the data; in training, the learning rate is too large.")


def _check_labels(labels, classes, n):
    labels = np.asarray(labels)
    if labels.shape != (n,) or labels.dtype.kind not in "iu":
        hint = "one class for each example; a one-hot matrix Y becomes labels by np.argmax(Y, axis=0)"
        raise ValueError(f"labels: shape {labels.shape}, type {labels.dtype}, expected ({n},) whole numbers, {hint}")
    if labels.min() < 0 or labels.max() >= classes:
        expected = f"0 to {classes - 1}, a row of z for each class; count classes from 0"
        raise ValueError(f"labels reach from {labels.min()} to {labels.max()}, expected {expected}")
    return labels.copy()


# --- layers ----------------------------------------------------------------------------------------------------------


class Layer:
    """What all layers share: the checks around ``compute``, ``parameter_gradients`` and ``input_gradient``.

    A layer type writes these three (the second only if it has parameters), names its constructor's arguments in
    ``arguments`` and the shape of its input in ``expects``.
    """

    arguments = ()
    expects = "maps (C, H, W, N): channels, height, width, and the batch last"
    axes = 4

    def __init__(self):
        self.params, self.grads = {}, {}
        self.input_shape = self.output_shape = None

    def __repr__(self):
        given = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.arguments)
        return f"{type(self).__name__}({given})"

    def forward(self, x):
        """The layer's output for the input x. Raises ValueError where x does not fit or is not finite."""
        x = _array(x)
        if (self.axes and x.ndim != self.axes) or x.ndim == 0 or x.size == 0 or not self.fits(x.shape):
            hint = _batch_first_hint(x.shape) if x.size else "The batch is empty: pass at least one example."
            raise ValueError(f"{self} got x of shape {x.shape}, expected {self.expects}. {hint}")
        _check_finite(x, self, "x")
        output = self.compute(x)
        self.input_shape, self.output_shape = x.shape, output.shape
        return output

    def fits(self, shape):
        """Whether an input of this shape, already of the right number of axes, belongs to this layer."""
        return True

    def backward(self, g, input_gradient=True):
        """Fill ``grads`` from g = dJ/d(output) and return dJ/dx (or None, where ``input_gradient`` is False).

        Raises ValueError before the first forward pass and where g has not the shape of the output.
        """
        if self.output_shape is None:
            raise ValueError(f"{self}: call forward(x) before backward(g), it remembers what backward needs")
        g = _array(g)
        if g.shape != self.output_shape:
            raise ValueError(f"{self} got g of shape {g.shape}, expected {self.output_shape}, the shape of the output")
        self.grads = self.parameter_gradients(g)
        return self.input_gradient(g) if input_gradient else None

    def parameter_gradients(self, g):
        """dJ/d(parameter) for every parameter, from g = dJ/d(output)."""
        return {}

    def kinks(self, x):
        """How many entries of the input x sit exactly where this layer has no derivative."""
        return 0


def _batch_first_hint(shape):
    return f"If the batch comes first, move it: np.moveaxis(x, 0, -1) makes {shape[1:] + shape[:1]}." if shape else ""


class Dense(Layer):
    """Fully connected layer: z = W x + b, every output a weighted sum of all inputs.

    x (n_in, N) -> z (n_out, N); W (n_out, n_in), b (n_out,). ``backward`` takes delta = dJ/dz.
    Equations fully_connected.*; Nielsen, Neural networks and deep learning, chapter 2 (BP2-BP4).
    """

    arguments = ("n_in", "n_out")
    axes = 2

    def __init__(self, n_in, n_out, rng=None, dtype=np.float64):
        super().__init__()
        self.n_in, self.n_out = n_in, n_out
        for name in self.arguments:
            _check_size(getattr(self, name), f"Dense, {name}")
        self.expects = f"vectors ({n_in}, N), one column for each example"
        self.params = {"W": _normal(rng, (n_out, n_in), n_in, dtype), "b": np.zeros(n_out, dtype)}

    def fits(self, shape):
        return shape[0] == self.n_in

    def compute(self, x):
        self.x = x.copy()
        return self.params["W"] @ x + self.params["b"][:, None]

    def parameter_gradients(self, delta):
        return {"W": delta @ self.x.T, "b": delta.sum(axis=1)}

    def input_gradient(self, delta):
        return self.params["W"].T @ delta


class Activation(Layer):
    """An activation a = f(z), entry by entry, on an array of any shape.

    ``slope`` = f'(z) is kept from the forward pass. ``backward`` takes dJ/da and returns delta = dJ/dz = dJ/da * f'(z),
    entry by entry: equations activations.*.
    """

    axes = None
    expects = "an array whose last axis is the batch"

    def input_gradient(self, g):
        return g * self.slope


class Sigmoid(Activation):
    """a = 1 / (1 + exp(-z)), between 0 and 1; f'(z) = a (1 - a), at most 1/4."""

    def compute(self, z):
        with np.errstate(over="ignore"):  # exp(-z) = inf for very negative z gives the right a = 0
            a = 1 / (1 + _elementwise("exp", -z))
        self.slope = a * (1 - a)
        return a


class Tanh(Activation):
    """a = tanh(z), between -1 and 1; f'(z) = 1 - a^2, at most 1."""

    def compute(self, z):
        a = _elementwise("tanh", z)
        self.slope = 1 - a * a
        return a


class ReLU(Activation):
    """a = max(z, 0); f'(z) = 1 where z > 0 and 0 elsewhere, also at z = 0, where it is a choice."""

    def compute(self, z):
        self.slope = np.asarray(_decided(np.greater, z.real, 0), bool).view(np.int8).astype(z.real.dtype)
        return z * self.slope if np.iscomplexobj(z) else np.maximum(0, z)

    def kinks(self, z):
        return int(np.count_nonzero(z == 0))


class Conv2D(Layer):
    """Convolution of maps: z[o] = sum over c of correlate(x[c], K[o,c]) + b[o], every ``stride`` steps, zero-padded.

    x (C, H, W, N) -> z (O, Hz, Wz, N) with Hz = (H + 2 padding - kh) // stride + 1, Wz likewise; K (O, C, kh, kw), b
    (O,). ``size`` is the side of the kernel, or (kh, kw). ``backward`` takes delta = dJ/dz.

    The windows of each row of outputs are laid out as the columns of a matrix (im2col), so that the layer is a stack of
    products K @ columns[row], and its gradients are those of a fully connected layer, added up over the rows for K and
    where windows overlap for x. Memory is saved by sharing: every row of x is laid out once, for its kw shifts, and the
    kh rows of a window are then neighbours, so that columns[row] is a view. Equations conv.* and maps.*.
    """

    arguments = ("c_in", "c_out", "size", "stride", "padding")

    def __init__(self, c_in, c_out, size, stride=1, padding=0, rng=None, dtype=np.float64):
        super().__init__()
        self.c_in, self.c_out, self.size, self.stride, self.padding = c_in, c_out, size, stride, padding
        kh, kw = size if np.shape(size) == (2,) else (size, size)
        for name, value in [("c_in", c_in), ("c_out", c_out), ("size", kh), ("size", kw), ("stride", stride)]:
            _check_size(value, f"{type(self).__name__}, {name}")
        _check_size(padding, f"{type(self).__name__}, padding", least=0)
        self.expects = f"maps ({c_in}, H, W, N), batch last, H >= {kh - 2 * padding} and W >= {kw - 2 * padding}"
        self.params = {"K": _normal(rng, (c_out, c_in, kh, kw), c_in * kh * kw, dtype), "b": np.zeros(c_out, dtype)}

    def fits(self, shape):
        kh, kw = self.params["K"].shape[2:]
        return shape[0] == self.c_in and shape[1] + 2 * self.padding >= kh and shape[2] + 2 * self.padding >= kw

    def compute(self, x):
        (c_out, c_in, kh, kw), b = self.params["K"].shape, self.params["b"]
        p, s = self.padding, self.stride
        padded = np.pad(x, ((0, 0), (p, p), (p, p), (0, 0))) if p else x
        shifts = sliding_window_view(padded, kw, axis=2)[:, :, ::s]  # (C, H, Wz, N, kw)
        self.padded_shape, (height, columns, n) = padded.shape, shifts.shape[1:4]
        rows = shifts.transpose(1, 0, 4, 2, 3).copy().reshape(height, c_in * kw, columns * n)
        windows = sliding_window_view(rows, kh, axis=0)[::s].transpose(0, 3, 1, 2)  # (Hz, kh, C kw, Wz N)
        self.columns = windows.reshape(len(windows), kh * c_in * kw, columns * n)
        products = (self._kernels() @ self.columns).transpose(1, 0, 2)  # (O, Hz, Wz N)
        return np.add(products, b[:, None, None], order="C").reshape(c_out, len(windows), columns, n)

    def parameter_gradients(self, delta):
        c_out, c_in, kh, kw = self.params["K"].shape
        K = (self.columns @ _by_row(delta).transpose(0, 2, 1)).sum(axis=0)  # (kh C kw, O)
        return {"K": K.T.reshape(c_out, kh, c_in, kw).swapaxes(1, 2), "b": delta.sum(axis=(1, 2, 3))}

    def input_gradient(self, delta):
        (_, c_in, kh, kw), (_, height, width, n) = self.params["K"].shape, delta.shape
        p, s = self.padding, self.stride
        products = (self._kernels().T @ _by_row(delta)).reshape(height, kh, -1)  # delta times kernel
        rows = np.zeros((self.padded_shape[1], products.shape[2]), products.dtype)
        for u in range(kh):  # a row of x lies in windows below each other and collects from each
            rows[u : u + s * height : s] += products[:, u]
        rows = rows.reshape(-1, c_in, kw, width, n).transpose(2, 1, 0, 3, 4)
        dx = np.zeros(self.padded_shape, products.dtype)
        for v in range(kw):  # and an entry of that row in windows beside each other
            dx[:, :, v : v + s * width : s] += rows[v]
        return dx[:, p : dx.shape[1] - p, p : dx.shape[2] - p]

    def _kernels(self):
        """K as a matrix (O, kh C kw), its columns in the order of the rows of ``columns``."""
        K = self.params["K"]
        return K.swapaxes(1, 2).reshape(len(K), -1)


def _by_row(delta):
    """delta (O, Hz, Wz, N) as a stack of matrices (O, Wz N), one for each row of outputs."""
    return delta.reshape(*delta.shape[:2], -1).transpose(1, 0, 2)


class MeanPool2D(Layer):
    """Mean pooling: z = beta * down(x) + b, with one pair (beta, b) for each map.

    x (C, H, W, N) -> z (C, H/size, W/size, N); beta (C,), b (C,). Where ``maps`` is None there are no parameters and
    z = down(x). ``backward`` takes delta = dJ/dz. Equations mean_pool.*; Bouvrie, Notes on convolutional neural
    networks (2006), section 3.2.
    """

    arguments = ("size", "maps")

    def __init__(self, size=2, maps=None, dtype=np.float64):
        super().__init__()
        _check_size(size, "MeanPool2D, size")
        self.size, self.maps = size, maps
        if maps is not None:
            _check_size(maps, "MeanPool2D, maps")
            self.expects = f"maps ({maps}, H, W, N), the batch last"
            self.params = {"beta": np.ones(maps, dtype), "b": np.zeros(maps, dtype)}

    def fits(self, shape):
        return self.maps is None or shape[0] == self.maps

    def compute(self, x):
        _check_divides(x.shape[1:3], self.size, self)
        self.pooled = _block_sum(x, self.size) * _reciprocal(self.size**2, x)
        if self.maps is None:
            return self.pooled.copy()
        return _per_map(self.params["beta"]) * self.pooled + _per_map(self.params["b"])

    def parameter_gradients(self, delta):
        if self.maps is None:
            return {}
        return {"beta": (delta * self.pooled).sum(axis=(1, 2, 3)), "b": delta.sum(axis=(1, 2, 3))}

    def input_gradient(self, delta):
        share = delta * _reciprocal(self.size**2, delta)
        if self.maps is not None:
            share = _per_map(self.params["beta"]) * share
        return _repeat_blocks(share, self.size)


class MaxPool2D(Layer):
    """Max pooling: the largest entry of each size x size window, every ``stride`` steps (``size`` where None).

    x (C, H, W, N) -> z (C, (H-size) // stride + 1, (W-size) // stride + 1, N). Where several entries tie, the first in
    reading order wins. ``backward`` takes delta = dJ/dz and sends each entry to the winner of its window; windows that
    overlap add up. Equations max_pool.*.
    """

    arguments = ("size", "stride")

    def __init__(self, size=2, stride=None):
        super().__init__()
        self.size, self.stride = size, size if stride is None else stride
        for name in self.arguments:
            _check_size(getattr(self, name), f"MaxPool2D, {name}")
        self.expects = f"maps (C, H, W, N) with H and W at least {size}, the batch last"

    def fits(self, shape):
        return min(shape[1:3]) >= self.size

    def compute(self, x):
        taps = _taps(x, self.size, self.stride)
        largest = _decided(functools.partial(functools.reduce, np.maximum), [tap.real for tap in taps])
        self.wins, free = [], np.ones(largest.shape, bool)
        for tap in taps:
            wins = free & (tap.real == largest)
            free &= ~wins
            self.wins.append(wins.view(np.int8))
        return sum(tap * wins for tap, wins in zip(taps, self.wins, strict=True)) if np.iscomplexobj(x) else largest

    def input_gradient(self, delta):
        dx = np.zeros(self.input_shape, delta.dtype)
        for tap, wins in zip(_taps(dx, self.size, self.stride), self.wins, strict=True):
            tap += delta * wins
        return dx

    def kinks(self, x):
        taps = [tap.real for tap in _taps(x, self.size, self.stride)]
        largest = functools.reduce(np.maximum, taps)
        return int(np.count_nonzero(sum((tap == largest).astype(int) for tap in taps) > 1))


class ConvPool2D(Conv2D):
    """Convolution (stride 1, no padding), activation f, 2x2 mean pool: three layers in one, the same function, faster.

    x (C, H, W, N) -> z (O, (H-kh+1) / 2, (W-kw+1) / 2, N). ``activation`` is "relu", "sigmoid" or "tanh". ``params``: K
    and b of the convolution; beta and, named "b_pool", b of the pool. Raises ValueError where H-kh+1 or W-kw+1 is odd.

    Two windows side by side that meet under one entry of the pool lie in one patch of x, a column wider than the
    kernel. So K and a copy of it, one column further, zeros beside them, make a convolution with 2 O maps that steps
    two columns at a time: the pair. It copies less of x, for a product of twice as many rows. The bias is one more
    column of the matrix, for a row of ones, which stands below each row of x in a patch. K is used twice and collects
    two gradients. Three other sums are products, too: ``mean`` takes the mean of the four entries under an entry of the
    pool; back at x, down the rows stands a full correlation with the rows of K turned around, and ``overlap`` adds what
    overlaps within a row. Inside the layer, z is not asked whether it is finite. Equations network.*.
    """

    arguments = ("c_in", "c_out", "size", "activation")

    def __init__(self, c_in, c_out, size, activation="relu", rng=None, dtype=np.float64):
        super().__init__(c_in, c_out, size, rng=rng, dtype=dtype)
        _check_name("activation", activation, ACTIVATIONS)
        self.activation, self.arrays_for, self.f = activation, None, _IN_PLACE[activation]()
        self.params |= {"beta": np.ones(c_out, dtype), "b_pool": np.zeros(c_out, dtype)}

    def __getstate__(self):
        return self.__dict__ | {"arrays_for": None}  # a copy makes arrays of its own: copied views are views no more

    def compute(self, x):
        K, dtype = self.params["K"], np.result_type(x, 1 / 4, *self.params.values())
        if self.arrays_for != (x.shape, K.shape, dtype):
            self._make_arrays(x.shape, K.shape, dtype)
        (h, _, w, n), c_out = self.z.shape, len(K)
        for v in range(self.shifts.shape[2]):
            self.shifts[:, :, v] = x[:, :, v : v + 2 * w : 2].swapaxes(0, 1)
        self.first[...], self.second[...], self.biases[...] = K, K, self.params["b"]
        # one product for every two neighbours in a row of z, small enough for the cache
        np.matmul(self.weights, self.patches.swapaxes(1, 2), out=self.z.swapaxes(1, 2))
        a, self.slope = self.f.compute(self.z.reshape(h // 2, 4 * c_out, w * n)), self.f.slope
        self.pooled = np.empty((c_out, h // 2, w, n), self.z.dtype)
        np.matmul(self.mean, a, out=self.pooled.reshape(c_out, -1, w * n).swapaxes(0, 1))
        return _per_map(self.params["beta"]) * self.pooled + _per_map(self.params["b_pool"])

    def parameter_gradients(self, delta):
        (h, _, w, n), (c_out, _, kh, _) = self.z.shape, self.params["K"].shape
        g = _per_map(self.params["beta"] * _reciprocal(4, delta)) * delta
        # delta takes the place of z, which has served, between rows of zeros
        self.padded_delta = self.padded_z.astype(np.result_type(self.z, g), copy=False)
        delta_z = self.padded_delta[kh - 1 : kh - 1 + h].reshape(-1, 4, c_out, w * n)
        delta_z[...] = self.slope.reshape(delta_z.shape)
        delta_z *= g.swapaxes(0, 1).reshape(-1, 1, c_out, w * n)
        # one product for each row of z and row of K
        products = self.patches.reshape(h, kh, -1, w * n) @ delta_z.reshape(h, 1, -1, w * n).swapaxes(2, 3)
        first, second, b = self._places(products.sum(axis=0).reshape(-1, 2 * c_out).T)
        beta = (delta.reshape(c_out, 1, -1) @ self.pooled.reshape(c_out, -1, 1)).reshape(c_out)
        return {"K": first + second, "b": b.sum(axis=0), "beta": beta, "b_pool": np.einsum("ohwn->o", delta)}

    def input_gradient(self, delta):
        (c_in, height, _, n), (_, maps, w, _), kh = self.input_shape, self.z.shape, self.params["K"].shape[2]
        turned = self.weights.reshape(maps, kh, -1)[:, ::-1, :-1].transpose(2, 1, 0).reshape(-1, kh * maps)
        # again patches of kh neighbouring rows, now of delta
        patches = as_strided(self.padded_delta, (height, kh * maps, w, n), self.padded_delta.strides)
        rows = np.empty((height, len(turned), w, n), patches.dtype)
        np.matmul(turned, patches.swapaxes(1, 2), out=rows.swapaxes(1, 2))
        return self.overlap @ rows.reshape(height, c_in, -1, n).swapaxes(0, 1)

    def _make_arrays(self, maps, kernels, dtype):
        """The arrays that every batch of this shape and type uses again, and their views."""
        (_, height, width, n), (c_out, c_in, kh, kw), self.arrays_for = maps, kernels, None
        _check_divides((height - kh + 1, width - kw + 1), 2, self)
        h, w = height - kh + 1, (width - kw + 1) // 2  # rows of z, and pairs in each
        rows = _aligned((height, c_in * (kw + 1) + 1, w, n), 1, dtype)  # the last of each stays ones
        self.shifts = rows[:, :-1].reshape(height, c_in, kw + 1, w, n)
        # a patch is kh neighbouring rows, and the next one begins a row below
        self.patches = as_strided(rows, (h, kh * rows.shape[1], w, n), rows.strides)
        self.weights = np.zeros((2 * c_out, self.patches.shape[1]), dtype)
        self.first, self.second, self.biases = self._places(self.weights)
        self.mean = np.tile(np.eye(c_out, dtype=dtype), 4) * _reciprocal(4, rows)
        # one where a column of x lies under a shift, at an entry of the pool
        self.overlap = np.eye(width, dtype=dtype).take(np.add.outer(range(kw + 1), range(0, 2 * w, 2)).ravel(), axis=1)
        self.padded_z = _aligned((h + 2 * kh - 2, 2 * c_out, w, n), 0, dtype)
        self.z, self.arrays_for = self.padded_z[kh - 1 : kh - 1 + h], (maps, kernels, dtype)

    def _places(self, weights):
        """Views of the matrix (2 O, kh (C (kw+1) + 1)): the places of K, of its copy one column further, and of b."""
        c_out, c_in, kh, kw = self.params["K"].shape
        pair = weights.reshape(2, c_out, kh, -1)
        K = pair[..., :-1].reshape(2, c_out, kh, c_in, kw + 1).swapaxes(2, 3)
        return K[0, ..., :-1], K[1, ..., 1:], pair[:, :, -1, -1]

    def kinks(self, x):
        return self.f.kinks(super().compute(x))


def _aligned(shape, value, dtype):
    """np.full that begins at a line of the cache (64 bytes), so that wide registers read half as many lines."""
    block = np.full(math.prod(shape) + 64, value, dtype)
    start = -block.ctypes.data % 64 // block.itemsize
    return block[start : start + math.prod(shape)].reshape(shape)


class _ReLUInPlace(ReLU):
    """ReLU that may overwrite its input; with the slope as bytes, and against an array of zeros, it is faster."""

    def compute(self, z):
        if z.dtype.kind != "f":
            return super().compute(z)
        self.slope = (z > 0).view(np.int8)
        return np.maximum(z, np.zeros_like(z[:1]), out=z)


class Flatten(Layer):
    """Lay the maps of each example out as one column: (C, H, W, N) -> (C H W, N), in reading order; back is the
    inverse.
    """

    def compute(self, x):
        return x.reshape(-1, x.shape[-1])

    def input_gradient(self, g):
        return g.reshape(self.input_shape)


class SoftmaxCrossEntropy:
    """Softmax and cross-entropy in one: p = exp(z) / sum exp(z), and J = the mean over the batch of -log p[label].

    z (n, N), labels (N,) whole numbers -> J, a scalar in nats. ``backward()`` returns delta = dJ/dz = (p - y) / N
    with y the one-hot labels: the one place where 1/N stands. Equations softmax.*; exponents are shifted by the
    column's largest z, which changes nothing but the range (symbols need no shift). Raises ValueError for scores or
    labels that do not fit.
    """

    def __init__(self):
        self.p = self.labels = None

    def forward(self, z, labels):
        z = _array(z)
        if z.ndim != 2 or z.size == 0:
            raise ValueError(f"SoftmaxCrossEntropy got z of shape {z.shape}, expected scores (classes, N), not empty")
        _check_finite(z, "SoftmaxCrossEntropy", "z")
        n = z.shape[1]
        self.labels = _check_labels(labels, len(z), n)
        z = z if _is_symbolic(z) else z - z.real.max(axis=0)
        exponentials = _elementwise("exp", z)
        total = exponentials.sum(axis=0)
        self.p = exponentials / total
        return (_elementwise("log", total) - z[self.labels, np.arange(n)]).sum() / n

    def backward(self):
        if self.p is None:
            raise ValueError("SoftmaxCrossEntropy: backward before forward; call forward(z, labels) first")
        n = len(self.labels)
        delta = self.p.copy()
        delta[self.labels, np.arange(n)] -= 1
        return delta / n


def _normal(rng, shape, fan_in, dtype):
    """He's initial weights: normal with variance 2 / fan_in, from ``rng`` (default: a generator seeded with 0)."""
    rng = np.random.default_rng(0) if rng is None else rng
    return (rng.standard_normal(shape) * math.sqrt(2 / fan_in)).astype(dtype)


def _per_map(parameter):
    """A parameter with one entry for each map, (C,), made to meet maps (C, H, W, N)."""
    return parameter[:, None, None, None]


# --- the network -----------------------------------------------------------------------------------------------------


class Network:
    """Layers one after the other, with softmax and cross-entropy at the end.

    The forward pass hands each layer's output to the next; the backward pass hands each layer's dJ/dx to the one
    before: that is all of back-propagation. Equations network.*.
    """

    def __init__(self, layers):
        self.layers = list(layers)
        if not self.layers:
            raise ValueError("Network got no layers, expected at least one, such as Network([Dense(2, 3)])")
        self.head = SoftmaxCrossEntropy()
        self._loss_is_current = False

    def __repr__(self):
        return "Network([\n" + "".join(f"    {layer},\n" for layer in self.layers) + "])"

    def forward(self, x):
        """The scores z (classes, N) of a batch x."""
        self._loss_is_current = False
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def loss(self, x, labels):
        """J, the mean cross-entropy of a batch x with its labels."""
        J = self.head.forward(self.forward(x), labels)
        self._loss_is_current = True
        return J

    def backward(self, input_gradient=True):
        """Fill every layer's ``grads`` for the last ``loss`` and return dJ/dx.

        Where ``input_gradient`` is False the first layer's dJ/dx, which training never needs, is left out (None).
        """
        if not self._loss_is_current:
            raise ValueError("Network: backward needs the loss of the same batch; call loss(x, labels) just before it")
        g = self.head.backward()
        for index, layer in reversed(list(enumerate(self.layers))):
            g = layer.backward(g, input_gradient=input_gradient or index > 0)
        return g

    def gradients(self):
        """{(layer index, parameter's name): dJ/d(parameter)} of the last backward pass."""
        return {(i, name): g for i, layer in enumerate(self.layers) for name, g in layer.grads.items()}

    def predict(self, x):
        """The class with the largest score for each example of the batch: whole numbers (N,)."""
        return self.forward(x).real.argmax(axis=0)


ACTIVATIONS = {"relu": ReLU, "sigmoid": Sigmoid, "tanh": Tanh}
_IN_PLACE = ACTIVATIONS | {"relu": _ReLUInPlace}


def lenet(maps=(6, 12), activation="relu", pool="mean", pool_activation="same", seed=0, dtype=np.float32, fused=False):
    """The network of the series, 28x28 images, 10 classes: conv - pool - conv - pool - fully connected - softmax.

    5x5 kernels, ``maps`` = (F1, F2) feature maps, 2x2 pooling: "mean" with trainable beta and b, or "max". f =
    ``activation`` ("relu", "sigmoid" or "tanh") follows the convolutions, and the pools too unless
    ``pool_activation`` is None (or the name of another one). Shapes: (1,28,28) -> (F1,24,24) -> (F1,12,12) ->
    (F2,8,8) -> (F2,4,4) -> 10. Where ``fused`` (mean pools only), ConvPool2D layers compute the same function with
    the same initial parameters, faster.

    The kernels of a layer begin orthogonal to each other, so that no two look for the same. Between sigmoids, kernels
    and pools begin larger and shifted, so as to undo what a sigmoid does near 0 (slope 1/4, mean 1/2): without that
    no error comes back through four of them. A max pool has nothing to shift, and sigmoids on both sides of it barely
    learn. The last layer begins small, so that the network begins without opinions and J near ln 10.
    """
    after_pool = activation if pool_activation == "same" else pool_activation
    _check_name("activation", activation, ACTIVATIONS)
    _check_name("pool", pool, ("mean", "max"))
    _check_name("pool_activation", after_pool, (*ACTIVATIONS, None))
    if fused and pool == "max":
        raise ValueError("lenet got pool='max' and fused=True, which knows mean pools only: leave one of the two out")
    if np.shape(maps) != (2,):
        raise ValueError(f"maps is {maps!r}, expected two numbers of feature maps, such as (6, 12)")
    rng, layers = np.random.default_rng(seed), []
    for c_in, c_out in zip((1, maps[0]), maps, strict=True):
        if fused:
            block = [ConvPool2D(c_in, c_out, 5, activation, rng=rng, dtype=dtype)]
        else:
            block = [Conv2D(c_in, c_out, 5, rng=rng, dtype=dtype), ACTIVATIONS[activation]()]
            block += [MeanPool2D(2, maps=c_out, dtype=dtype) if pool == "mean" else MaxPool2D(2)]
        first, last = block[0].params, block[-1].params
        first["K"] = _orthogonal(first["K"])
        if activation == "sigmoid":  # 4 times the slope, and z = 4 (down(x) - 1/2)
            first["K"] *= math.sqrt(8)
            last |= {k: last[k] + shift for k, shift in (("beta", 3), ("b_pool" if fused else "b", -2)) if k in last}
        layers += block + ([ACTIVATIONS[after_pool]()] if after_pool else [])
    scores = Dense(maps[1] * 4 * 4, 10, rng=rng, dtype=dtype)
    scores.params["W"] *= 0.1
    return Network([*layers, Flatten(), scores])


def _orthogonal(K):
    """K with its kernels made orthogonal, of norm sqrt(2) each, where they are no more than the entries of one."""
    directions = np.linalg.qr(K.reshape(len(K), -1).T)[0].T
    return K if len(directions) < len(K) else (math.sqrt(2) * directions).reshape(K.shape)


def _check_name(what, name, known):
    if name not in known:
        raise ValueError(f"{what} is {name!r}, expected one of {', '.join(map(repr, known))}")


# --- training --------------------------------------------------------------------------------------------------------


class Optimizer:
    """What both optimizers share: ``step(network)`` replaces every parameter by its updated value.

    New arrays take the parameters' places, so an array that was read out before stays as it was.
    """

    def __init__(self, lr):
        self.lr, self.steps = _number("lr", lr, lambda lr: 0 < lr < math.inf, "a positive number such as 0.01"), 0

    def step(self, network):
        """Update all parameters of the network from the gradients of its last backward pass."""
        gradients = network.gradients()
        if not gradients:
            raise ValueError("the network has no gradients yet: call loss(x, labels) and backward() before step")
        self.steps += 1
        changes = {key: self.change(key, g) for key, g in gradients.items()}
        for (i, name), change in changes.items():
            network.layers[i].params[name] = network.layers[i].params[name] - change


def _number(name, value, fits, expected):
    """value as Python's own number: a NumPy scalar would turn float32 parameters into float64 without a word."""
    if not isinstance(value, numbers.Real) or not fits(value):
        raise ValueError(f"{name} is {value!r}, expected {expected}")
    return value.item() if isinstance(value, np.generic) else value


class SGD(Optimizer):
    """Gradient descent: W <- W - lr v, with v = dW, or with momentum v <- momentum v + dW (as in PyTorch)."""

    def __init__(self, lr, momentum=0):
        super().__init__(lr)
        self.momentum = _number("momentum", momentum, lambda m: 0 <= m < 1, "a number from 0 to below 1")
        self.velocity = {}

    def change(self, key, g):
        if self.momentum and key in self.velocity:
            g = self.momentum * self.velocity[key] + g
        self.velocity[key] = g
        return self.lr * g


class Adam(Optimizer):
    """Adam: each step divided by the root of a running mean of squared gradients (Kingma and Ba, 2015, algorithm 1).

    Decay rates 0.9 and 0.999, epsilon 1e-8, running means corrected for their start at 0.
    """

    def __init__(self, lr):
        super().__init__(lr)
        self.mean, self.square = {}, {}

    def change(self, key, g):
        self.mean[key] = 0.9 * self.mean.get(key, 0.0) + 0.1 * g
        self.square[key] = 0.999 * self.square.get(key, 0.0) + 0.001 * g * g
        mean, square = self.mean[key] / (1 - 0.9**self.steps), self.square[key] / (1 - 0.999**self.steps)
        return self.lr * mean / (np.sqrt(square) + 1e-8)


def warmup_cosine(progress):
    """A learning-rate schedule: up from 0 over the first tenth of training, then down to 0 along half a cosine.

    ``progress`` in [0, 1] is the part of training that is done; returns the factor on the learning rate.
    """
    return progress / 0.1 if progress < 0.1 else 0.5 * (1 + math.cos(math.pi * (progress - 0.1) / 0.9))


@dataclass
class History:
    """What ``train`` saw: per step ``losses`` and ``accuracies`` of the batch, per epoch ``validation`` accuracies."""

    losses: list = field(default_factory=list, repr=False)
    accuracies: list = field(default_factory=list, repr=False)
    validation: list = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False


def train(
    network, data, epochs=3, batch_size=32, optimizer=None, schedule=warmup_cosine, validation=None, seed=0, quiet=False
):
    """Train the network on data = (images, labels) by mini-batches and return the :class:`History`.

    Images have the batch last, (C, H, W, N); labels are (N,). Each epoch goes once through the data, in an order
    drawn from ``seed``. ``optimizer`` is Adam(lr=0.015) where None; ``schedule`` maps the part of training done, 0 to
    1, to a factor on its rate (None: constant). ``validation``, another pair, is measured after each epoch.
    A bar shows the progress unless ``quiet``. A keyboard interrupt ends training early and keeps the weights and the
    history, with ``interrupted`` set.
    """
    images, labels = _check_data(data, batch_size)
    _check_size(epochs, "epochs")
    optimizer = Adam(lr=0.015) if optimizer is None else optimizer
    history, rng, peak, start = History(), np.random.default_rng(seed), optimizer.lr, time.perf_counter()
    steps = math.ceil(len(labels) / batch_size) * epochs
    with tqdm(total=steps, desc="training", unit="step", disable=quiet) as bar:
        try:
            for _ in range(epochs):
                for x, y in _batches(images, labels, batch_size, rng, _dtype(network)):
                    if schedule is not None:  # float(): a NumPy scalar would turn float32 parameters into float64
                        optimizer.lr = float(peak * schedule((len(history.losses) + 0.5) / steps))
                    _training_step(network, x, y, optimizer, history)
                    bar.update()
                    if len(history.losses) % 20 == 0:
                        bar.set_postfix(_recent(history), refresh=False)
                if validation is not None:
                    history.validation.append(accuracy(network, validation))
                bar.set_postfix(_recent(history))
        except KeyboardInterrupt:
            history.interrupted = True
        finally:
            optimizer.lr = peak
            history.seconds = time.perf_counter() - start
    return history


def _training_step(network, x, labels, optimizer, history):
    J = float(network.loss(x, labels))
    network.backward(input_gradient=False)
    optimizer.step(network)
    history.losses.append(J)
    history.accuracies.append(float(np.mean(network.head.p.argmax(axis=0) == labels)))


def _recent(history):
    """What the progress bar shows: means over the last 100 steps, and the last validation accuracy."""
    shown = {"loss": f"{np.mean(history.losses[-100:]):.3f}", "accuracy": f"{np.mean(history.accuracies[-100:]):.1%}"}
    return shown | ({"validation": f"{history.validation[-1]:.2%}"} if history.validation else {})


def accuracy(network, data, batch_size=500):
    """The share of the examples in data = (images, labels) whose label the network predicts, 0 to 1."""
    images, labels = _check_data(data, batch_size)
    batches = _batches(images, labels, batch_size, None, _dtype(network))
    return sum(int(np.count_nonzero(network.predict(x) == y)) for x, y in batches) / len(labels)


def _batches(images, labels, batch_size, rng, dtype):
    """The data in mini-batches, shuffled where ``rng`` is given: contiguous (C, H, W, n) images and their labels.

    The images are gathered along their first axis in memory, which is fast for data that is stored image after image.
    """
    order = np.arange(len(labels)) if rng is None else rng.permutation(len(labels))
    by_image = np.moveaxis(images, -1, 0)
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        yield np.ascontiguousarray(np.moveaxis(by_image[chosen], 0, -1), dtype), labels[chosen]


def _dtype(network):
    """The type in which the network computes: that of its parameters together."""
    return np.result_type(np.float32, *(value for layer in network.layers for value in layer.params.values()))


def _check_data(data, batch_size):
    _check_size(batch_size, "batch_size")
    images, labels = (np.asarray(part) for part in data)
    if images.ndim < 2 or labels.ndim != 1 or images.shape[-1] != len(labels) or len(labels) == 0:
        given = f"images of shape {images.shape} and labels of shape {labels.shape}"
        raise ValueError(f"data is {given}, expected (C, H, W, N) and (N,). {_batch_first_hint(images.shape)}")
    return images, labels


# --- checks: is this gradient right? ---------------------------------------------------------------------------------


class GradientError(AssertionError):
    """A gradient disagrees with its measurement: the text names the array, the entry, both values and the error."""


def numerical_gradient(f, x, h=1e-6):
    """The gradient of the scalar f at x by central differences, (f(x + h e) - f(x - h e)) / 2h for every entry.

    x is any array of real numbers; the result has its shape. The error is about h^2 f''' / 6 from the formula plus
    1e-16 f / h from rounding: 8 to 10 digits at best.
    """
    x = np.array(x, np.float64)
    return _each_entry(lambda step: (f(x + h * step) - f(x - h * step)) / (2 * h), x)


def complex_step_gradient(f, x, h=1e-100):
    """The gradient of the scalar f at x by complex steps, Im f(x + i h e) / h for every entry.

    No difference is taken, so nothing cancels and h can be tiny: the result is right to machine precision, wherever f
    is written for complex numbers and smooth at x. Squire and Trapp, SIAM Review 40 (1998).
    """
    x = np.array(x, np.float64)
    return _each_entry(lambda step: np.imag(f(x + 1j * h * step)) / h, x)


def _each_entry(slope, x):
    """slope(e) for the unit step e along every entry of x."""
    gradient = np.zeros(x.shape)
    for entry in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[entry] = 1
        gradient[entry] = slope(step)
    return gradient


@dataclass
class GradientCheck:
    """A passed check: ``rows`` of (array, shape, largest entry, error), and how many ``kinks`` the input sits on."""

    method: str
    rows: list
    kinks: int

    def __repr__(self):
        lines = [f"{'gradient':<16}{'shape':<18}{'largest entry':>14}{'error':>10}   ({self.method})"]
        for name, shape, largest, error in self.rows:
            bound = f"< 1e{math.floor(math.log10(max(error, 1e-15))) + 1:03d}"
            lines.append(f"{name:<16}{shape!s:<18}{largest:>14.6g}{bound:>10}")
        if self.kinks:
            lines.append(f"{self.kinks} entries sit on a kink or a tie: no derivative there, a choice was made")
        return "\n".join(lines)


def check_gradients(target, x, labels=None, delta=None, tolerance=None, method="complex step", seed=0):
    """Measure every gradient of a layer, a network or SoftmaxCrossEntropy at x, and compare it with ``backward``.

    With ``labels`` the scalar is the loss J. A layer has none: there it is s = <delta, output>, the sum of products
    with ``delta`` (drawn from ``seed`` where None), whose gradients are what backward(delta) claims to return. The
    error of an array is max|difference| / max|measured gradient|; above ``tolerance`` (1e-12 by "complex step", 1e-6
    by "central differences") GradientError is raised. All is computed in float64 on a copy: the target keeps its
    parameters and grads. Returns a :class:`GradientCheck`, whose ``kinks`` count the entries at which relu or a tied
    maximum has no derivative.
    """
    measures = {"complex step": (complex_step_gradient, 1e-12), "central differences": (numerical_gradient, 1e-6)}
    _check_name("method", method, measures)
    measure, usual = measures[method]
    compare = functools.partial(_compare, target, method, usual if tolerance is None else tolerance)
    model, x = copy.deepcopy(target), np.array(x, np.float64)
    layers = model.layers if isinstance(model, Network) else [model] if isinstance(model, Layer) else []
    kinks, a = 0, x
    for layer in layers:
        layer.params = {name: np.array(value, np.float64) for name, value in layer.params.items()}
        kinks, a = kinks + layer.kinks(a), layer.forward(a)
    scalar, dx = _objective(model, x, labels, delta, seed)
    rows = [compare("x", dx, measure(scalar, x))]
    for i, layer in enumerate(layers):
        for name, value in layer.params.items():

            def moved(to, layer=layer, name=name):
                layer.params[name] = to
                return scalar(x)

            measured = measure(moved, value)
            layer.params[name] = value
            rows.append(compare(f"layer {i} {name}" if len(layers) > 1 else name, layer.grads.get(name), measured))
    return GradientCheck(method, rows, kinks)


def _objective(model, x, labels, delta, seed):
    """The scalar to measure, as a function of the input, and the gradient by x that ``backward`` claims for it."""
    if isinstance(model, Layer) != (labels is None):
        rule = "leave labels out for a layer, which has no loss; pass labels for a network or SoftmaxCrossEntropy"
        raise ValueError(f"{type(model).__name__} with labels={labels!r}: {rule}")
    if isinstance(model, Layer):
        output = model.forward(x)
        delta = np.random.default_rng(seed).standard_normal(output.shape) if delta is None else np.asarray(delta)
        return lambda at: (delta * model.forward(at)).sum(), model.backward(delta)
    scalar = functools.partial(model.loss if isinstance(model, Network) else model.forward, labels=labels)
    scalar(x)
    return scalar, model.backward()


def _compare(target, method, tolerance, name, claimed, measured):
    """One row of the check: (name, shape, largest entry, error), or GradientError."""
    owner = f"{type(target).__name__}, gradient by {name}"
    if claimed is None or np.shape(claimed) != measured.shape:
        given = "it is missing" if claimed is None else f"it has shape {np.shape(claimed)}"
        raise GradientError(f"{owner}: {given}, expected an array of shape {measured.shape}")
    difference = np.nan_to_num(np.abs(claimed - measured), nan=np.inf, posinf=np.inf)
    largest, entry = np.abs(measured).max(), tuple(map(int, np.unravel_index(difference.argmax(), difference.shape)))
    error = difference.max() / largest if largest else np.inf if difference.max() else 0.0
    if error > tolerance:
        raise GradientError(
            f"{owner}: entry {entry} is {claimed[entry]:.10g} by backward and {measured[entry]:.10g} by {method}; "
            f"relative error {error:.1e} (difference by the largest entry), tolerance {tolerance:.0e}"
        )
    return name, measured.shape, float(largest), float(error)


# --- saving ----------------------------------------------------------------------------------------------------------

LAYERS = {k.__name__: k for k in (Dense, Sigmoid, Tanh, ReLU, Conv2D, MeanPool2D, MaxPool2D, ConvPool2D, Flatten)}


def save(network, path):
    """Save the network's layers and parameters to one npz file; the old file stays until the new one is whole.

    Raises ValueError for parameters that are not numbers of a fixed type (fractions, symbols): npz without pickle
    cannot hold them.
    """
    arrays = {f"{i}.{name}": value for i, layer in enumerate(network.layers) for name, value in layer.params.items()}
    for name, value in arrays.items():
        if np.asarray(value).dtype == object:
            raise ValueError(f"parameter {name} holds fractions or symbols; convert it first: value.astype(float)")
    for layer in network.layers:
        _check_name("save: a layer's type", type(layer).__name__, LAYERS)
    design = [(type(layer).__name__, {a: getattr(layer, a) for a in layer.arguments}) for layer in network.layers]
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as file:
            # default=int: sizes may be NumPy's whole numbers
            np.savez(file, design=json.dumps(design, default=int), **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def load(path):
    """The network that ``save`` wrote to path. Nothing is unpickled.

    Raises FileNotFoundError where there is no file and ValueError, naming the file, where it is no saved network.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}: check the name, or save(network, path) first")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            network = Network([LAYERS[kind](**arguments) for kind, arguments in json.loads(str(stored["design"]))])
            for i, layer in enumerate(network.layers):
                for name, value in layer.params.items():
                    found = layer.params[name] = stored[f"{i}.{name}"]
                    if found.dtype.kind not in "iufc" or found.shape != value.shape:
                        raise ValueError(f"{i}.{name}: {found.dtype} {found.shape}, expected numbers {value.shape}")
    except Exception as error:  # damage shows in a dozen ways, from zipfile, zlib, json and NumPy
        raise ValueError(f"{path} is damaged or no saved network ({error}): save the network again") from error
    return network


# --- data ------------------------------------------------------------------------------------------------------------

MNIST = Path(__file__).parent / "data" / "mnist"
MNIST_SHA256 = {  # of the unpacked files, as Yann LeCun, Corinna Cortes and Christopher J. C. Burges published them
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def load_mnist(split="train", limit=None, folder=MNIST):
    """The handwritten digits: images (1, 28, 28, N), float32 from 0 (paper) to 1 (ink), and labels (N,), 0 to 9.

    ``split`` is "train" (60,000) or "test" (10,000); ``limit`` takes the first so many. The files in ``folder`` are
    checked by SHA-256; raises FileNotFoundError or ValueError that names the file where one is missing, damaged or
    another one. The images lie in memory one after the other; the batch axis comes last as a view.
    """
    _check_name("split", split, ("train", "test"))
    prefix = {"train": "train", "test": "t10k"}[split]
    images, labels = (_read_idx(Path(folder) / f"{prefix}-{part}-ubyte.gz") for part in ("images-idx3", "labels-idx1"))
    if limit is not None and not (isinstance(limit, int | np.integer) and 1 <= limit <= len(labels)):
        raise ValueError(f"limit is {limit!r}, expected a whole number from 1 to {len(labels)}, the size of {split!r}")
    images = np.divide(images[:limit], np.float32(255))
    return images.transpose(1, 2, 0)[None], labels[:limit].astype(np.int64)


def _read_idx(path):
    """The array in a gzipped IDX file: two zero bytes, the type (8: bytes), the number of axes, lengths, entries."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: {_RESTORE}")
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is truncated or damaged ({error}): {_RESTORE}") from error
    found, names = hashlib.sha256(content).hexdigest(), {digest: name for name, digest in MNIST_SHA256.items()}
    if names.get(found) != path.stem:
        what = f"holds {names[found]} (swapped files)" if found in names else f"was altered (SHA-256 {found})"
        raise ValueError(f"{path} {what}, expected {path.stem}: {_RESTORE}")
    shape = np.frombuffer(content, ">u4", count=content[3], offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + shape.nbytes).reshape(shape)


_RESTORE = "restore it from the repository (git checkout -- data/mnist)"
