"""One example on its way through a whole network and back, layer by layer, and what meets at one unit of each layer."""

import copy
import re
from dataclasses import dataclass
from functools import partial

import ipywidgets as widgets
import numpy as np

from classroom.drawing import LIMIT, Matrix, column, row
from classroom.steppers.base import NAMED, Frame, Lazy, Range, Stepper
from classroom.steppers.meetings import as_maps, collects, feeds
from classroom.steppers.raster import maps
from classroom.steppers.walk import plain
from helpers import Activation, Conv2D, Dense, Flatten, MaxPool2D, MeanPool2D

SHOWN = 36  # of more products than this, the largest few are shown
FEW = 8


@dataclass(frozen=True)
class Index(Range):
    """An option with a slider over whole numbers."""

    step: int = 1

    def check(self, name, value):
        if not isinstance(value, int | np.integer) or not self.low <= value <= self.high:
            raise ValueError(f"{name}={value!r}: choose a whole number from {self.low} to {self.high}.")

    def control(self, name, value):
        look = {"description": self.label or name, "style": NAMED, "layout": {"width": "290px"}}
        return widgets.IntSlider(value=value, min=self.low, max=self.high, **look)


class NetworkStepper(Stepper):
    """One example forward through every layer of a network, and delta back, a frame for each layer.

    network  a helpers.Network, trained or not; it is copied, in float64, and stays as it is
    x        one example: (C, H, W) or (C, H, W, 1)
    label    its class

    Each frame shows the maps a layer reads and the maps it makes (on the way back: the deltas), and for one unit what
    feeds it, with numbers (on the way back: the deltas it collects from). Which unit: the options row, column and map
    follow one place of the image through the layers; score picks the unit of the last layers. Raises ValueError for
    more than one example, a label that is no class, and more than 12 maps. Equations network.*.
    """

    def __init__(self, network, x, label):
        self.trip = Trip(network, x, label)
        height, width = self.trip.values[0].shape[1:]
        most = max(len(values) for values in self.trip.values)
        row, column, map = self.trip.liveliest()
        options = {
            "row": Index(0, height - 1, row),
            "column": Index(0, width - 1, column),
            "map": Index(0, most - 1, map),
            "score": Index(0, len(self.trip.p) - 1, int(label), label="score of class"),
        }
        super().__init__(options)

    def walk(self, row, column, map, score):
        scene = Scene(self.trip, self.trip.follow(row, column, map, score), (row, column, map, score))
        layers = range(len(self.trip.layers))
        ahead, back = [partial(scene.forward, n) for n in layers], [partial(scene.back, n) for n in reversed(layers)]
        return Lazy([scene.image, *ahead, scene.loss, scene.delta, *back])

    def matter(self, **options):
        """The layers with kernels or weights, the loss's delta, and the same layers on the way back."""
        count = len(self.trip.layers)
        steps = [n for n, layer in enumerate(self.trip.layers) if isinstance(layer, Conv2D | Dense)]
        return [*(n + 1 for n in steps), count + 2, *(2 * count + 2 - n for n in reversed(steps))]


