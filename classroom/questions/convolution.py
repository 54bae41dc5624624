"""Questions on the forward pass of one map and one kernel, and the mistakes that all forward passes share."""

import numpy as np

from classroom.questions.base import Mistake, Question, at, number, whole
from classroom.questions.windows import cut, oriented, slid

CORRELATION = "The forward pass is cross-correlation: K slides over x as it is, stride 1, no padding."
BY_CONVOLUTION = "the forward pass is true convolution, as MATLAB's conv2"


def forward_inputs(rng):
    """A map of 3x4, a kernel of 2x2 and a bias."""
    return {
        "x": whole(rng, 3, 4, low=-3, high=4, zero=True),
        "K": whole(rng, 2, 2, low=-3, high=4),
        "b": number(rng, -3, -2, 2, 3),
    }


def forward_pass(
    inputs,
    *,
    kernel="as it is",
    window="sum of products",
    steps=(1, 1),
    border="none",
    last="kept",
    bias="once",
    after="z",
):
    """z of one map and one kernel: x correlated with K, and b (conv.1), or one of the mistakes in it."""
    x, K, b = inputs["x"], oriented(inputs["K"], kernel), inputs["b"]
    height, width = x.shape
    x = {
        "none": x,
        "all sides": cut(x, -1, -1, height + 2, width + 2),
        "below and right": cut(x, 0, 0, height + 1, width + 1),
    }[border]
    ones = np.ones_like(K)
    z = {
        "sum of products": lambda: slid(x, K, steps),
        "mean of products": lambda: slid(x, K, steps) / K.size,
        "product of sums": lambda: slid(x, ones, steps) * K.sum(),
        "sum of sums": lambda: slid(x, ones, steps) + K.sum(),
        "one weight": lambda: slid(x, K * [[1, 0], [0, 0]], steps),
    }[window]()
    z = {"kept": z, "left out": z[:-1, :-1]}[last]
    z = z + {"once": b, "left out": 0, "per weight": K.size * b, "subtracted": -b}[bias]
    return {"z": z, "relu": np.maximum(z, 0)}[after]


def _forward_terms(inputs, entry):
    i, j = entry
    x, K = inputs["x"], inputs["K"]
    return [[at("x", x, i + u, j + v), at("K", K, u, v)] for u, v in np.ndindex(K.shape)] + [[at("b", inputs["b"])]]


FORWARD_KERNEL = (
    Mistake(
        "kernel turned",
        {"kernel": "turned"},
        "the kernel is turned by 180 degrees before it slides (true convolution)",
        "Here K slides as it is written: its upper left entry meets the upper left entry of the window.",
        BY_CONVOLUTION,
    ),
    Mistake(
        "kernel transposed",
        {"kernel": "transposed"},
        "rows and columns of the kernel are exchanged",
        "K[0,1] stands in the first row, second column. Which entry of the window lies under it?",
    ),
    Mistake(
        "kernel upside down",
        {"kernel": "upside down"},
        "the rows of the kernel are taken from bottom to top",
        "The first row of K meets the first row of the window.",
    ),
    Mistake(
        "kernel mirrored",
        {"kernel": "left to right"},
        "the columns of the kernel are taken from right to left",
        "The first column of K meets the first column of the window.",
    ),
)

BIAS_FORGOTTEN = Mistake(
    "bias forgotten",
    {"bias": "left out"},
    "the bias is left out",
    "Each output is a sum of products and one thing more.",
)

FORWARD_SUM = (
    Mistake(
        "averaged",
        {"window": "mean of products"},
        "the products in a window are averaged",
        "Lay on, multiply, add up. The mean belongs to pooling.",
    ),
    BIAS_FORGOTTEN,
    Mistake(
        "bias once per weight",
        {"bias": "per weight"},
        "b is added to every product inside the window",
        "Finish the sum of the products first; how often does b belong to one output?",
    ),
    Mistake(
        "bias subtracted",
        {"bias": "subtracted"},
        "the bias is subtracted",
        "Look at the sign in front of b in the definition of z.",
    ),
    Mistake(
        "negative outputs set to 0",
        {"after": "relu"},
        "a ReLU is applied: negative entries of z are set to 0",
        "z is asked for, the sum itself. The activation comes later, and so does the ReLU.",
    ),
)

FORWARD_WINDOWS = (
    Mistake(
        "windows side by side",
        {"steps": (2, 2)},
        "the window moves on by its own width, so that no two windows overlap",
        "The stride is 1: the next window begins one column further. How many windows fit into a row of x?",
    ),
    Mistake(
        "last windows left out",
        {"last": "left out"},
        "z gets H - kh rows and W - kw columns, one too few: the windows at the lower and the right edge are missing",
        "Count on your fingers: at how many places can a window as wide as the kernel begin in a row of x?",
    ),
    Mistake(
        "a border of zeros",
        {"border": "all sides"},
        "x gets a border of zeros first (mode full)",
        "This layer has no padding: a window lies inside x altogether.",
    ),
    Mistake(
        "as large as x",
        {"border": "below and right"},
        "x gets zeros below and to the right, so that z is as large as x (mode same)",
        "This layer has no padding: a window lies inside x altogether.",
    ),
    Mistake(
        "sums multiplied",
        {"window": "product of sums"},
        "the window's entries are added up first and then multiplied by the sum of the kernel",
        "Each entry of the window has a weight of its own: multiply pair by pair, then add.",
    ),
    Mistake(
        "added in place of multiplied",
        {"window": "sum of sums"},
        "the kernel's entries are added to the window's",
        "The kernel holds weights. What does one do with a weight and the entry that it weighs?",
    ),
    Mistake(
        "only the first weight",
        {"window": "one weight"},
        "every entry of x is multiplied by K[0,0] and the other weights are left out",
        "One entry of z takes a whole window, and every weight of the kernel once.",
    ),
    *FORWARD_SUM,
)

forward = Question(
    name="conv-forward",
    notebook="04",
    title="A convolution, forward",
    task="The map x (3x4) goes through a convolution with the kernel K (2x2) and the bias b. Compute z (2x3).",
    answer="z",
    conventions=(CORRELATION,),
    draw=forward_inputs,
    solve=forward_pass,
    terms=_forward_terms,
    hint="Where does the window of z[0,1] begin, and which entry of it does K[1,0] meet?",
    idea="Lay K on the window that begins at (i,j), multiply the entries that meet, add up the products and b: "
    "z[i,j] is the sum of K[u,v] x[i+u,j+v] over all (u,v), and b.",
    equation="conv.1",
    roles={"x": "input", "K": "kernel", "b": "kernel", "z": "output"},
    mistakes=(
        *FORWARD_KERNEL,
        Mistake(
            "kernel turned by 90 degrees",
            {"kernel": "quarter turn left"},
            "the kernel is turned by a quarter to the left",
            "Nothing is turned here: copy K next to the window and multiply what stands at the same place.",
        ),
        *FORWARD_WINDOWS,
    ),
)

QUESTIONS = (forward,)
