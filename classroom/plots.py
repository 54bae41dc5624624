"""Figures for what a drawing of numbers cannot hold: digits, maps, learned kernels, curves.

Each function returns a `Picture`, which a notebook shows as the last line of a cell: an image with a text in words
(`alt`) for those who do not see it. No figure stays open. Images have the batch as their last axis, (1, 28, 28, N);
the maps of one example are (C, H, W).

Two scales serve throughout, both readable in grey: ink on paper for what is never negative, and for signed values
from dark blue through grey (zero) to light yellow, so that a darker shade is always a smaller number.
"""

import base64
import html
import io
from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.ticker import MaxNLocator

from classroom.drawing import INK, PAPER, QUIET, ROLES, RULE

INKED = LinearSegmentedColormap.from_list("ink on paper", ["#FFFFFF", "#C7CFDA", "#5C7391", "#16181D"])
SIGNED = LinearSegmentedColormap.from_list("signed", ["#061D52", "#2C62B8", "#A6A6A3", "#F3C24A", "#FFF9C4"])
WRONG = LinearSegmentedColormap.from_list("wrong", ["#FFFFFF", ROLES["gradient"].lit])
STYLE = {
    "font.size": 10, "axes.titlesize": 10, "axes.labelsize": 10, "text.color": INK, "axes.labelcolor": INK,
    "axes.edgecolor": QUIET, "xtick.color": QUIET, "ytick.color": QUIET, "axes.spines.top": False,
    "axes.spines.right": False, "figure.facecolor": PAPER, "savefig.facecolor": PAPER, "mathtext.fontset": "stix",
}  # fmt: skip


@dataclass(frozen=True, repr=False)
class Picture:
    """A finished figure: `png`, its text `alt`, and the `width` at which it is shown."""

    png: bytes
    alt: str
    width: int

    def __repr__(self):
        return f"<Picture: {self.alt}>"

    @property
    def html(self):
        # Viewers that show a PNG output drop its alternative text; an <img> keeps it.
        data = base64.b64encode(self.png).decode()
        return f'<img alt="{html.escape(self.alt)}" width="{self.width}" src="data:image/png;base64,{data}">'

    def _repr_mimebundle_(self, include=None, exclude=None):
        png = base64.b64encode(self.png).decode()
        return {"image/png": png, "text/html": self.html}, {"image/png": {"alt": self.alt, "width": self.width}}


def _picture(figure, alt):
    """The figure as a picture. It is made without pyplot, so nothing is left open."""
    png = io.BytesIO()
    figure.savefig(png, dpi=150, metadata={"Software": None})
    return Picture(png.getvalue(), alt, min(round(figure.get_figwidth() * 84), 860))


def _figure(width, height, title):
    figure = Figure(figsize=(width, height), layout="constrained")
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    return figure


def _bare(axes):
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, color=RULE, linewidth=0.6)


def _array(values, name, rank, form):
    """The values as a finite array of the wanted rank, or a refusal that says what to pass."""
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be {form}; given {type(values).__name__} that is no array of numbers.") from None
    if array.ndim != rank or array.size == 0:
        raise ValueError(f"{name} must be {form}; given shape {array.shape}. {_advice(array.ndim, rank)}")
    if not np.isfinite(array).all():
        raise ValueError(
            f"{name} holds {int((~np.isfinite(array)).sum())} entries that are NaN or infinite; mend them."
        )
    return array


def _advice(given, rank):
    if given == rank + 1:
        return "Take one example, such as a[..., 0]."
    return "Add the missing axis, such as a[..., None]." if given == rank - 1 else "Check which array was passed."


def _scale(values, signed=None):
    """Colours and limits shared by all that is shown together: signed ones are centred at 0."""
    signed = bool(values.min() < 0) if signed is None else signed
    top = float(np.abs(values).max()) or 1.0
    return {"cmap": SIGNED if signed else INKED, "vmin": -top if signed else 0.0, "vmax": top}


def _bar(figure, image, axes, label=""):
    bar = figure.colorbar(image, ax=axes, shrink=0.8, aspect=18, pad=0.02)
    bar.outline.set_visible(False)
    low, high = image.get_clim()
    bar.set_ticks([low, 0, high] if low < 0 else [low, high])
    bar.ax.set_yticklabels([f"{tick:.2g}".replace("-", "−") for tick in bar.get_ticks()])
    bar.ax.tick_params(length=0, labelsize=9)
    bar.set_label(label)


# ------------------------------------------------------------------------------------------------------- digits


