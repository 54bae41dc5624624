"""Questions on a convolution next to a ReLU: behind it (delta comes from g) and below it (its delta from dx)."""

import numpy as np

from classroom.questions.base import Mistake, Question, at, whole
from classroom.questions.convolution import CORRELATION
from classroom.questions.input_gradient import DELTA, SPREAD, SWAPPED, TURNED, dx_inputs, dx_terms, input_gradient
from classroom.questions.kernel_gradient import (
    MODES,
    PLACES,
    RESULT_TRANSPOSED,
    RESULT_TURNED,
    SIGN,
    X_SLIDES,
    kernel_gradient,
)
from classroom.questions.windows import relu_slope

AT_ZERO = (
    Mistake(
        "slope 1 at zero",
        {"slope": "z >= 0"},
        "the gradient is let through where z >= 0, so also where z is exactly 0",
        "Look for the zero in z. What does this sheet say about the slope there?",
        "ReLU'(0) = 1",
    ),
    Mistake(
        "slope 1/2 at zero",
        {"slope": "1/2 at 0"},
        "half of the gradient is let through where z is exactly 0",
        "Look for the zero in z. What does this sheet say about the slope there?",
        "ReLU'(0) = 1/2",
    ),
)
OTHER_SLOPES = (
    Mistake(
        "multiplied by z",
        {"slope": "z"},
        "the gradient is multiplied by z in place of the slope f'(z)",
        "The slope of a ReLU is 0 or 1: z only decides which.",
    ),
    Mistake(
        "sign of z",
        {"slope": "sign"},
        "the gradient is multiplied by the sign of z: where z is negative it changes its sign",
        "A unit that is off passes nothing on, neither plus nor minus.",
    ),
    Mistake(
        "mask inverted",
        {"slope": "z < 0"},
        "the gradient is kept where z is negative and dropped where z is positive",
        "Which units did the ReLU let through on the way forward? The same ones are open on the way back.",
    ),
)


def _from_g_inputs(rng):
    z = whole(rng, 2, 3, low=-3, high=4)
    z[rng.randrange(2), rng.randrange(3)] = 0
    return {"x": whole(rng, 3, 4, low=-3, high=4), "z": z, "g": whole(rng, 2, 3, low=-3, high=4)}


def _from_g(inputs, *, slope="z > 0", g="used", squashed="no", **switches):
    given = {"used": inputs["g"], "left out": 1}[g]
    delta = given * relu_slope(inputs["z"], inputs["g"], slope)
    x = {"no": inputs["x"], "yes": np.maximum(inputs["x"], 0)}[squashed]
    return kernel_gradient({"x": x, "delta": delta}, **switches)


def _from_g_terms(inputs, entry):
    u, v = entry
    x, z, g = inputs["x"], inputs["z"], inputs["g"]
    return [
        [at("x", x, i + u, j + v), at("g", g, i, j), (f"f'(z[{i},{j}])", int(z[i, j] > 0))]
        for i, j in np.ndindex(z.shape)
    ]


dK_from_g = Question(
    name="conv-dK-from-g",
    notebook="04",
    title="The kernel's gradient, with a ReLU behind the convolution",
    task="The map x (3x4) went through a convolution with a kernel K (2x2) to z (2x3), then through a ReLU, a = "
    "f(z). g = dJ/da came back. Compute dK (2x2).",
    answer="dK",
    conventions=(CORRELATION, "ReLU'(0) = 0."),
    draw=_from_g_inputs,
    solve=_from_g,
    terms=_from_g_terms,
    hint="What came back is g = dJ/da. What has to be done to it before it may be called delta = dJ/dz?",
    idea="First delta = g f'(z), entry by entry: g where z > 0, and 0 elsewhere. Then correlate x with delta.",
    equation="conv.17",
    roles={"x": "input", "z": "output", "g": "gradient", "dK": "parameter gradient"},
    inseparable=(("f' forgotten", "mask a >= 0"), ("result turned", "x slides over delta")),
    mistakes=(
        Mistake(
            "f' forgotten",
            {"slope": "1"},
            "x is correlated with g: f'(z) is left out",
            "g is dJ/da. Between a and z stands the ReLU: which of its units were on?",
        ),
        Mistake(
            "mask a >= 0",
            {"slope": "a >= 0"},
            "the ReLU lets g through where a >= 0, which is everywhere",
            "a is never negative, so a >= 0 excludes nothing. Ask whether z is positive.",
        ),
        *AT_ZERO,
        Mistake(
            "multiplied by a",
            {"slope": "a"},
            "g is multiplied by a = f(z) in place of the slope f'(z)",
            "The slope of a ReLU is 0 or 1; its value does not matter here.",
        ),
        *OTHER_SLOPES,
        Mistake(
            "mask from g",
            {"slope": "g > 0"},
            "the mask is made from the sign of g",
            "What decides is whether the unit was on in the forward pass: look at z. A negative g passes as well.",
        ),
        Mistake(
            "ReLU of x",
            {"squashed": "yes"},
            "the ReLU is applied to x as well: its negative entries are set to 0",
            "The ReLU stands behind the convolution. K met x as it is given.",
        ),
        Mistake(
            "g left out",
            {"g": "left out"},
            "the slopes f'(z) stand in the place of delta, without g",
            "The slope is one link of the chain; g is the other.",
        ),
        Mistake(
            "delta turned",
            {"delta": "turned"},
            "delta is turned by 180 degrees before it slides over x (true convolution)",
            "The mask is right. When the forward pass is correlation, delta slides over x as it is.",
        ),
        RESULT_TURNED,
        X_SLIDES,
        RESULT_TRANSPOSED,
        *PLACES,
        SIGN,
        *MODES,
    ),
)


