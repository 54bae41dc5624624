"""Questions on a stride of 2: forward, and the kernel's gradient without and with a remainder."""

import numpy as np

from classroom.questions.base import Mistake, Question, at, number, whole
from classroom.questions.convolution import FORWARD_KERNEL, FORWARD_SUM
from classroom.questions.kernel_gradient import AVERAGED, FIRST_PLACE, LAST_PLACE, NO_DELTA, RESULT_TURNED, SIGN
from classroom.questions.windows import cut, oriented, slid, spread

STRIDE = "The forward pass is cross-correlation with stride 2 in both directions, no padding."
REMAINDER = "The number of windows is rounded down: rows and columns of x that no window reaches are left over."

# ---------------------------------------------------------------------------------------------- forward


def _forward_inputs(rng):
    return {
        "x": whole(rng, 4, 5, low=-3, high=4, zero=True),
        "K": whole(rng, 2, 2, low=-3, high=4),
        "b": number(rng, -3, -2, 2, 3),
    }


def _forward(inputs, *, kernel="as it is", start="2i, 2j", window="sum of products", bias="once", after="z"):
    x, K, b = inputs["x"], oriented(inputs["K"], kernel), inputs["b"]
    z = slid(cut(x, 0, 0, 5, 6), K)  # every window with stride 1, zeros beyond the edge
    z = {
        "2i, 2j": z[:3:2, :4:2],
        "i, j": z[:2, :2],
        "stride 1": z[:3, :4],
        "rows only": z[:3:2, :4],
        "columns only": z[:3, :4:2],
        "beyond the edge": z[:3:2, ::2],
        "from the right": z[:3:2, 1:4:2],
        "1, 1": z[1:4:2, 1:4:2],
        "stride 3": z[:3:3, :4:3],
    }[start]
    z = {"sum of products": z, "mean of products": z / K.size}[window]
    z = z + {"once": b, "left out": 0, "per weight": K.size * b, "subtracted": -b}[bias]
    return {"z": z, "relu": np.maximum(z, 0)}[after]


def _forward_terms(inputs, entry):
    i, j = entry
    x, K = inputs["x"], inputs["K"]
    products = [[at("x", x, 2 * i + u, 2 * j + v), at("K", K, u, v)] for u, v in np.ndindex(K.shape)]
    return [*products, [at("b", inputs["b"])]]


forward = Question(
    name="stride-forward",
    notebook="05",
    title="A convolution with stride 2, forward",
    task="The map x (4x5) goes through a convolution with the kernel K (2x2), stride 2 and the bias b. Compute z "
    "(2x2).",
    answer="z",
    conventions=(STRIDE, REMAINDER),
    draw=_forward_inputs,
    solve=_forward,
    terms=_forward_terms,
    hint="At which row and column of x does the window of z[1,1] begin?",
    idea="Output (i,j) reads the window that begins at (2i,2j): z[i,j] is the sum of K[u,v] x[2i+u,2j+v] over all "
    "(u,v), and b.",
    equation="conv.1",
    roles={"x": "input", "K": "kernel", "b": "kernel", "z": "output"},
    mistakes=(
        Mistake(
            "windows begin at i, j",
            {"start": "i, j"},
            "the windows move on by one step only: the upper left 2x2 of the result with stride 1",
            "With stride 2 the second window begins two columns further.",
        ),
        Mistake(
            "stride 1",
            {"start": "stride 1"},
            "the stride is 1: every window is used",
            "With stride 2 only every second window is used, in rows and in columns.",
        ),
        Mistake(
            "stride in the rows only",
            {"start": "rows only"},
            "the window skips rows but not columns",
            "The stride holds in both directions.",
        ),
        Mistake(
            "stride in the columns only",
            {"start": "columns only"},
            "the window skips columns but not rows",
            "The stride holds in both directions.",
        ),
        Mistake(
            "a window beyond the edge",
            {"start": "beyond the edge"},
            "a third window hangs over the right edge of x, with zeros beyond it",
            "A window that does not fit is left out: the number of outputs is rounded down.",
            "the number of outputs is rounded up and the last window is filled with zeros",
        ),
        Mistake(
            "windows from the right edge",
            {"start": "from the right"},
            "the columns are counted so that the last window ends at the right edge",
            "The first window begins in the upper left corner of x. The remainder is left over at the right.",
        ),
        Mistake(
            "first window skipped",
            {"start": "1, 1"},
            "the first window begins at row 1, column 1",
            "Count from 0: output (0,0) reads the window in the upper left corner.",
        ),
        Mistake(
            "stride 3",
            {"start": "stride 3"},
            "the window moves on by three: two entries are left out between windows",
            "Stride 2 means from column 0 to column 2.",
        ),
        *FORWARD_KERNEL,
        *FORWARD_SUM,
    ),
)

# ---------------------------------------------------------------------------------------------- the kernel's gradient

STEPS = {"between": (2, 2), "rows only": (2, 1), "columns only": (1, 2), "two": (3, 3), "copies": (1, 1)}


def seen_from_behind(delta, zeros):
    """delta and the steps of its stamps, for a rule of where the zeros go; copies take their place in "copies"."""
    if zeros == "copies":
        delta = np.kron(delta, np.ones((2, 2), int))[: 2 * delta.shape[0] - 1, : 2 * delta.shape[1] - 1]
    return delta, STEPS.get(zeros, (1, 1))


KERNEL = (1, 3)


