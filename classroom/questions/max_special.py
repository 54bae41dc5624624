"""Questions on the max pool's special cases: ties, overlapping windows, and a remainder at the edge."""

from functools import partial

import numpy as np

from classroom.questions.base import Mistake, Question
from classroom.questions.max_pooling import ROLES, SIDE_BY_SIDE, distinct_map, error
from classroom.questions.max_routes import ABSOLUTE, STRIDE_1, USUAL, one_product, routed

# ------------------------------------------------------------------------------------------------------------- ties


def _ties_inputs(rng):
    """Four windows with ties: across the falling diagonal, across the rising one, in a row or column, of three."""
    patterns = [[0, 3], [1, 2], rng.choice([[1, 3], [2, 3]]), rng.choice([[0, 1, 2], [1, 2, 3]])]
    rng.shuffle(patterns)
    x = np.zeros((4, 4), np.int64)
    for (i, j), pattern in zip(np.ndindex(2, 2), patterns, strict=True):
        largest = rng.choice([n for n in range(-2, 10) if n])
        block = np.array(rng.sample(range(largest - 7, largest), 4))
        block[pattern] = largest
        x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = block.reshape(2, 2)
    return {"x": x, "delta": np.array(rng.sample([-18, -12, -6, 6, 12, 18, 24], 4)).reshape(2, 2)}


ties = Question(
    name="max-dx-ties",
    notebook="07",
    title="When two are the largest",
    task="One map x (4x4) went through a max pool; delta = dJ/dz (2x2) came back. In every window the largest number "
    "stands more than once. Compute dx (4x4).",
    answer="dx",
    conventions=(SIDE_BY_SIDE, "On a tie, the first of the largest entries in reading order gets the gradient."),
    draw=_ties_inputs,
    solve=routed,
    terms=one_product,
    hint="Read each window as you read a text. At which entry do you meet its largest number for the first time?",
    idea="One output has one way back: of several largest entries the first in reading order gets all of delta, and "
    "the others get 0. It is a choice, since there is no derivative at a tie.",
    equation="max_pool.11",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="delta to every largest entry",
            switches={"to": "tied"},
            says="every one of the largest entries gets the whole delta",
            hint="One delta came back. How much of it did you hand out in a window?",
        ),
        Mistake(
            name="delta split among the largest",
            switches={"to": "split"},
            says="delta is split in equal parts among the largest entries",
            hint="Read the sheet's rule for ties again. How many entries get something?",
            convention="the largest entries share delta in equal parts",
        ),
        Mistake(
            name="last of the largest",
            switches={"to": "last"},
            says="the last of the largest entries in reading order gets delta",
            hint="Read the sheet's rule for ties again. Where does reading begin?",
            convention="the last of several largest entries gets the gradient",
        ),
        Mistake(
            name="first by columns",
            switches={"to": "column by column"},
            says="the windows are read down the columns, and the first of the largest entries is taken in this order",
            hint="Reading order goes along the rows. Which of the tied entries comes first?",
            convention="windows are read down the columns",
        ),
        Mistake(
            name="nothing on a tie",
            switches={"to": "none of a tie"},
            says="nobody gets anything where there is a tie",
            hint="There is no derivative at a tie, so one must choose. What does this sheet choose?",
        ),
        *USUAL,
        STRIDE_1,
    ),
)

# ---------------------------------------------------------------------------------------------- overlapping windows


def _overlap_inputs(rng):
    x = distinct_map(rng, 3, 4)
    column = rng.choice([1, 2])
    x[1, column] = 20  # wins the four windows around it
    x[rng.choice([0, 2]), 3 if column == 1 else 0] = -20  # the largest without its sign
    return {"x": x, "delta": error(rng, 2, 3)}


overlap = Question(
    name="max-dx-overlap",
    notebook="07",
    title="Overlapping windows",
    task="One map x (3x4) went through a max pool whose 2x2 windows move on by one row or column; delta = dJ/dz (2x3) "
    "came back. Compute dx (3x4).",
    answer="dx",
    conventions=("The windows are 2x2, the stride is 1.",),
    draw=_overlap_inputs,
    solve=partial(routed, stride=1),
    terms=partial(one_product, stride=1),
    hint="Go through the windows one by one. Which entry of x wins each? One of them wins more than once.",
    idea="Each delta goes to the entry that was the largest of its window. An entry that wins several windows gets the "
    "sum of their deltas: it reaches J along several paths, and paths add.",
    equation="max_pool.10",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="= for +=",
            switches={"overlap": "last"},
            says="an entry that wins several windows keeps the delta of the last one only",
            hint="The entry reaches J through several windows. What does the chain rule do with several paths?",
        ),
        Mistake(
            name="first window only",
            switches={"overlap": "first"},
            says="an entry that wins several windows keeps the delta of the first one only",
            hint="The entry reaches J through several windows. What does the chain rule do with several paths?",
        ),
        Mistake(
            name="mean of the windows",
            switches={"overlap": "mean"},
            says="an entry that wins several windows gets the mean of their deltas",
            hint="Paths to J are added up. Where does a division come from?",
        ),
        *USUAL,
        ABSOLUTE,
    ),
)

# ---------------------------------------------------------------------------------------------------- the remainder


def _remainder_inputs(rng):
    x = distinct_map(rng, 3, 5)
    x[rng.choice([0, 1]), 3] = 19  # wins the second window
    rim = rng.choice([[(2, 0), (0, 4)], [(2, 0), (1, 4)], [(2, 1), (0, 4)]])
    for place, size in zip(rim, rng.sample([20, 21, 22], 2), strict=True):
        x[place] = size  # outside of every window, and larger than all inside
    return {"x": x, "delta": error(rng, 1, 2)}


remainder = Question(
    name="max-dx-remainder",
    notebook="07",
    title="A remainder at the edge",
    task="One map x (3x5) went through a max pool with 2x2 windows. They do not fit evenly: what is left over at the "
    "lower and right edge belongs to no window. delta = dJ/dz (1x2) came back. Compute dx (3x5).",
    answer="dx",
    conventions=(SIDE_BY_SIDE, "They begin at the upper left, and a remainder is left out."),
    draw=_remainder_inputs,
    solve=routed,
    terms=one_product,
    hint="Draw the windows into x, beginning at the upper left. Which entries lie in none of them?",
    idea="Each delta goes to the entry that was the largest of its window, and dx has the shape of x. No output reads "
    "the last row and the last column, so their gradient is 0.",
    equation="max_pool.10",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="cropped",
            switches={"shape": "cropped"},
            says="the last row and column are left away, so that dx has another shape than x",
            hint="A gradient has the shape of what it belongs to. What is the gradient of an entry that nobody reads?",
        ),
        Mistake(
            name="windows reach to the edge",
            switches={"reach": "to the edge"},
            says="the last windows are stretched to the edge, so that they read the remainder, too",
            hint="Every window is 2x2. Which entries does the last one read?",
        ),
        Mistake(
            name="windows begin at the lower right",
            switches={"start": 1},
            says="the windows end at the lower right corner, and the first row and column are left over",
            hint="Where does the first window begin on this sheet?",
        ),
        *USUAL,
        STRIDE_1,
    ),
)

QUESTIONS = (ties, overlap, remainder)
