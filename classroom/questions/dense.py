"""Questions on the fully connected layer, with a batch: forward and the input's gradient."""

import numpy as np

from classroom.questions.base import Mistake, Question, at, whole
from classroom.questions.batch import BATCH, N_IN_DELTA

ROLES = {"x": "input", "W": "kernel", "b": "kernel", "delta": "gradient", "z": "output", "dx": "gradient"}
ROLES |= {"dW": "parameter gradient", "db": "parameter gradient"}

# ------------------------------------------------------------------------------------------------------- forward


def _z_inputs(rng):
    x, W = whole(rng, 3, 2, low=-3, high=4), whole(rng, 2, 3, low=-3, high=4)
    return {"x": x, "W": W, "b": np.array(rng.sample([-5, -4, -3, -2, 2, 3, 4, 5], 2))}


def _z(inputs, *, product="W x", over="all", scale="sum", bias="by unit", examples="in order", output="z"):
    x, W, b = inputs["x"], inputs["W"], inputs["b"]
    units, n = len(W), len(x)
    used = {"all": slice(None), "without the first": slice(1, None), "without the last": slice(-1)}[over]
    z = {"W x": W[:, used] @ x[used], "x W": (x @ W)[:units, : x.shape[1]]}[product]
    z = {"sum": z, "mean": z / n}[scale]
    shift = b[:, None] * np.ones(x.shape[1], int)
    z = (
        z
        + {
            "by unit": shift,
            "by example": shift.T,
            "none": 0 * shift,
            "minus": -shift,
            "once a weight": n * shift,
            "first example": shift * (np.arange(x.shape[1]) == 0),
        }[bias]
    )
    z = {"in order": z, "exchanged": z[:, ::-1]}[examples]
    return {"z": z, "relu": np.maximum(z, 0)}[output]


def _z_terms(inputs, entry):
    (i, t), (x, W, b) = entry, inputs.values()
    return [[at("W", W, i, j), at("x", x, j, t)] for j in range(len(x))] + [[at("b", b, i)]]


z = Question(
    name="dense-z",
    notebook="01",
    title="Forward: three inputs, two outputs",
    task="A fully connected layer has three inputs and two outputs. The 3x2 matrix x holds two examples, W (2x3) the "
    "weights, b the biases. Compute z (2x2).",
    answer="z",
    conventions=(BATCH, "Row i of W holds the weights of output i.", "The bias b[i] belongs to output i."),
    draw=_z_inputs,
    solve=_z,
    terms=_z_terms,
    hint="Take one output and one example. Which weights lead into this output, and which numbers arrive there?",
    idea="Entry z[i,t] is row i of W times column t of x, plus b[i]: the sum over j of W[i,j] x[j,t], then the bias "
    "once. As matrices: z = W x + b, with b added to every column.",
    equation="fully_connected.10",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="bias left out",
            switches={"bias": "none"},
            says="the bias is left out",
            hint="The products are right. What else does every output have, besides its weights?",
        ),
        Mistake(
            name="bias by example",
            switches={"bias": "by example"},
            says="b[0] is added to the first column and b[1] to the second",
            hint="Does a bias belong to an output or to an example? Rows are outputs, columns are examples.",
        ),
        Mistake(
            name="bias subtracted",
            switches={"bias": "minus"},
            says="the bias is subtracted",
            hint="The products are right. With which sign does the bias enter?",
        ),
        Mistake(
            name="bias once a weight",
            switches={"bias": "once a weight"},
            says="the bias is added once for every product",
            hint="First add up all products of an entry. How often does the bias come on top of this sum?",
        ),
        Mistake(
            name="bias in the first example only",
            switches={"bias": "first example"},
            says="the bias is added to the first example only",
            hint="Both examples go through the same layer. Does the second one meet the biases too?",
        ),
        Mistake(
            name="operands exchanged",
            switches={"product": "x W"},
            says="rows of x meet columns of W, so that x stands to the left of W",
            hint="An output collects along its own weights. Do they stand in a row or in a column of W, and where does "
            "one example stand in x?",
        ),
        Mistake(
            name="first input left out",
            switches={"over": "without the first"},
            says="the sum begins at the second input, as if one counted from 1",
            hint="Count the products of one entry. How many inputs has the layer?",
        ),
        Mistake(
            name="last input left out",
            switches={"over": "without the last"},
            says="the sum stops one input too early",
            hint="Count the products of one entry. How many inputs has the layer?",
        ),
        Mistake(
            name="mean of the products",
            switches={"scale": "mean"},
            says="the sum of the products is divided by the number of inputs",
            hint="A weighted sum, or a mean? Look at the formula once more.",
        ),
        Mistake(
            name="examples exchanged",
            switches={"examples": "exchanged"},
            says="the two examples have changed places",
            hint="All your numbers are right. Which column of the answer belongs to the first column of x?",
        ),
        Mistake(
            name="activation applied",
            switches={"output": "relu"},
            says="negative entries are replaced by 0, as by a ReLU",
            hint="The question asks for z, before any activation. May z be negative?",
        ),
    ),
)

