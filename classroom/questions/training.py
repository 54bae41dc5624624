"""A question on a step downhill: W and b after one update."""

from fractions import Fraction

import numpy as np

from classroom.questions.base import Mistake, Question, at, number, whole

COLUMNS = "Each column of x and delta is one example."
NO_N = "The 1/N of the mean loss is already inside delta."
LAST_COLUMN = "The first three columns of the answer belong to W, the last one to b."
ROLES = {"x": "input", "W": "kernel", "b": "kernel", "delta": "gradient", "lr": "neutral", "lambda": "neutral"}
ROLES |= {"new": "kernel", "gradient": "parameter gradient", "w": "kernel", "c": "neutral", "h": "neutral"}
RATES = (Fraction(1, 5), Fraction(1, 10), Fraction(3, 10))


def layer(rng):
    """A fully connected layer with three inputs and two outputs, and two examples."""
    return {
        "x": whole(rng, 3, 2, low=-3, high=4),
        "W": whole(rng, 2, 3, low=-5, high=6),
        "b": np.array(rng.sample([-5, -4, -3, -2, 2, 3, 4, 5], 2)),
        "delta": np.array(rng.sample([-5, -4, -3, -2, -1, 1, 2, 3, 4, 5], 4)).reshape(2, 2),
    }


def gradients(inputs, batch="sum", product="delta x"):
    """dW and db side by side (2x4), with what may be done wrong with the batch."""
    x, delta = inputs["x"], inputs["delta"]
    used = {"first": slice(0, 1), "last": slice(-1, None)}.get(batch, slice(None))
    x, delta = x[:, used], delta[:, used]
    dW = {
        "delta x": lambda: delta @ x.T,
        "sums": lambda: np.outer(delta.sum(axis=1), x.sum(axis=1)),
        "examples exchanged": lambda: delta @ x[:, ::-1].T,
    }[product]()
    both = np.column_stack([dW, delta.sum(axis=1)])
    return Fraction(1, 2) * both if batch == "mean" else both


BATCH_MISTAKES = (
    Mistake(
        name="divided by N again",
        switches={"batch": "mean"},
        says="the gradient is divided by the number of examples once more",
        hint="The 1/N of the mean stands once. Where is it already?",
        convention="delta does not contain the 1/N of the mean loss",
    ),
    Mistake(
        name="first example only",
        switches={"batch": "first"},
        says="only the first example is counted",
        hint="How many examples came back? Each of them reports.",
    ),
    Mistake(
        name="last example only",
        switches={"batch": "last"},
        says="only the last example is counted, as when = stands where += belongs",
        hint="How many examples came back? Each of them reports.",
    ),
    Mistake(
        name="summed before multiplying",
        switches={"product": "sums"},
        says="delta and x are added up over the examples first, and then multiplied",
        hint="Multiply within each example, and add up afterwards. A sum of products is no product of sums.",
    ),
    Mistake(
        name="examples exchanged",
        switches={"product": "examples exchanged"},
        says="the delta of one example meets the x of the other",
        hint="Which column of x belongs to the first column of delta?",
    ),
)


def gradient_terms(inputs, entry):
    (i, j), x, delta = entry, inputs["x"], inputs["delta"]
    if j == 3:
        return [[at("δ", delta, i, t)] for t in range(2)]
    return [[at("δ", delta, i, t), at("x", x, j, t)] for t in range(2)]


# ----------------------------------------------------------------------------------------------------------- a step


def _step(inputs, *, batch="sum", product="delta x", sign=-1, rate="lr", what="step", bias="too"):
    lr, old = inputs["lr"], np.column_stack([inputs["W"], inputs["b"]])
    gradient = gradients(inputs, batch, product)
    rate = {"lr": lambda: lr, "none": lambda: 1, "squared": lambda: lr**2, "divided": lambda: 1 / lr}[rate]()
    change = sign * rate * gradient
    change[:, 3] = {
        "too": lambda: change[:, 3],
        "kept": lambda: 0 * change[:, 3],
        "rate left out": lambda: sign * gradient[:, 3],
        "row sums of dW": lambda: sign * rate * gradient[:, :3].sum(axis=1),
        "by example": lambda: sign * rate * inputs["delta"].sum(axis=0),
    }[bias]()
    return {
        "step": lambda: old + change,
        "change": lambda: change,
        "gradient": lambda: gradient,
        "of W": lambda: old - lr * old,
        "of the difference": lambda: lr * (old + sign * gradient),
        "two steps": lambda: old + 2 * change,
        "old": lambda: old,
    }[what]()


