"""Questions on two fully connected layers with an activation between them: delta of the layer below."""

from fractions import Fraction

import numpy as np

from classroom.questions.base import Mistake, Question, at, number, whole
from classroom.questions.batch import BATCH, N_IN_DELTA, ONE_OVER_N_AGAIN
from classroom.questions.slopes import (
    KEEP_DIGITS,
    RELU,
    RELU_MASKS,
    SAME_MASKS,
    SIGMOID,
    SIGMOID_SLOPES,
    divided,
    relu_mask,
    relu_z,
    sigmoid_slope,
)

TWO_LAYERS = (
    "Layer 1 ends with z1 and its activation a1 = f(z1); layer 2 is fully connected, z2 = W2 a1 + b2. Given are z1, "
    "W2{} and delta2 = dJ/dz2. Compute delta1 = dJ/dz1."
)
TWO_LAYERS_IDEA = (
    "There are two steps down to delta1: W2^T delta2 is dJ/da1, since every unit of layer 2 sends its delta back "
    "through the weight by which it listened; then each entry is multiplied by the slope f'(z1) at its own place. "
    "delta1[j,t] = f'(z1[j,t]) times the sum over i of W2[i,j] delta2[i,t]."
)
ROLES = {"z1": "output", "W2": "kernel", "z2": "output", "delta2": "gradient", "δ1": "gradient"}

W_NOT_TRANSPOSED = Mistake(
    name="W not transposed",
    switches={"product": "W delta"},
    says="W2 is taken without its transpose",
    hint="Forward, a unit of layer 2 collects along a row of W2. Going back, a unit of layer 1 collects from all that "
    "listened to it: where in W2 do their weights stand?",
)
SHARES = Mistake(
    name="shares of the weights",
    switches={"weights": "shares"},
    says="each unit splits its delta in proportion to its weights, so that their sizes add up to 1",
    hint="Splitting an error into shares is a picture, not the chain rule. By how much does z2 move if a1 moves by 1?",
)
SLOPE_BEFORE_W = Mistake(
    name="slope before W",
    switches={"where": "before W"},
    says="delta2 is multiplied by f'(z1) before it goes through the weights",
    hint="Coming back from above, what do you meet first: the weights of layer 2 or the activation of layer 1?",
)


def _shares(W):
    return W / np.abs(W).sum(axis=1, keepdims=True)


def _products(W, delta, product):
    """W^T delta, or what is computed in its place; W is square, so that every order of the operands fits."""
    orders = {
        "W^T delta": lambda: W.T @ delta,
        "W delta": lambda: W @ delta,
        "delta W": lambda: delta @ W,
        "delta W^T": lambda: delta @ W.T,
        "delta alone": lambda: 1 * delta,
        "last unit": lambda: np.outer(W[-1], delta[-1]),
        "product of sums": lambda: np.outer(W.sum(axis=0), delta.sum(axis=0)),
    }
    return orders[product]()


NO_WEIGHTS = Mistake(
    name="weights left out",
    switches={"product": "delta alone"},
    says="delta2 is handed down without the weights",
    hint="A unit of layer 1 reaches each unit of layer 2 through a weight. Through what does the answer come back?",
)
LAST_UNIT = Mistake(
    name="last unit only",
    switches={"product": "last unit"},
    says="only the last unit of layer 2 reports back, as with = in place of +=",
    hint="How many units of layer 2 listen to one unit of layer 1? Add their products, do not overwrite one with the "
    "next.",
)
PRODUCT_OF_SUMS = Mistake(
    name="product of sums",
    switches={"product": "product of sums"},
    says="the weights and the deltas are added up first and multiplied afterwards",
    hint="Multiply unit by unit, then add. A sum of products is not the product of the sums.",
)

# ------------------------------------------------------------------------------------------- through a sigmoid


def _sigmoid_inputs(rng):
    z1, z2 = whole(rng, 2, 2, low=-2, high=3), whole(rng, 2, 2, low=-2, high=3)
    return {"z1": z1, "W2": whole(rng, 2, 2, distinct=True), "z2": z2, "delta2": whole(rng, 2, 2, distinct=True)}


