"""Any parameter of a whole network under a microscope: nudge it, watch J, hold the slope beside backprop's value."""

import math
import re
from functools import cached_property, lru_cache, partial

import numpy as np

from classroom import svg
from classroom.drawing import INK, QUIET, ROLES, RULE, Drawing
from classroom.steppers.base import Choice, Frame, Lazy, Player, Stepper
from classroom.steppers.network import Index, in_float64, layer_names, said
from helpers import Conv2D, Dense, MeanPool2D

NUDGES = tuple(10.0**-k for k in range(13))
AXES = {Conv2D: {"K": "ocuv", "b": "o"}, MeanPool2D: {"beta": "c", "b": "c"}, Dense: {"W": "ij", "b": "i"}}
POINTS = 13  # of the curve
WIDE, TALL, LEFT, EDGE = 320, 190, 78, 1.08
BENT = 0.01  # a curve that leaves its tangent by more than this part of its rise is seen to bend
ALIKE = 1e-14  # slopes that differ by less than this part of them differ by rounding, on each machine another one
FEW_DIGITS = 8  # with fewer digits left in the difference, rounding spoils the slope more than the bend does


class GradientMicroscope(Stepper):
    """The loss J along one parameter of a network, seen closer with every frame, and its slope three times over.

    network    a helpers.Network, trained or not; it is copied, in float64, and stays as it is
    x, labels  a batch (C, H, W, N) or (n, N) and its classes (N,); a few examples suffice

    The option parameter names an array ("C1 K"), the sliders index_0, index_1, ... its entry; an index that is too
    large for the array counts as its last one. Frame k nudges that entry by ε = 10^-k both ways
    and shows the curve J(w + ε) with the tangent that backprop's slope gives, the measured slope
    (J(w + ε) - J(w - ε)) / 2ε and the complex step Im J(w + ih) / h with h = 1e-100. `at` gives one picture without
    options. Raises ValueError where the network has no parameters.
    """

    def __init__(self, network, x, labels):
        self.probe = Probe(network, x, labels)
        if not self.probe.gradients:
            raise ValueError("This network has no parameters to nudge; pass one with a Dense, Conv2D or MeanPool2D.")
        names = layer_names(self.probe.layers)
        self.keys = {f"{names[n]} {name}": (n, name) for n, name in self.probe.gradients}
        shapes = [gradient.shape for gradient in self.probe.gradients.values()]
        first = next(iter(self.keys))
        sliders = {
            f"index_{k}": Index(0, max(shape[k] for shape in shapes if len(shape) > k) - 1, start)
            for k, start in enumerate(self._steepest(first))
        }
        super().__init__({"parameter": Choice(tuple(self.keys))} | sliders)

    def _gradient(self, parameter):
        return self.probe.gradients[self.keys[parameter]]

    def _steepest(self, parameter):
        """The entry with the largest gradient, at which its sliders begin."""
        gradient = np.abs(self._gradient(parameter))
        return tuple(map(int, np.unravel_index(gradient.argmax(), gradient.shape)))

    def offers(self, name, chosen):
        if name == "parameter":
            return True
        axis, shape = int(name.removeprefix("index_")), self._gradient(chosen["parameter"]).shape
        return axis < len(shape) and shape[axis] > 1

    def walk(self, parameter, **indices):
        shape = self._gradient(parameter).shape
        entry = tuple(min(index, size - 1) for index, size in zip(indices.values(), shape, strict=False))
        return Lazy([partial(self._frame, parameter, entry, epsilon) for epsilon in NUDGES])

    @cached_property
    def player(self):
        player = Player(self)
        self._fit(player)
        player.controls["parameter"].observe(lambda _: self._fit(player), "value")
        return player

    def _fit(self, player):
        """Give the sliders the letters and sizes of the chosen array, and set them to its steepest entry."""
        parameter = self.chosen["parameter"]
        n, name = self.keys[parameter]
        letters = next(axes for kind, axes in AXES.items() if isinstance(self.probe.layers[n], kind))[name]
        sizes = self._gradient(parameter).shape
        for k, (letter, size, start) in enumerate(zip(letters, sizes, self._steepest(parameter), strict=True)):
            slider = player.controls[f"index_{k}"]
            if size > 1:  # a slider with a single value breaks, and is not shown
                slider.description, slider.max, slider.value = letter, size - 1, start

    def matter(self, **options):
        """A wide view, a close one, the best, and one too close."""
        return [0, 2, 5, 11]

    def at(self, layer, name, entry, epsilon=0.01):
        """The picture for one entry of the parameter `name` of layer number `layer`, nudged by epsilon both ways."""
        label = next((label for label, key in self.keys.items() if key == (layer, name)), None)
        if label is None:
            known = ", ".join(f"({n}, {name!r})" for n, name in self.keys.values())
            raise ValueError(f"layer {layer!r} has no parameter {name!r}; choose one of {known}.")
        shape = self.probe.gradients[layer, name].shape
        if tuple(entry) not in np.ndindex(shape):
            raise ValueError(f"entry {entry!r}: {label} has shape {shape}; give {len(shape)} indices, counted from 0.")
        if not 0 < epsilon <= 10:
            raise ValueError(f"epsilon={epsilon!r}: pass a positive number of at most 10, such as 0.01.")
        return self._frame(label, tuple(entry), epsilon).drawing

    def look(self, layer, name, entry, epsilon):
        """What is seen of one entry nudged by epsilon, as numbers: `rises`, `backprop`, `measured`, `complex_step`."""
        return Look(self.probe, layer, name, tuple(entry), epsilon)

    def _frame(self, label, entry, epsilon):
        n, name = self.keys[label]
        look = self.look(n, name, entry, epsilon)
        title = f"{label}[{','.join(map(str, entry))}]"
        value = said(self.probe.layers[n].params[name][entry])
        return Frame(look.drawing(title), look.words(), heading=f"{title} = {value} under the microscope")