def _step_terms(inputs, entry):
    i, j = entry
    old = at("b", inputs["b"], i) if j == 3 else at("W", inputs["W"], i, j)
    rate = [("-1", -1), at("lr", inputs["lr"])]
    return [[old], *([*rate, *product] for product in gradient_terms(inputs, entry))]


sgd_update = Question(
    name="sgd-update",
    notebook="08",
    title="One step downhill",
    task="A fully connected layer with weights W (2x3) and biases b read two examples x (3x2); delta = dJ/dz (2x2) "
    "came back. Do one step of gradient descent with the learning rate lr, and write down the new W and the new b "
    "side by side (2x4).",
    answer="new",
    conventions=(COLUMNS, NO_N, LAST_COLUMN),
    draw=lambda rng: layer(rng) | {"lr": number(rng, *RATES)},
    solve=_step,
    terms=_step_terms,
    hint="First the gradients dW and db. Then: which way does J go down, and how far is one step?",
    idea="The gradients first: dW = delta x.T, and db is the sum of each row of delta, both summed over the examples. "
    "Then every parameter goes against its own gradient: W - lr dW and b - lr db.",
    equation="network.29",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="uphill",
            switches={"sign": 1},
            says="the gradient is added: a step uphill",
            hint="The gradient points to where J grows. Which way is down?",
        ),
        Mistake(
            name="learning rate left out",
            switches={"rate": "none"},
            says="the whole gradient is subtracted, without the learning rate",
            hint="How long is one step? The sheet gives a number for it.",
        ),
        Mistake(
            name="divided by the learning rate",
            switches={"rate": "divided"},
            says="the gradient is divided by the learning rate",
            hint="Should a smaller learning rate make the step smaller or larger?",
        ),
        Mistake(
            name="learning rate twice",
            switches={"rate": "squared"},
            says="the learning rate is multiplied twice",
            hint="How often does lr stand in the rule for a step?",
        ),
        Mistake(
            name="only the change",
            switches={"what": "change"},
            says="only the change is written down, not the new parameters",
            hint="By this the parameters move. From where do they start?",
        ),
        Mistake(
            name="only the gradient",
            switches={"what": "gradient"},
            says="the gradient is written down, and no step is done",
            hint="The gradient updates nothing by itself. What does the optimizer do with it?",
        ),
        Mistake(
            name="lr times W",
            switches={"what": "of W"},
            says="lr times the parameters themselves is subtracted, and the gradient does not occur",
            hint="Which matrix says in which direction J grows? It is not W.",
        ),
        Mistake(
            name="lr times everything",
            switches={"what": "of the difference"},
            says="the learning rate multiplies the old parameters, too",
            hint="With lr = 0 nothing should move. Does your rule leave W where it is?",
        ),
        Mistake(
            name="two steps",
            switches={"what": "two steps"},
            says="the step is done twice, once for each example perhaps",
            hint="The gradient of the batch is one matrix. How many steps does it make?",
        ),
        Mistake(
            name="b kept",
            switches={"bias": "kept"},
            says="W is updated, but b is left as it was",
            hint="Is b not a parameter, too?",
        ),
        Mistake(
            name="b without the learning rate",
            switches={"bias": "rate left out"},
            says="b is updated without the learning rate",
            hint="All parameters take a step of the same rule. Compare b with W.",
        ),
        Mistake(
            name="b from dW",
            switches={"bias": "row sums of dW"},
            says="the rows of dW are added up for db",
            hint="A bias is a weight from an input that is always 1. What takes the place of x?",
        ),
        Mistake(
            name="b by example",
            switches={"bias": "by example"},
            says="delta is added up over the outputs for db, and not over the examples",
            hint="Each output has its own bias. Over what is then added up?",
        ),
        *BATCH_MISTAKES,
    ),
)

QUESTIONS = (sgd_update,)
