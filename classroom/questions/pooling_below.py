"""A question on the convolution under a mean pool: delta travels through the pool and through ReLU."""

import numpy as np

from classroom.questions import pooling_input as pool
from classroom.questions.base import Mistake, Question, at, number
from classroom.questions.blocks import QUARTER, SHARES, beta_factor, enlarged, means


def _inputs(rng):
    z = np.array(rng.sample([-9, -8, -7, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9], 16)).reshape(4, 4)
    i, j, r, e, k = (rng.randrange(2) for _ in range(5))
    z[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = -abs(z[2 * i : 2 * i + 2, 2 * j : 2 * j + 2])  # a block that is silent
    z[2 * (1 - i) + r, 2 * k + e] = 0
    delta = np.array(rng.sample([-8, -4, 4, 8, 12, -12], 4)).reshape(2, 2)
    return {"z": z, "beta": number(rng, 3, -3, 5), "b": number(rng, -8, -6, 5, 7)} | {"delta+": delta}


def _relu(z):
    return np.maximum(z, 0)


SLOPES = {
    "z > 0": lambda z, inputs: z > 0,
    "1": lambda z, inputs: np.ones_like(z),
    "z >= 0": lambda z, inputs: z >= 0,
    "z < 0": lambda z, inputs: z < 0,
    "relu(z)": lambda z, inputs: _relu(z),
    "z": lambda z, inputs: z,
    "of the mean": lambda z, inputs: enlarged(means(_relu(z)) > 0),
    "mean of z": lambda z, inputs: enlarged(means(z) > 0),
    "of the pool's z": lambda z, inputs: enlarged(inputs["beta"] * means(_relu(z)) + inputs["b"] > 0),
    "averaged": lambda z, inputs: enlarged(means(1 * (z > 0))),
    "of delta": lambda z, inputs: enlarged(inputs["delta+"] > 0),
}


def _delta(inputs, *, place="repeated", share="quarter", beta="times", error="given", slope="z > 0", sign=1):
    z, coefficient = inputs["z"], inputs["beta"]
    above = inputs["delta+"] if error == "given" else np.ones_like(inputs["delta+"])
    return enlarged(sign * SHARES[share] * beta_factor(coefficient, beta) * above, place) * SLOPES[slope](z, inputs)


def _terms(inputs, entry):
    p, q = entry
    slope = (f"f'(z[{p},{q}])", int(inputs["z"][entry] > 0))
    return [[("1/4", QUARTER), at("β", inputs["beta"]), at("δ+", inputs["delta+"], p // 2, q // 2), slope]]


delta_below = Question(
    name="mean-delta-below",
    notebook="06",
    title="The convolution under the pool",
    task="The z (4x4) of a convolution went through f = ReLU and then through a mean pool: z+ = beta down(f(z)) + b, a "
    "2x2 matrix. delta+ = dJ/dz+ came back. Compute delta = dJ/dz of the convolution (4x4).",
    answer="delta",
    conventions=(pool.MEAN, pool.BLOCKS, "The slope of ReLU at 0 is 0."),
    draw=_inputs,
    solve=_delta,
    terms=_terms,
    hint="There are two stations on the way back, the pool and the ReLU. What does each of them do to the error?",
    idea="delta = beta up(delta+) / 4 times f'(z), entry by entry. The pool gives every entry of a block the same "
    "share; then each entry meets the slope of f at its own z, which is 1 where z > 0 and 0 elsewhere.",
    equation="network.13",
    roles={"z": "input", "beta": "kernel", "b": "kernel", "delta+": "gradient", "delta": "gradient"},
    mistakes=(
        Mistake(
            name="f' forgotten",
            switches={"slope": "1"},
            says="f' is left out, so that silent entries get an error, too",
            hint="This is dJ/da, behind the ReLU. Which entries of z did the ReLU let through?",
        ),
        Mistake(
            name="slope 1 at 0",
            switches={"slope": "z >= 0"},
            says="the slope of ReLU at 0 is taken as 1",
            hint="One entry of z is exactly 0. What does this sheet say about it?",
            convention="the slope of ReLU at 0 is 1",
        ),
        Mistake(
            name="f' of the mean",
            switches={"slope": "of the mean"},
            says="f' is taken at the pooled map and repeated over the block",
            hint="The ReLU stands before the pool. Which matrix did it see?",
        ),
        Mistake(
            name="f' of the mean of z",
            switches={"slope": "mean of z"},
            says="f' is taken at the block means of z and repeated over the block",
            hint="The ReLU asked each entry of z for its sign. Did it ask for the block's mean?",
        ),
        Mistake(
            name="f' of the pool's z",
            switches={"slope": "of the pool's z"},
            says="f' is taken at the pool's own z+, one layer too far up",
            hint="Whatever lies above z+ is already inside delta+. Which slope is still to come?",
        ),
        Mistake(
            name="f' averaged",
            switches={"slope": "averaged"},
            says="the slopes of a block are averaged, and all four entries get the mean",
            hint="Each entry has a slope of its own, 0 or 1. Who shares what with whom?",
        ),
        Mistake(
            name="f in place of f'",
            switches={"slope": "relu(z)"},
            says="the value of the ReLU is multiplied, not its slope",
            hint="How steep is the ReLU at a positive z? Its height does not matter here.",
        ),
        Mistake(
            name="times z",
            switches={"slope": "z"},
            says="the error is multiplied by z",
            hint="Which number says how steep f is at z? It is not z.",
        ),
        Mistake(
            name="mask inverted",
            switches={"slope": "z < 0"},
            says="the error goes to the entries that the ReLU has silenced",
            hint="Raise an entry with z < 0 by a little. Does anybody above notice?",
        ),
        Mistake(
            name="mask by the sign of delta+",
            switches={"slope": "of delta"},
            says="negative errors are replaced by 0: the ReLU is applied to delta+",
            hint="The ReLU looked at z when it went forward. Going back, its slope is asked for at the same place.",
        ),
        pool.NO_QUARTER,
        pool.HALF,
        pool.SIXTEENTH,
        pool.FOUR_TIMES,
        pool.TILED,
        pool.COLUMNS_TILED,
        pool.ROWS_TILED,
        pool.CORNER,
        pool.NO_BETA,
        pool.BETA_DIVIDES,
        pool.BETA_TWICE,
        Mistake(
            name="delta+ forgotten",
            switches={"error": "ones"},
            says="only the slopes are written down, and delta+ is forgotten",
            hint="The slope says how far z+ moves. How much does J care about this z+?",
        ),
        Mistake(
            name="sign changed",
            switches={"sign": -1},
            says="the sign is changed, as for a step downhill",
            hint="The gradient points uphill. The minus sign belongs to the update of parameters only.",
        ),
    ),
)

QUESTIONS = (delta_below,)
