"""A question on weight decay: what a penalty adds to the gradients."""

from fractions import Fraction

import numpy as np

from classroom.questions.base import Mistake, Question, at, number
from classroom.questions.training import (
    BATCH_MISTAKES,
    COLUMNS,
    LAST_COLUMN,
    NO_N,
    RATES,
    ROLES,
    gradient_terms,
    gradients,
    layer,
)


def _l2(inputs, *, batch="sum", product="delta x", penalty="W", factor="lambda", bias="free", sign=1, parts="both"):
    lam, W, b = inputs["lambda"], inputs["W"], inputs["b"]
    gradient = gradients(inputs, batch, product).astype(object)
    factor = {"lambda": lambda: lam, "2 lambda": lambda: 2 * lam, "lambda / 2": lambda: lam / 2, "1": lambda: 1}[
        factor
    ]()
    decay = {
        "W": lambda: W,
        "none": lambda: 0 * W,
        "squares": lambda: W**2,
        "signs": lambda: np.sign(W),
        "sum": lambda: np.full(W.shape, W.sum()),
        "ones": lambda: np.ones_like(W),
        "dW": lambda: gradient[:, :3],
        "new W": lambda: W - gradient[:, :3],
    }[penalty]()
    gradient[:, :3] += sign * factor * decay
    if bias == "decays":
        gradient[:, 3] += sign * factor * b
    return gradient if parts == "both" else gradient - gradients(inputs, batch, product)


def _l2_terms(inputs, entry):
    i, j = entry
    decay = [] if j == 3 else [[at("lambda", inputs["lambda"]), at("W", inputs["W"], i, j)]]
    return [*gradient_terms(inputs, entry), *decay]


l2 = Question(
    name="l2",
    notebook="08",
    title="Weight decay",
    task="A fully connected layer with weights W (2x3) and biases b read two examples x (3x2); delta = dJ/dz (2x2) "
    "came back from the loss. To the loss a penalty lambda/2 times the sum of all W[i,j]^2 is added. Write down dW "
    "and db of the sum, side by side (2x4).",
    answer="gradient",
    conventions=(COLUMNS, NO_N, LAST_COLUMN, "The biases are not penalised, and the penalty is not divided by N."),
    draw=lambda rng: layer(rng) | {"lambda": number(rng, *RATES, Fraction(3, 2))},
    solve=_l2,
    terms=_l2_terms,
    hint="A sum is differentiated term by term. What is the derivative of the penalty by one weight?",
    idea="The loss gives dW = delta x.T and db, the sum of each row of delta. The penalty adds lambda W[i,j] to each "
    "dW[i,j]: the 2 from the square and the 1/2 cancel. db stays as it is.",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="penalty forgotten",
            switches={"penalty": "none"},
            says="the penalty is left out",
            hint="J has one more term now. What is its derivative?",
        ),
        Mistake(
            name="factor 2",
            switches={"factor": "2 lambda"},
            says="2 lambda W is added",
            hint="The derivative of a square brings a 2. What does the 1/2 in front do?",
            convention="the penalty is lambda times the sum of squares, without the 1/2",
        ),
        Mistake(
            name="half of lambda",
            switches={"factor": "lambda / 2"},
            says="lambda W / 2 is added",
            hint="The derivative of a square brings a factor. Did you take it along?",
            convention="the penalty is lambda/4 times the sum of squares, or is divided by N",
        ),
        Mistake(
            name="lambda left out",
            switches={"factor": "1"},
            says="W is added without lambda",
            hint="How strong is the penalty? The sheet gives a number for it.",
        ),
        Mistake(
            name="penalty subtracted",
            switches={"sign": -1},
            says="lambda W is subtracted",
            hint="This is the gradient, not the step. With which sign does the penalty stand in J?",
        ),
        Mistake(
            name="squares",
            switches={"penalty": "squares"},
            says="lambda times the squares of the weights is added, as in the penalty itself",
            hint="What is the derivative of a square?",
        ),
        Mistake(
            name="signs",
            switches={"penalty": "signs"},
            says="lambda times the sign of each weight is added",
            hint="This belongs to a penalty by absolute values. Which penalty does this sheet have?",
            convention="the penalty is lambda times the sum of absolute values (L1)",
        ),
        Mistake(
            name="sum of the weights",
            switches={"penalty": "sum"},
            says="lambda times the sum of all weights is added everywhere",
            hint="Differentiate by one weight: which terms of the sum contain it?",
        ),
        Mistake(
            name="lambda alone",
            switches={"penalty": "ones"},
            says="lambda itself is added to each entry, without the weight",
            hint="Is a large weight pulled back as hard as a small one?",
        ),
        Mistake(
            name="lambda times dW",
            switches={"penalty": "dW"},
            says="lambda times dW is added",
            hint="What does the penalty depend on, the weights or their gradients?",
        ),
        Mistake(
            name="updated W",
            switches={"penalty": "new W"},
            says="the weights after a step are penalised",
            hint="All gradients are taken at the present parameters. When does W change?",
        ),
        Mistake(
            name="biases penalised",
            switches={"bias": "decays"},
            says="lambda b is added to db",
            hint="Which parameters does the sheet's penalty contain?",
            convention="the biases are penalised, too",
        ),
        Mistake(
            name="penalty only",
            switches={"parts": "penalty"},
            says="only the penalty's part is written down",
            hint="J is a sum. Where is the other term's gradient?",
        ),
        *BATCH_MISTAKES,
    ),
)

QUESTIONS = (l2,)