class Probe:
    """A copy of the network in float64, its gradients for one batch, and J for the parameters as they would be."""

    def __init__(self, network, x, labels):
        network = in_float64(network)
        self.J = float(network.loss(np.asarray(x, float), labels))
        network.backward()
        self.layers, self.head, self.labels = network.layers, network.head, np.asarray(labels)
        self.gradients = network.gradients()
        self.inputs = [np.asarray(x, float)]
        for layer in self.layers:
            self.inputs.append(layer.forward(self.inputs[-1]))
        self.complex_step = lru_cache(maxsize=64)(self.complex_step)

    def complex_step(self, n, name, entry):
        """Im J(w + ih) / h with h = 1e-100; remembered, since it is the same for every epsilon."""
        return float(self._losses(n, self._nudged(n, name, entry, 1e-100j)[..., None, :])[0].imag) / 1e-100

    def curve(self, n, name, entry, epsilon):
        """J at POINTS values of one entry, from w - epsilon to w + epsilon.

        Nudged are the two ends. Layer n is affine in its parameters, so its outputs between lie on a straight line.
        """
        ends = (self._nudged(n, name, entry, nudge) for nudge in (-epsilon, epsilon))
        return self._losses(n, np.linspace(*ends, POINTS, axis=-2))

    def _nudged(self, n, name, entry, nudge):
        """The output of layer n with `nudge` added to one entry of its parameter."""
        layer = self.layers[n]
        kept = layer.params[name]
        layer.params[name] = kept.astype(np.result_type(kept, nudge))
        layer.params[name][entry] += nudge
        try:
            return layer.forward(self.inputs[n])
        finally:
            layer.params[name] = kept

    def _losses(self, n, outputs):
        """J for each of several outputs (..., points, N) of layer n: one larger batch, unchecked, for all above it."""
        *shape, points, examples = outputs.shape
        a = outputs.reshape(*shape, points * examples)
        for layer in self.layers[n + 1 :]:
            a = layer.compute(a)
        scores = a.reshape(-1, points, examples).swapaxes(0, 1)
        return np.array([self.head.forward(z, self.labels) for z in scores])


