"""A question on the mean pool: forward."""

from fractions import Fraction

import numpy as np

from classroom.questions.base import Mistake, Question, at, number
from classroom.questions.blocks import QUARTER, groups, mean, whole_means

BLOCKS = "The blocks are 2x2 and lie side by side."
MEAN = "down is the block mean."
ROLES = {"x": "input", "z": "output", "beta": "kernel", "b": "kernel", "delta": "gradient", "dx": "gradient"}

# ------------------------------------------------------------------------------------------------------- forward


def _z_inputs(rng):
    return {"x": whole_means(rng, 4, 6), "beta": number(rng, 3, -3, 5), "b": number(rng, -5, -4, -2, 2, 6)}


def _z(inputs, *, read="blocks", pool="mean", beta="times", b="plus", order="beta first", output="z"):
    x, coefficient, bias = inputs["x"], inputs["beta"], inputs["b"]
    if beta == "exchanged with b":
        coefficient, bias = bias, coefficient
    block = groups(x, read)
    pooled = {
        "mean": lambda: mean(block),
        "sum": lambda: block.sum(axis=-1),
        "half": lambda: Fraction(1, 2) * block.sum(axis=-1),
        "sixteenth": lambda: Fraction(1, 16) * block.sum(axis=-1),
        "max": lambda: block.max(axis=-1),
        "corner": lambda: block[..., 0],
    }[pool]()
    coefficient = {"left out": 1}.get(beta, coefficient)
    bias = {"plus": bias, "left out": 0 * bias, "minus": -bias, "shared": QUARTER * bias}[b]
    z = coefficient * pooled + bias if order == "beta first" else coefficient * (pooled + bias)
    return z if output == "z" else np.maximum(z, 0)


def _z_terms(inputs, entry):
    (i, j), x = entry, inputs["x"]
    quarter, beta = ("1/4", QUARTER), at("β", inputs["beta"])
    products = [[quarter, beta, at("x", x, 2 * i + r, 2 * j + e)] for r, e in np.ndindex(2, 2)]
    return [*products, [at("b", inputs["b"])]]


forward = Question(
    name="mean-forward",
    notebook="06",
    title="Forward: average, stretch, shift",
    task="A mean pool reads one map x (4x6) in blocks of 2x2, multiplies every mean by beta and adds b. Compute its "
    "output z (2x3).",
    answer="z",
    conventions=(MEAN, BLOCKS),
    draw=_z_inputs,
    solve=_z,
    terms=_z_terms,
    hint="Draw the blocks into x. What is the mean of the first one, and what happens to it before it is z[0,0]?",
    idea="z = beta down(x) + b. down takes the mean of each 2x2 block: four entries added up and divided by 4. Only "
    "then is it multiplied by beta, and b is added once to each output.",
    equation="mean_pool.2",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="block sums",
            switches={"pool": "sum"},
            says="the blocks are added up and not divided by 4",
            hint="A mean is a sum, and then one thing more. How many entries has a block?",
            convention="down is the block sum",
        ),
        Mistake(
            name="divided by 2",
            switches={"pool": "half"},
            says="the sum of a block is divided by its side, 2, and not by the number of its entries",
            hint="How many numbers did you add up, and by what does a mean divide?",
        ),
        Mistake(
            name="divided by 4 twice",
            switches={"pool": "sixteenth"},
            says="the division by 4 is done twice",
            hint="The mean divides once by the number of entries. Where did a second division come in?",
        ),
        Mistake(
            name="maximum in place of mean",
            switches={"pool": "max"},
            says="the largest entry of each block is taken in place of the mean",
            hint="That is another kind of pool. Here all four entries of a block have a say.",
        ),
        Mistake(
            name="upper left entries",
            switches={"pool": "corner"},
            says="only the upper left entry of each block is read",
            hint="One output stands for a whole block. What of the other three entries?",
        ),
        Mistake(
            name="overlapping windows",
            switches={"read": "overlapping"},
            says="the window moves on by one column or row at a time, as in a convolution",
            hint="Which entries does the block to the right of the first one hold? No entry lies in two blocks.",
        ),
        Mistake(
            name="four in reading order",
            switches={"read": "in reading order"},
            says="four entries of a row in reading order are averaged",
            hint="A block is two rows high and two columns wide. Draw its border into x.",
        ),
        Mistake(
            name="entries far apart",
            switches={"read": "far apart"},
            says="an output averages entries half the map apart, as if x were cut into four large parts",
            hint="The four entries of a block are neighbours. Which four lie in the upper left corner?",
        ),
        Mistake(
            name="pairs in a row",
            switches={"read": "rows"},
            says="two neighbours in a row are averaged, and the rows stay apart",
            hint="A block reaches over two rows, too. How many rows has z?",
        ),
        Mistake(
            name="pairs in a column",
            switches={"read": "columns"},
            says="two neighbours in a column are averaged, and the columns stay apart",
            hint="A block reaches over two columns, too. How many columns has z?",
        ),
        Mistake(
            name="beta left out",
            switches={"beta": "left out"},
            says="the means are not multiplied by beta",
            hint="down(x) is only the first step of this pool. Which two numbers come after it?",
        ),
        Mistake(
            name="beta and b exchanged",
            switches={"beta": "exchanged with b"},
            says="beta and b have changed places",
            hint="One of the two multiplies and the other is added. Which is which?",
        ),
        Mistake(
            name="b left out",
            switches={"b": "left out"},
            says="b is left out",
            hint="Every output of this pool is shifted by the same number.",
        ),
        Mistake(
            name="b subtracted",
            switches={"b": "minus"},
            says="b is subtracted",
            hint="Look at the sign in front of b, and at the sign of b itself.",
        ),
        Mistake(
            name="b divided by 4",
            switches={"b": "shared"},
            says="b is divided by 4 together with the block",
            hint="The division belongs to the mean of x. Is b one of the entries of the block?",
        ),
        Mistake(
            name="b multiplied by beta",
            switches={"order": "b first"},
            says="b is added before beta multiplies",
            hint="In beta down(x) + b, what does beta multiply? Multiplication comes first.",
        ),
        Mistake(
            name="ReLU applied",
            switches={"output": "relu"},
            says="negative outputs are replaced by 0, as by a ReLU",
            hint="The question asks for z, before any activation. May z be negative?",
        ),
    ),
)

QUESTIONS = (forward,)