def digits(images, labels=None, predictions=None, columns=10, title=""):
    """A grid of digits, (1, 28, 28, N). Below each stands its label; a wrong one is framed and says how it was read."""
    images = _array(images, "images", 4, "an array (1, H, W, N), the batch last")
    if images.shape[0] != 1:
        raise ValueError(
            f"images must have one channel, (1, H, W, N); given {images.shape}: is the batch the last axis?"
        )
    count = images.shape[-1]
    labels, predictions = _labels(labels, "labels", count), _labels(predictions, "predictions", count)
    if columns < 1:
        raise ValueError(f"columns={columns}: give the number of digits in a row, 1 or more.")
    columns = min(columns, count)
    rows = -(-count // columns)
    with matplotlib.rc_context(STYLE):
        figure = _figure(max(0.9 * columns, 3), (1.2 if labels is not None else 0.95) * rows + 0.4 * bool(title), title)
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes in grid[count:]:
            axes.set_visible(False)
        words = [_digit(grid[n], images[0, :, :, n], n, labels, predictions) for n in range(count)]
        return _picture(figure, f"{title or 'Handwritten digits'}: {', '.join(words)}.")


def _labels(values, name, count):
    if values is None:
        return None
    array = np.asarray(values)
    if array.shape != (count,):
        raise ValueError(f"{name} must hold one number for each of the {count} images; given shape {array.shape}.")
    return array


def _digit(axes, image, n, labels, predictions):
    """Draw one digit and return it in words."""
    axes.imshow(image, cmap=INKED, vmin=0, vmax=max(float(image.max()), 1e-9))
    _bare(axes)
    truth = None if labels is None else labels[n]
    read = None if predictions is None else predictions[n]
    if truth is not None and read is not None and truth != read:
        for spine in axes.spines.values():
            spine.set(color=ROLES["gradient"].stroke, linewidth=2, linestyle="--")
        axes.set_xlabel(f"{truth}, read {read}", color=ROLES["gradient"].stroke, fontweight="bold", fontsize=9)
        return f"{truth} read as {read} (wrong)"
    word = truth if truth is not None else read
    axes.set_xlabel("" if word is None else str(word), fontsize=9)
    return "one digit" if word is None else str(word)


# --------------------------------------------------------------------------------------------------------- maps


def maps(activations, title="", signed=None, limit=12):
    """The maps (C, H, W) of one example in a row, on one scale; signed values (a delta) are centred at 0."""
    array = _array(activations, "activations", 3, "the maps (C, H, W) of one example")
    shown = array[:limit]
    with matplotlib.rc_context(STYLE):
        figure = _figure(min(max(0.95 * len(shown) + 0.9, 3.5), 10.2), 1.25 + 0.35 * bool(title), title)
        row = figure.subplots(1, len(shown), squeeze=False)[0]
        scale = _scale(array, signed)
        for number, (axes, values) in enumerate(zip(row, shown, strict=True)):
            image = axes.imshow(values, **scale)
            _bare(axes)
            axes.set_xlabel(str(number), fontsize=9)
        _bar(figure, image, list(row))
        size = f"{len(shown)} of {len(array)}" if len(array) > limit else str(len(array))
        alt = f"{title or 'Maps'}: {size} maps of {array.shape[1]} by {array.shape[2]}, "
        return _picture(figure, alt + f"values from {array.min():.3g} to {array.max():.3g}.")


def kernels(K, title=""):
    """Learned kernels (O, C, kh, kw): a column for each map they make, a row for each map they read."""
    K = _array(K, "K", 4, "the kernels (O, C, kh, kw)")
    made, read = K.shape[:2]
    with matplotlib.rc_context(STYLE):
        figure = _figure(max(0.62 * made + 1.4, 3.6), max(0.62 * read + 0.75, 1.75) + 0.3 * bool(title), title)
        grid = figure.subplots(read, made, squeeze=False)
        scale = _scale(K, True)
        for c in range(read):
            for o in range(made):
                image = grid[c, o].imshow(K[o, c], **scale)
                _bare(grid[c, o])
            grid[c, 0].set_ylabel(str(c), rotation=0, ha="right", va="center", fontsize=9)
        for o in range(made):
            grid[-1, o].set_xlabel(str(o), fontsize=9)
        figure.supxlabel("output map o", fontsize=10)
        figure.supylabel("input map c", fontsize=10)
        _bar(figure, image, list(grid.ravel()))
        alt = f"{title or 'Kernels'}: {made} by {read} kernels of {K.shape[2]} by {K.shape[3]}, "
        return _picture(figure, alt + f"values from {K.min():.3g} to {K.max():.3g}.")


# --------------------------------------------------------------------------------------------------------- flow


def flow(layers, title="", shown=3):
    """One example on its way forward and its delta on the way back, layer above layer.

    layers  (name, activation, delta) from input to output; an activation is (C, H, W) or (n,), delta has its shape
            or is None where there is none. `shown` maps of each layer are drawn, the same ones above and below.
    """
    layers = [_layer(number, item) for number, item in enumerate(layers)]
    if not layers:
        raise ValueError("layers is empty; give (name, activation, delta) for each layer from input to output.")
    with matplotlib.rc_context(STYLE):
        width = 1.2 * len(layers) + 0.7
        figure = Figure(figsize=(width, 1.6 * shown + 2.15))
        height = figure.get_figheight()
        if title:
            figure.text(0.1 / width, 1 - 0.12 / height, title, fontsize=12, fontweight="bold", va="top")
        for number, layer in enumerate(layers):
            _flow_column(figure, 0.65 + 1.2 * number, layer, shown)
        _flow_arrows(figure, shown, len(layers))
        return _picture(figure, _flow_words(layers, title))


def _layer(number, item):
    """One layer, checked."""
    try:
        name, activation, delta = item
    except (TypeError, ValueError):
        raise ValueError(f"layers[{number}] must be (name, activation, delta); given {str(item)[:60]!r}.") from None
    rank = 1 if np.ndim(activation) == 1 else 3
    activation = _array(activation, f"activation of {name}", rank, "(C, H, W) or (n,), one example")
    if delta is not None:
        delta = _array(delta, f"delta of {name}", rank, f"of shape {activation.shape}, as its activation")
        if delta.shape != activation.shape:
            raise ValueError(f"delta of {name} has shape {delta.shape}, its activation {activation.shape}; they match.")
    return str(name), activation, delta


def _flow_column(figure, x, layer, shown):
    name, activation, delta = layer
    width, height = figure.get_size_inches()
    top = height - 0.62
    size = "×".join(map(str, activation.shape))
    figure.text((x + 0.5) / width, top / height, name, ha="center", fontweight="bold", fontsize=10)
    figure.text((x + 0.5) / width, (top - 0.18) / height, size, ha="center", color=QUIET, fontsize=8.5)
    _flow_stack(figure, x, top - 0.28, activation, shown, _scale(activation))
    if delta is not None:
        low = 0.8 * shown + 0.62
        _flow_stack(figure, x, low, delta, shown, _scale(delta, True))
        largest = (
            f"max |δ| {np.abs(delta).max():.1e}" if np.abs(delta).max() < 0.01 else f"max |δ| {np.abs(delta).max():.2f}"
        )
        figure.text(
            (x + 0.5) / width, 0.43 / height, largest.replace("e-0", "e−"), ha="center", fontsize=8, color=QUIET
        )


def _flow_stack(figure, x, top, values, shown, scale):
    """A few maps one below the other, or a vector as one column."""
    width, height = figure.get_size_inches()
    if values.ndim == 1:
        axes = figure.add_axes((x / width + 0.33 / width, (top - 0.8 * shown + 0.05) / height,
                                0.34 / width, (0.8 * shown - 0.05) / height))  # fmt: skip
        axes.imshow(values[:, None], aspect="auto", interpolation="nearest", **scale)
        _bare(axes)
        if len(values) <= 12:
            axes.set_yticks(range(len(values)))
            axes.tick_params(length=0, labelsize=8)
        return
    for number, image in enumerate(values[:shown]):
        corner = (top - 0.8 * (number + 1) + 0.05) / height
        axes = figure.add_axes(((x + 0.125) / width, corner, 0.75 / width, 0.75 / height))
        axes.imshow(image, interpolation="nearest", **scale)
        _bare(axes)


def _flow_arrows(figure, shown, count):
    """Forward: solid, above the line between the rows; back: dashed, below the deltas, right to left."""
    width, height = figure.get_size_inches()
    first, last, lane = 0.75, 0.65 + 1.2 * count - 0.3, 0.8 * shown + 0.62
    looks = (
        (
            lane + 0.31,
            first,
            last,
            "output",
            "-",
            "forward: what each layer makes of the digit (each on a scale of its own)",
        ),
        (0.26, last, first, "gradient", (0, (4, 2)), "back: δ, how much the loss minds each of these entries"),
    )
    for y, start, end, role, line, words in looks:
        color, ends = ROLES[role].stroke, ((start / width, y / height), (end / width, y / height))
        look = {"arrowstyle": "-|>", "mutation_scale": 14, "color": color, "linestyle": line, "linewidth": 1.8}
        figure.add_artist(FancyArrowPatch(*ends, transform=figure.transFigure, **look))
        label = figure.text(0.5, y / height, words, ha="center", va="center", fontsize=9.5, color=color)
        label.set_bbox({"facecolor": PAPER, "edgecolor": "none", "pad": 3})
    _flow_key(figure, shown)
    for y, sign, color in (
        (height - 0.9 - 0.4 * shown, "$a$", "output"),
        (0.62 + 0.4 * shown, "$\\delta$", "gradient"),
    ):
        figure.text(0.3 / width, y / height, sign, fontsize=20, color=ROLES[color].stroke, ha="center", va="center")


def _flow_key(figure, shown):
    """The scale of delta, beside its row: which shade is negative."""
    width, height = figure.get_size_inches()
    axes = figure.add_axes((0.24 / width, 0.66 / height, 0.1 / width, 0.55 / height))
    axes.imshow(np.linspace(1, -1, 65)[:, None], aspect="auto", cmap=SIGNED)
    axes.set(xticks=[], yticks=[0, 32, 64], yticklabels=["+", "0", "−"])
    axes.tick_params(length=0, labelsize=9, pad=2)
    axes.yaxis.tick_right()
    axes.spines[:].set_visible(False)


def _flow_words(layers, title):
    forward = ", ".join(f"{name} {' by '.join(map(str, a.shape))}" for name, a, _ in layers)
    back = ", ".join(f"{name} {np.abs(d).max():.2g}" for name, _, d in reversed(layers) if d is not None)
    words = f"{title or 'One digit through the network'}. Upper row, left to right, the activations: {forward}."
    return words + (
        f" Lower row, right to left, delta in the same places; its largest entries: {back}." if back else ""
    )


# ------------------------------------------------------------------------------------------------------- curves

COLORS = [ROLES[role].stroke for role in ("input", "gradient", "output", "kernel", "parameter gradient")]
LINES = tuple(zip(COLORS, ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))), strict=True))


