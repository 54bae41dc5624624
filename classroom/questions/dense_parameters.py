"""Questions on the fully connected layer, with a batch: the gradients of weights and biases."""

import numpy as np

from classroom.questions.base import Mistake, Question, at, whole
from classroom.questions.batch import BATCH, N_IN_DELTA, mean_over_batch
from classroom.questions.dense import ROLES

TRANSPOSED = Mistake(
    name="dW transposed",
    switches={"order": "x delta^T"},
    says="x stands on the left and delta on the right, which gives dW transposed",
    hint="dW has the shape of W: a row for each output. Does delta or x have a row for each output?",
)
PRODUCT_OF_SUMS = Mistake(
    name="product of sums",
    switches={"over": "product of sums"},
    says="delta and x are added up over the batch first and multiplied afterwards",
    hint="Multiply example by example, then add. A sum of products is not the product of the sums.",
)
LAST_EXAMPLE = Mistake(
    name="last example only",
    switches={"over": "last example"},
    says="only the last example is left, as with = in place of +=",
    hint="The same weight works in every example. Add their products, do not overwrite one with the next.",
)
CHANGE = Mistake(
    name="change of the weights",
    switches={"result": "change"},
    says="the change of the weights is given, -dW, in place of the gradient",
    hint="The gradient points uphill. Where does the minus sign of gradient descent belong?",
)

# ------------------------------------------------------------------------------------------- the weights' gradient


def _dW_inputs(rng):
    x, W = whole(rng, 3, 2, low=-4, high=4), whole(rng, 2, 3, low=-3, high=3)
    return {"x": x, "W": W, "delta": whole(rng, 2, 2, low=-4, high=5, distinct=True)}


def _dW(
    inputs, *, delta="as it is", x="transposed", over="products", scale="sum", result="gradient", order="delta x^T"
):
    W, errors, signals = inputs["W"], inputs["delta"], inputs["x"]
    n, N = signals.shape
    errors = {"as it is": errors, "transposed": errors.T}[delta]
    signals = {"transposed": signals.T, "reshaped": signals.reshape(N, n), "relu": np.maximum(signals, 0).T}[x]
    dW = {
        "products": errors @ signals,
        "product of sums": np.outer(errors.sum(axis=1), signals.sum(axis=0)),
        "first example": np.outer(errors[:, 0], signals[0]),
        "last example": np.outer(errors[:, -1], signals[-1]),
    }[over]
    dW = {"sum": dW, "mean": dW / N}[scale]
    dW = {"gradient": dW, "change": -dW, "new weights": W - dW, "times W": W * dW}[result]
    return {"delta x^T": dW, "x delta^T": dW.T}[order]


def _dW_terms(inputs, entry):
    k, m = entry
    x, delta = inputs["x"], inputs["delta"]
    return [[at("δ", delta, k, t), at("x", x, m, t)] for t in range(x.shape[1])]


dW = Question(
    name="dense-dW",
    notebook="01",
    title="The weights' gradient",
    task="A fully connected layer with three inputs and two outputs has the weights W (2x3). A batch of two examples, "
    "x (3x2), went through it, and delta = dJ/dz (2x2) came back. Compute dW = dJ/dW (2x3).",
    answer="dW",
    conventions=("z = W x + b.", BATCH, N_IN_DELTA),
    draw=_dW_inputs,
    solve=_dW,
    terms=_dW_terms,
    hint="Take one weight. From which input does it come, to which output does it lead, and what stands at these two "
    "ends in the first example? In the second?",
    idea="The weight W[k,m] carries x[m,t] to output k in every example t. So dW[k,m] adds up delta[k,t] x[m,t] over "
    "the examples: error at the far end times signal at the near end. As matrices: dW = delta x^T.",
    equation="fully_connected.13",
    roles=ROLES,
    mistakes=(
        TRANSPOSED,
        Mistake(
            name="delta transposed",
            switches={"delta": "transposed"},
            says="delta is transposed as well as x, so that outputs and examples change places",
            hint="The sum runs over the examples. In delta, do the examples stand beside or below each other?",
        ),
        Mistake(
            name="x reshaped, not transposed",
            switches={"x": "reshaped"},
            says="the numbers of x are written row after row into a 2x3 matrix, in place of the transpose",
            hint="A transpose turns columns into rows: the first row of x^T is the first example. Is it in yours?",
        ),
        Mistake(
            name="negative inputs cut off",
            switches={"x": "relu"},
            says="negative inputs are replaced by 0 first, as by a ReLU",
            hint="x is what the layer received. Any activation is already behind it: take x as it is.",
        ),
        PRODUCT_OF_SUMS,
        Mistake(
            name="first example only",
            switches={"over": "first example"},
            says="only the first example is counted",
            hint="The same weight works in every example. How many products make one entry?",
        ),
        LAST_EXAMPLE,
        mean_over_batch("delta"),
        CHANGE,
        Mistake(
            name="new weights",
            switches={"result": "new weights"},
            says="a step is taken already: W - dW",
            hint="The question asks for the gradient alone. Which part of your number is it?",
        ),
        Mistake(
            name="multiplied by W",
            switches={"result": "times W"},
            says="the gradient is multiplied by W, entry by entry",
            hint="z is linear in W. When you differentiate W x by W, is any W left?",
        ),
    ),
)