class Trip:
    """All values of one example: `values[n]` is the input of layer n (and the output of the one before), `signals[n]`
    is dJ/d(values[n]), `p` and `J` are the probabilities and the loss. Values and signals are maps (C, H, W).
    """

    def __init__(self, network, x, label):
        x = np.asarray(x, float)
        x = x[..., None] if x.ndim == 3 else x
        if x.ndim != 4 or x.shape[-1] != 1:
            raise ValueError(f"x has shape {x.shape}: pass one example (C, H, W), such as images[..., 0].")
        network, values = in_float64(network), [x]
        for layer in network.layers:
            values.append(layer.forward(values[-1]))
        self.J = float(network.head.forward(values[-1], np.array([label])))
        signals = [network.head.backward()]
        for layer in reversed(network.layers):
            signals.append(layer.backward(signals[-1]))
        self.layers, self.label, self.p = network.layers, int(label), network.head.p[:, 0]
        self.values, self.signals = [as_maps(v) for v in values], [as_maps(v) for v in reversed(signals)]
        self.names = layer_names(self.layers)
        if max(len(v) for v in self.values) > LIMIT:
            raise ValueError(f"A layer makes more than {LIMIT} maps; pass a smaller network, such as lenet((6, 12)).")

    def follow(self, row, column, map, score):
        """The unit in the middle of what the place (row, column) of the image reaches, for every entry of values."""
        units = [(min(map, len(self.values[0]) - 1), row, column)]
        for layer, values in zip(self.layers, self.values[1:], strict=True):
            c, p, q = units[-1]
            maps_made, height, width = values.shape
            if isinstance(layer, Flatten):
                units.append((0, int(np.ravel_multi_index((c, p, q), layer.input_shape[:-1])), 0))
            elif isinstance(layer, Dense):
                units.append((0, min(score, height - 1), 0))
            else:
                i, j = _ahead(layer, p, height, 0), _ahead(layer, q, width, 1)
                units.append((min(map, maps_made - 1), i, j))
        return units

    def liveliest(self):
        """Row and column of the image, and the map, of the last maps' entry that weighs most: value times signal."""
        last = max(n for n, values in enumerate(self.values) if not _is_vector(values))
        weight = np.abs(self.values[last] * self.signals[last])
        c, *entry = map(int, np.unravel_index(weight.argmax(), weight.shape))
        row, column = (self._leading_to(entry[axis], last, axis) for axis in (0, 1))
        return row, column, c

    def _leading_to(self, index, last, axis):
        """The row (axis 0) or column of the image that leads to this one of values[last]; of several a central one."""
        size = self.values[0].shape[1 + axis]
        reached = [self.follow(place, place, 0, 0)[last][1 + axis] for place in range(size)]
        return min(range(size), key=lambda place: (abs(reached[place] - index), abs(place - size / 2)))


def in_float64(network):
    """A copy of the network with all parameters in float64."""
    network = copy.deepcopy(network)
    for layer in network.layers:
        layer.params = {name: np.array(value, float) for name, value in layer.params.items()}
    return network


