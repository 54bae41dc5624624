"""Which entries meet at one unit of a network's layer: what feeds it, and which deltas it collects from.

A unit is (map, row, column); vectors count as one map of one column. What meets is a list of parts, one for each map:
a block of entries, and the factor of each. The sum of all products is the unit's value on the way forward (with the
bias), or its gradient on the way back. The layers must have run forward on the example.
"""

from dataclasses import dataclass

import numpy as np

from helpers import Activation, Conv2D, Dense, Flatten, MaxPool2D, MeanPool2D


@dataclass(frozen=True, eq=False)
class Part:
    """A block of entries of one map, from (top, left), and the factors that they are multiplied by."""

    map: int
    top: int
    left: int
    factors: np.ndarray

    @property
    def block(self):
        return (self.map, self.top, self.left, *self.factors.shape)

    def entries(self, values):
        height, width = self.factors.shape
        return values[self.map, self.top : self.top + height, self.left : self.left + width]

    def sum(self, values):
        return float((self.entries(values) * self.factors).sum())


def as_maps(values):
    """The values of one example as maps (C, H, W); a vector is one map of one column."""
    values = np.asarray(values)[..., 0]
    return values[None, :, None] if values.ndim == 1 else values


def feeds(layer, unit):
    """(parts of the input that the unit of the output adds up, the bias). An activation has one part, with slope f'."""
    return FEEDS[_kind(layer)](layer, *unit)


def collects(layer, unit):
    """The parts of dJ/d(output) that the unit of the input collects from."""
    return COLLECTS[_kind(layer)](layer, *unit)


def _kind(layer):
    for kind in FEEDS:
        if isinstance(layer, kind):
            return kind
    raise ValueError(f"{layer}: no walk through this kind of layer; use {', '.join(kind.__name__ for kind in FEEDS)}.")


def _met(place, length, size, stride, padding=0):
    """The outputs i whose windows hold the input `place`, and where in each window it stands."""
    inside = [(i, place + padding - i * stride) for i in range(length) if 0 <= place + padding - i * stride < size]
    return [i for i, _ in inside], [u for _, u in inside]


def _conv_feeds(layer, o, i, j):
    K, (height, width) = layer.params["K"], layer.input_shape[1:3]
    top, left = i * layer.stride - layer.padding, j * layer.stride - layer.padding
    u = slice(max(0, -top), min(K.shape[2], height - top))
    v = slice(max(0, -left), min(K.shape[3], width - left))
    parts = [Part(c, top + u.start, left + v.start, K[o, c, u, v]) for c in range(K.shape[1])]
    return parts, layer.params["b"][o]


def _conv_collects(layer, c, p, q):
    K, (height, width) = layer.params["K"], layer.output_shape[1:3]
    i, u = _met(p, height, K.shape[2], layer.stride, layer.padding)
    j, v = _met(q, width, K.shape[3], layer.stride, layer.padding)
    if not i or not j:
        return []
    return [Part(o, i[0], j[0], K[o, c][np.ix_(u, v)]) for o in range(len(K))]


def _mean_share(layer, c):
    return (layer.params["beta"][c] if layer.params else 1) / layer.size**2


def _mean_feeds(layer, c, i, j):
    n = layer.size
    bias = layer.params["b"][c] if layer.params else 0
    return [Part(c, i * n, j * n, np.full((n, n), _mean_share(layer, c)))], bias


def _mean_collects(layer, c, p, q):
    return [Part(c, p // layer.size, q // layer.size, np.full((1, 1), _mean_share(layer, c)))]


def _max_feeds(layer, c, i, j):
    won = np.array([wins[c, i, j, 0] for wins in layer.wins]).reshape(layer.size, layer.size)
    return [Part(c, i * layer.stride, j * layer.stride, won)], 0


def _max_collects(layer, c, p, q):
    i, u = _met(p, layer.output_shape[1], layer.size, layer.stride)
    j, v = _met(q, layer.output_shape[2], layer.size, layer.stride)
    if not i or not j:
        return []
    won = [
        [layer.wins[r * layer.size + e][c, a, b, 0] for b, e in zip(j, v, strict=True)]
        for a, r in zip(i, u, strict=True)
    ]
    return [Part(c, i[0], j[0], np.array(won))]


def _slope(layer, c, i, j):
    return [Part(c, i, j, as_maps(layer.slope)[c, i, j].reshape(1, 1))]


def _flatten_feeds(layer, _, j, __):
    c, p, q = np.unravel_index(j, layer.input_shape[:-1])
    return [Part(int(c), int(p), int(q), np.ones((1, 1)))], 0


def _flatten_collects(layer, c, p, q):
    j = np.ravel_multi_index((c, p, q), layer.input_shape[:-1])
    return [Part(0, int(j), 0, np.ones((1, 1)))]


FEEDS = {
    Conv2D: _conv_feeds,
    MeanPool2D: _mean_feeds,
    MaxPool2D: _max_feeds,
    Activation: lambda layer, *unit: (_slope(layer, *unit), 0),
    Flatten: _flatten_feeds,
    Dense: lambda layer, _, i, __: ([Part(0, 0, 0, layer.params["W"][i][:, None])], layer.params["b"][i]),
}
COLLECTS = {
    Conv2D: _conv_collects,
    MeanPool2D: _mean_collects,
    MaxPool2D: _max_collects,
    Activation: _slope,
    Flatten: _flatten_collects,
    Dense: lambda layer, _, j, __: [Part(0, 0, 0, layer.params["W"][:, j][:, None])],
}