class Look:
    """What is seen of one entry when it is nudged by epsilon: the curve, and the slope measured in two ways."""

    def __init__(self, probe, n, name, entry, epsilon):
        self.J, self.epsilon = probe.J, epsilon
        self.nudges = np.linspace(-epsilon, epsilon, POINTS)
        self.backprop = float(probe.gradients[n, name][entry])
        losses = probe.curve(n, name, entry, epsilon)
        if self.backprop == 0 and np.ptp(losses) < 1e-14 * (1 + probe.J):
            losses[:] = probe.J  # all the same, but for the rounding, which differs along a batch
        self.rises = losses - losses[POINTS // 2]
        self.measured = float(losses[-1] - losses[0]) / (2 * epsilon)
        self.complex_step = probe.complex_step(n, name, entry)

    @property
    def slopes(self):
        """(name, slope, in words its difference from backprop's value relative to that value) of all three."""
        named = ("measured", self.measured), ("complex step", self.complex_step)
        others = [(name, slope, _difference(slope, self.backprop)) for name, slope in named]
        return [("backprop", self.backprop, ""), *others]

    def words(self):
        up, down = self.J + self.rises[-1], self.J + self.rises[0]
        digits = _digits_left(up, down)
        text = f"ε = {_power(self.epsilon)}: J(w + ε) = {_long(up)}, J(w − ε) = {_long(down)}. "
        if self.backprop == self.measured == 0:
            return text + "Without this entry J would be the same for these examples."
        bend = np.abs(self.rises - self.backprop * self.nudges).max()
        if bend > BENT * np.abs(self.rises).max():
            return text + "The curve bends away from its tangent: look closer."
        text += f"Curve and tangent are one line. The difference of the two J keeps about {digits} of their 16 digits"
        return text + (": closer is no longer better." if digits < FEW_DIGITS else ".")

    def drawing(self, title):
        """The curve with its tangent, and the three slopes below."""
        top = float(np.abs(self.rises).max()) or 1.0
        body, lines = self._axes(title, top) + self._curves(top), TALL + 62
        for number, (name, slope, difference) in enumerate(self.slopes):
            y = lines + 22 * number
            body += svg.text(0, y, name, 13, QUIET, "start")
            body += svg.text(LEFT + 180, y, _long(slope), 13, INK, "end", weight=600)
            body += svg.text(LEFT + 195, y, difference, 12, QUIET, "start")
        alt = f"J against {title} from w − ε to w + ε, and the tangent with backprop's slope. " + "; ".join(
            f"slope by {name}: {slope:.6g} {difference}".strip() for name, slope, difference in self.slopes
        )
        height = lines + 22 * len(self.slopes) - 10
        return Drawing(body, LEFT + WIDE + 24, height, height / 2, alt, f"{title} under the microscope")

    def _place(self, nudge, rise, top):
        return LEFT + WIDE * (nudge / self.epsilon / EDGE + 1) / 2, 20 + TALL * (1 - rise / top / EDGE) / 2

    def _axes(self, title, top):
        body = svg.rect(LEFT, 20, WIDE, TALL, "none", stroke=RULE)
        middle = self._place(0, 0, top)
        body += svg.lines([(LEFT, middle[1], LEFT + WIDE, middle[1]), (middle[0], 20, middle[0], 20 + TALL)], RULE, 0.8)
        marks = ((top, f"+{said(top)}"), (0, f"J = {said(self.J)}"), (-top, f"−{said(top)}"))
        for rise, text in marks:
            body += svg.text(LEFT - 6, self._place(0, rise, top)[1] + 4, text, 11, QUIET, "end")
        for nudge, text in ((-1, "w − ε"), (0, "w"), (1, "w + ε")):
            body += svg.text(self._place(nudge * self.epsilon, 0, top)[0], TALL + 36, text, 12, QUIET)
        return body + svg.text(LEFT + WIDE / 2, 12, f"J along {title}, ε = {_power(self.epsilon)}", 12, INK)

    def _curves(self, top):
        """The curve solid, the tangent dashed and cut at the frame, the two nudged points as dots."""
        reach = min(1.0, top / abs(self.backprop * self.epsilon)) if self.backprop else 1.0
        ends = [
            self._place(sign * reach * self.epsilon, sign * reach * self.backprop * self.epsilon, top)
            for sign in (-1, 1)
        ]
        tangent = svg.line(*ends[0], *ends[1], ROLES["gradient"].stroke, 2.2, stroke_dasharray="7 4")
        points = [self._place(nudge, rise, top) for nudge, rise in zip(self.nudges, self.rises, strict=True)]
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        curve = svg.tag("path", d=path, fill="none", stroke=ROLES["output"].stroke, stroke_width=2.4)
        dots = [points[0], points[POINTS // 2], points[-1]]
        look = {"fill": ROLES["output"].fill, "stroke": ROLES["output"].stroke, "stroke_width": 2}
        return curve + tangent + "".join(svg.tag("circle", cx=x, cy=y, r=4.0, **look) for x, y in dots)


def _long(value):
    """A number with 11 digits, as many as stay the same from one machine to the next."""
    return f"{value:.11g}".replace("-", "−")


def _power(epsilon):
    """10⁻⁴ for a power of ten below 0.01."""
    text = said(epsilon)
    return re.sub(r"^1(\.0)?·", "", text)


def _difference(slope, reference):
    """How far a slope is from the reference, relative to it, in words."""
    if abs(slope - reference) <= ALIKE * abs(reference):
        return "the same to 14 digits"
    return f"off by {said(abs(slope - reference) / abs(reference))} of it" if reference else "backprop: 0"


def _digits_left(first, second):
    """About how many of the 16 digits of two nearly equal numbers their difference keeps."""
    if first == second:
        return 0
    return max(0, round(16 + math.log10(abs(first - second) / max(abs(first), abs(second)))))
