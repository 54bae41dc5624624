"""Questions on the other convention: a forward pass that turns the kernel (true convolution), and its gradients."""

from dataclasses import replace

import numpy as np

from classroom.questions.base import Mistake, Question, at
from classroom.questions.convolution import FORWARD_WINDOWS, forward_inputs, forward_pass
from classroom.questions.input_gradient import (
    DELTA_SLIDES,
    DELTA_TURNED,
    NO_BORDER,
    SIDE_BY_SIDE,
    STAMPS,
    TRANSPOSED,
    dx_inputs,
    input_gradient,
    readers,
)
from classroom.questions.kernel_gradient import (
    DELTA_TRANSPOSED,
    MODES,
    NO_DELTA,
    PLACES,
    SIGN,
    dK_inputs,
    dK_terms,
    kernel_gradient,
)

TRUE_CONVOLUTION = (
    "The forward pass is true convolution, as MATLAB's conv2: K is turned by 180 degrees, then it slides over x; "
    "stride 1, no padding."
)
BY_CORRELATION = "the forward pass is cross-correlation, as in the rest of this series, TensorFlow and PyTorch"


def _forward(inputs, *, kernel="turned", **switches):
    return forward_pass(inputs, kernel=kernel, **switches)


def _forward_terms(inputs, entry):
    i, j = entry
    x, K, (kh, kw) = inputs["x"], inputs["K"], inputs["K"].shape
    products = [[at("x", x, i + u, j + v), at("K", K, kh - 1 - u, kw - 1 - v)] for u, v in np.ndindex(K.shape)]
    return [*products, [at("b", inputs["b"])]]


forward = Question(
    name="conv-forward-true",
    notebook="04",
    title="True convolution, forward",
    task="The map x (3x4) goes through a true convolution with the kernel K (2x2), then b is added. Compute z (2x3).",
    answer="z",
    conventions=(TRUE_CONVOLUTION,),
    draw=forward_inputs,
    solve=_forward,
    terms=_forward_terms,
    hint="Write the turned kernel down first. Which entry of K does the upper left entry of a window meet?",
    idea="Turn K by 180 degrees, then go on as in a correlation: z[i,j] is the sum of K[u,v] x[i+kh-1-u,j+kw-1-v] "
    "over all (u,v), and b.",
    equation="conv.23",
    roles={"x": "input", "K": "kernel", "b": "kernel", "z": "output"},
    mistakes=(
        Mistake(
            "kernel not turned",
            {"kernel": "as it is"},
            "the kernel slides as it is (cross-correlation)",
            "This sheet is about true convolution: which entry of K meets the upper left entry of the window?",
            BY_CORRELATION,
        ),
        Mistake(
            "only the rows reversed",
            {"kernel": "upside down"},
            "the rows of the kernel are reversed and its columns are not",
            "A turn by 180 degrees reverses both: upside down and left to right.",
        ),
        Mistake(
            "only the columns reversed",
            {"kernel": "left to right"},
            "the columns of the kernel are reversed and its rows are not",
            "A turn by 180 degrees reverses both: left to right and upside down.",
        ),
        Mistake(
            "kernel transposed",
            {"kernel": "transposed"},
            "the kernel is transposed in place of turned",
            "A transpose leaves K[0,0] where it is; a turn by 180 degrees takes it to the opposite corner.",
        ),
        Mistake(
            "turned and transposed",
            {"kernel": "turned and transposed"},
            "the kernel is turned by 180 degrees and transposed as well",
            "The opposite corner is right. What does a turn by 180 degrees do with the other two entries?",
        ),
        Mistake(
            "turned by 90 degrees",
            {"kernel": "quarter turn left"},
            "the kernel is turned by 90 degrees only",
            "np.rot90(K) is a quarter turn. How many quarters make 180 degrees?",
        ),
        *FORWARD_WINDOWS,
    ),
)


def _dK(inputs, *, result="turned", **switches):
    return kernel_gradient(inputs, result=result, **switches)


def _dK_terms(inputs, entry):
    (u, v), (kh, kw) = entry, np.subtract(inputs["x"].shape, inputs["delta"].shape) + 1
    return dK_terms(inputs, (kh - 1 - u, kw - 1 - v))