def _dK_inputs(rng):
    return {"x": whole(rng, 3, 5, low=-3, high=4), "delta": whole(rng, 2, 2, low=-3, high=4)}


def _dK(
    inputs,
    *,
    zeros="between",
    delta="as it is",
    result="as it is",
    places="all",
    scale="sum",
    sign="plus",
    crop="at the end",
):
    x, delta = inputs["x"], oriented(inputs["delta"], delta)
    scale = {"sum": 1, "mean": 1 / delta.size}[scale] * {"plus": 1, "minus": -1}[sign]
    keep = {"all": 1, "last": [[0, 0], [0, 1]], "first": [[1, 0], [0, 0]]}[places]
    dK = slid(x, spread(*seen_from_behind(delta * keep, zeros)))
    top, left = {"at the end": (0, 0), "in front": np.subtract(dK.shape, KERNEL), "no": (0, 0)}[crop]
    shape = dK.shape if zeros == "none" or crop == "no" else KERNEL
    return scale * oriented(cut(dK, top, left, *shape), result)


def _dK_terms(inputs, entry):
    (u, v), x, delta = entry, inputs["x"], inputs["delta"]
    return [[at("x", x, 2 * i + u, 2 * j + v), at("δ", delta, i, j)] for i, j in np.ndindex(delta.shape)]


COPIES = Mistake(
    "copies in place of zeros",
    {"zeros": "copies"},
    "each delta is repeated where zeros belong",
    "An output that was left out never reached J. What is its delta?",
)
SHARED = (
    Mistake(
        "no zeros between the deltas",
        {"zeros": "none"},
        "delta slides over x as it came, as with stride 1, so that dK comes out too large",
        "Output (i,j) read the window that begins at (2i,2j). Which entries of x did K[0,0] meet?",
    ),
    Mistake(
        "windows begin at i, j",
        {"zeros": "none, filled up"},
        "neighbours in delta are paired with neighbours in x, as with stride 1",
        "Output (i,j) read the window that begins at (2i,2j). Which entries of x did K[0,0] meet?",
    ),
    COPIES,
    Mistake(
        "zeros between the rows only",
        {"zeros": "rows only"},
        "the deltas are two rows apart but only one column",
        "The stride holds in both directions.",
    ),
    Mistake(
        "zeros between the columns only",
        {"zeros": "columns only"},
        "the deltas are two columns apart but only one row",
        "The stride holds in both directions.",
    ),
    Mistake(
        "delta turned",
        {"delta": "turned"},
        "delta is turned by 180 degrees before it is spread out and slides over x (true convolution)",
        "When the forward pass is correlation, delta meets x in the order in which it stands.",
    ),
    Mistake(
        "delta transposed",
        {"delta": "transposed"},
        "rows and columns of delta are exchanged",
        "delta[0,1] belongs to the window two columns to the right, not two rows down.",
    ),
    RESULT_TURNED,
    AVERAGED,
    LAST_PLACE,
    FIRST_PLACE,
    NO_DELTA,
    SIGN,
)

dK = Question(
    name="stride-dK",
    notebook="05",
    title="The kernel's gradient with stride 2",
    task="The map x (3x5) went through a convolution with a kernel K (1x3) and stride 2; delta = dJ/dz (2x2) came "
    "back. Compute dK (1x3).",
    answer="dK",
    conventions=(STRIDE,),
    draw=_dK_inputs,
    solve=_dK,
    terms=_dK_terms,
    hint="Mark the four entries of x that K[0,0] met. How far apart are they?",
    idea="K[u,v] met x[2i+u,2j+v] to make z[i,j]. So dK[u,v] adds up x[2i+u,2j+v] times delta[i,j]: put a zero "
    "between neighbours in delta and slide it over x.",
    equation="conv.8",
    roles={"x": "input", "delta": "gradient", "dK": "parameter gradient"},
    mistakes=SHARED,
)


def _dK_remainder_inputs(rng):
    return {"x": whole(rng, 3, 6, low=-3, high=4), "delta": whole(rng, 2, 2, low=-3, high=4)}


dK_remainder = Question(
    name="stride-dK-remainder",
    notebook="05",
    title="The kernel's gradient with stride 2 and a remainder",
    task="The map x (3x6) went through a convolution with a kernel K (1x3) and stride 2; delta = dJ/dz (2x2) came "
    "back. Compute dK (1x3).",
    answer="dK",
    conventions=(STRIDE, REMAINDER),
    draw=_dK_remainder_inputs,
    solve=_dK,
    terms=_dK_terms,
    hint="Mark the four entries of x that K[0,0] met. Which column of x takes part in no product?",
    idea="K[u,v] met x[2i+u,2j+v] to make z[i,j], so dK[u,v] adds up x[2i+u,2j+v] times delta[i,j]. The spread delta "
    "can slide one step too far to the right: keep as many entries as K has.",
    equation="conv.8",
    roles={"x": "input", "delta": "gradient", "dK": "parameter gradient"},
    mistakes=(
        *SHARED,
        Mistake(
            "not cut to the kernel's size",
            {"crop": "no"},
            "delta slides over the remainder as well, so that dK comes out too large",
            "dK has the shape of K. Which entry of the kernel would have met the last column of x?",
        ),
        Mistake(
            "cut on the wrong side",
            {"crop": "in front"},
            "the first entry is cut off and not the last: the windows are counted from the right edge",
            "The first window begins at column 0. The remainder is left over at the right.",
        ),
    ),
)

QUESTIONS = (forward, dK, dK_remainder)