# -------------------------------------------------------------------------------------------- the biases' gradient


def _db_inputs(rng):
    x, b = whole(rng, 2, 3, low=-3, high=4), np.array(rng.sample([-4, -3, -2, 2, 3, 4], 3))
    return {"x": x, "b": b, "delta": whole(rng, 3, 3, low=-5, high=6, distinct=True)}


def _db(inputs, *, of="delta", over="examples", scale="sum", times="1", result="gradient"):
    x, b, delta = inputs["x"], inputs["b"], inputs["delta"]
    N = delta.shape[1]
    of = {"delta": delta, "dW": delta @ x.T, "1": np.ones(delta.shape, int), "1/N": np.ones(delta.shape) / N}[of]
    db = {
        "examples": of.sum(axis=1),
        "outputs": of.sum(axis=0),
        "everything": np.full(len(b), of.sum()),
        "first example": of[:, 0],
        "last example": of[:, -1],
        "nothing": of,
    }[over]
    db = {"sum": db, "mean": db / N}[scale]
    db = {"1": db, "b": db * b if db.shape == b.shape else db * b[:, None]}[times]
    return {"gradient": db, "change": -db, "new biases": (b - db.T).T}[result]


def _db_terms(inputs, entry):
    delta = inputs["delta"]
    return [[at("δ", delta, *entry, t)] for t in range(delta.shape[1])]


db = Question(
    name="dense-db",
    notebook="01",
    title="The biases' gradient",
    task="A batch of three examples, x (2x3), went through a fully connected layer with three outputs and the biases "
    "b; delta = dJ/dz (3x3) came back. Compute db = dJ/db, one number for each output.",
    answer="db",
    conventions=("z = W x + b.", BATCH, N_IN_DELTA),
    draw=_db_inputs,
    solve=_db,
    terms=_db_terms,
    hint="By how much does one z move when its bias moves by 1? And in how many examples does the same bias work?",
    idea="The bias b[k] is added to z[k,t] in every example t, with factor 1. So db[k] adds up delta[k,t] over the "
    "examples: along a row of delta.",
    equation="fully_connected.14",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="summed over the outputs",
            switches={"over": "outputs"},
            says="delta is added up over the outputs, down the columns",
            hint="One bias for each output: the outputs must stay apart. Which direction of delta are the examples?",
        ),
        Mistake(
            name="everything added up",
            switches={"over": "everything"},
            says="all of delta is added up, and every bias gets this number",
            hint="Does the first bias act on the second output? Which row of delta can it hear?",
        ),
        Mistake(
            name="not summed",
            switches={"over": "nothing"},
            says="delta is copied without adding up over the batch",
            hint="How many biases has the layer? The same bias works in every example.",
        ),
        Mistake(
            name="first example only",
            switches={"over": "first example"},
            says="only the first example is counted",
            hint="The same bias works in every example. What do the other examples say?",
        ),
        Mistake(
            name="last example only",
            switches={"over": "last example"},
            says="only the last example is left, as with = in place of +=",
            hint="The same bias works in every example. Add up, do not overwrite one with the next.",
        ),
        Mistake(
            name="rows of dW added up",
            switches={"of": "dW"},
            says="the rows of dW are added up, in place of the rows of delta",
            hint="A bias is a weight whose input is always 1. Which part of dW does the x in it replace?",
        ),
        Mistake(
            name="dz/db alone",
            switches={"of": "1/N"},
            says="the derivative of z by b, which is 1, is given as the answer",
            hint="dz/db = 1 is one link of the chain. By what must it be multiplied to become dJ/db?",
        ),
        Mistake(
            name="examples counted",
            switches={"of": "1"},
            says="a 1 is added up for every example, without delta",
            hint="Each example contributes 1 times something. What does it report to the bias?",
        ),
        mean_over_batch("delta"),
        Mistake(
            name="multiplied by b",
            switches={"times": "b"},
            says="the sum is multiplied by b",
            hint="z = W x + b. When you differentiate by b, is any b left?",
        ),
        Mistake(
            name="change of the biases",
            switches={"result": "change"},
            says="the change of the biases is given, -db, in place of the gradient",
            hint="The gradient points uphill. Where does the minus sign of gradient descent belong?",
        ),
        Mistake(
            name="new biases",
            switches={"result": "new biases"},
            says="a step is taken already: b - db",
            hint="The question asks for the gradient alone. Which part of your number is it?",
        ),
    ),
)

QUESTIONS = (dW, db)