def _ahead(layer, place, length, axis):
    """The row (axis 0) or column of the output whose window has the input `place` nearest to its middle."""
    if isinstance(layer, Conv2D):
        place = (place + layer.padding - layer.params["K"].shape[2 + axis] // 2) // layer.stride
    elif isinstance(layer, MeanPool2D | MaxPool2D):
        place //= getattr(layer, "stride", layer.size)
    return min(max(place, 0), length - 1)


def layer_names(layers):
    """C1, f, S2, f, C3, ...: convolutions and pools are counted together, as in the series."""
    names, number = [], 0
    for layer in layers:
        letter = "C" if isinstance(layer, Conv2D) else "S" if isinstance(layer, MeanPool2D | MaxPool2D) else ""
        number += bool(letter)
        names.append(f"{letter}{number}" if letter else "f" if isinstance(layer, Activation) else _plain_name(layer))
    return names


def _plain_name(layer):
    return {"Dense": "dense", "Flatten": "flatten"}.get(type(layer).__name__, type(layer).__name__)


# ---------------------------------------------------------------------------------------------------------- frames

FORWARD = {
    Conv2D: "{made} adds up a window of every map below, times the kernel for it, and the bias",
    MeanPool2D: "{made} is the mean of its block times β, and the bias",
    MaxPool2D: "{made} is the largest entry of its window",
    Activation: "{made} is f of the one entry below",
    Flatten: "{made} is one entry of one map: nothing is computed",
    Dense: "{made} adds up every entry below, each times its weight, and the bias",
}
BACK = {
    Conv2D: "{read} lay in windows of every map above: it gets each of their δ times the kernel entry that it met",
    MeanPool2D: "{read} gets its share of its block's δ, which is β/n² of it",
    MaxPool2D: "{read} gets the δ of the windows in which it was the largest entry",
    Activation: "{read} gets dJ/da times the slope f′(z)",
    Flatten: "{read} gets back what was taken from it",
    Dense: "{read} went into every score: each δ comes back through the weight on that way",
}
FACTORS = {  # name and role of what an entry meets
    Conv2D: ("K", "kernel"),
    MeanPool2D: ("β/n^2", "kernel"),
    MaxPool2D: ("largest", "neutral"),
    Activation: ("f′(z)", "neutral"),
    Flatten: ("", "neutral"),
    Dense: ("W", "kernel"),
}


def _of(table, layer):
    return next(found for kind, found in table.items() if isinstance(layer, kind))


class Scene:
    """The frames for one choice of units: `units[n]` is the unit of values[n] that is followed."""

    def __init__(self, trip, units, followed):
        self.trip, self.units, self.followed = trip, units, followed

    def _framed(self, picture, line, heading):
        place = "row {}, column {}, map {}, score {}".format(*self.followed)
        return Frame(picture, line, heading=f"{heading} · {place}")

    def image(self):
        trip, (c, p, q) = self.trip, self.units[0]
        line = (
            f"The image, {_size(trip.values[0])}, label {trip.label}. The framed entry is "
            f"{said(trip.values[0][c, p, q])}; the frames that follow keep to what it reaches."
        )
        return self._framed(maps(trip.values[0], "x", "input", [(c, p, q, 1, 1)]), line, "Forward: the image")

    def forward(self, n):
        trip, layer, unit = self.trip, self.trip.layers[n], self.units[n + 1]
        parts, bias = feeds(layer, unit)
        read = "z" if isinstance(layer, Activation) else "x"
        made = "a" if isinstance(layer, Activation) else "x" if isinstance(layer, Flatten) else "z"
        below = maps(trip.values[n], read, "input", [part.block for part in parts])
        above = maps(trip.values[n + 1], made, "output", [(*unit, 1, 1)])
        value, name = trip.values[n + 1][unit], self._name(made, n + 1)
        sums = Sums(parts, trip.values[n], self.followed[2], bias)
        names = (read, "input"), _of(FACTORS, layer), (made, "output")
        numbers = sums.activation(value) if made == "a" else sums.drawing(*names)
        line = f"{_of(FORWARD, layer).format(made=name)}. {sums.words()}{name} = {said(value)}."
        heading = f"Forward, layer {n + 1} of {len(trip.layers)}: {trip.names[n]} makes {_size(trip.values[n + 1])}"
        return self._framed(column(row(below, "→", above, gap=24), numbers), line, heading)

    def back(self, n):
        trip, layer = self.trip, self.trip.layers[n]
        parts = collects(layer, self.units[n])
        sent = "g" if isinstance(layer, Activation | Flatten) else "δ"
        read, result = ("z", "δ") if isinstance(layer, Activation) else ("x", "dx")
        below = maps(trip.signals[n], result, "gradient", [(*self.units[n], 1, 1)])
        above = maps(trip.signals[n + 1], sent, "gradient", [part.block for part in parts])
        sums = Sums(parts, trip.signals[n + 1], self.followed[2])
        met = ("K, where it met", "kernel") if isinstance(layer, Conv2D) else _of(FACTORS, layer)
        numbers = sums.drawing((sent, "gradient"), met, (result, "gradient"))
        value = said(trip.signals[n][self.units[n]])
        why = _of(BACK, layer).format(read=self._name(read, n))
        line = f"{why}. {sums.words()}{self._name(result, n)} = {value}."
        heading = f"Back, layer {n + 1} of {len(trip.layers)}: through {trip.names[n]} to {_size(trip.signals[n])}"
        return self._framed(column(row(below, "←", above, gap=24), numbers), line, heading)

    def _name(self, letter, n):
        """ "z[3,5,5]", or "z[7]" in a vector: the unit of values[n]."""
        unit = self.units[n][1:2] if _is_vector(self.trip.values[n]) else self.units[n]
        return f"{letter}[{','.join(map(str, unit))}]"

    def loss(self):
        trip, lit = self.trip, {(self.trip.label, 0)}
        z, p = trip.values[-1][0], trip.p[:, None]
        classes = Matrix(np.arange(len(p))[:, None], "class")
        picture = row(classes, Matrix(z, "z", "input", lit), "→", Matrix(np.round(p, 3), "p", "output", lit))
        line = (
            f"Softmax turns the scores into probabilities. The label is {trip.label}: "
            f"J = −log p[{trip.label}] = −log {said(trip.p[trip.label])} = {said(trip.J)}."
        )
        return self._framed(picture, line, "Forward: softmax and the loss")

    def delta(self):
        trip, lit = self.trip, {(self.trip.label, 0)}
        p, delta = np.round(trip.p[:, None], 3), trip.signals[-1][0]
        y = np.eye(len(p), dtype=int)[:, [trip.label]]
        classes, scores = Matrix(np.arange(len(p))[:, None], "class"), matrix(delta, "δ", "gradient", lit)
        picture = row(classes, Matrix(p, "p", "output", lit), "−", Matrix(y, "y", "neutral", lit), "=", scores)
        line = (
            "A step against the gradient pushes every score down by its probability, but the label's up by what is "
            f"missing to 1: δ[{trip.label}] = {said(delta[trip.label, 0])}."
        )
        return self._framed(picture, line, "Back: δ = p − y")


def _is_vector(values):
    return len(values) == 1 and values.shape[2] == 1


def _size(values):
    count, height, width = values.shape
    if _is_vector(values):
        return f"{height} numbers"
    return f"{count} map{'s' if count > 1 else ''} of {height}×{width}"


# ---------------------------------------------------------------------------------------- what meets, in numbers


class Sums:
    """The parts that meet at a unit, one of them `shown` with its numbers, and what each of them comes to."""

    def __init__(self, parts, values, shown, bias=0.0):
        self.parts, self.values, self.bias = parts, values, float(bias)
        self.shown = min(shown, len(parts) - 1)

    def drawing(self, given, factors, made):
        """Block ∘ factors → sum of the products; below it the sums of all maps, where there are several.

        Each of `given`, `factors` and `made` is (name, role): of the block, of its factors, of the unit.
        """
        if not self.parts:
            return row("no window holds it: 0")
        part = self.parts[self.shown]
        entries, weights, note = _few(part.entries(self.values), part.factors)
        name = given[0] if len(self.values) == 1 else f"{given[0]}[{part.map}]"
        block = matrix(entries, name, given[1], note=note), "∘", matrix(weights, *factors), "="
        if len(self.parts) == 1:
            return row(*block, *self._result([part.sum(self.values)], "", made))
        from_map = matrix([[part.sum(self.values)]], f"from map {part.map}", made[1])
        every = [part.sum(self.values) for part in self.parts]
        return column(row(*block, from_map), row(*self._result(every, "from each map", made)))

    def _result(self, sums, name, made):
        """The sums, the bias where there is one, and what they come to."""
        total = matrix([[sum(sums) + self.bias]], *made)
        lit = {(0, self.shown)} if len(sums) > 1 else ()
        bias = ["+", matrix([[self.bias]], "b", "kernel")] if self.bias else []
        if len(sums) == 1 and not bias:
            return [total]
        return [matrix([sums], name, "neutral", lit), *bias, "=", total]

    def activation(self, a):
        z, slope = self.parts[0].entries(self.values), self.parts[0].factors
        pictures = matrix(z, "z", "input"), "→", "f", "→", matrix([[a]], "a", "output")
        return row(*pictures, matrix(slope, "f′(z)", "neutral", note="kept for the way back"))

    def words(self):
        """How many products add up: "150 products from 6 maps and b = 0.2: "."""
        count = sum(part.factors.size for part in self.parts)
        if count < 2:
            return ""
        text = f"{count} products" + (f" from {len(self.parts)} maps" if len(self.parts) > 1 else "")
        return f"{text} and b = {said(self.bias)}: " if self.bias else f"{text}: "


def _few(entries, factors):
    """A block and its factors; of a large block the few products that weigh most, in reading order, and a note."""
    if entries.size > SHOWN:
        order = np.sort(np.argsort(-np.abs(entries * factors), axis=None, kind="stable")[:FEW])
        note = f"the {FEW} largest of {entries.size} products: {', '.join(map(str, order))}"
        return entries.ravel()[order][None], factors.ravel()[order][None], note
    return (entries.T, factors.T, "") if entries.shape[1] == 1 else (entries, factors, "")


def matrix(values, name, role, lit=(), note=""):
    """A Matrix with two decimals, in units of a power of ten where all entries are small."""
    values = np.asarray(values, float)
    top = float(np.abs(values).max())
    power = int(np.floor(np.log10(top))) if 0 < top < (0.1 if values.size > 1 else 0.01) else 0
    units = f"in units of 10^{{{power}}}" if power else ""
    note = "; ".join(text for text in (note, units) if text)
    return Matrix(
        np.round(values / 10.0**power, 2 if values.size > 1 or power else 3) + 0.0, name, role, lit, note=note
    )


def said(value):
    """A number in running text: 0.25, −3, 0.0095, 1.5·10⁻⁴."""
    if 5e-4 <= abs(value) < 0.1:
        return f"{value:.2g}".replace("-", "−")
    return re.sub(r"\^\(([−\d]+)\)", lambda power: power[1].translate(RAISED), plain(float(value)))


RAISED = str.maketrans("−0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
