"""Questions on one fully connected layer with its activation: dW from dJ/da, and delta from a squared error."""

from fractions import Fraction

import numpy as np

from classroom.questions.base import Mistake, Question, at, whole
from classroom.questions.batch import BATCH, N_IN_G, ONE_OVER_N_LEFT_OUT, ONE_OVER_N_TWICE, mean_over_batch
from classroom.questions.dense_parameters import CHANGE, LAST_EXAMPLE, PRODUCT_OF_SUMS, TRANSPOSED
from classroom.questions.slopes import (
    KEEP_DIGITS,
    NO_SLOPE,
    RELU,
    RELU_MASKS,
    SAME_MASKS,
    SIGMOID,
    SIGMOID_SLOPES,
    relu_mask,
    relu_z,
    sigmoid,
    sigmoid_slope,
)

ROLES = {"x": "input", "z": "output", "y": "neutral", "g": "gradient", "δ": "gradient", "dW": "parameter gradient"}

# ------------------------------------------------------------------------------------------------- dW from dJ/da


def _dW_inputs(rng):
    return {"x": whole(rng, 2, 3, low=-3, high=4), "z": relu_z(rng, (2, 3), 2), "g": whole(rng, 2, 3, low=-4, high=5)}


def _dW(
    inputs, *, mask="z > 0", gate="z", signal="x", over="products", scale="sum", result="gradient", order="delta x^T"
):
    x, z, g = inputs["x"], inputs["z"], inputs["g"]
    slope = relu_mask({"z": z, "g": g, "x": x}[gate], mask)
    delta, x = g * slope, {"x": x, "relu": np.maximum(x, 0), "masked": x * slope, "a": np.maximum(z, 0), "z": z}[signal]
    dW = {
        "products": delta @ x.T,
        "product of sums": np.outer(delta.sum(axis=1), x.sum(axis=1)),
        "last example": np.outer(delta[:, -1], x[:, -1]),
    }[over]
    dW = {"sum": dW, "mean": dW / x.shape[1]}[scale] * {"gradient": 1, "change": -1}[result]
    return {"delta x^T": dW, "x delta^T": dW.T}[order]


def _dW_terms(inputs, entry):
    (k, m), (x, z, g) = entry, inputs.values()
    return [[at("g", g, k, t), (f"f'(z[{k},{t}])", int(z[k, t] > 0)), at("x", x, m, t)] for t in range(x.shape[1])]


dW_from_g = Question(
    name="dense-dW-from-g",
    notebook="02",
    title="From dJ/da to the weights",
    task="A fully connected layer with two inputs and two outputs: z = W x + b, then a = f(z). Three examples, x "
    "(2x3), went through it, and g = dJ/da (2x3) came back. Compute dW (2x2): first delta, then dW.",
    answer="dW",
    conventions=(RELU, BATCH, N_IN_G),
    draw=_dW_inputs,
    solve=_dW,
    terms=_dW_terms,
    hint="The gradient g stands behind the activation, W before it. What lies between them, and in which examples is "
    "it open?",
    idea="First back through the activation: delta[k,t] = g[k,t] f'(z[k,t]), so g where z is above 0, and 0 elsewhere. "
    "Then dW = delta x^T: dW[k,m] adds up delta[k,t] x[m,t] over the examples.",
    equation="fully_connected.13",
    roles=ROLES,
    inseparable=SAME_MASKS,
    mistakes=(
        *RELU_MASKS,
        Mistake(
            name="mask of the gradient",
            switches={"gate": "g"},
            says="the mask asks where g is above 0, not z",
            hint="The gate was set on the way forward. Which numbers went through the activation then?",
        ),
        Mistake(
            name="mask of the input",
            switches={"gate": "x"},
            says="the mask asks where x is above 0, not z",
            hint="Between g and W lies the activation of this layer. Which numbers went into it?",
        ),
        Mistake(
            name="negative inputs cut off",
            switches={"signal": "relu"},
            says="negative inputs are replaced by 0 first, as by a ReLU",
            hint="x is what the layer received. Which numbers go through this layer's activation: x or z?",
        ),
        Mistake(
            name="output in place of input",
            switches={"signal": "a"},
            says="delta is multiplied by the layer's output a, where its input x belongs",
            hint="Error at the far end times signal at the near end: which signal did the weight carry?",
        ),
        Mistake(
            name="z in place of x",
            switches={"signal": "z"},
            says="delta is multiplied by z, where the layer's input x belongs",
            hint="Error at the far end times signal at the near end: which signal did the weight carry?",
        ),
        TRANSPOSED,
        PRODUCT_OF_SUMS,
        LAST_EXAMPLE,
        mean_over_batch("g"),
        CHANGE,
    ),
)

# ------------------------------------------------------------------------------- the first delta, of a squared error


def _mse_inputs(rng):
    return {"z": whole(rng, 2, 3, low=-2, high=2, zero=True), "y": whole(rng, 2, 3, low=-3, high=4)}


