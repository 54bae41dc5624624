"""The gradient of the tiny network's weights W."""

import numpy as np

from classroom.questions.base import Mistake, Question, at
from classroom.questions.blocks import SIGN
from classroom.questions.network import ROLES, SAME_NUMBERS, Draw, asked


def _dW(inputs, *, left="delta", right="v", product="outer", sign=1):
    z2, W, delta = inputs["z2"].ravel(), inputs["W"], inputs["delta"]
    g = W.T @ delta
    v = {
        "v": lambda: np.maximum(z2, 0),
        "z2": lambda: z2,
        "f'": lambda: 1 * (z2 > 0),
        "absolute": lambda: abs(z2),
        "1": lambda: np.ones_like(z2),
        "v reversed": lambda: np.maximum(z2, 0)[::-1],
    }[right]()
    error = {
        "delta": lambda: delta,
        "g": lambda: g,
        "delta2": lambda: g * (z2 > 0),
        "W delta": lambda: W @ delta,
        "masked": lambda: delta * (z2 > 0),
        "1": lambda: np.ones_like(delta),
    }[left]()
    return (
        sign
        * {
            "outer": lambda: np.outer(error, v),
            "transposed": lambda: np.outer(v, error),
            "entry by entry": lambda: error * v,
            "times W": lambda: W * np.outer(error, v),
            "added": lambda: error[:, None] + v,
            "one sum": lambda: np.full((3, 3), error @ v),
            "mean": lambda: np.outer(error, v) / 3,
        }[product]()
    )


def _dW_terms(inputs, entry):
    k, m = entry
    return [[at("δ", inputs["delta"], k), at("v", np.maximum(inputs["z2"], 0).ravel(), m)]]


dW = Question(
    name="network-dW",
    notebook="08",
    title="A tiny network: the gradient of W",
    task=asked("delta = dJ/dz3 came back from the loss. z2 is given. Compute dW (3x3)."),
    answer="dW",
    conventions=(SAME_NUMBERS,),
    draw=Draw("z2 W delta"),
    solve=_dW,
    terms=_dW_terms,
    hint="Which number did W[0,1] multiply in the forward pass, and into which score did the product go?",
    idea="W[k,m] multiplied v[m], the ReLU of z2, and went into score k. So dW[k,m] = delta[k] v[m]: a product for "
    "each entry, with delta along the rows and v along the columns.",
    equation="fully_connected.8",
    roles=ROLES,
    sheet="network",
    mistakes=(
        Mistake(
            name="transposed",
            switches={"product": "transposed"},
            says="rows and columns are exchanged, so that v stands along the rows",
            hint="dW has the layout of W. Do the rows of W belong to the scores or to the inputs?",
        ),
        Mistake(
            name="z2 for v",
            switches={"right": "z2"},
            says="delta meets z2, without the ReLU",
            hint="What did W multiply in the forward pass: z2, or what the ReLU made of it?",
        ),
        Mistake(
            name="f' for v",
            switches={"right": "f'"},
            says="delta meets the slopes f'(z2), not the values v",
            hint="The slope leads further down, to delta2. What stands beside W in z3?",
        ),
        Mistake(
            name="signs dropped",
            switches={"right": "absolute"},
            says="the negative entry of z2 loses its sign, where ReLU makes it 0",
            hint="What does ReLU make of -3?",
        ),
        Mistake(
            name="v forgotten",
            switches={"right": "1"},
            says="delta is copied into every column, and v does not occur",
            hint="That is the gradient of b3, three times. What did W[k,m] multiply?",
        ),
        Mistake(
            name="v in reverse order",
            switches={"right": "v reversed"},
            says="v is taken in reverse order",
            hint="Which entry of v belongs to the first column of W?",
        ),
        Mistake(
            name="W.T delta for delta",
            switches={"left": "g"},
            says="W.T delta takes the place of delta",
            hint="W.T delta has gone down through W already. Which delta stands at the output of this layer?",
        ),
        Mistake(
            name="delta2 for delta",
            switches={"left": "delta2"},
            says="the pool's delta takes the place of delta",
            hint="The weights W end in the scores. Which delta stands there?",
        ),
        Mistake(
            name="W delta for delta",
            switches={"left": "W delta"},
            says="W delta takes the place of delta",
            hint="W itself does not stand in its own gradient.",
        ),
        Mistake(
            name="delta masked",
            switches={"left": "masked"},
            says="delta is multiplied by f'(z2) before it meets v",
            hint="f stands below W. Is there an activation between W and the scores?",
        ),
        Mistake(
            name="delta forgotten",
            switches={"left": "1"},
            says="v is copied into every row, and delta does not occur",
            hint="v is the slope of the scores. How much does J care about each score?",
        ),
        Mistake(
            name="entry by entry",
            switches={"product": "entry by entry"},
            says="delta and v are multiplied entry by entry, with three results",
            hint="How many weights are there? Every score meets every input.",
        ),
        Mistake(
            name="times W",
            switches={"product": "times W"},
            says="each entry is multiplied by its own weight, too",
            hint="W v is a straight line in W. What is its slope?",
        ),
        Mistake(
            name="added for multiplied",
            switches={"product": "added"},
            says="delta and v are added, not multiplied",
            hint="Factors along one path multiply; only different paths add.",
        ),
        Mistake(
            name="sum everywhere",
            switches={"product": "one sum"},
            says="the products are added up into one number, which stands everywhere",
            hint="Each weight has a gradient of its own. Over what did you add up?",
        ),
        Mistake(
            name="divided by 3",
            switches={"product": "mean"},
            says="the products are divided by the number of scores",
            hint="Where should a division come from? There is one example, and its delta is complete.",
        ),
        SIGN,
    ),
)

QUESTIONS = (dW,)
