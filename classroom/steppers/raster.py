"""Maps as small images inside a drawing: every value a square, dark to light, the same bytes on every machine."""

import base64
import struct
import zlib
from functools import cache

import numpy as np

from classroom import svg
from classroom.svg import INK, QUIET, ROLES, Drawing, entry, typeset

# The scales of classroom.plots: ink on paper; for values of both signs dark blue, grey (zero), light yellow.
INKED = ("#FFFFFF", "#C7CFDA", "#5C7391", "#16181D")
SIGNED = ("#061D52", "#2C62B8", "#A6A6A3", "#F3C24A", "#FFF9C4")
SMALL, LARGE, TALL = 76, 150, 230  # the side of one map among several, of a single map, the height of a vector
HEAD, FINE = 22, 4  # pixels for the title, pixels that a finer square keeps


def maps(values, title, role, outlines=()):
    """The maps (C, H, W), or a vector (n,) as one column, on one scale, as a Drawing.

    outlines  blocks (map, top, left, height, width) to be framed; what lies outside the map is cut off
    """
    values = np.asarray(values, float)
    values = values[None, :, None] if values.ndim == 1 else values
    count, height, width = values.shape
    wide, tall = _pixel(count, height, width)
    columns = count if count < 3 else 3 if count <= 6 else 4
    levels, colors, key = _levels(values)
    fine = max(1, wide // FINE) if width > 1 else 1  # squares are cut into finer ones, so that gaps can be narrow
    levels, wide, tall = levels.repeat(fine, 1).repeat(fine, 2), wide / fine, tall / fine
    gap = max(1, round(8 / wide))
    picture = _mosaic(levels, columns, gap)
    size = picture.shape[1] * wide, picture.shape[0] * tall
    link = f"data:image/png;base64,{base64.b64encode(_png(picture, colors)).decode()}"
    look = {"preserveAspectRatio": "none", "image_rendering": "pixelated", "href": link}
    body = svg.tag("image", x=0, y=HEAD, width=size[0], height=size[1], **look)
    for number in range(count):
        row, column = divmod(number, columns)
        corner = column * (width * fine + gap) * wide, HEAD + row * (height * fine + gap) * tall
        body += _frame(corner, width * fine * wide, height * fine * tall, role)
        for _, *block in (outline for outline in outlines if outline[0] == number):
            body += _outline(corner, _cut(block, height, width), fine * wide, fine * tall)
    label, label_width = typeset(title, 14)
    words, key_width = typeset(key, 11)
    text_width = max(label_width, key_width)
    total, middle = max(size[0], text_width), max(size[0], text_width) / 2
    body = svg.tag("g", body, transform=f"translate({middle - size[0] / 2:.1f} 0)")
    body += svg.text(middle, 14, label, 14, ROLES[role].stroke, weight=600)
    body += svg.text(middle, HEAD + size[1] + 16, words, 11, QUIET)
    return Drawing(body, total, HEAD + size[1] + 20, HEAD + size[1] / 2, f"{title}, {key}", title)


def _pixel(count, height, width):
    """Width and height of one value on the page."""
    if width == 1:
        return 18, max(1, min(18, TALL // height))
    side = max(1, (LARGE if count == 1 else SMALL) // max(height, width))
    return side, side


def _levels(values):
    """The values as levels 1 to 255 of a scale, its colours, and what the scale says; level 0 is the paper."""
    top = float(np.abs(values).max()) or 1.0
    signed = values.min() < 0
    part = (values / top + 1) / 2 if signed else values / top
    number = entry(float(f"{top:.2g}"))
    key = f"dark -{number}, grey 0, light {number}" if signed else f"white 0, black {number}"
    return 1 + np.rint(254 * part).astype(np.uint8), SIGNED if signed else INKED, key


def _mosaic(levels, columns, gap):
    """The maps side by side, `columns` in a row, with paper between them."""
    count, height, width = levels.shape
    rows = -(-count // columns)
    picture = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap), np.uint8)
    for number, level in enumerate(levels):
        y, x = number // columns * (height + gap), number % columns * (width + gap)
        picture[y : y + height, x : x + width] = level
    return picture


def _png(levels, stops):
    """A PNG with a palette. Its data are stored and not compressed, since zlib's versions compress differently."""
    height, width = levels.shape
    lines = b"".join(b"\0" + line.tobytes() for line in levels)
    parts = [lines[start : start + 65535] for start in range(0, len(lines), 65535)]
    blocks = [struct.pack("<BHH", part is parts[-1], len(part), len(part) ^ 0xFFFF) + part for part in parts]
    data = b"\x78\x01" + b"".join(blocks) + struct.pack(">I", zlib.adler32(lines))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = (b"IHDR", header), (b"PLTE", _palette(stops)), (b"IDAT", data)
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in (*chunks, (b"IEND", b"")))


@cache
def _palette(stops):
    """The paper's white and 255 colours from stop to stop, as bytes."""
    colors = np.array([[int(stop[k : k + 2], 16) for k in (1, 3, 5)] for stop in stops])
    at = np.linspace(0, len(stops) - 1, 255)
    palette = np.stack([np.interp(at, range(len(stops)), channel) for channel in colors.T], axis=1)
    return bytes((255, 255, 255)) + np.rint(palette).astype(np.uint8).tobytes()


def _chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _frame(corner, width, height, role):
    dash = {"stroke_dasharray": "4 2"} if ROLES[role].dashed else {}
    return svg.rect(*corner, width, height, "none", stroke=ROLES[role].stroke, stroke_width=1, **dash)


def _cut(block, height, width):
    """The part of a block (top, left, height, width) that lies inside the map."""
    top, left, tall, wide = block
    low, right = min(top + tall, height), min(left + wide, width)
    top, left = max(top, 0), max(left, 0)
    return top, left, low - top, right - left


def _outline(corner, block, wide, tall):
    """A light and a dark line around a block, seen on light and dark values alike."""
    top, left, height, width = block
    place = (corner[0] + left * wide - 1, corner[1] + top * tall - 1, width * wide + 2, height * tall + 2)
    lines = ((4.5, "#FFFFFF"), (2.2, INK))
    return "".join(svg.rect(*place, "none", stroke=color, stroke_width=weight) for weight, color in lines)
