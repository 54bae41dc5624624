"""Questions on the gradient of the input: kernels smaller and larger than delta."""

import numpy as np

from classroom.questions.base import Mistake, Question, at, whole
from classroom.questions.convolution import BY_CONVOLUTION, CORRELATION
from classroom.questions.windows import cut, oriented, stamped

# ---------------------------------------------------------------------------------------------- one solver

BORDERS = {  # other borders of zeros around delta: the part of the full convolution that one gets
    "kernel size": lambda height, width, kh, kw: (-1, -1, height + 2, width + 2),
    "top and left": lambda height, width, kh, kw: (1 - kh, 1 - kw, height, width),
    "bottom and right": lambda height, width, kh, kw: (kh - 1, kw - 1, height, width),
    "one": lambda height, width, kh, kw: (kh - 2, kw - 2, height - 2 * kh + 4, width - 2 * kw + 4),
    "none": lambda height, width, kh, kw: (kh - 1, kw - 1, height - 2 * kh + 2, width - 2 * kw + 2),
    "as delta": lambda height, width, kh, kw: ((kh - 1) // 2, (kw - 1) // 2, height - kh + 1, width - kw + 1),
}


def input_gradient(
    inputs,
    *,
    kernel="as it is",
    delta="as it is",
    stamps="overlapping",
    overlap="added",
    border="kernel size minus one",
    sliding="kernel",
    result="as it is",
    scale="sum",
):
    """dx of one map and one kernel: delta[i,j] K stamped onto its window (conv.13), or one of the mistakes in it.

    ``kernel`` says how K lies in a stamp: a kernel that slides over delta as it is makes stamps that are "turned".
    """
    K, delta = oriented(inputs["K"], kernel), oriented(inputs["delta"], delta)
    if sliding == "delta":  # the correlation of K with delta is their convolution with delta turned
        delta = oriented(delta, "turned")
    dx = np.kron(delta, K) if stamps == "side by side" else stamped(delta, K, overlap=overlap)
    if border in BORDERS:
        dx = cut(dx, *BORDERS[border](*dx.shape, *K.shape))
    dx = oriented(dx, result)
    return {"sum": dx, "mean": dx / K.size}[scale]


def readers(delta, K, p, q):
    """The outputs (i, j) that read x[p,q], with the place (u, v) in the kernel through which they do."""
    for i, j in np.ndindex(delta.shape):
        if 0 <= p - i < K.shape[0] and 0 <= q - j < K.shape[1]:
            yield i, j, p - i, q - j


def dx_terms(inputs, entry):
    """The products of dx[p,q]: every delta that hears of it, times the kernel entry that lay on it."""
    delta, K = inputs["delta"], inputs["K"]
    return [[at("δ", delta, i, j), at("K", K, u, v)] for i, j, u, v in readers(delta, K, *entry)]


# ---------------------------------------------------------------------------------------------- mistakes they share

TURNED = (
    Mistake(
        "kernel not turned",
        {"kernel": "turned"},
        "the kernel slides over delta as it is (full correlation), which turns every stamp",
        "Each output hands its delta back with the weights with which it read. Which kernel entry lay on the upper "
        "left entry of its window?",
        BY_CONVOLUTION,
    ),
    Mistake(
        "only the rows turned",
        {"kernel": "left to right"},
        "only the rows of the kernel are reversed before it slides over delta, not its columns",
        "A turn by 180 degrees reverses rows and columns: K[::-1, ::-1].",
    ),
    Mistake(
        "only the columns turned",
        {"kernel": "upside down"},
        "only the columns of the kernel are reversed before it slides over delta, not its rows",
        "A turn by 180 degrees reverses rows and columns: K[::-1, ::-1].",
    ),
    Mistake(
        "turned by 90 degrees",
        {"kernel": "quarter turn right"},
        "the kernel is turned by 90 degrees before it slides over delta, not by 180",
        "np.rot90(K) is a quarter turn to the left. How many quarters make 180 degrees?",
    ),
    Mistake(
        "turned by 90 degrees, clockwise",
        {"kernel": "quarter turn left"},
        "the kernel is turned by 90 degrees to the right before it slides over delta, not by 180",
        "A quarter turn brings the first row into a column. How many quarters make 180 degrees?",
    ),
    Mistake(
        "turned and transposed",
        {"kernel": "transposed"},
        "the kernel is transposed, besides being turned",
        "Each stamp is K itself: to the right of a window's first entry lay K[0,1], not K[1,0].",
    ),
    Mistake(
        "transposed in place of turned",
        {"kernel": "turned and transposed"},
        "the kernel is transposed and not turned before it slides over delta",
        "What is transposed on the way back is the big matrix of the convolution, not the kernel.",
    ),
)

DELTA_TURNED = Mistake(
    "delta turned",
    {"delta": "turned"},
    "delta is turned by 180 degrees",
    "delta[0,0] is the report of the upper left window, and it belongs into the upper left of dx.",
)
DELTA_SLIDES = Mistake(
    "delta slides over the kernel",
    {"sliding": "delta"},
    "the two operands are exchanged: delta slides over the kernel, which gets the border of zeros",
    "A correlation changes when its operands are exchanged. The border of zeros belongs around delta.",
)
DELTA = (
    DELTA_TURNED,
    DELTA_SLIDES,
    Mistake(
        "result turned",
        {"result": "turned"},
        "the result is turned by 180 degrees, as when delta slides over the turned kernel",
        "The first window lies in the upper left corner, and so does its stamp.",
    ),
)

SWAPPED = (("delta turned", "delta slides over the kernel"),)

SPREAD = (
    Mistake(
        "overlaps overwritten",
        {"overlap": "last"},
        "where windows overlap the last stamp stays (= in place of +=)",
        "An entry of x is read by several windows and hears from each of them: the stamps add up.",
    ),
    Mistake(
        "only the first stamp",
        {"overlap": "first"},
        "where windows overlap only the first stamp counts",
        "An entry of x is read by several windows and hears from each of them: the stamps add up.",
    ),
    Mistake(
        "overlaps averaged",
        {"overlap": "mean"},
        "each entry is divided by the number of windows that read it",
        "J hears of an entry through each window. Contributions of several paths add up; nobody takes their mean.",
    ),
    Mistake(
        "kernel left out",
        {"kernel": "ones"},
        "each delta is spread over its window without the weights of the kernel",
        "How much an output changes with an entry of x is the weight that lay on it.",
    ),
    Mistake(
        "delta left out",
        {"delta": "ones"},
        "the kernel is stamped without delta: this adds up dz/dx alone",
        "The chain rule has one factor more: how J answers to each output.",
    ),
    Mistake(
        "divided by the kernel's size",
        {"scale": "mean"},
        "everything is divided by the number of weights of the kernel",
        "Forward the products are added up, not averaged. Then there is nothing to divide on the way back.",
    ),
)

STAMPS = (
    *SPREAD,
    Mistake(
        "zeros on one side",
        {"border": "top and left"},
        "all zeros are put above and to the left of delta",
        "An entry in the upper left corner of x needs room above delta, one in the lower right corner below. "
        "How many zeros on each side?",
    ),
    Mistake(
        "zeros below and right",
        {"border": "bottom and right"},
        "all zeros are put below and to the right of delta",
        "An entry in the upper left corner of x needs room above delta, one in the lower right corner below. "
        "How many zeros on each side?",
    ),
    Mistake(
        "border too wide",
        {"border": "kernel size"},
        "the border of zeros is as wide as the kernel",
        "The outermost window must still touch delta. How many columns of zeros may lie beside it?",
    ),
)

SIDE_BY_SIDE = Mistake(
    "stamps side by side",
    {"stamps": "side by side"},
    "the stamps stand side by side, as after a pool, and do not overlap",
    "The stride was 1: the next window begins one column further, and so does the next stamp.",
)

TRANSPOSED = Mistake(
    "delta transposed",
    {"delta": "transposed"},
    "rows and columns of delta are exchanged",
    "delta[0,1] is the report of the window one step to the right. Where does its stamp belong?",
)

NO_BORDER = Mistake(
    "no border",
    {"border": "none"},
    "the kernel stays inside delta (mode valid)",
    "dx has the shape of x. Give delta a border of zeros, so that every entry of x finds its windows.",
)

# ---------------------------------------------------------------------------------------------- the questions


def dx_inputs(rng):
    """A kernel and a delta of 2x2 each."""
    return {"K": whole(rng, 2, 2, low=-3, high=4), "delta": whole(rng, 2, 2, low=-3, high=4)}


dx = Question(
    name="conv-dx",
    notebook="04",
    title="The input's gradient",
    task="A map x (3x3) went through a convolution with the kernel K (2x2); delta = dJ/dz (2x2) came back. Compute "
    "dx (3x3).",
    answer="dx",
    conventions=(CORRELATION,),
    draw=dx_inputs,
    solve=input_gradient,
    terms=dx_terms,
    hint="Which windows read x[0,1], and which entry of K lay on it in each of them?",
    idea="Each output hands its delta back to its window with the weights of K: stamp delta[i,j] K onto the window "
    "that begins at (i,j) and add where stamps overlap. dx[p,q] is the sum of delta[i,j] K[p-i,q-j].",
    equation="conv.13",
    roles={"K": "kernel", "delta": "gradient", "dx": "gradient"},
    inseparable=SWAPPED,
    mistakes=(
        *TURNED,
        *DELTA,
        TRANSPOSED,
        *STAMPS,
        SIDE_BY_SIDE,
        NO_BORDER,
        Mistake(
            "as large as delta",
            {"border": "as delta"},
            "dx is cut to the shape of delta (mode same)",
            "dx has the shape of x, not of z: a border of kernel size minus one on each side of delta.",
        ),
    ),
)


def _dx_3x3_inputs(rng):
    return {"K": whole(rng, 3, 3, low=-3, high=4), "delta": whole(rng, 2, 1, low=-3, high=4)}


dx_3x3 = Question(
    name="conv-dx-3x3",
    notebook="04",
    title="The input's gradient, with a large kernel and a small delta",
    task="A map x (4x3) went through a convolution with the kernel K (3x3); delta = dJ/dz (2x1) came back. Compute "
    "dx (4x3).",
    answer="dx",
    conventions=(CORRELATION,),
    draw=_dx_3x3_inputs,
    solve=input_gradient,
    terms=dx_terms,
    hint="There are only two windows. Which rows of x does each of them cover?",
    idea="Stamp delta[i,j] K onto the window that begins at (i,j) and add where stamps overlap. If you slide "
    "instead: the border of zeros around delta is two wide for a 3x3 kernel, and K is turned by 180 degrees.",
    equation="conv.13",
    roles={"K": "kernel", "delta": "gradient", "dx": "gradient"},
    inseparable=SWAPPED,
    mistakes=(
        *TURNED,
        *DELTA,
        *STAMPS,
        SIDE_BY_SIDE,
        Mistake(
            "border of one",
            {"border": "one"},
            "delta gets a border of one zero, whatever the size of the kernel",
            "One zero is enough for a 2x2 kernel. The corner of x must meet the corner of K: how far out is that?",
        ),
    ),
)

QUESTIONS = (dx, dx_3x3)
