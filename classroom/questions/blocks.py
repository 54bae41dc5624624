"""What the questions on pooling share: blocks of a map, a matrix enlarged, beta on the way back, whole block means."""

from fractions import Fraction

import numpy as np

from classroom.questions.base import Mistake, exact

QUARTER = Fraction(1, 4)
SHARES = {
    "quarter": QUARTER,
    "whole": 1,
    "half": Fraction(1, 2),
    "sixteenth": Fraction(1, 16),
    "four times": 4,
}  # what one entry of a 2x2 block gets of the block's error

SIGN = Mistake(
    name="sign changed",
    switches={"sign": -1},
    says="the sign is changed, as for a step downhill",
    hint="The gradient points uphill. The minus sign belongs to the update.",
)


def _blocks(x):
    *maps, height, width = x.shape
    apart = x.reshape(*maps, height // 2, 2, width // 2, 2)
    return apart.swapaxes(-2, -3).reshape(*maps, height // 2, width // 2, 4)


def _windows(x):
    views = np.lib.stride_tricks.sliding_window_view(x, (2, 2), axis=(-2, -1))
    return views.reshape(*views.shape[:-2], 4)


GROUPS = {
    "blocks": _blocks,
    "overlapping": _windows,
    "in reading order": lambda x: x.reshape(x.shape[0] // 2, -1, 4),
    "far apart": lambda x: x.reshape(2, x.shape[0] // 2, 2, -1).transpose(1, 3, 0, 2).reshape(x.shape[0] // 2, -1, 4),
    "rows": lambda x: x.reshape(len(x), -1, 2),
    "columns": lambda x: x.reshape(len(x) // 2, 2, -1).transpose(0, 2, 1),
}


def groups(x, how="blocks"):
    """The entries of x that one output reads, along a new last axis: the 2x2 "blocks", or a wrong choice of entries."""
    return GROUPS[how](x)


def mean(block):
    """The mean along the last axis: whole numbers where all means are whole, which is fast, else fractions."""
    total, n = block.sum(axis=-1), block.shape[-1]
    return Fraction(1, n) * total if (total % n).any() else total // n


def means(x):
    """down(x), the mean of every 2x2 block, exact; maps may come first."""
    return mean(groups(x))


ENLARGED = {
    "repeated": lambda delta: delta.repeat(2, -2).repeat(2, -1),
    "tiled": lambda delta: np.tile(delta, (2, 2)),
    "rows repeated, columns tiled": lambda delta: np.tile(delta, (1, 2)).repeat(2, 0),
    "columns repeated, rows tiled": lambda delta: np.tile(delta, (2, 1)).repeat(2, 1),
    "corner": lambda delta: np.kron(delta, [[1, 0], [0, 0]]),
    "not enlarged": lambda delta: delta,
}


def enlarged(delta, how="repeated"):
    """delta at the size of the pool's input: every entry "repeated" over its block, which is up(delta), or a slip."""
    return ENLARGED[how](delta)


BETA_FACTORS = {
    "times": lambda beta: beta,
    "left out": lambda beta: 1,
    "divided": lambda beta: 1 / exact(beta),
    "twice": lambda beta: beta**2,
}


def beta_factor(beta, how="times"):
    """The factor that a pool's beta contributes to an error on its way back: beta itself, "times", or a slip."""
    return BETA_FACTORS[how](beta)


def whole_means(rng, *shape, low=-4, high=9):
    """A map of whole numbers whose 2x2 blocks have whole means, none of them 0; leading axes count maps."""
    *maps, height, width = shape
    x = np.zeros(shape, np.int64)
    for place in np.ndindex(*maps, height // 2, width // 2):
        *c, i, j = place
        x[(*c, slice(2 * i, 2 * i + 2), slice(2 * j, 2 * j + 2))] = _block(rng, low, high)
    return x


def _block(rng, low, high):
    while True:
        block = [rng.randint(low, high) for _ in range(4)]
        if sum(block) % 4 == 0 and sum(block) and len(set(block)) > 2:
            return np.reshape(block, (2, 2))