def _sigmoid_delta(
    inputs,
    *,
    product="W^T delta",
    weights="plain",
    slope="right",
    where="after W",
    upstream="delta",
    scale="once",
    layer=1,
):
    z1, W2, z2, delta2 = inputs["z1"], inputs["W2"], inputs["z2"], inputs["delta2"]
    delta2 = {"delta": delta2, "slope again": delta2 * sigmoid_slope(z2)}[upstream]
    W2 = {"plain": W2, "shares": _shares(W2)}[weights]
    slope = sigmoid_slope({1: z1, 2: z2}[layer], slope)
    ways = {
        "after W": lambda: _products(W2, delta2, product) * slope,
        "before W": lambda: _products(W2, delta2 * slope, product),
        "matrix": lambda: _products(W2, delta2, product) @ slope,
        "added": lambda: _products(W2, delta2, product) + slope,
        "divided": lambda: divided(_products(W2, delta2, product), slope),
    }
    delta1 = ways[where]()
    return {"once": delta1, "1/N again": delta1 / z1.shape[1]}[scale]


def _sigmoid_terms(inputs, entry):
    j, t = entry
    W2, delta2 = inputs["W2"], inputs["delta2"]
    slope = (f"f'(z1[{j},{t}])", sigmoid_slope(inputs["z1"])[entry])
    return [[at("W2", W2, i, j), at("δ2", delta2, i, t), slope] for i in range(len(W2))]


delta = Question(
    name="dense-delta",
    notebook="02",
    title="One layer further down",
    task=TWO_LAYERS.format(", z2") + " All of them are 2x2: two units in each layer, two examples.",
    answer="δ1",
    conventions=(SIGMOID, BATCH, N_IN_DELTA, KEEP_DIGITS),
    draw=_sigmoid_inputs,
    solve=_sigmoid_delta,
    terms=_sigmoid_terms,
    decimals=3,
    hint="Go back in two steps: first from z2 to a1, then from a1 to z1. What stands in the way of each step?",
    idea=TWO_LAYERS_IDEA + " For the sigmoid f'(z) = a (1 - a) with a = 1 / (1 + exp(-z)).",
    equation="activations.7",
    roles=ROLES,
    mistakes=(
        *SIGMOID_SLOPES,
        Mistake(
            name="slope of layer 2",
            switches={"layer": 2},
            says="f' is taken at z2 in place of z1",
            hint="The slope at z2 is inside delta2 already, if there is one. Which activation do you cross on the way "
            "from a1 to z1?",
        ),
        Mistake(
            name="slope of layer 2 as well",
            switches={"upstream": "slope again"},
            says="delta2 is multiplied by f'(z2) before it goes back, as if it were dJ/da2",
            hint="delta2 is dJ/dz2 already. Has the activation behind z2 not been crossed before?",
        ),
        W_NOT_TRANSPOSED,
        Mistake(
            name="delta to the left of W",
            switches={"product": "delta W"},
            says="delta2 stands to the left of W2",
            hint="Over what must the sum run: over the units of layer 2 or over the examples? Where do the units stand "
            "in delta2?",
        ),
        Mistake(
            name="delta to the left of W transposed",
            switches={"product": "delta W^T"},
            says="delta2 stands to the left of W2 transposed",
            hint="Over what must the sum run: over the units of layer 2 or over the examples? Where do the units stand "
            "in delta2?",
        ),
        NO_WEIGHTS,
        LAST_UNIT,
        PRODUCT_OF_SUMS,
        SLOPE_BEFORE_W,
        Mistake(
            name="divided by the slope",
            switches={"where": "divided"},
            says="W2^T delta2 is divided by the slope in place of multiplied",
            hint="Where a1 hardly follows z1, J hardly follows z1 either. Is your delta1 small where the slope is "
            "small?",
        ),
        Mistake(
            name="matrix product with the slopes",
            switches={"where": "matrix"},
            says="W2^T delta2 is multiplied by the slopes as a matrix, rows by columns",
            hint="An activation acts on each entry alone. How do you multiply by its slopes, then?",
        ),
        Mistake(
            name="slope added",
            switches={"where": "added"},
            says="the slope is added in place of multiplied",
            hint="Along one path the factors of the chain rule multiply; only different paths add up.",
        ),
        SHARES,
        ONE_OVER_N_AGAIN,
    ),
)

