"""The whole network as one strip, with the part at hand lit; and the same picture in parts, for the README.

`python -m classroom.drawing FOLDER` writes the README's files.
"""

import html
from collections.abc import Iterable
from numbers import Integral
from pathlib import Path

from classroom import svg
from classroom.svg import INK, PAPER, QUIET, ROLES, SERIF, TINT, Drawing, typeset

# name: width, heading, what it does, what it does to delta on the way back, gradients of its parameters
PARTS = {
    "input": (92, "image", "", "", ""),
    "conv1": (108, "C1", "convolution", "", "dK, db"),
    "act1": (28, "f", "", "∘ f′", ""),
    "pool1": (84, "S2", "pool", "β up(δ)/4", "dβ, db"),
    "act2": (28, "f", "", "∘ f′", ""),
    "conv2": (94, "C3", "convolution", "full conv", "dK, db"),
    "act3": (28, "f", "", "∘ f′", ""),
    "pool2": (84, "S4", "pool", "β up(δ)/4", "dβ, db"),
    "act4": (28, "f", "", "∘ f′", ""),
    "flatten": (52, "flatten", "", "reshape", ""),
    "dense": (84, "dense", "fully connected", "W^Tδ", "dW, db"),
    "softmax": (64, "softmax", "", "p − y", ""),
    "loss": (42, "loss", "", "", ""),
}
GROUPS = {"activation": ("act1", "act2", "act3", "act4"), "pool": ("pool1", "pool2"), "conv": ("conv1", "conv2")}
ALL = sum(part[0] for part in PARTS.values())
MIDDLE, SCALE, STEP = 90, 2.5, 3.0
SIZES = {"input": 28, "conv1": 24, "pool1": 12, "conv2": 8, "pool2": 4}
ACROSS = {"conv1": 5, "pool1": 2, "conv2": 5, "pool2": 2}


def network_strip(lit=None, backward=False, maps=(6, 12)):
    """The network as one strip, the same everywhere, with the part `lit` in colour and the rest quiet.

    lit       None (all in colour), a name or several: input conv1 act1 pool1 act2 conv2 act3 pool2 act4 flatten
              dense softmax loss, or a kind: conv pool activation
    backward  draw below it how delta travels back, and which parameter gradients it leaves on the way
    maps      how many maps the two convolutions make
    """
    shown, maps = _lit_parts(lit), _check_maps(maps)
    height = 236 if backward else 172
    body = "".join(markup for _, _, markup in _strip(shown, maps, backward))
    return Drawing(body, ALL, height - 20, MIDDLE, _strip_words(lit, shown, maps, backward), "The network", margin=10)


def network_parts(maps=(6, 12), notebooks=None):
    """The same picture cut into parts that join without a seam when set side by side: {name: Drawing}.

    notebooks  {part: text}, a line at the foot of each part, such as the number of the notebook behind the link
    """
    maps, notebooks = _check_maps(maps), notebooks or {}
    marks = _strip(frozenset(PARTS), maps, True)
    for name, text in notebooks.items():
        x, width = _place(name)
        marks.append((x, x + width, svg.rect(x + 3, 222, width - 6, 20, "#EAF1FA", rx=4)))
        marks.append((x, x + width, svg.text(x + width / 2, 236, html.escape(text), 11, "#1B5AA6", weight=700)))
    parts = {}
    for name in PARTS:
        x, width = _place(name)
        body = "".join(markup for left, right, markup in marks if right > x and left < x + width)
        parts[name] = Drawing(body, width, 248 if notebooks else 220, 0, _part_words(name, maps), margin=0, left=x)
    return parts


def _place(name):
    x = 0
    for part, (width, *_) in PARTS.items():
        if part == name:
            return x, width
        x += width
    raise ValueError(f"The network has no part {name!r}; its parts are {', '.join(PARTS)}.")


def _lit_parts(lit):
    names = () if lit is None else (lit,) if isinstance(lit, str) else tuple(lit)
    wanted = [part for name in names for part in GROUPS.get(name, (name,))]
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        known = ", ".join([*PARTS, *GROUPS])
        raise ValueError(f"lit={lit!r}: the network has no part {unknown[0]!r}; choose from {known}, or None for all.")
    return frozenset(wanted or PARTS)