# --------------------------------------------------------------------------------------------- the input's gradient


def _dx_inputs(rng):
    x, W = whole(rng, 2, 2, low=-3, high=4), whole(rng, 3, 2, low=-3, high=4)
    return {"x": x, "W": W, "delta": whole(rng, 3, 2, low=-3, high=4)}


def _dx(inputs, *, weights="columns", over="all", examples="apart", scale="sum", times="nothing"):
    x, W, delta = inputs["x"], inputs["W"], inputs["delta"]
    n = W.shape[1]
    weights = {
        "columns": W.T,
        "rows": W[:n],
        "reshaped": W.reshape(n, -1),
        "shares": (W / np.abs(W).sum(axis=1, keepdims=True)).T,
    }[weights]
    delta = delta[: weights.shape[1]]
    delta = {"apart": delta, "added up": delta.sum(axis=1, keepdims=True) + 0 * delta}[examples]
    used = {"all": slice(None), "first": slice(1), "last": slice(-1, None), "product of sums": slice(None)}[over]
    dx = weights[:, used] @ delta[used]
    if over == "product of sums":
        dx = np.outer(weights.sum(axis=1), delta.sum(axis=0))
    dx = {"sum": dx, "mean over outputs": dx / len(delta), "mean over examples": dx / delta.shape[1]}[scale]
    return {"nothing": dx, "x": dx * x}[times]


def _dx_terms(inputs, entry):
    k, t = entry
    W, delta = inputs["W"], inputs["delta"]
    return [[at("W", W, i, k), at("δ", delta, i, t)] for i in range(len(W))]


dx = Question(
    name="dense-dx",
    notebook="01",
    title="The input's gradient",
    task="A fully connected layer with two inputs and three outputs has the weights W (3x2); a batch of two examples x "
    "(2x2) went through it, and delta = dJ/dz (3x2) came back. Compute dx = dJ/dx (2x2).",
    answer="dx",
    conventions=("z = W x + b.", BATCH, N_IN_DELTA),
    draw=_dx_inputs,
    solve=_dx,
    terms=_dx_terms,
    hint="Take one input of one example. Which outputs listen to it, and through which weight does each of them "
    "listen?",
    idea="Every output i listens to input k through W[i,k] and sends delta[i,t] back through the same weight. So "
    "dx[k,t] adds up W[i,k] delta[i,t] over all outputs i: along a column of W. As matrices: dx = W^T delta.",
    equation="fully_connected.12",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="rows of W",
            switches={"weights": "rows"},
            says="a row of W meets a column of delta, without the transpose (a row is too short: the last delta is "
            "left over)",
            hint="Forward, an output collects along a row of W. Going back, an input collects from all outputs that "
            "listened to it: where in W do their weights stand?",
        ),
        Mistake(
            name="reshaped, not transposed",
            switches={"weights": "reshaped"},
            says="the numbers of W are written row after row into a 2x3 matrix, in place of the transpose",
            hint="A transpose turns columns into rows. Is the first row of your matrix the first column of W?",
        ),
        Mistake(
            name="shares of the weights",
            switches={"weights": "shares"},
            says="each output splits its delta in proportion to its weights, so that their sizes add up to 1",
            hint="Splitting an error into shares is a picture, not the chain rule. By how much does z move if x moves "
            "by 1?",
        ),
        Mistake(
            name="first output only",
            switches={"over": "first"},
            says="only the first output reports back",
            hint="How many outputs listen to one input? Each of them contributes a product.",
        ),
        Mistake(
            name="last output only",
            switches={"over": "last"},
            says="only the last output's product is left, as with = in place of +=",
            hint="How many outputs listen to one input? Add their products, do not overwrite one with the next.",
        ),
        Mistake(
            name="product of sums",
            switches={"over": "product of sums"},
            says="the weights and the deltas are added up first and multiplied afterwards",
            hint="Multiply output by output, then add. A sum of products is not the product of the sums.",
        ),
        Mistake(
            name="examples added up",
            switches={"examples": "added up"},
            says="the deltas of both examples are added up, and both columns get the same numbers",
            hint="An input belongs to one example. Can the other example's delta say anything about it?",
        ),
        Mistake(
            name="mean over the batch",
            switches={"scale": "mean over examples"},
            says="the result is divided by the number of examples",
            hint="Where in this network does the 1/N stand? How often may it be counted?",
        ),
        Mistake(
            name="mean over the outputs",
            switches={"scale": "mean over outputs"},
            says="the result is divided by the number of outputs",
            hint="The input acts on every output. Do their answers add up, or are they averaged?",
        ),
        Mistake(
            name="multiplied by x",
            switches={"times": "x"},
            says="the result is multiplied by x, entry by entry",
            hint="z is linear in x. When you differentiate W x by x, is any x left?",
        ),
    ),
)

QUESTIONS = (z, dx)