# ----------------------------------------------------------------------------------------------- through a ReLU


def _relu_inputs(rng):
    return {
        "z1": relu_z(rng, (3, 2), 2),
        "W2": whole(rng, 3, 3, low=-3, high=3),
        "delta2": whole(rng, 3, 2, low=-3, high=4),
        "lr": number(rng, Fraction(1, 2), Fraction(1, 4)),
    }


def _relu_delta(
    inputs, *, product="W^T delta", weights="plain", mask="z > 0", where="after W", scale="once", upstream="delta"
):
    z1, W2, delta2 = inputs["z1"], inputs["W2"], inputs["delta2"]
    delta2 = {"delta": delta2, "relu": np.maximum(delta2, 0)}[upstream]
    W2 = {
        "plain": lambda: W2,
        "shares": lambda: _shares(W2),
        "updated": lambda: W2 - float(inputs["lr"]) * delta2 @ np.maximum(z1, 0).T,
    }[weights]()
    slope = relu_mask(z1, mask)
    if where == "before W":
        delta1 = _products(W2, delta2 * slope, product)
    else:
        back = _products(W2, delta2, product)
        delta1 = back * {"after W": slope, "mask of the gradient": relu_mask(back, mask)}[where]
    return {"once": delta1, "1/N again": delta1 / z1.shape[1]}[scale]


def _relu_terms(inputs, entry):
    j, t = entry
    W2, delta2 = inputs["W2"], inputs["delta2"]
    slope = (f"f'(z1[{j},{t}])", int(inputs["z1"][entry] > 0))
    return [[at("W2", W2, i, j), at("δ2", delta2, i, t), slope] for i in range(len(W2))]


delta_relu = Question(
    name="dense-delta-relu",
    notebook="02",
    title="One layer further down, through ReLU",
    task=TWO_LAYERS.format("") + " Three units in each layer, two examples. Afterwards a step with learning rate lr "
    "will be taken.",
    answer="δ1",
    conventions=(RELU, BATCH, N_IN_DELTA),
    draw=_relu_inputs,
    solve=_relu_delta,
    terms=_relu_terms,
    hint="Which entries of the answer can you write down before you multiply anything? For the others: who listened to "
    "this unit?",
    idea=TWO_LAYERS_IDEA + " For ReLU the slope is 1 where z1 is above 0, and 0 elsewhere.",
    equation="activations.7",
    roles=ROLES,
    inseparable=SAME_MASKS,
    mistakes=(
        *RELU_MASKS,
        W_NOT_TRANSPOSED,
        NO_WEIGHTS,
        LAST_UNIT,
        PRODUCT_OF_SUMS,
        Mistake(
            name="updated weights",
            switches={"weights": "updated"},
            says="W2 is updated first, and delta2 goes back through the new weights",
            hint="The forward pass went through the old weights. When may an update be made: before or after all "
            "deltas are computed?",
        ),
        SLOPE_BEFORE_W,
        Mistake(
            name="mask of the gradient",
            switches={"where": "mask of the gradient"},
            says="negative entries of W2^T delta2 are set to 0, in place of those where z1 is negative",
            hint="The gate was set on the way forward. Which numbers went through the activation then?",
        ),
        Mistake(
            name="negative deltas cut off",
            switches={"upstream": "relu"},
            says="negative entries of delta2 are replaced by 0 before they go back",
            hint="A gradient may be negative. Which numbers does the activation cut off: those going forward or those "
            "coming back?",
        ),
        SHARES,
        ONE_OVER_N_AGAIN,
    ),
)

QUESTIONS = (delta, delta_relu)
