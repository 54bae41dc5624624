"""A question on the gradient of the mean pool's beta."""

from fractions import Fraction

import numpy as np

from classroom.questions.base import Mistake, Question, at
from classroom.questions.blocks import QUARTER, SIGN, groups, mean, means, whole_means
from classroom.questions.pooling import BLOCKS, MEAN

ROLES = {"x": "input", "beta": "kernel", "b": "kernel", "g": "gradient", "delta": "gradient"}
ROLES |= {"dbeta": "parameter gradient", "db": "parameter gradient"}
PAIRS = "Each map has its own beta and its own b."


def parameters(rng):
    """beta and b of three maps: all different, none of them a number that hides a slip."""
    beta = np.array([rng.choice((-1, 1)) * size for size in rng.sample([3, 5, 6, 7], 3)])
    return {"beta": beta, "b": np.array(rng.sample([-7, -5, -4, -3, 2, 3, 6, 8], 3))}


def coming_back(rng):
    """delta or g: two places of three maps, all from -5 to 5 without -1, 0 and 1."""
    return np.array([rng.sample([-5, -4, -3, -2, 2, 3, 4, 5], 2) for _ in range(3)]).reshape(3, 1, 2)


# ---------------------------------------------------------------------------------------------- the gradient of beta


def _dbeta_inputs(rng):
    return {"x": whole_means(rng, 3, 2, 4, low=-3, high=8)} | parameters(rng) | {"delta": coming_back(rng)}


def dbeta_of(
    inputs, *, factor="down", over="sum", maps="own", slope="f'(z)", scale=1, sign=1, error="delta", block="mean"
):
    beta, b = inputs["beta"][:, None, None], inputs["b"][:, None, None]
    pooled = BLOCK[block](groups(inputs["x"]))
    if "delta" in inputs:
        delta = inputs["delta"]
    else:
        delta = inputs["g"] * SLOPES[slope](beta * pooled + b, pooled, inputs["g"])
    if error == "ones":
        delta = np.ones_like(delta)
    beside = {
        "down": lambda: pooled,
        "z": lambda: beta * pooled + b,
        "f(z)": lambda: np.maximum(beta * pooled + b, 0),
        "beta down": lambda: beta * pooled,
        "1": lambda: np.ones_like(pooled),
        "beta": lambda: beta * np.ones_like(pooled),
    }[factor]()
    dbeta = scale * sign * OVER[over](of_another_map(delta, maps), beside)
    return np.full(3, dbeta.sum()) if maps == "all" else dbeta


def of_another_map(delta, maps):
    """delta as it is, or each map with that of the "next" or the "previous" one."""
    return np.roll(delta, {"next": -1, "previous": 1}[maps], axis=0) if maps in ("next", "previous") else delta


BLOCK = {
    "mean": mean,
    "sum": lambda block: block.sum(axis=-1),
    "max": lambda block: block.max(axis=-1),
    "corner": lambda block: block[..., 0],
}
SLOPES = {
    "f'(z)": lambda z, pooled, g: z > 0,
    "1": lambda z, pooled, g: np.ones_like(g),
    "z >= 0": lambda z, pooled, g: z >= 0,
    "f(z)": lambda z, pooled, g: np.maximum(z, 0),
    "z": lambda z, pooled, g: z,
    "below": lambda z, pooled, g: pooled > 0,
    "of g": lambda z, pooled, g: g > 0,
    "inverted": lambda z, pooled, g: z < 0,
}
OVER = {
    "sum": lambda delta, beside: (delta * beside).sum(axis=(1, 2)),
    "mean": lambda delta, beside: Fraction(1, delta[0].size) * (delta * beside).sum(axis=(1, 2)),
    "product of sums": lambda delta, beside: delta.sum(axis=(1, 2)) * beside.sum(axis=(1, 2)),
    "first": lambda delta, beside: (delta * beside)[:, 0, 0],
    "last": lambda delta, beside: (delta * beside)[:, -1, -1],
    "nothing": lambda delta, beside: (delta * beside)[:, 0],
    "maps": lambda delta, beside: (delta * beside).sum(axis=(0, 1)),
    "added": lambda delta, beside: (delta + beside).sum(axis=(1, 2)),
}


def _dbeta_terms(inputs, entry):
    (c,), d = entry, means(inputs["x"])
    return [[at("δ", inputs["delta"], c, 0, j), at("down(x)", d, c, 0, j)] for j in range(2)]


