"""Questions on the input's gradient with a stride of 2, without and with a remainder."""

import numpy as np

from classroom.questions.base import Mistake, Question, at, whole
from classroom.questions.convolution import BY_CONVOLUTION
from classroom.questions.input_gradient import DELTA_TURNED, SPREAD
from classroom.questions.strides import COPIES, REMAINDER, STRIDE, seen_from_behind
from classroom.questions.windows import cut, oriented, stamped


def _strided_dx(
    inputs, shape, *, zeros="between", kernel="as it is", delta="as it is", overlap="added", place="0, 0", scale="sum"
):
    K = oriented(inputs["K"], kernel)
    delta, steps = seen_from_behind(oriented(inputs["delta"], delta), zeros)
    dx = stamped(delta, K, steps, overlap)
    dx = {"sum": dx, "mean": dx / K.size}[scale]
    if zeros == "none" or place == "not kept":
        return dx
    top, left = {"0, 0": (0, 0), "at the end": np.subtract(dx.shape, shape)}[place]
    return cut(dx, top, left, *shape)


def _strided_dx_terms(inputs, entry):
    (p, q), delta, K = entry, inputs["delta"], inputs["K"]
    products = [
        [at("δ", delta, i, j), at("K", K, p - 2 * i, q - 2 * j)]
        for i, j in np.ndindex(delta.shape)
        if 0 <= p - 2 * i < K.shape[0] and 0 <= q - 2 * j < K.shape[1]
    ]
    return products or [[("0", 0)]]


DX_SHARED = (
    Mistake(
        "no zeros between the deltas",
        {"zeros": "none"},
        "the stamps move on by one step, as with stride 1, so that dx comes out too small",
        "Output (i,j) read the window that begins at (2i,2j). That is where its stamp belongs.",
    ),
    Mistake(
        "stamps begin at i, j",
        {"zeros": "none, filled up"},
        "the stamps move on by one step only and the rest of dx is filled with zeros",
        "Output (i,j) read the window that begins at (2i,2j). That is where its stamp belongs.",
    ),
    Mistake(
        "zeros at the end",
        {"zeros": "at the end"},
        "the zeros are appended to delta and not put between its entries",
        "The outputs that were left out lay between those that were kept. There their zeros belong.",
    ),
    COPIES,
    Mistake(
        "two zeros between",
        {"zeros": "two"},
        "two zeros stand between the deltas, as with stride 3",
        "A stride of s leaves out s - 1 outputs between two that are kept.",
    ),
    Mistake(
        "kernel not turned",
        {"kernel": "turned"},
        "the kernel slides over the spread delta as it is (full correlation), which turns every stamp",
        "The corner settles it: only one window reads x[0,0]. Which kernel entry lay on it there?",
        BY_CONVOLUTION,
    ),
    DELTA_TURNED,
    *SPREAD,
)

SAME_ZEROS = ("stamps begin at i, j", "zeros at the end")


def _dx_inputs(rng):
    return {"K": whole(rng, 1, 3, low=-3, high=4), "delta": whole(rng, 2, 2, low=-3, high=4)}


def _dx(inputs, **switches):
    return _strided_dx(inputs, (3, 5), **switches)


dx = Question(
    name="stride-dx",
    notebook="05",
    title="The input's gradient with stride 2",
    task="A map x (3x5) went through a convolution with the kernel K (1x3) and stride 2; delta = dJ/dz (2x2) came "
    "back. Compute dx (3x5).",
    answer="dx",
    conventions=(STRIDE,),
    draw=_dx_inputs,
    solve=_dx,
    terms=_strided_dx_terms,
    hint="Where does the window of z[1,1] begin? And is there a row of x that no window reads?",
    idea="Stamp delta[i,j] K onto the window that begins at (2i,2j) and add where stamps overlap. What no window "
    "reads gets 0. In other words: put a zero between neighbours in delta, then go on as with stride 1.",
    equation="conv.31",
    roles={"K": "kernel", "delta": "gradient", "dx": "gradient"},
    inseparable=(SAME_ZEROS,),
    mistakes=(
        *DX_SHARED,
        Mistake(
            "zeros between the rows only",
            {"zeros": "rows only"},
            "the stamps move on by two rows but by one column only",
            "The stride holds in both directions.",
        ),
        Mistake(
            "zeros between the columns only",
            {"zeros": "columns only"},
            "the stamps move on by two columns but by one row only",
            "The stride holds in both directions.",
        ),
        Mistake(
            "delta transposed",
            {"delta": "transposed"},
            "rows and columns of delta are exchanged",
            "delta[0,1] is the report of the window to the right of the first. Where does its stamp belong?",
        ),
    ),
)


def _dx_remainder_inputs(rng):
    return {"K": whole(rng, 2, 3, low=-3, high=4), "delta": whole(rng, 1, 2, low=-3, high=4)}


def _dx_remainder(inputs, **switches):
    return _strided_dx(inputs, (2, 6), **switches)


dx_remainder = Question(
    name="stride-dx-remainder",
    notebook="05",
    title="The input's gradient with stride 2 and a remainder",
    task="A map x (2x6) went through a convolution with the kernel K (2x3) and stride 2; delta = dJ/dz (1x2) came "
    "back. Compute dx (2x6).",
    answer="dx",
    conventions=(STRIDE, REMAINDER),
    draw=_dx_remainder_inputs,
    solve=_dx_remainder,
    terms=_strided_dx_terms,
    hint="Which columns of x does each of the two windows read? Is there one that neither reads?",
    idea="Stamp delta[i,j] K onto the window that begins at (2i,2j) and add where stamps overlap. dx has the shape "
    "of x: a column that no window reads keeps its place and gets 0.",
    equation="conv.5",
    roles={"K": "kernel", "delta": "gradient", "dx": "gradient"},
    inseparable=(SAME_ZEROS,),
    mistakes=(
        *DX_SHARED,
        Mistake(
            "remainder dropped",
            {"place": "not kept"},
            "the column that no window reads is missing",
            "dx has the shape of x, all of it. How does J answer to a column that nobody reads?",
        ),
        Mistake(
            "remainder on the left",
            {"place": "at the end"},
            "the column that no window reads is put at the left",
            "The first window begins at column 0. On which side is something left over?",
        ),
        Mistake(
            "kernel upside down",
            {"kernel": "upside down"},
            "the rows of the stamps are reversed",
            "Each stamp is K itself: its first row goes onto the first row of the window.",
        ),
        Mistake(
            "kernel mirrored",
            {"kernel": "left to right"},
            "the columns of the stamps are reversed",
            "Each stamp is K itself: its first column goes onto the first column of the window.",
        ),
    ),
)

QUESTIONS = (dx, dx_remainder)
