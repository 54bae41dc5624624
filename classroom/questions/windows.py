"""What the questions on convolution share: slide a kernel, stamp a kernel, cut a part out, and the slope of ReLU.

The sums run over the few entries of the kernel: a diagnosis asks for hundreds of tiny answers at a time.
"""

import numpy as np

ORIENTATIONS = {
    "as it is": lambda k: k,
    "turned": lambda k: k[..., ::-1, ::-1],
    "upside down": lambda k: k[..., ::-1, :],
    "left to right": lambda k: k[..., ::-1],
    "quarter turn left": lambda k: np.rot90(k, 1, (-2, -1)),
    "quarter turn right": lambda k: np.rot90(k, -1, (-2, -1)),
    "transposed": lambda k: np.swapaxes(k, -2, -1),
    "turned and transposed": lambda k: np.swapaxes(k[..., ::-1, ::-1], -2, -1),
    "ones": np.ones_like,
}


def oriented(k, how):
    """The matrix k turned, mirrored or transposed; "ones" in its place where its values are forgotten."""
    return ORIENTATIONS[how](k)


def slid(x, k, steps=(1, 1)):
    """z[i,j] = sum over u, v of k[u,v] x[s i + u, t j + v] with steps (s, t); ValueError where k does not fit into x.

    Axes before the last two count maps and are broadcast: x[None] and K (O, C, kh, kw) give one z for each kernel.
    """
    (height, width), (kh, kw) = x.shape[-2:], k.shape[-2:]
    if kh > height or kw > width:
        raise ValueError(f"a window of shape {kh, kw} does not fit into {height, width}: pass a smaller one")
    (s, t), down, right = steps, height - kh + 1, width - kw + 1
    return sum(
        k[..., u : u + 1, v : v + 1] * x[..., u : u + down : s, v : v + right : t] for u in range(kh) for v in range(kw)
    )


def stamped(delta, k, steps=(1, 1), overlap="added"):
    """Every delta[i,j] k stamped onto the window that begins at (s i, t j); leading axes as in :func:`slid`.

    Where stamps overlap they are "added" (full convolution, for steps of 1), the "first" or the "last" one stays, or
    their "mean".
    """
    (rows, columns), (kh, kw), (s, t) = delta.shape[-2:], k.shape[-2:], steps
    maps = np.broadcast_shapes(delta.shape[:-2], k.shape[:-2])
    result = np.zeros((*maps, s * (rows - 1) + kh, t * (columns - 1) + kw), np.result_type(delta, k))
    places = [(i, j) for i in range(rows) for j in range(columns)]
    for i, j in reversed(places) if overlap == "first" else places:
        window = result[..., s * i : s * i + kh, t * j : t * j + kw]
        stamp = delta[..., i : i + 1, j : j + 1] * k
        window[...] = stamp if overlap in ("first", "last") else window + stamp
    if overlap == "mean":
        return result / np.maximum(stamped(np.ones(delta.shape), np.ones(k.shape), steps), 1)
    return result


def spread(delta, steps):
    """The matrix delta with zeros between its entries, as seen through a stride: entry (i, j) goes to (s i, t j)."""
    (rows, columns), (s, t) = delta.shape, steps
    result = np.zeros((s * (rows - 1) + 1, t * (columns - 1) + 1), delta.dtype)
    result[::s, ::t] = delta
    return result


def cut(array, top, left, height, width):
    """The part of a matrix that begins at row ``top`` and column ``left``, the matrix continued by zeros."""
    if height < 1 or width < 1:
        raise ValueError(f"a part of {height} rows and {width} columns is empty: the kernel is too big")
    part = array[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]
    result = np.zeros((height, width), array.dtype)
    above, before = max(-top, 0), max(-left, 0)
    result[above : above + part.shape[0], before : before + part.shape[1]] = part
    return result


def relu_slope(z, g, rule):
    """ReLU'(z) by a rule, the right one or a wrong one; g is the gradient with which a learner may mix z up."""
    return {
        "z > 0": lambda: z > 0,
        "1": lambda: np.ones_like(z),
        "a >= 0": lambda: np.maximum(z, 0) >= 0,
        "z >= 0": lambda: z >= 0,
        "1/2 at 0": lambda: np.where(z == 0, 0.5, z > 0),
        "a": lambda: np.maximum(z, 0),
        "z": lambda: z,
        "sign": lambda: np.sign(z),
        "z < 0": lambda: z < 0,
        "g > 0": lambda: g > 0,
    }[rule]()