OTHER_MAPS = (
    Mistake(
        name="delta of the next map",
        switches={"maps": "next"},
        says="each map gets the delta of the map that follows",
        hint="Which delta belongs to the first map? Check the first index.",
    ),
    Mistake(
        name="delta of the previous map",
        switches={"maps": "previous"},
        says="each map gets the delta of the map before it",
        hint="Which delta belongs to the first map? Check the first index.",
    ),
)
BETA_MISTAKES = (
    Mistake(
        name="block sums",
        switches={"block": "sum"},
        says="delta meets the sums of the blocks, as when up(delta) is multiplied with x and added up",
        hint="Which number does beta multiply in the forward pass: four entries of x, or their mean?",
        convention="down is the block sum",
    ),
    Mistake(
        name="largest entries",
        switches={"block": "max"},
        says="delta meets the largest entry of each block",
        hint="That is another kind of pool. What does beta multiply in this one?",
    ),
    Mistake(
        name="upper left entries",
        switches={"block": "corner"},
        says="delta meets the upper left entry of each block",
        hint="What does beta multiply in the forward pass? All four entries have a say in it.",
    ),
    Mistake(
        name="with the output",
        switches={"factor": "z"},
        says="delta meets beta down(x) + b, the pool's own output",
        hint="In beta down(x) + b, which factor stands beside beta? beta and b themselves are not part of it.",
    ),
    Mistake(
        name="times beta",
        switches={"factor": "beta down"},
        says="beta stands in its own gradient as a factor",
        hint="What is the slope of beta down(x), as a straight line in beta?",
    ),
    Mistake(
        name="beta for down(x)",
        switches={"factor": "beta"},
        says="delta meets beta, and down(x) does not occur",
        hint="beta times delta belongs to the gradient of down(x). Which factor stands beside beta?",
    ),
    Mistake(
        name="down(x) forgotten",
        switches={"factor": "1"},
        says="delta is added up without down(x), which is the gradient of b",
        hint="What moves further when beta moves: an output with a large mean, or one with a small mean?",
    ),
    Mistake(
        name="delta forgotten",
        switches={"error": "ones"},
        says="the means are added up, and what came back is forgotten",
        hint="The slope says how far an output moves. How much does J care about this output?",
    ),
    Mistake(
        name="mean over the places",
        switches={"over": "mean"},
        says="the products are averaged over the places of a map",
        hint="Every place that uses beta reports how J changes. Are such reports averaged or added up?",
    ),
    Mistake(
        name="product of sums",
        switches={"over": "product of sums"},
        says="delta and the means are each added up first, and then multiplied",
        hint="Multiply place by place, and add up afterwards. A sum of products is no product of sums.",
    ),
    Mistake(
        name="first place only",
        switches={"over": "first"},
        says="only the first place of each map is counted",
        hint="How many outputs does one beta have a hand in? Each of them gives a product.",
    ),
    Mistake(
        name="last place only",
        switches={"over": "last"},
        says="only the last place of each map is counted, as when = stands where += belongs",
        hint="How many outputs does one beta have a hand in? Each of them gives a product.",
    ),
    Mistake(
        name="not added up",
        switches={"over": "nothing"},
        says="the products are not added up over the places",
        hint="There is one beta for a whole map. How many numbers is its gradient?",
    ),
    Mistake(
        name="summed over the maps",
        switches={"over": "maps"},
        says="the products are added up over the maps, and the places stay apart",
        hint="Which of the two shares one beta: the places of a map, or the maps?",
    ),
    Mistake(
        name="one beta for all maps",
        switches={"maps": "all"},
        says="all maps are added up into one number, as if they shared one beta",
        hint="How many betas are given? Each hears from its own map only.",
    ),
    *OTHER_MAPS,
    Mistake(
        name="added for multiplied",
        switches={"over": "added"},
        says="delta and down(x) are added, not multiplied",
        hint="Factors along one path multiply; only different paths add.",
    ),
    Mistake(
        name="divided by 4 again",
        switches={"scale": QUARTER},
        says="the result is divided by 4 once more, though the mean has done so",
        hint="Where is the division by 4 already? It stands once.",
    ),
    SIGN,
)

dbeta = Question(
    name="mean-dbeta",
    notebook="06",
    title="The gradient of beta",
    task="Three maps x (each 2x4) went through a mean pool, z[c] = beta[c] down(x[c]) + b[c], and delta = dJ/dz came "
    "back (each 1x2). Compute dbeta, one number for each map. Not everything that is given is needed.",
    answer="dbeta",
    conventions=(MEAN, BLOCKS, PAIRS),
    draw=_dbeta_inputs,
    solve=dbeta_of,
    terms=_dbeta_terms,
    hint="Raise beta of one map by 1. By how much does each output of this map rise, and how much does J care?",
    idea="The entry dbeta[c] is the sum over all places of delta[c] times down(x[c]): z is a straight line in beta, "
    "and its slope is the mean that stands beside beta.",
    equation="mean_pool.27",
    roles=ROLES,
    mistakes=BETA_MISTAKES,
)

QUESTIONS = (dbeta,)