dK = Question(
    name="conv-dK-true",
    notebook="04",
    title="The kernel's gradient of a true convolution",
    task="The map x (3x4) went through a true convolution with a kernel K (2x3); delta = dJ/dz (2x2) came back. "
    "Compute dK (2x3).",
    answer="dK",
    conventions=(TRUE_CONVOLUTION,),
    draw=dK_inputs,
    solve=_dK,
    terms=_dK_terms,
    hint="In true convolution K[0,0] met the lower right entry of each window. Which entries of x were these?",
    idea="K[u,v] met x[i+kh-1-u,j+kw-1-v] to make z[i,j]. So correlate x with delta as always, then turn the result "
    "by 180 degrees.",
    equation="conv.28",
    roles={"x": "input", "delta": "gradient", "dK": "parameter gradient"},
    mistakes=(
        Mistake(
            "result not turned",
            {"result": "as it is"},
            "x is correlated with delta and the result is not turned",
            "The forward pass turned K, so K[0,0] met the lower right entry of each window, not the upper left.",
            BY_CORRELATION,
        ),
        Mistake(
            "convolution of x and delta",
            {"result": "as it is", "delta": "turned"},
            "delta is turned and slides over x (true convolution of x and delta)",
            "What the forward pass turned was the kernel. So what must be turned is the result, dK.",
        ),
        Mistake(
            "x and the result mixed up",
            {"delta": "turned"},
            "x is turned by 180 degrees and delta slides over it as it is",
            "If you turn x, the order of the places is reversed, and delta must be turned with it.",
        ),
        Mistake(
            "only the rows reversed",
            {"result": "upside down"},
            "the rows of the result are reversed and its columns are not",
            "A turn by 180 degrees reverses both: upside down and left to right.",
        ),
        Mistake(
            "only the columns reversed",
            {"result": "left to right"},
            "the columns of the result are reversed and its rows are not",
            "A turn by 180 degrees reverses both: left to right and upside down.",
        ),
        DELTA_TRANSPOSED,
        *PLACES,
        NO_DELTA,
        SIGN,
        *MODES,
    ),
)


def _dx(inputs, *, kernel="turned", **switches):
    return input_gradient(inputs, kernel=kernel, **switches)


def _dx_terms(inputs, entry):
    delta, K = inputs["delta"], inputs["K"]
    kh, kw = K.shape
    return [[at("δ", delta, i, j), at("K", K, kh - 1 - u, kw - 1 - v)] for i, j, u, v in readers(delta, K, *entry)]


dx = Question(
    name="conv-dx-true",
    notebook="04",
    title="The input's gradient of a true convolution",
    task="A map x (3x3) went through a true convolution with the kernel K (2x2); delta = dJ/dz (2x2) came back. "
    "Compute dx (3x3).",
    answer="dx",
    conventions=(TRUE_CONVOLUTION,),
    draw=dx_inputs,
    solve=_dx,
    terms=_dx_terms,
    hint="Only one window reads x[0,0]. In a true convolution, which kernel entry lies on it there?",
    idea="The forward pass turned the kernel, so the stamps are turned: stamp delta[i,j] rot180(K) and add. In other "
    "words, K slides as it is over delta with its border of zeros (full correlation).",
    equation="conv.27",
    roles={"K": "kernel", "delta": "gradient", "dx": "gradient"},
    mistakes=(
        Mistake(
            "kernel turned",
            {"kernel": "as it is"},
            "the kernel is turned before it slides over delta (full convolution)",
            "Unlike goes with unlike: the forward pass turned the kernel, so the way back does not.",
            BY_CORRELATION,
        ),
        Mistake(
            "rows reversed",
            {"kernel": "upside down"},
            "the rows of the kernel are reversed before it slides over delta",
            "When the forward pass is a true convolution, K slides over delta as it is.",
        ),
        Mistake(
            "columns reversed",
            {"kernel": "left to right"},
            "the columns of the kernel are reversed before it slides over delta",
            "When the forward pass is a true convolution, K slides over delta as it is.",
        ),
        Mistake(
            "kernel transposed",
            {"kernel": "turned and transposed"},
            "the kernel is transposed before it slides over delta",
            "What is transposed on the way back is the big matrix of the convolution, not the kernel.",
        ),
        Mistake(
            "turned and transposed",
            {"kernel": "transposed"},
            "the kernel is turned by 180 degrees and transposed before it slides over delta",
            "When the forward pass is a true convolution, K slides over delta as it is.",
        ),
        DELTA_TURNED,
        replace(DELTA_SLIDES, switches={"result": "turned"}),
        TRANSPOSED,
        *STAMPS,
        SIDE_BY_SIDE,
        NO_BORDER,
    ),
)

QUESTIONS = (forward, dK, dx)