def _below_inputs(rng):
    z = whole(rng, 3, 3, low=-3, high=4)
    z[rng.randrange(3), rng.randrange(3)] = 0
    return {"z": z, **dx_inputs(rng)}


def _below(inputs, *, slope="z > 0", **switches):
    dx = input_gradient(inputs, **switches)
    if dx.shape != inputs["z"].shape:
        raise ValueError(f"dx has shape {dx.shape}, expected {inputs['z'].shape}, the shape of z: cut it first")
    return dx * relu_slope(inputs["z"], dx, slope)


def _below_terms(inputs, entry):
    on = ("f'(" + at("z", inputs["z"], *entry)[0] + ")", int(inputs["z"][entry] > 0))
    return [[*product, on] for product in dx_terms(inputs, entry)]


delta_below = Question(
    name="conv-delta-below",
    notebook="04",
    title="The delta of the layer below",
    task="The layer below made z (3x3), and its ReLU made x = f(z) (3x3). x went through a convolution with the "
    "kernel K (2x2), from which delta (2x2) came back. Compute the layer below's own delta, dJ/dz (3x3).",
    answer="delta_below",
    conventions=(CORRELATION, "ReLU'(0) = 0."),
    draw=_below_inputs,
    solve=_below,
    terms=_below_terms,
    hint="dx is dJ/dx. What stands between x and z, and where does it let a gradient through?",
    idea="First dx: stamp delta[i,j] K onto its window and add. Then multiply entry by entry with f'(z) of the layer "
    "below, which is 1 where its z > 0 and 0 elsewhere.",
    equation="conv.13",
    roles={"z": "output", "K": "kernel", "delta": "gradient", "delta_below": "gradient"},
    inseparable=(*SWAPPED, ("f' forgotten", "mask a >= 0")),
    mistakes=(
        Mistake(
            "f' forgotten",
            {"slope": "1"},
            "the answer is dx: f'(z) of the layer below is left out",
            "dx is dJ/dx, and delta is dJ/dz. Between z and x stands the ReLU: which of its units were on?",
        ),
        Mistake(
            "mask a >= 0",
            {"slope": "a >= 0"},
            "the ReLU lets the gradient through where its output x >= 0, which is everywhere",
            "The output of a ReLU is never negative, so x >= 0 excludes nothing. Ask whether z is positive.",
        ),
        *AT_ZERO,
        Mistake(
            "multiplied by x",
            {"slope": "a"},
            "dx is multiplied by x = f(z) in place of the slope f'(z)",
            "The slope of a ReLU is 0 or 1; its value does not matter here.",
        ),
        *OTHER_SLOPES,
        Mistake(
            "ReLU of the gradient",
            {"slope": "g > 0"},
            "the ReLU is applied to dx itself: its negative entries are set to 0",
            "What decides is whether the unit was on in the forward pass: look at z. Negative gradients pass as well.",
        ),
        *TURNED,
        *DELTA,
        *SPREAD,
    ),
)

QUESTIONS = (dK_from_g, delta_below)