def _check_maps(maps):
    pair = tuple(maps) if isinstance(maps, Iterable) else ()
    if len(pair) != 2 or not all(isinstance(n, Integral) and n > 0 for n in pair):
        raise ValueError(f"maps={maps!r}: give the number of maps of both convolutions, such as (6, 12).")
    return tuple(int(n) for n in pair)


def _sizes(name, maps):
    """The size written under a part."""
    flat = maps[1] * 16
    counts = {"input": 1, "conv1": maps[0], "pool1": maps[0], "conv2": maps[1], "pool2": maps[1]}
    if name in SIZES:
        return f"{counts[name]} × {SIZES[name]} × {SIZES[name]}"
    return {"flatten": str(flat), "dense": "10", "softmax": "10"}.get(name, "")


def _part_words(name, maps):
    _, heading, does, back, gradients = PARTS[name]
    words = {"f": "activation f", "loss": "loss J", "dense": ""}
    text = words.get(heading, heading) + (f" {does}" if does and heading == "dense" else f", {does}" if does else "")
    text += f", {_sizes(name, maps).replace('×', 'by')}" if _sizes(name, maps) else ""
    return text.strip(" ,") + (f"; back: {back}" if back else "") + (f"; gradients {gradients}" if gradients else "")


def _strip_words(lit, shown, maps, backward):
    names = [name for name in PARTS if not name.startswith("act")]
    words = "The network from left to right: " + "; ".join(_part_words(n, maps).split(";")[0] for n in names)
    words += ". An activation f follows both convolutions and both pools"
    if backward:
        words += ". Below, from right to left, the error signal delta and the parameter gradients dW, dK, dβ and db"
    if lit is not None:
        words += ". Lit: " + ", ".join(_part_words(name, maps).split(";")[0] for name in PARTS if name in shown)
    return words + "."


def _strip(shown, maps, backward):
    """All marks of the picture as (left, right, SVG), so that it can be cut between any two parts."""
    marks, every = [], len(shown) == len(PARTS)
    for name, (width, heading, does, _, _) in PARTS.items():
        x, lit = _place(name)[0], name in shown
        if lit and not every:
            marks.append((x, x + width, svg.rect(x, 0, width, 216 if backward else 152, TINT, rx=5)))
            marks.append((x, x + width, svg.rect(x, 0, width, 4, INK, rx=2)))
        color, middle = INK if lit else QUIET, x + width / 2
        if heading != "f":
            label = svg.text(middle, 18, heading, 13, color, weight=700 if lit else 400)
            size = svg.text(middle, 148, _sizes(name, maps), 10.5, color) if _sizes(name, maps) else ""
            marks.append((x, x + width, label + (svg.text(middle, 32, does, 10.5, color) if does else "") + size))
    marks += _stacks(shown, maps) + _tail(shown) + _signs(shown)
    return marks + (_way_back(shown) if backward else [])


def _look(name, shown, role):
    lit = name in shown
    return (ROLES[role].fill, ROLES[role].stroke, 1.4) if lit else ("#F7F7F6", "#9AA0A7", 1.0)


def _corner(name, count):
    """Upper left corner and side of the front map of a stack, and the offset from one map to the next."""
    x, width = _place(name)
    side, step = SIZES[name] * SCALE, min(STEP, 33 / count)
    depth = step * (count - 1)
    return x + (width - side - depth) / 2, MIDDLE - (side - depth) / 2, side, step


def _stacks(shown, maps):
    """The image and the four stacks of maps to one scale, and the lines from a window to the entry it makes."""
    counts = {"input": 1, "conv1": maps[0], "pool1": maps[0], "conv2": maps[1], "pool2": maps[1]}
    marks, before = [], None
    for name, count in counts.items():
        fill, stroke, weight = _look(name, shown, "input" if name == "input" else "output")
        x, y, side, step = _corner(name, count)
        look = {"fill": fill, "stroke": stroke, "stroke_width": weight}
        layers = [svg.rect(x + k * step, y - k * step, side, side, **look) for k in range(min(count, 40))][::-1]
        marks.append((x, x + side + step * count, "".join(layers)))
        if name == "input":
            marks.append((x, x + side, _digit(x, y, side, name in shown)))
        if before:
            marks.append(_projection(before, name, counts, shown))
        before = name
    return marks


