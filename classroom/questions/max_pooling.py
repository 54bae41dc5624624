"""Questions on the max pool: forward, the way back, ties, overlapping windows, and a remainder at the edge."""

from functools import partial

import numpy as np

from classroom.questions.base import Mistake, Question, written
from classroom.questions.blocks import groups, mean
from classroom.questions.max_routes import ABSOLUTE, POSITIVE, STRIDE_1, USUAL, one_product, routed

SIDE_BY_SIDE = "The windows are 2x2 and lie side by side."
ROLES = {"x": "input", "z": "output", "delta": "gradient", "dx": "gradient"}
NUMBERS = [n for n in range(-12, 19) if n]


def _map(rng, height, width):
    return np.array(rng.sample(NUMBERS, height * width)).reshape(height, width)


def _error(rng, *shape):
    numbers = [-8, -7, -6, -5, -3, -2, 2, 3, 5, 6, 7, 8]
    return np.array(rng.sample(numbers, shape[0] * shape[1])).reshape(shape)


def _negative_window(rng, x):
    """x with one of its windows turned negative, for a largest entry below 0."""
    i, j = (2 * rng.randrange(length // 2) for length in x.shape)
    x[i : i + 2, j : j + 2] = -abs(x[i : i + 2, j : j + 2])
    return x


# ------------------------------------------------------------------------------------------------------- forward


def _z_inputs(rng):
    return {"x": _negative_window(rng, _map(rng, 4, 6))}


def _z(inputs, *, read="blocks", take="largest", output="z"):
    block = groups(inputs["x"], read)
    z = {
        "largest": lambda: block.max(axis=-1),
        "smallest": lambda: block.min(axis=-1),
        "absolute": lambda: abs(block).max(axis=-1),
        "largest without sign": lambda: np.take_along_axis(block, abs(block).argmax(-1)[..., None], -1)[..., 0],
        "mean": lambda: mean(block),
        "sum": lambda: block.sum(axis=-1),
        "corner": lambda: block[..., 0],
        "place": lambda: block.argmax(axis=-1),
        "second": lambda: np.sort(block, axis=-1)[..., -2],
        "whole map": lambda: 0 * block[..., 0] + block.max(),
    }[take]()
    return np.maximum(z, 0) if output == "relu" else z


def _z_steps(inputs, entry):
    i, j = entry
    block = ", ".join(written(number) for number in inputs["x"][2 * i : 2 * i + 2, 2 * j : 2 * j + 2].flat)
    rows = f"x[{2 * i},{2 * j}], x[{2 * i},{2 * j + 1}], x[{2 * i + 1},{2 * j}], x[{2 * i + 1},{2 * j + 1}]"
    return f"z[{i},{j}] = max({rows}) = max({block}) = {written(_z(inputs)[entry])}"


forward = Question(
    name="max-forward",
    notebook="07",
    title="Forward: the largest of each window",
    task="A max pool reads one map x (4x6) in windows of 2x2. Compute its output z (2x3).",
    answer="z",
    conventions=(SIDE_BY_SIDE,),
    draw=_z_inputs,
    solve=_z,
    steps=_z_steps,
    hint="Draw the windows into x. Which number is the largest of the first one? Mind the signs.",
    idea="z[i,j] is the largest of the four entries of window (i,j), which begins at row 2i and column 2j. Nothing is "
    "added and nothing is multiplied.",
    equation="max_pool.6",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="mean in place of maximum",
            switches={"take": "mean"},
            says="the mean of each window is taken",
            hint="That is another kind of pool. How many entries have a say in this one?",
        ),
        Mistake(
            name="sum in place of maximum",
            switches={"take": "sum"},
            says="the entries of each window are added up",
            hint="A max pool adds nothing. Which one entry passes?",
        ),
        Mistake(
            name="smallest entry",
            switches={"take": "smallest"},
            says="the smallest entry of each window is taken",
            hint="Which one passes, the largest or the smallest?",
        ),
        Mistake(
            name="signs dropped",
            switches={"take": "absolute"},
            says="the largest size is taken, without its sign",
            hint="Which is larger, a small positive number or a large negative one? And is a negative output possible?",
        ),
        Mistake(
            name="largest without sign",
            switches={"take": "largest without sign"},
            says="the entry farthest from 0 is taken, whatever its sign",
            hint="Which is larger, a small positive number or a large negative one?",
        ),
        Mistake(
            name="upper left entry",
            switches={"take": "corner"},
            says="the upper left entry of each window is taken",
            hint="The place inside the window does not matter. What does?",
        ),
        Mistake(
            name="place of the maximum",
            switches={"take": "place"},
            says="the place of the largest entry, counted from 0, is written down",
            hint="The place is worth keeping for the way back. What does the layer pass on?",
        ),
        Mistake(
            name="second largest",
            switches={"take": "second"},
            says="the second largest entry of each window is taken",
            hint="Is there a larger entry in the window?",
        ),
        Mistake(
            name="largest of the whole map",
            switches={"take": "whole map"},
            says="the largest entry of the whole map stands everywhere",
            hint="Each output looks at its own window only.",
        ),
        Mistake(
            name="overlapping windows",
            switches={"read": "overlapping"},
            says="the window moves on by one row or column at a time",
            hint="The windows lie side by side. At which column does the second one begin?",
        ),
        Mistake(
            name="four in reading order",
            switches={"read": "in reading order"},
            says="a window is taken as four entries of x in reading order",
            hint="A window is two rows high and two columns wide. Draw its border into x.",
        ),
        Mistake(
            name="entries far apart",
            switches={"read": "far apart"},
            says="a window is taken from entries half the map apart",
            hint="The four entries of a window are neighbours. Which four lie in the upper left corner?",
        ),
        Mistake(
            name="pairs in a row",
            switches={"read": "rows"},
            says="two neighbours in a row are compared, and the rows stay apart",
            hint="A window reaches over two rows, too. How many rows has z?",
        ),
        Mistake(
            name="pairs in a column",
            switches={"read": "columns"},
            says="two neighbours in a column are compared, and the columns stay apart",
            hint="A window reaches over two columns, too. How many columns has z?",
        ),
        Mistake(
            name="ReLU applied",
            switches={"output": "relu"},
            says="negative maxima are replaced by 0",
            hint="There is no ReLU on this sheet. What is the largest of four negative numbers?",
        ),
    ),
)

