"""Questions on the mean pool's input gradient, in both conventions: down as the block mean and as the block sum."""

from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np

from classroom.questions.base import Mistake, Question, at, exact, number
from classroom.questions.blocks import QUARTER, SHARES, beta_factor, enlarged, groups, means, whole_means
from classroom.questions.pooling import BLOCKS, MEAN, ROLES


def _dx_inputs(rng):
    delta = np.array(rng.sample([-10, -8, -6, -4, -2, 2, 4, 6, 8, 10], 4)).reshape(2, 2)
    return {"x": whole_means(rng, 4, 4), "beta": number(rng, 3, -3, 5), "b": number(rng, -5, -4, -2, 2, 6)} | {
        "delta": delta
    }


def _dx_sum_inputs(rng):
    beta = number(rng, Fraction(3, 4), Fraction(-3, 4), Fraction(5, 4))
    delta = np.array(rng.sample([-16, -12, -8, -4, 4, 8, 12, 16], 4)).reshape(2, 2)
    return _dx_inputs(rng) | {"beta": beta, "delta": delta}


def _dx(
    inputs, *, place="repeated", share="quarter", beta="times", delta="given", by="weights", bias="gone", fed="plain"
):
    x, coefficient, error = inputs["x"], inputs["beta"], inputs["delta"]
    if delta == "ones":
        error = np.ones_like(error)
    if fed != "plain":
        error = error * {"times the mean": 1, "times the sum": 4}[fed] * means(x)
    dx = enlarged(SHARES[share] * beta_factor(coefficient, beta) * error, place)
    if by != "weights":
        dx = dx * PARTS[by](groups(x)).reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)
    return dx if bias == "gone" else dx + inputs["b"]


PARTS = {
    "winner": lambda block: 4 * (np.arange(4) == block.argmax(axis=-1)[..., None]),
    "proportion": lambda block: 4 * block / exact(block.sum(axis=-1))[..., None],
}


