"""Questions on the gradient of one kernel, and the mistakes that all of them share."""

import numpy as np

from classroom.questions.base import Mistake, Question, at, whole
from classroom.questions.convolution import BY_CONVOLUTION, CORRELATION
from classroom.questions.windows import cut, oriented, slid


def dK_inputs(rng):
    """A map of 3x4 and a delta of 2x2, so that the kernel is 2x3."""
    return {"x": whole(rng, 3, 4, low=-3, high=4, zero=True), "delta": whole(rng, 2, 2, low=-3, high=4)}


def kernel_gradient(
    inputs,
    *,
    delta="as it is",
    x="as it is",
    sliding="delta",
    result="as it is",
    places="all",
    mode="valid",
    scale="sum",
    sign="plus",
):
    """dK of one map and one kernel: x correlated with delta (conv.17), or one of the mistakes in it."""
    x, delta = oriented(inputs["x"], x), oriented(inputs["delta"], delta)
    (height, width), (rows, columns) = x.shape, delta.shape
    if mode == "full":
        x = cut(x, 1 - rows, 1 - columns, height + 2 * rows - 2, width + 2 * columns - 2)
    elif mode == "same":
        x = cut(x, 0, 0, height + rows - 1, width + columns - 1)
    dK = {
        "all": lambda: slid(x, delta),
        "last": lambda: x[rows - 1 :, columns - 1 :] * delta[-1, -1],
        "first": lambda: x[: 1 - rows, : 1 - columns] * delta[0, 0],
        "sums": lambda: slid(x, np.ones_like(delta)) * delta.sum(),
    }[places]()
    if sliding == "x":  # the correlation of delta with x is that of x with delta, read backwards
        dK = oriented(dK, "turned")
    dK = oriented(dK, result)
    dK = {"sum": dK, "mean": dK / delta.size}[scale]
    return {"plus": dK, "minus": -dK}[sign]


def dK_terms(inputs, entry):
    """The products of dK[u,v]: everything that K[u,v] met, times the delta of that output."""
    u, v = entry
    x, delta = inputs["x"], inputs["delta"]
    return [[at("x", x, i + u, j + v), at("δ", delta, i, j)] for i, j in np.ndindex(delta.shape)]


# ---------------------------------------------------------------------------------------------- mistakes they share

RESULT_TURNED = Mistake(
    "result turned",
    {"result": "turned"},
    "the result is turned by 180 degrees",
    "The turn belongs to dx. Which entries of x did K[0,0] meet?",
    BY_CONVOLUTION,
)
X_SLIDES = Mistake(
    "x slides over delta",
    {"sliding": "x"},
    "the two operands are exchanged: x slides over delta",
    "The order matters in a correlation. delta takes the place of the kernel, and x stays below it.",
)
X_TURNED = Mistake(
    "x turned",
    {"x": "turned"},
    "x is turned by 180 degrees before delta slides over it",
    "Nothing is turned in dK when the forward pass is correlation, neither x nor delta.",
)
DELTA_TRANSPOSED = Mistake(
    "delta transposed",
    {"delta": "transposed"},
    "rows and columns of delta are exchanged",
    "delta[0,1] belongs to the window one step to the right, not one step down.",
)
RESULT_TRANSPOSED = Mistake(
    "result transposed",
    {"result": "transposed"},
    "rows and columns of the result are exchanged",
    "dK has the shape of K: u counts the steps down, v the steps to the right.",
)
AVERAGED = Mistake(
    "averaged over the places",
    {"scale": "mean"},
    "the products are averaged over the places of delta",
    "Each weight serves every place of its output map, and the loss hears of it through each of them: contributions "
    "add up.",
)
LAST_PLACE = Mistake(
    "only the last place",
    {"places": "last"},
    "each place overwrites the one before (= in place of +=), so that only the last delta is left",
    "How many outputs did one entry of K help to make? Every one of them reports.",
)
FIRST_PLACE = Mistake(
    "only the first place",
    {"places": "first"},
    "only the first place of delta is used",
    "How many outputs did one entry of K help to make? Every one of them reports.",
)
SUMS_FIRST = Mistake(
    "delta added up first",
    {"places": "sums"},
    "the entries of x and the entries of delta are added up first and the sums are multiplied",
    "A sum of products is not the product of the sums: pair each delta with the entry of x that it belongs to.",
)
NO_DELTA = Mistake(
    "delta left out",
    {"delta": "ones"},
    "the entries of x are added up without delta: this is dz/dK alone",
    "The chain rule has one factor more: how J answers to each output.",
)
SIGN = Mistake(
    "minus sign",
    {"sign": "minus"},
    "the sign is turned: this is the direction of the step, not the gradient",
    "The gradient points uphill. The minus belongs to the update.",
)
PLACES = (AVERAGED, LAST_PLACE, FIRST_PLACE, SUMS_FIRST)
MODES = (
    Mistake(
        "mode full",
        {"mode": "full"},
        "delta slides over the edge of x, with zeros around it (mode full)",
        "dK has the shape of K: delta stays inside x. The border of zeros belongs to dx.",
    ),
    Mistake(
        "mode same",
        {"mode": "same"},
        "x gets zeros below and to the right, so that the result is as large as x (mode same)",
        "dK has the shape of K: delta stays inside x.",
    ),
)

# ---------------------------------------------------------------------------------------------- the question

dK = Question(
    name="conv-dK",
    notebook="04",
    title="The kernel's gradient",
    task="The map x (3x4) went through a convolution with a kernel K (2x3); delta = dJ/dz (2x2) came back. Compute "
    "dK (2x3).",
    answer="dK",
    conventions=(CORRELATION,),
    draw=dK_inputs,
    solve=kernel_gradient,
    terms=dK_terms,
    hint="Which entries of x did K[0,0] meet while the window slid? Each such meeting made one entry of z.",
    idea="K[u,v] met x[i+u,j+v] to make z[i,j], so dK[u,v] adds up x[i+u,j+v] times delta[i,j] over all places "
    "(i,j): delta slides over x as it is.",
    equation="conv.17",
    roles={"x": "input", "delta": "gradient", "dK": "parameter gradient"},
    inseparable=(("result turned", "x slides over delta"),),
    mistakes=(
        Mistake(
            "delta turned",
            {"delta": "turned"},
            "delta is turned by 180 degrees before it slides over x (true convolution)",
            "When the forward pass is correlation, K[0,0] met the upper left of every window. Which delta goes with "
            "x[0,0] there?",
        ),
        RESULT_TURNED,
        X_SLIDES,
        X_TURNED,
        DELTA_TRANSPOSED,
        RESULT_TRANSPOSED,
        Mistake(
            "result upside down",
            {"result": "upside down"},
            "the rows of the result are in reversed order",
            "dK[0,v] belongs to the first row of K, which met the first row of each window.",
        ),
        *PLACES,
        NO_DELTA,
        SIGN,
        *MODES,
    ),
)

QUESTIONS = (dK,)