def _digit(x, y, side, lit):
    """A five in one stroke of the pen."""
    path = "M19 6H11L10 13C14 11 20 12 20 17C20 23 12 24 8 21"
    look = {"fill": "none", "stroke": INK if lit else QUIET, "stroke_width": 2.4}
    pen = svg.tag("path", d=path, stroke_linecap="round", stroke_linejoin="round", **look)
    return svg.tag("g", pen, transform=f"translate({svg.number(x)} {svg.number(y)}) scale({svg.number(side / 28)})")


def _projection(before, name, counts, shown):
    """A window on the front map before, and its edges drawn together in one entry of the front map after."""
    lit = name in shown
    stroke = ROLES["kernel" if name.startswith("conv") else "neutral"].stroke if lit else "#9AA0A7"
    x, y, side, _ = _corner(before, counts[before])
    u, v, after, _ = _corner(name, counts[name])
    window, unit = ACROSS[name] * SCALE, SCALE
    left, top = x + side - window - 2 * unit, y + side * 0.55
    right, low = u + 2 * unit, v + after * 0.55
    fill = ROLES["kernel"].lit if lit and name.startswith("conv") else "none"
    box = svg.rect(left, top, window, window, fill, stroke=stroke, stroke_width=1.2, fill_opacity=0.75)
    ends = [(left + window, top, right, low), (left + window, top + window, right, low + unit)]
    lines = svg.lines(ends, stroke, 0.9)
    return left, right + unit, box + lines + svg.rect(right, low, unit, unit, stroke)


def _tail(shown):
    """Flatten, fully connected, softmax and the loss."""
    marks = []
    fill, stroke, weight = _look("flatten", shown, "output")
    x, width = _place("flatten")
    tall, center = 92, x + width / 2
    ticks = svg.lines([(center - 4, 44 + k * 4, center + 4, 44 + k * 4) for k in range(1, 23)], stroke, 0.5)
    bar = svg.rect(center - 4, 44, 8, tall, fill, stroke=stroke, stroke_width=weight)
    marks.append((x - 8, x + width, _arrow(x - 4, center - 6, MIDDLE, stroke) + bar + ticks))
    edge, (x, width) = center + 4, _place("dense")
    center = x + width / 2 + 14
    fill, stroke, weight = _look("dense", shown, "output")
    ends = [(edge + 2, 46 + 88 * i / 7, center - 4, 49 + 9 * k) for i in range(8) for k in range(10)]
    fan = svg.lines(ends, stroke, 0.35)
    look = {"fill": fill, "stroke": stroke, "stroke_width": weight, "rx": 4}
    units = "".join(svg.rect(center - 4.0, 45 + 9 * k, 8, 8, **look) for k in range(10))
    marks.append((edge, center + 4, fan + units))
    return marks + _chances(shown, center) + _end(shown)


def _chances(shown, edge):
    """Ten bars, the five's the longest, below the scores they come from."""
    _, stroke, _ = _look("softmax", shown, "output")
    x, width = _place("softmax")
    start, bars = x + 12, (2, 2, 3, 7, 2, 38, 3, 2, 5, 2)
    body = svg.lines([(edge + 7, 49 + 9 * k, start - 4, 49 + 9 * k) for k in range(10)], stroke, 0.6)
    dark = ROLES["output"].lit if "softmax" in shown else "#C9CDD2"
    for k, length in enumerate(bars):
        body += svg.rect(start, 46 + 9 * k, length, 6, dark, stroke=stroke, stroke_width=0.7)
    return [(edge, x + width, body)]


def _end(shown):
    fill, stroke, weight = _look("loss", shown, "neutral")
    x, width = _place("loss")
    center = x + width / 2
    body = svg.tag("circle", cx=center, cy=MIDDLE, r=13, fill=fill, stroke=stroke, stroke_width=weight + 0.4)
    body += svg.text(center, MIDDLE + 5, "J", 16, INK if "loss" in shown else QUIET, family=SERIF, style="italic")
    return [(x - 8, x + width, _arrow(x - 6, center - 14, MIDDLE, stroke) + body)]


def _arrow(start, end, y, stroke, width=1.3):
    """A horizontal arrow; it points the way it runs."""
    turn = 5 if end > start else -5
    tip = f"M{svg.number(end)} {y}l{-turn} -3.2v6.4z"
    return svg.line(start, y, end - turn * 0.6, y, stroke, width) + svg.tag("path", d=tip, fill=stroke)


