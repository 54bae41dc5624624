"""Questions on a frame of zeros around x (padding P = 1): forward and both gradients."""

import numpy as np

from classroom.questions.base import Mistake, Question, at, number, whole
from classroom.questions.convolution import BY_CONVOLUTION, FORWARD_KERNEL, FORWARD_SUM
from classroom.questions.input_gradient import DELTA, SPREAD, SWAPPED, TURNED, dx_terms, input_gradient
from classroom.questions.kernel_gradient import (
    AVERAGED,
    DELTA_TRANSPOSED,
    FIRST_PLACE,
    LAST_PLACE,
    NO_DELTA,
    RESULT_TRANSPOSED,
    SIGN,
    X_TURNED,
    kernel_gradient,
)
from classroom.questions.windows import cut, oriented, slid

PADDING = (
    "The forward pass is cross-correlation, stride 1, with a frame of zeros around x, one wide on each side (P = 1)."
)

FRAMES = {
    "zeros": lambda x: cut(x, -1, -1, x.shape[0] + 2, x.shape[1] + 2),
    "below and right": lambda x: cut(x, 0, 0, x.shape[0] + 2, x.shape[1] + 2),
    "above and left": lambda x: cut(x, -2, -2, x.shape[0] + 2, x.shape[1] + 2),
    "two wide": lambda x: cut(x, -2, -2, x.shape[0] + 4, x.shape[1] + 4),
    "rows only": lambda x: cut(x, -1, 0, x.shape[0] + 2, x.shape[1]),
    "edge": lambda x: np.pad(x, 1, mode="edge"),
    "opposite edge": lambda x: np.pad(x, 1, mode="wrap"),
    "ones": lambda x: np.pad(x, 1, constant_values=1),
    "none": lambda x: x,
}

FRAME = (
    Mistake(
        "frame below and right only",
        {"frame": "below and right"},
        "all the zeros are put below and to the right of x",
        "P = 1 is one row and one column of zeros on each side. Where does the first window begin?",
    ),
    Mistake(
        "frame above and left only",
        {"frame": "above and left"},
        "all the zeros are put above and to the left of x",
        "P = 1 is one row and one column of zeros on each side. Where does the last window end?",
    ),
    Mistake(
        "edge repeated",
        {"frame": "edge"},
        "the frame repeats the entries at the edge of x",
        "What does this sheet say stands in the frame?",
        "the padding repeats the edge (mode edge, or replicate)",
    ),
    Mistake(
        "opposite edge",
        {"frame": "opposite edge"},
        "the frame continues x from its opposite edge",
        "What does this sheet say stands in the frame?",
        "the padding is circular (mode wrap)",
    ),
    Mistake(
        "frame of ones", {"frame": "ones"}, "the frame holds ones", "What does this sheet say stands in the frame?"
    ),
    Mistake(
        "frame two wide",
        {"frame": "two wide"},
        "the frame is two wide on each side",
        "P is the width of the frame. Count the rows of the framed x.",
    ),
)

# ---------------------------------------------------------------------------------------------- forward


def _forward_inputs(rng):
    return {
        "x": whole(rng, 2, 2, low=-3, high=4),
        "K": whole(rng, 3, 3, low=-3, high=4),
        "b": number(rng, -3, -2, 2, 3),
    }


def _forward(inputs, *, frame="zeros", kernel="as it is", window="sum of products", bias="once", after="z"):
    x, K, b = FRAMES[frame](inputs["x"]), oriented(inputs["K"], kernel), inputs["b"]
    z = slid(x, K)
    z = {"sum of products": z, "mean of products": z / K.size}[window]
    z = z + {"once": b, "left out": 0, "per weight": K.size * b, "subtracted": -b}[bias]
    return {"z": z, "relu": np.maximum(z, 0)}[after]


def _forward_terms(inputs, entry):
    (i, j), x, K = entry, inputs["x"], inputs["K"]
    places = [(p, q, p - i + 1, q - j + 1) for p, q in np.ndindex(x.shape)]
    return [*([at("x", x, p, q), at("K", K, u, v)] for p, q, u, v in places), [at("b", inputs["b"])]]


forward = Question(
    name="pad-forward",
    notebook="05",
    title="A convolution with padding, forward",
    task="The map x (2x2) gets a frame of zeros, one wide, and goes through a convolution with the kernel K (3x3) "
    "and the bias b. Compute z (2x2).",
    answer="z",
    conventions=(PADDING,),
    draw=_forward_inputs,
    solve=_forward,
    terms=_forward_terms,
    hint="Draw x with its frame. Which entry of K lies on x[0,0] in the first window?",
    idea="Put the frame around x and slide K over it: z[i,j] is the sum of K[u,v] x[i+u-1,j+v-1] over all (u,v), and "
    "b, where x is 0 outside.",
    equation="conv.1",
    roles={"x": "input", "K": "kernel", "b": "kernel", "z": "output"},
    mistakes=(*FRAME, *FORWARD_KERNEL, *FORWARD_SUM),
)

# ---------------------------------------------------------------------------------------------- the input's gradient


def _dx_inputs(rng):
    return {"K": whole(rng, 3, 3, low=-3, high=4), "delta": whole(rng, 2, 2, low=-3, high=4)}