# ----------------------------------------------------------------------------------------------------- the way back


def _dx_inputs(rng):
    return {"x": _negative_window(rng, _map(rng, 4, 4)), "delta": _error(rng, 2, 2)}


dx = Question(
    name="max-dx",
    notebook="07",
    title="Back to the largest",
    task="One map x (4x4) went through a max pool; delta = dJ/dz (2x2) came back. Compute dx (4x4).",
    answer="dx",
    conventions=(SIDE_BY_SIDE,),
    draw=_dx_inputs,
    solve=routed,
    terms=one_product,
    hint="Mark the largest entry of each window in x. Which entries would the output notice if they moved a little?",
    idea="Each delta goes, whole, to the entry that was the largest of its window. All other entries get 0: as long as "
    "they move only a little, the output does not notice.",
    equation="max_pool.11",
    roles=ROLES,
    mistakes=(*USUAL, ABSOLUTE, POSITIVE, STRIDE_1),
)

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
    x = _map(rng, 3, 4)
    column = rng.choice([1, 2])
    x[1, column] = 20  # wins the four windows around it
    x[rng.choice([0, 2]), 3 if column == 1 else 0] = -20  # the largest without its sign
    return {"x": x, "delta": _error(rng, 2, 3)}


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
    x = _map(rng, 3, 5)
    x[rng.choice([0, 1]), 3] = 19  # wins the second window
    rim = rng.choice([[(2, 0), (0, 4)], [(2, 0), (1, 4)], [(2, 1), (0, 4)]])
    for place, size in zip(rim, rng.sample([20, 21, 22], 2), strict=True):
        x[place] = size  # outside of every window, and larger than all inside
    return {"x": x, "delta": _error(rng, 1, 2)}


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

QUESTIONS = (forward, dx, ties, overlap, remainder)