def history(losses, accuracies=None, title=""):
    """Training loss per step (pale: as measured, dark: smoothed) and accuracy per epoch.

    One run (numbers), or several to compare: {name: numbers} in both.
    """
    losses = _runs(losses, "losses")
    accuracies = _runs(accuracies, "accuracies") if accuracies is not None else {}
    panels = 2 if accuracies else 1
    with matplotlib.rc_context(STYLE):
        figure = _figure(4.6 * panels, 3.0 + 0.3 * bool(title), title)
        row = figure.subplots(1, panels, squeeze=False)[0]
        words = _losses(row[0], losses)
        if accuracies:
            words += _accuracies(row[1], accuracies)
        return _picture(figure, f"{title or 'Training'}: {'; '.join(words)}.")


def _runs(values, name):
    runs = values if isinstance(values, Mapping) else {"": values}
    if not 0 < len(runs) <= len(LINES):
        raise ValueError(f"{name} holds {len(runs)} runs; give 1 to {len(LINES)}, each one a list of numbers.")
    return {str(run): _array(numbers, f"{name} {run}".strip(), 1, "a list of numbers") for run, numbers in runs.items()}


def _losses(axes, runs):
    words = []
    for (name, values), (color, dash) in zip(runs.items(), LINES, strict=False):
        window = max(1, len(values) // 40)
        smooth = np.convolve(values, np.ones(window) / window, "valid")
        axes.plot(values, color=color, alpha=0.25, linewidth=0.7)
        steps = np.arange(len(smooth)) + (window - 1) / 2
        axes.plot(steps, smooth, color=color, linestyle=dash, linewidth=1.8, label=name)
        words.append(f"{name} loss falls from {smooth[0]:.3g} to {smooth[-1]:.3g}".strip())
        if smooth[-1] >= smooth[0]:
            words[-1] = words[-1].replace("falls", "goes")
    axes.set(xlabel="step", ylabel="loss $J$", ylim=(0, None), title="loss of each batch, and its running mean")
    return words + _key(axes, runs)


def _accuracies(axes, runs):
    words = []
    for (name, values), (color, dash) in zip(runs.items(), LINES, strict=False):
        if values.min() < 0 or values.max() > 1:
            raise ValueError(f"accuracies {name} run from {values.min():.3g} to {values.max():.3g}; give parts of 1.")
        epochs = np.arange(1, len(values) + 1)
        last = f"{100 * values[-1]:.1f} %"
        axes.plot(epochs, 100 * values, color=color, linestyle=dash, marker="o", markersize=4, label=f"{name}, {last}")
        if len(runs) == 1:
            place = {"xytext": (0, 5), "textcoords": "offset points", "ha": "right", "va": "bottom"}
            axes.annotate(last, (epochs[-1], 100 * values[-1]), color=color, **place)
        words.append(f"{name} accuracy {last} after epoch {len(values)}".strip())
    axes.set(xlabel="epoch", ylabel="accuracy in %", title="accuracy after each epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(y=0.18)
    return words + _key(axes, runs)


def _key(axes, runs):
    axes.grid(axis="y", color=RULE, linewidth=0.5)
    axes.title.set(color=QUIET, fontsize=10)
    if len(runs) > 1:
        axes.legend(frameon=False, handlelength=3.2)
    return []


def times(seconds, what=""):
    """Milliseconds of each of {name: seconds} as bars, on a scale where each line is ten times the one before.

    ``what`` says what takes the time. Scale and size stay the same while the names grow in number.
    """
    ms = 1000 * _array(list(seconds.values()), "seconds", 1, "{name: seconds}")
    if ms.min() <= 0:
        raise ValueError(f"seconds holds {ms.min() / 1000:.3g}; give times above 0.")
    words = [f"{value:,.1f} ms" for value in ms]
    with matplotlib.rc_context(STYLE):
        figure = _figure(8.6, 0.7 + 0.3 * len(ms), "")
        axes = figure.subplots()
        axes.barh(list(seconds), ms, color=ROLES["input"].stroke)
        axes.set(xscale="log", xlim=(0.1, 500_000), xlabel=f"milliseconds{', ' * bool(what)}{what}")
        axes.invert_yaxis()
        axes.grid(axis="x", color=RULE, linewidth=0.5)
        axes.set_axisbelow(True)
        for place, (value, text) in enumerate(zip(ms, words, strict=True)):
            axes.text(value * 1.2, place, text, va="center")
        return _picture(figure, f"Bars: {'; '.join(map(' '.join, zip(seconds, words, strict=True)))}.")


def confusion(matrix, title=""):
    """Counts of true class (rows) against class read (columns); the errors are shaded, the diagonal is framed."""
    counts = _array(matrix, "matrix", 2, "a square matrix of counts")
    if counts.shape[0] != counts.shape[1] or (counts < 0).any():
        raise ValueError(f"matrix must be square and hold no negative count; given shape {counts.shape}.")
    n = len(counts)
    errors = counts - np.diag(np.diag(counts))
    with matplotlib.rc_context(STYLE):
        figure = _figure(0.52 * n + 1.6, 0.44 * n + 1.0 + 0.3 * bool(title), title)
        axes = figure.subplots()
        axes.imshow(errors, cmap=WRONG, vmin=0, vmax=max(errors.max(), 1), aspect="auto")
        for i, j in np.ndindex(n, n):
            if counts[i, j]:
                axes.text(j, i, f"{counts[i, j]:.0f}", ha="center", va="center", fontsize=9,
                          fontweight="bold" if i == j else "normal")  # fmt: skip
        for i in range(n):
            axes.add_patch(
                Rectangle((i - 0.5, i - 0.5), 1, 1, fill=False, edgecolor=QUIET, linewidth=1.2, clip_on=False)
            )
            share = counts[i, i] / counts[i].sum() if counts[i].sum() else 0
            axes.text(n - 0.3, i, f"{100 * share:.1f} %", va="center", fontsize=9, color=QUIET)
        axes.set(xticks=range(n), yticks=range(n), xlabel="read as", ylabel="is")
        axes.tick_params(length=0)
        axes.text(n - 0.3, -0.75, "right", fontsize=9, color=QUIET)
        axes.spines[:].set_visible(False)
        return _picture(figure, _confusion_words(counts, errors, title))


def _confusion_words(counts, errors, title):
    total, right = counts.sum(), np.trace(counts)
    words = f"{title or 'Confusion matrix'}: {right:.0f} of {total:.0f} read correctly"
    if errors.max() > 0:
        i, j = np.unravel_index(errors.argmax(), errors.shape)
        words += f"; the most common error: {i} read as {j} ({errors[i, j]:.0f})"
    return words + "."