def _mse(inputs, *, slope="right", output="sigmoid", error="a - y", sign=1, loss="half", scale="1/N"):
    z, y = np.asarray(inputs["z"], float), inputs["y"]
    exponentials = np.exp(z)
    a = {
        "sigmoid": sigmoid(z),
        "exp(+z)": sigmoid(-z),
        "tanh": np.tanh(z),
        "softmax": exponentials / exponentials.sum(axis=0),
    }[output]
    g = {"a - y": a - y, "z - y": z - y, "squared": (a - y) ** 2 / 2, "none": 1, "a": a}[error]
    factor = sign * {"half": 1, "whole": 2}[loss]
    factor = factor * {"1/N": 1 / z.shape[1], "sum": 1, "twice": 1 / z.shape[1] ** 2, "every entry": 1 / z.size}[scale]
    return factor * g * sigmoid_slope(z, slope)


def _mse_terms(inputs, entry):
    a, y = sigmoid(inputs["z"])[entry], inputs["y"][entry]
    i, t = entry
    return [
        [("1/N", Fraction(1, inputs["z"].shape[1])), (f"(a - y)[{i},{t}]", a - y), (f"f'(z[{i},{t}])", a * (1 - a))]
    ]


mse = Question(
    name="mse-delta",
    notebook="02",
    title="The first delta, with a squared error",
    task="The last layer ends with a = f(z): two units, three examples, targets y (all 2x3). The loss of one example "
    "is half the sum of (a - y)^2 over its two units, and J is the mean of the three losses. Compute delta = dJ/dz "
    "(2x3).",
    answer="δ",
    conventions=(SIGMOID, BATCH, "The 1/N of the mean is not yet counted.", KEEP_DIGITS),
    draw=_mse_inputs,
    solve=_mse,
    terms=_mse_terms,
    decimals=3,
    hint="Three things lie between J and z: the mean, the square, and the activation. What does each one contribute?",
    idea="The derivative of half a square and the 1/N of the mean make dJ/da = (a - y)/N. Then back through the "
    "activation: delta[i,t] = (a[i,t] - y[i,t])/N times f'(z[i,t]), and f'(z) = a (1 - a).",
    equation="activations.7",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="slope left out",
            switches=NO_SLOPE.switches,
            says="the slope f'(z) is left out, as one may with the cross-entropy",
            hint="a - y alone is what softmax or a sigmoid leaves together with the cross-entropy. This loss is a "
            "square: what else lies between a and z?",
        ),
        *SIGMOID_SLOPES[1:],
        Mistake(
            name="y - a",
            switches={"sign": -1},
            says="the error is taken as y - a",
            hint="Where a is too large, J grows with a. Which sign must delta have there?",
        ),
        Mistake(
            name="z - y",
            switches={"error": "z - y"},
            says="y is compared with z in place of a",
            hint="What does the loss compare with the target: what goes into the activation or what comes out?",
        ),
        Mistake(
            name="loss in place of its derivative",
            switches={"error": "squared"},
            says="the loss (a - y)^2/2 itself is multiplied by the slope",
            hint="delta is a derivative. What is left of half a square when you differentiate it?",
        ),
        Mistake(
            name="target left out",
            switches={"error": "a"},
            says="the target is not subtracted",
            hint="What would your answer be if the network were right in every entry? What should it be?",
        ),
        Mistake(
            name="slope alone",
            switches={"error": "none"},
            says="the slope is given without the error",
            hint="The slope leads from a to z. How does J depend on a?",
        ),
        Mistake(
            name="factor 2",
            switches={"loss": "whole"},
            says="the 2 of the square is kept",
            hint="Differentiating the square brings down a 2. What stands in front of the square in this loss?",
            convention="the loss is the sum of squares, without the half",
        ),
        ONE_OVER_N_LEFT_OUT,
        ONE_OVER_N_TWICE,
        Mistake(
            name="mean over all entries",
            switches={"scale": "every entry"},
            says="the mean is taken over all entries, units and examples",
            hint="Read the loss again: what is added up and what is averaged?",
            convention="J is the mean over all entries, units and examples",
        ),
        Mistake(
            name="exp(z) in place of exp(-z)",
            switches={"output": "exp(+z)"},
            says="a is computed as 1 / (1 + exp(z)), with the wrong sign in the exponent",
            hint="The sigmoid of a large positive z is nearly 1. Is yours?",
        ),
        Mistake(
            name="softmax in place of sigmoid",
            switches={"output": "softmax"},
            says="a is computed by softmax",
            hint="Here each unit answers alone. Must the outputs of one example add up to 1?",
        ),
        Mistake(
            name="tanh throughout",
            switches={"output": "tanh", "slope": "tanh"},
            says="tanh is taken in place of the sigmoid, output and slope",
            hint="Which activation does this sheet have? Its output lies between 0 and 1.",
        ),
    ),
)

QUESTIONS = (dW_from_g, mse)