def _dx_terms(inputs, entry, share=(("1/4", QUARTER),)):
    p, q = entry
    return [[*share, at("β", inputs["beta"]), at("δ", inputs["delta"], p // 2, q // 2)]]


TILED = Mistake(
    name="tiled",
    switches={"place": "tiled"},
    says="the whole of delta is set side by side, where each of its entries should be repeated over its own block",
    hint="Which output heard of x[0,0], and which of x[0,1]? Draw the blocks before you write.",
)
COLUMNS_TILED = Mistake(
    name="columns tiled",
    switches={"place": "rows repeated, columns tiled"},
    says="the rows of delta are repeated in place, but its columns are set side by side",
    hint="Downwards each entry fills its block. What of its neighbour to the right?",
)
ROWS_TILED = Mistake(
    name="rows tiled",
    switches={"place": "columns repeated, rows tiled"},
    says="the columns of delta are repeated in place, but its rows are set one below the other",
    hint="To the right each entry fills its block. What of its neighbour below?",
)
CORNER = Mistake(
    name="upper left entries only",
    switches={"place": "corner"},
    says="only the upper left entry of each block gets something, and the other three get 0",
    hint="Move one of the other three entries of a block by a little. Does the output stay where it is?",
)
NOT_ENLARGED = Mistake(
    name="not enlarged",
    switches={"place": "not enlarged"},
    says="delta is multiplied, but not spread over the blocks",
    hint="The gradient has the shape of what it belongs to. How many entries has a block?",
)
NO_QUARTER = Mistake(
    name="not divided by 4",
    switches={"share": "whole"},
    says="each entry of a block gets the whole error, not its quarter",
    hint="If one entry of a block moves by 4, by how much does the mean move?",
    convention="down is the block sum",
)
HALF = Mistake(
    name="divided by 2",
    switches={"share": "half"},
    says="each entry gets half of its block's error",
    hint="How many entries share the error of one block? Count them, not the block's side.",
)
SIXTEENTH = Mistake(
    name="divided by 4 twice",
    switches={"share": "sixteenth"},
    says="each entry gets a sixteenth of its block's error: the division by 4 is done twice",
    hint="By how much does the mean move when one of four entries moves by 1? That factor stands there once.",
)
FOUR_TIMES = Mistake(
    name="times 4",
    switches={"share": "four times"},
    says="the error is multiplied by 4, the number of entries in a block",
    hint="Move one entry of a block by 1. Does the output move by more than that, or by less?",
)
NO_BETA = Mistake(
    name="beta left out",
    switches={"beta": "left out"},
    says="beta is left out",
    hint="What happens to a mean before it is z? Whatever multiplies on the way up multiplies on the way back.",
)
BETA_DIVIDES = Mistake(
    name="divided by beta",
    switches={"beta": "divided"},
    says="the error is divided by beta",
    hint="Going back does not undo the forward pass. A slope of beta is a factor beta, in both directions.",
)
BETA_TWICE = Mistake(
    name="beta twice",
    switches={"beta": "twice"},
    says="the factor beta is there twice",
    hint="How often does a mean meet beta on its way to z?",
)
ONES = Mistake(
    name="delta forgotten",
    switches={"delta": "ones"},
    says="only the slope of z is written down, and delta is forgotten",
    hint="The slope says how far z moves. How much does J care about this z? That is what came back.",
)
BIAS_ADDED = Mistake(
    name="b added",
    switches={"bias": "added"},
    says="b is added on the way back, too",
    hint="What is the derivative of a constant that is added?",
)
WINNER = Mistake(
    name="all to the largest",
    switches={"by": "winner"},
    says="the largest entry of each block gets all of the error and the others nothing: the max pool's rule",
    hint="Which entries of a block have a say in its mean? Only the largest?",
)
PROPORTION = Mistake(
    name="shared in proportion",
    switches={"by": "proportion"},
    says="the block's error is shared in proportion to the entries of x",
    hint="Move a large entry by 1, then a small one by 1. Does the mean notice a difference?",
)
TIMES_DOWN = Mistake(
    name="times down(x)",
    switches={"fed": "times the mean"},
    says="delta is multiplied by down(x)",
    hint="down(x) stands beside beta in z, so it belongs to the gradient of beta. What stands beside one entry of x?",
)
PLACES = (TILED, COLUMNS_TILED, ROWS_TILED, CORNER, NOT_ENLARGED)
SLOPES = (NO_BETA, BETA_DIVIDES, BETA_TWICE, ONES, BIAS_ADDED)

dx = Question(
    name="mean-dx",
    notebook="06",
    title="Share the error out",
    task="One map x (4x4) went through a mean pool: z = beta down(x) + b, a 2x2 matrix. delta = dJ/dz came back. "
    "Compute dx (4x4). Not everything that is given is needed.",
    answer="dx",
    conventions=(MEAN, BLOCKS),
    draw=_dx_inputs,
    solve=_dx,
    terms=_dx_terms,
    hint="Raise one entry of x by 1. By how much does the mean of its block rise, by how much z, by how much J?",
    idea="dx = beta up(delta) / 4. Every entry of a block gets the same share: the delta of its own block, times beta, "
    "divided by the 4 entries of the block. up repeats each entry of delta over its block.",
    equation="mean_pool.9",
    roles=ROLES,
    mistakes=(NO_QUARTER, HALF, SIXTEENTH, FOUR_TIMES, *PLACES, *SLOPES, TIMES_DOWN, WINNER, PROPORTION),
)

dx_block_sum = Question(
    name="mean-dx-block-sum",
    notebook="06",
    title="The other convention: down is the block sum",
    task="In some accounts down adds up a block and leaves the division to beta. One map x (4x4) went through such a "
    "pool: z = beta down(x) + b, a 2x2 matrix. delta = dJ/dz came back. Compute dx (4x4).",
    answer="dx",
    conventions=("On this sheet down is the block sum.", BLOCKS),
    draw=_dx_sum_inputs,
    solve=partial(_dx, share="whole"),
    terms=partial(_dx_terms, share=()),
    hint="Raise one entry of x by 1. By how much does the sum of its block rise, by how much z, by how much J?",
    idea="dx = beta up(delta). A block sum moves by as much as any one of its entries, so each entry gets the delta of "
    "its block times beta, and no 1/4: on this sheet the 1/4 is hidden in beta.",
    equation="mean_pool.22",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="divided by 4",
            switches={"share": "quarter"},
            says="each entry of a block gets a quarter of the error",
            hint="Read again what down is on this sheet. By how much does it move when one entry moves by 1?",
            convention="down is the block mean",
        ),
        HALF,
        SIXTEENTH,
        FOUR_TIMES,
        *PLACES,
        *SLOPES,
        replace(TIMES_DOWN, switches={"fed": "times the sum"}),
        replace(
            WINNER,
            switches={"by": "winner", "share": "quarter"},
            hint="Which entries of a block have a say in its sum? Only the largest?",
        ),
        replace(
            PROPORTION,
            switches={"by": "proportion", "share": "quarter"},
            hint="Move a large entry by 1, then a small one by 1. Does the sum notice a difference?",
        ),
    ),
)

QUESTIONS = (dx, dx_block_sum)
