"""Questions on the max pool: forward, and back to the largest."""

import numpy as np

from classroom.questions.base import Mistake, Question, written
from classroom.questions.blocks import groups, mean
from classroom.questions.max_routes import ABSOLUTE, POSITIVE, STRIDE_1, USUAL, one_product, routed

SIDE_BY_SIDE = "The windows are 2x2 and lie side by side."
ROLES = {"x": "input", "z": "output", "delta": "gradient", "dx": "gradient"}
NUMBERS = [n for n in range(-12, 19) if n]


def distinct_map(rng, height, width):
    return np.array(rng.sample(NUMBERS, height * width)).reshape(height, width)


def error(rng, *shape):
    numbers = [-8, -7, -6, -5, -3, -2, 2, 3, 5, 6, 7, 8]
    return np.array(rng.sample(numbers, shape[0] * shape[1])).reshape(shape)


def _negative_window(rng, x):
    """x with one of its windows drawn again, all negative, for a largest entry below 0."""
    i, j = (2 * rng.randrange(length // 2) for length in x.shape)
    x[i : i + 2, j : j + 2] = -np.array(rng.sample(range(1, 13), 4)).reshape(2, 2)
    return x


# ------------------------------------------------------------------------------------------------------- forward


def _z_inputs(rng):
    return {"x": _negative_window(rng, distinct_map(rng, 4, 6))}


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
    idea="Entry z[i,j] is the largest of the four entries of window (i,j), which begins at row 2i and column 2j. "
    "Nothing is added and nothing is multiplied.",
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
    return {"x": _negative_window(rng, distinct_map(rng, 4, 4)), "delta": error(rng, 2, 2)}


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

QUESTIONS = (forward, dx)