def _signs(shown):
    """The activations: f in a circle on the way."""
    marks = []
    for name in GROUPS["activation"]:
        x, width = _place(name)
        lit, center = name in shown, x + width / 2
        fill, stroke, weight = _look(name, shown, "neutral")
        disc = svg.tag("circle", cx=center, cy=MIDDLE, r=9, fill=fill, stroke=stroke, stroke_width=weight)
        look = {"family": SERIF, "style": "italic", "weight": 700 if lit and len(shown) < len(PARTS) else None}
        letter = svg.text(center - 0.5, MIDDLE + 4.5, "f", 14, INK if lit else QUIET, **look)
        marks.append((x, x + width, disc + letter))
    return marks


def _way_back(shown):
    """Delta from right to left, what each part does to it, and the gradients that it leaves there."""
    marks, end = [], _place("loss")[0] + 21
    back, y = ROLES["gradient"].stroke, 172
    start = _place("conv1")[0] + 56
    line = svg.line(end, y, start + 6, y, back, 1.8, stroke_dasharray="6 3")
    marks.append((start, end, line + svg.tag("path", d=f"M{start} {y}l9 -4.5v9z", fill=back)))
    marks.append((start - 20, start, svg.text(start - 11, y + 6, "δ", 18, back, family=SERIF, style="italic")))
    marks.append((end - 2, end + 2, svg.line(end, MIDDLE + 15, end, y, back, 1.8, stroke_dasharray="6 3")))
    for name, (width, _, _, does, gradients) in PARTS.items():
        x = _place(name)[0]
        middle = x + width / 2
        if does:
            wide, tinted = min(svg.width_of(does, 11.5), width), name in shown and len(shown) < len(PARTS)
            plate = svg.rect(middle - wide / 2, y - 8, wide, 16, TINT if tinted else PAPER)
            words = svg.text(middle, y + 4, typeset(does, 11.5)[0], 11.5, back if name in shown else QUIET)
            marks.append((x, x + width, plate + words))
        if gradients:
            purple = ROLES["parameter gradient"].stroke if name in shown else QUIET
            drop = _arrow_down(middle, y + 11, y + 21, purple)
            marks.append((x, x + width, drop + svg.text(middle, y + 34, typeset(gradients, 12)[0], 12, purple)))
    return marks


def _arrow_down(x, start, end, stroke):
    tip = svg.tag("path", d=f"M{svg.number(x)} {end}l-3 -5h6z", fill=stroke)
    return svg.line(x, start, x, end - 3, stroke, 1.2) + tip


# ------------------------------------------------------------------------------------------------- the README's

LINKS = (
    ("00_start_here", ("input",)),
    ("01_fully_connected", ("flatten", "dense")),
    ("02_activations", GROUPS["activation"]),
    ("03_softmax_cross_entropy", ("softmax",)),
    ("04_convolution", ("conv1",)),
    ("05_convolution_with_maps", ("conv2",)),
    ("06_mean_pooling", ("pool1",)),
    ("07_max_pooling", ("pool2",)),
    ("08_full_network", ("loss",)),
)
NOTEBOOKS = {part: notebook for notebook, parts in LINKS for part in parts}


def _readme_parts():
    """(part, file name, drawing) in the order in which they stand in the row."""
    parts = network_parts(notebooks={part: notebook[:2] for part, notebook in NOTEBOOKS.items()})
    return [(name, f"{number:02}-{name}.svg", part) for number, (name, part) in enumerate(parts.items(), 1)]


def readme_files():
    """{file name: SVG text} of the README's picture."""
    return {file: part.svg + "\n" for _, file, part in _readme_parts()}


def readme_row(folder="docs/network"):
    """The README's line of HTML: one image for each part, side by side, each a link to its notebook."""
    link = '<a href="notebooks/{0}.ipynb"><img align="top" src="{1}/{2}" width="{3}" alt="Notebook {4}: {5}"></a>'
    images = [
        link.format(NOTEBOOKS[name], folder, file, part.width, NOTEBOOKS[name][:2], html.escape(part.alt))
        for name, file, part in _readme_parts()
    ]
    return f'<p align="center">{"".join(images)}</p>'


def main(arguments):
    """Write the pictures and print the line that shows them."""
    if len(arguments) != 1:
        raise SystemExit("usage: python -m classroom.drawing FOLDER   (writes the README's picture of the network)")
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in readme_files().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    print(readme_row(folder.as_posix()))
