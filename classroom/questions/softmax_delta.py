"""The question on softmax and cross-entropy together: the first delta of a backward pass, in exact fractions."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np

from classroom.questions.base import Mistake, Question, at, exact, whole
from classroom.questions.batch import BATCH, ONE_OVER_N_LEFT_OUT, ONE_OVER_N_TWICE
from classroom.questions.cross_entropy import LABELS, SHIFTED_LABELS, targets
from classroom.questions.slopes import divided
from classroom.questions.softmax import SIGMOID_FOR_SOFTMAX

ROLES = {"exp(z)": "output", "labels": "neutral", "δ": "gradient"}


def _delta_inputs(rng):
    return {"exp(z)": exact(whole(rng, 3, 2, low=1, high=6)), "labels": np.array(rng.sample(range(3), 2))}


def _delta(inputs, *, over="classes", at_="label", form="p - y", sign=1, scale="1/N", slope="none"):
    e = inputs["exp(z)"]
    N = e.shape[1]
    totals = {
        "classes": lambda: e.sum(axis=0),
        "examples": lambda: e.sum(axis=1, keepdims=True),
        "everything": lambda: e.sum(),
        "sigmoid": lambda: 1 + e,
        "nothing": lambda: Fraction(1),
    }[over]()
    p, y = divided(e, totals), targets(inputs["labels"], len(e), at_).astype(object)  # Python's own whole numbers
    delta = {
        "p - y": lambda: p - y,
        "diagonal": lambda: -y * (1 - p),
        "true class only": lambda: (p - y) * y,
        "-y/p": lambda: divided(-y, p),
        "binary": lambda: divided(-y, p) + divided(1 - y, 1 - p),
        "squares": lambda: p * (p - y - ((p - y) * p).sum(axis=0)),
        "p": lambda: p + 0 * y,
        "p - 1": lambda: p - 1,
        "p (1 - p)": lambda: p * (1 - p),
        "winner": lambda: (e == e.max(axis=0)) * Fraction(1) - y,
    }[form]()
    if slope == "p(1 - p)":
        delta = delta * p * (1 - p)
    divisor = {"1/N": N, "sum": 1, "twice": N * N, "classes": len(e), "log10": N * math.log(10)}[scale]
    return delta / (sign * divisor)


def _delta_terms(inputs, entry):
    (k, t), e = entry, inputs["exp(z)"]
    y, one_over_N = int(inputs["labels"][t] == k), ("1/N", Fraction(1, e.shape[1]))
    return [
        [at("exp(z)", e, k, t), (f"1/sum[{t}]", 1 / e[:, t].sum()), one_over_N],
        [("(-1)", -1), (f"y[{k},{t}]", y), one_over_N],
    ]


delta = Question(
    name="softmax-delta",
    notebook="03",
    title="The first delta: softmax with cross-entropy",
    task="Two examples, three classes. To spare you a calculator, not the scores z are given but exp(z) (3x2), whole "
    "numbers. p = softmax(z); the true classes are the labels; J is the mean cross-entropy. Compute delta = dJ/dz "
    "(3x2).",
    answer="δ",
    conventions=(BATCH, LABELS, "J is the mean over the two examples; its 1/N belongs into delta.", "Exact fractions."),
    draw=_delta_inputs,
    solve=_delta,
    terms=_delta_terms,
    hint="What must each column of delta add up to, if pushing all scores of an example up together changes nothing?",
    idea="First p: divide each column of exp(z) by its sum. Softmax and cross-entropy together leave the difference "
    "between what was said and what is true: delta[k,t] = (p[k,t] - y[k,t])/N, with y = 1 at the label and 0 "
    "elsewhere.",
    equation="softmax.15",
    roles=ROLES,
    inseparable=(("diagonal Jacobian", "true class only"),),
    mistakes=(
        ONE_OVER_N_LEFT_OUT,
        ONE_OVER_N_TWICE,
        Mistake(
            name="mean over the classes",
            switches={"scale": "classes"},
            says="p - y is divided by the number of classes in place of the number of examples",
            hint="Over what is the mean taken in J: over classes or over examples?",
        ),
        Mistake(
            name="logarithm to base 10",
            switches={"scale": "log10"},
            says="the loss is taken with the logarithm to base 10, which divides its derivative by ln 10",
            hint="The derivative of ln p is 1/p. Which logarithm does the cross-entropy take?",
            convention="the loss is measured with the logarithm to base 10",
        ),
        Mistake(
            name="y - p",
            switches={"sign": -1},
            says="the difference is taken the other way round, y - p",
            hint="If the score of the true class rises, does J rise or fall? Which sign must delta have there?",
        ),
        Mistake(
            name="diagonal Jacobian",
            switches={"form": "diagonal"},
            says="softmax is treated like a sigmoid, -y/p times p (1 - p), entry by entry",
            hint="Each probability depends on all scores, through the sum. Which gradient must the wrong classes get?",
        ),
        Mistake(
            name="true class only",
            switches={"form": "true class only"},
            says="only the true class gets a gradient and the wrong classes get 0",
            hint="Raising the score of a wrong class lowers the probability of the true one. What follows for its "
            "delta?",
        ),
        Mistake(
            name="stopped at -y/p",
            switches={"form": "-y/p"},
            says="the derivative by the probabilities, -y/p, is given",
            hint="That is dJ/dp. What lies between p and the scores z?",
        ),
        Mistake(
            name="binary cross-entropy",
            switches={"form": "binary"},
            says="the derivative of the binary cross-entropy by p is given, with a term for the wrong classes",
            hint="How many probabilities of an example does this loss look at? And what lies between p and z?",
        ),
        Mistake(
            name="squared error",
            switches={"form": "squares"},
            says="the loss is taken as half the squared distance of p and y",
            hint="Which loss does this sheet have? With the cross-entropy something cancels.",
        ),
        Mistake(
            name="target not subtracted",
            switches={"form": "p"},
            says="p is given without subtracting y",
            hint="What should delta be if the network is completely right?",
        ),
        Mistake(
            name="1 subtracted everywhere",
            switches={"form": "p - 1"},
            says="1 is subtracted from every entry, not only at the label",
            hint="What is y for the wrong classes?",
        ),
        Mistake(
            name="p (1 - p) alone",
            switches={"form": "p (1 - p)"},
            says="p (1 - p) is given, a slope without the loss",
            hint="Nothing in your answer asks for the label. How does J depend on p?",
        ),
        Mistake(
            name="winner in place of p",
            switches={"form": "winner"},
            says="the class with the highest score is taken as certain, 1 and 0 in place of p",
            hint="The network is not that sure. What does softmax give to the other classes?",
        ),
        Mistake(
            name="label's number subtracted",
            switches={"at_": "number"},
            says="the number of the label is subtracted from every entry",
            hint="A label is a name, not an amount. How does it become a column of 0s with a single 1?",
        ),
        *SHIFTED_LABELS,
        Mistake(
            name="normalised over the examples",
            switches={"over": "examples"},
            says="the rows of exp(z) are made to add up to 1, in place of the columns",
            hint="Do the classes compete for one example, or the examples for one class?",
        ),
        Mistake(
            name="one sum for the batch",
            switches={"over": "everything"},
            says="all entries of exp(z) are divided by one sum over the whole batch",
            hint="Does the answer for the first example depend on the second? Which numbers share one sum?",
        ),
        replace(SIGMOID_FOR_SOFTMAX, switches={"over": "sigmoid"}),
        Mistake(
            name="not normalised",
            switches={"over": "nothing"},
            says="exp(z) is taken for p, without dividing by the sum",
            hint="Can a probability be larger than 1? What turns a column of exp(z) into probabilities?",
        ),
        Mistake(
            name="slope p (1 - p) on top",
            switches={"slope": "p(1 - p)"},
            says="p - y is multiplied by p (1 - p) once more",
            hint="p - y is what softmax and the loss leave together. Is anything of softmax still to be crossed?",
        ),
    ),
)

QUESTIONS = (delta,)
