"""The tiny network's way back, from the scores to the delta of the convolution."""

import numpy as np

from classroom.questions.base import Mistake, Question, at
from classroom.questions.blocks import QUARTER, SHARES, enlarged
from classroom.questions.network import MEAN, RELU, ROLES, SAME_NUMBERS, Draw, asked
from classroom.questions.pooling_input import BETA_DIVIDES, HALF, NO_QUARTER, SIXTEENTH

# ------------------------------------------------------------------------------------------- back to the convolution


def delta2_of(inputs, W="W.T", f2="z2 > 0", used="all"):
    """delta of the pool: W.T delta, and f' at the pool's own z2."""
    z2 = inputs["z2"]
    weights = {"W.T": inputs["W"].T, "W": inputs["W"]}[W]
    g = {"all": lambda: weights @ inputs["delta"], "delta alone": lambda: inputs["delta"]}[used]()
    slope = {
        "z2 > 0": lambda: z2 > 0,
        "1": lambda: np.ones_like(z2),
        "value": lambda: np.maximum(z2, 0),
        "inverted": lambda: z2 < 0,
        "of g": lambda: g.reshape(z2.shape) > 0,
    }[f2]()
    return g.reshape(z2.shape) * slope


def delta1_of(
    inputs, *, W="W.T", f2="z2 > 0", used="all", place="repeated", share="quarter", beta="times", f1="z1 > 0"
):
    """delta of the convolution: the pool's delta, times beta, in equal shares over the blocks, times f' at z1."""
    z1, coefficient = inputs["z1"], inputs["beta"]
    factor = {
        "times": lambda: coefficient,
        "left out": lambda: 1,
        "divided": lambda: 1 / coefficient,
        "twice": lambda: coefficient**2,
    }[beta]()
    down = factor * delta2_of(inputs, W, f2, used)
    slope = {
        "z1 > 0": lambda: z1 > 0,
        "1": lambda: np.ones_like(z1),
        "value": lambda: np.maximum(z1, 0),
        "inverted": lambda: z1 < 0,
        "of z2": lambda: enlarged(inputs["z2"] > 0),
        "of delta": lambda: enlarged(down > 0),
    }[f1]()
    shared = down // 4 if share == "quarter" and not (down % 4).any() else float(SHARES[share]) * down
    return enlarged(shared, place) * slope


def _terms(inputs, entry):
    p, q = entry
    j = q // 2
    slopes = [(f"f'(z2[0,{j}])", int(inputs["z2"][0, j] > 0)), (f"f'(z1[{p},{q}])", int(inputs["z1"][entry] > 0))]
    shared = [("1/4", QUARTER), at("β", inputs["beta"])]
    return [[*shared, at("W", inputs["W"], k, j), at("δ", inputs["delta"], k), *slopes] for k in range(3)]


WAY_BACK = (
    Mistake(
        name="W not transposed",
        switches={"W": "W"},
        says="W meets delta as it is, and not transposed",
        hint="Entry k of v went to all three scores. Do these weights stand in a row or in a column of W?",
    ),
    Mistake(
        name="W left out",
        switches={"used": "delta alone"},
        says="the delta of the scores is handed to the pool without W",
        hint="Between the scores and the pool stands the fully connected layer. What does it do to delta?",
    ),
    Mistake(
        name="f' behind the pool forgotten",
        switches={"f2": "1"},
        says="f' behind the pool is left out",
        hint="v is ReLU(z2). One entry of z2 is negative. What passes there?",
    ),
    Mistake(
        name="f for f' behind the pool",
        switches={"f2": "value"},
        says="the value of the ReLU behind the pool is multiplied, not its slope",
        hint="How steep is the ReLU at a positive z2? Its height does not matter here.",
    ),
    Mistake(
        name="mask behind the pool inverted",
        switches={"f2": "inverted"},
        says="only the silent entry of z2 passes something back",
        hint="Which entries of z2 did the ReLU let through?",
    ),
    Mistake(
        name="f' of g behind the pool",
        switches={"f2": "of g"},
        says="behind the pool negative errors are replaced by 0: the ReLU is applied to what comes back",
        hint="The slope of ReLU is asked for at z2, whatever comes back.",
    ),
)
THROUGH_THE_POOL = (
    NO_QUARTER,
    HALF,
    SIXTEENTH,
    Mistake(
        name="beta left out",
        switches={"beta": "left out"},
        says="beta is left out on the way through the pool",
        hint="What happens to a mean before it is z2?",
    ),
    BETA_DIVIDES,
    Mistake(
        name="tiled",
        switches={"place": "tiled"},
        says="the pool's errors are set side by side, where each should be repeated over its own block",
        hint="Which columns of z1 went into the first entry of z2?",
    ),
    Mistake(
        name="f' behind the convolution forgotten",
        switches={"f1": "1"},
        says="f' behind the convolution is left out",
        hint="Which entries of z1 did the ReLU let through?",
    ),
    Mistake(
        name="f for f' behind the convolution",
        switches={"f1": "value"},
        says="the value of the ReLU behind the convolution is multiplied, not its slope",
        hint="How steep is the ReLU at a positive z1? Its height does not matter here.",
    ),
    Mistake(
        name="f' of z2 behind the convolution",
        switches={"f1": "of z2"},
        says="behind the convolution f' is taken at z2 once more",
        hint="The slope at z2 is already inside the pool's delta. Which slope is still to come?",
    ),
    Mistake(
        name="mask behind the convolution inverted",
        switches={"f1": "inverted"},
        says="the error goes to the entries of z1 that the ReLU has silenced",
        hint="Raise a silent entry of z1 by a little. Does anybody above notice?",
    ),
)
NO_OTHER_SLOPE = ("f' behind the convolution forgotten", "f' of z2 behind the convolution")

delta = Question(
    name="network-delta",
    notebook="08",
    title="A tiny network: back to the convolution",
    task=asked(
        "delta = dJ/dz3 came back from the loss. z1 and z2 are given. Compute delta1 = dJ/dz1 (2x6), through the fully "
        "connected layer, a ReLU, the pool and a ReLU."
    ),
    answer="delta1",
    conventions=(MEAN, RELU, SAME_NUMBERS),
    draw=Draw("z1 beta z2 W delta"),
    solve=delta1_of,
    terms=_terms,
    hint="Four stations on the way back: W, the ReLU at z2, the pool, the ReLU at z1. What does each do to the error?",
    idea="First delta2 = W.T delta times f'(z2), entry by entry: the pool's delta. Then delta1 = beta up(delta2) / 4 "
    "times f'(z1), entry by entry.",
    equation="network.13",
    roles=ROLES,
    sheet="network",
    inseparable=(NO_OTHER_SLOPE,),
    mistakes=(
        *WAY_BACK,
        *THROUGH_THE_POOL,
        Mistake(
            name="beta twice",
            switches={"beta": "twice"},
            says="the factor beta is there twice",
            hint="How often does a mean meet beta on its way to z2?",
        ),
        Mistake(
            name="upper left entries",
            switches={"place": "corner"},
            says="only the upper left entry of each block gets something",
            hint="All four entries of a block have a share in the mean.",
        ),
        Mistake(
            name="f' of the error behind the convolution",
            switches={"f1": "of delta"},
            says="behind the convolution negative errors are replaced by 0: the ReLU is applied to what comes back",
            hint="The slope of ReLU is asked for at z1, whatever comes back.",
        ),
    ),
)

QUESTIONS = (delta,)