def _dx(inputs, *, crop="all sides", **switches):
    framed = input_gradient(inputs, **switches)
    return {
        "all sides": framed[1:-1, 1:-1],
        "no side": framed,
        "below and right": framed[:-2, :-2],
        "above and left": framed[2:, 2:],
        "rows only": framed[1:-1],
        "columns only": framed[:, 1:-1],
    }[crop]


def _dx_terms(inputs, entry):
    p, q = entry
    return dx_terms(inputs, (p + 1, q + 1))


dx = Question(
    name="pad-dx",
    notebook="05",
    title="The input's gradient with padding",
    task="A map x (2x2) got a frame of zeros, one wide, and went through a convolution with the kernel K (3x3); "
    "delta = dJ/dz (2x2) came back. Compute dx (2x2).",
    answer="dx",
    conventions=(PADDING,),
    draw=_dx_inputs,
    solve=_dx,
    terms=_dx_terms,
    hint="With its frame x is 4x4. Where in the 4x4 does x[0,0] lie, and which windows read it?",
    idea="Go back as if the frame belonged to x: stamp delta[i,j] K onto the window that begins at (i,j) of the "
    "framed x and add. Then cut the frame off on all sides.",
    equation="conv.5",
    roles={"K": "kernel", "delta": "gradient", "dx": "gradient"},
    inseparable=SWAPPED,
    mistakes=(
        Mistake(
            "frame not cut off",
            {"crop": "no side"},
            "the gradient of the framed x is given, frame and all",
            "dx has the shape of x. Which part of it belongs to the frame?",
        ),
        Mistake(
            "cut below and right only",
            {"crop": "below and right"},
            "two rows and two columns are cut off below and to the right",
            "The frame lies on all four sides. Cut off one row or column on each.",
        ),
        Mistake(
            "cut above and left only",
            {"crop": "above and left"},
            "two rows and two columns are cut off above and to the left",
            "The frame lies on all four sides. Cut off one row or column on each.",
        ),
        Mistake(
            "only the rows of the frame cut off",
            {"crop": "rows only"},
            "the upper and lower rows of the frame are cut off, its columns are not",
            "The frame lies on all four sides.",
        ),
        Mistake(
            "only the columns of the frame cut off",
            {"crop": "columns only"},
            "the left and right columns of the frame are cut off, its rows are not",
            "The frame lies on all four sides.",
        ),
        *TURNED,
        *DELTA,
        *SPREAD,
    ),
)

# ---------------------------------------------------------------------------------------------- the kernel's gradient


def _dK_inputs(rng):
    return {"x": whole(rng, 2, 2, low=-3, high=4), "delta": whole(rng, 2, 2, low=-3, high=4)}


def _dK(inputs, *, frame="zeros", **switches):
    return kernel_gradient({"x": FRAMES[frame](inputs["x"]), "delta": inputs["delta"]}, **switches)


def _dK_terms(inputs, entry):
    (u, v), x, delta = entry, inputs["x"], inputs["delta"]
    return [
        [at("x", x, i + u - 1, j + v - 1), at("δ", delta, i, j)]
        for i, j in np.ndindex(delta.shape)
        if 0 <= i + u - 1 < 2 and 0 <= j + v - 1 < 2
    ]


dK = Question(
    name="pad-dK",
    notebook="05",
    title="The kernel's gradient with padding",
    task="The map x (2x2) got a frame of zeros, one wide, and went through a convolution with a kernel K (3x3); "
    "delta = dJ/dz (2x2) came back. Compute dK (3x3).",
    answer="dK",
    conventions=(PADDING,),
    draw=_dK_inputs,
    solve=_dK,
    terms=_dK_terms,
    hint="Draw x with its frame. Which four entries did K[0,0] meet, and how many of them were zeros of the frame?",
    idea="Put the frame around x, as in the forward pass, and slide delta over it: dK[u,v] adds up x[i+u-1,j+v-1] "
    "times delta[i,j], where x is 0 outside.",
    equation="conv.8",
    roles={"x": "input", "delta": "gradient", "dK": "parameter gradient"},
    inseparable=(("result turned", "x slides over delta"),),
    mistakes=(
        *FRAME,
        Mistake(
            "frame forgotten",
            {"frame": "none"},
            "delta slides over x without its frame, so that dK comes out too small",
            "dK has the shape of K. What lay under the outer entries of K in the forward pass?",
        ),
        Mistake(
            "delta turned",
            {"delta": "turned"},
            "delta is turned by 180 degrees before it slides over the framed x (true convolution)",
            "When the forward pass is correlation, delta slides over the framed x as it is.",
        ),
        Mistake(
            "result turned",
            {"result": "turned"},
            "the result is turned by 180 degrees",
            "The turn belongs to dx. Which entries of the framed x did K[0,0] meet?",
            BY_CONVOLUTION,
        ),
        Mistake(
            "x slides over delta",
            {"sliding": "x"},
            "the two operands are exchanged: the frame is put around delta, and x slides over it",
            "In the forward pass the frame was around x, and delta takes the place of the kernel.",
        ),
        X_TURNED,
        DELTA_TRANSPOSED,
        RESULT_TRANSPOSED,
        AVERAGED,
        LAST_PLACE,
        FIRST_PLACE,
        NO_DELTA,
        SIGN,
    ),
)

QUESTIONS = (forward, dx, dK)
