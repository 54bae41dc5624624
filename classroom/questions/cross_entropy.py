"""The question on the cross-entropy: the loss of each example, and their mean."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np

from classroom.questions.base import Mistake, Question
from classroom.questions.batch import BATCH
from classroom.questions.slopes import KEEP_DIGITS

LABELS = "Classes are counted from 0: label 0 means the first row."

SHIFTED_LABELS = (
    Mistake(
        name="classes counted from 1",
        switches={"at_": "previous"},
        says="the labels are counted from 1, so that each points one row too high",
        hint="Which row belongs to label 0?",
        convention="classes are counted from 1",
    ),
    Mistake(
        name="label one row too low",
        switches={"at_": "next"},
        says="each label points one row too low",
        hint="Which row belongs to label 0?",
    ),
)


def parts_of_1(rng, classes, denominator=10):
    """Probabilities of one example: fractions above 0 with this denominator that add up to 1."""
    cuts = sorted(rng.sample(range(1, denominator), classes - 1))
    return [Fraction(high - low, denominator) for low, high in pairwise([0, *cuts, denominator])]


def tenths(rng, classes, examples):
    """Probabilities (classes, examples) in tenths; each column adds up to 1."""
    return np.array([parts_of_1(rng, classes) for _ in range(examples)]).T


def targets(labels, classes, place="label"):
    """y: 1 at each example's label and 0 elsewhere; or the 1 in the row beside it, or the label itself in every row."""
    if place == "number":
        return np.ones((classes, 1), int) * labels
    shift = {"label": 0, "next": 1, "previous": -1}[place]
    return ((np.arange(classes) - shift)[:, None] % classes == labels) * 1


def _losses_inputs(rng):
    return {"p": tenths(rng, 3, 3), "labels": np.array([rng.randrange(3) for _ in range(3)])}


def _losses(inputs, *, at_="label", log="ln", sign=-1, of="y ln p", mean="examples", read="columns"):
    p = inputs["p"].astype(float)
    p = {"columns": p, "rows": p.T}[read]
    if not np.all(p > 0):
        raise ValueError("the logarithm needs positive probabilities")
    N, y = p.shape[1], targets(inputs["labels"], len(p), at_)
    logs = np.log(p) / {"ln": 1, "log10": math.log(10), "log2": math.log(2)}[log]
    chosen = (y * p).sum(axis=0)
    losses = {
        "y ln p": lambda: sign * (y * logs).sum(axis=0),
        "all classes": lambda: sign * logs.sum(axis=0),
        "entropy": lambda: sign * (p * logs).sum(axis=0),
        "p ln p": lambda: sign * (y * p * logs).sum(axis=0),
        "binary": lambda: sign * (y * logs + (1 - y) * np.log(1 - p)).sum(axis=0),
        "1 - p": lambda: 1 - chosen,
        "squares": lambda: ((p - y) ** 2).sum(axis=0),
        "largest": lambda: sign * logs.max(axis=0),
        "ln(1 - p)": lambda: sign * (y * np.log(1 - p)).sum(axis=0),
    }[of]()
    J = {
        "examples": lambda: losses.sum() / N,
        "sum": losses.sum,
        "entries": lambda: losses.sum() / p.size,
        "of p": lambda: sign * np.log(np.abs(chosen.mean())),
    }[mean]()
    return np.array([*losses, J])


def _losses_steps(inputs, entry):
    p, labels = inputs["p"], inputs["labels"]
    N = len(labels)
    losses = [-math.log(p[c, t]) for t, c in enumerate(labels)]
    (t,) = entry
    if t < N:
        return f"L[{t}] = -ln p[{labels[t]},{t}] = -ln({p[labels[t], t]}) = {losses[t]:.3f}"
    letters, numbers = (" + ".join(f"L[{t}]" for t in range(N)), " + ".join(f"{loss:.5f}" for loss in losses))
    return f"L[3] = J = ({letters}) / {N} = ({numbers}) / {N} = {sum(losses) / N:.3f}"


losses = Question(
    name="cross-entropy",
    notebook="03",
    title="The loss of each example, and their mean",
    task="The matrix p (3x3) holds the probabilities that a network gives three classes for each of three examples; "
    "the true classes are the labels. Write down four numbers: the cross-entropy of example 0, 1 and 2, and then their "
    "mean J.",
    answer="L",
    conventions=(BATCH, LABELS, "The logarithm is the natural one, ln.", KEEP_DIGITS),
    draw=_losses_inputs,
    solve=_losses,
    steps=_losses_steps,
    decimals=3,
    hint="Of each example's three probabilities, how many does its loss look at? Which one?",
    idea="The loss of example t looks at one probability only, the one given to the true class: L[t] = -ln p[c,t] with "
    "c the label of example t. J is the sum of the losses divided by their number N.",
    equation="softmax.14",
    roles={"p": "output", "labels": "neutral", "L": "output"},
    mistakes=(
        Mistake(
            name="sum in place of mean",
            switches={"mean": "sum"},
            says="the losses are added up without dividing by their number",
            hint="The single losses are right. J is their mean: what is still to be done?",
            convention="J is the sum of the examples' losses",
        ),
        Mistake(
            name="mean over the classes as well",
            switches={"mean": "entries"},
            says="the sum of the losses is divided by the number of all entries of p",
            hint="How many losses are there? The classes were added up, not averaged.",
        ),
        Mistake(
            name="logarithm of the mean",
            switches={"mean": "of p"},
            says="the probabilities are averaged first and the logarithm is taken of this mean",
            hint="The single losses are right. J is the mean of the losses: in which order do you take mean and "
            "logarithm?",
        ),
        Mistake(
            name="minus sign forgotten",
            switches={"sign": 1},
            says="the minus sign is left out",
            hint="The logarithm of a probability is negative. A loss should be 0 at best, and grow as p gets worse.",
        ),
        Mistake(
            name="logarithm to base 10",
            switches={"log": "log10"},
            says="the logarithm to base 10 is taken",
            hint="Which logarithm does this sheet name? On many calculators it is the key LN, and LOG is another.",
            convention="the loss is measured with the logarithm to base 10",
        ),
        Mistake(
            name="logarithm to base 2",
            switches={"log": "log2"},
            says="the logarithm to base 2 is taken",
            hint="Which logarithm does this sheet name?",
            convention="the loss is measured in bits, with the logarithm to base 2",
        ),
        *SHIFTED_LABELS,
        Mistake(
            name="rows and columns of p exchanged",
            switches={"read": "rows"},
            says="the label is looked up in a row of p, as if each row were one example",
            hint="In which direction do the numbers of one example add up to 1?",
        ),
        Mistake(
            name="largest probability",
            switches={"of": "largest"},
            says="each example's largest probability is taken in place of that of the true class",
            hint="Does the loss ask what the network believes most, or what it gave to the truth?",
        ),
        Mistake(
            name="all classes",
            switches={"of": "all classes"},
            says="the logarithms of all classes are added up",
            hint="y is 0 for the wrong classes. What is left of the sum over the classes?",
        ),
        Mistake(
            name="binary cross-entropy",
            switches={"of": "binary"},
            says="the wrong classes contribute -ln(1 - p) as well",
            hint="That is the loss of separate yes-or-no questions. How many probabilities does this loss look at?",
            convention="each class is a yes-or-no question of its own (binary cross-entropy)",
        ),
        Mistake(
            name="entropy of p",
            switches={"of": "entropy"},
            says="the sum of -p ln p is taken, which does not ask for the label",
            hint="Which of the two stands outside the logarithm: what was said, or what is true?",
        ),
        Mistake(
            name="factor p too many",
            switches={"of": "p ln p"},
            says="-ln p of the true class is multiplied by p once more",
            hint="What stands outside the logarithm: what was said, or what is true?",
        ),
        Mistake(
            name="ln(1 - p)",
            switches={"of": "ln(1 - p)"},
            says="-ln(1 - p) is taken in place of -ln p",
            hint="The better p, the smaller the loss. Is yours?",
        ),
        Mistake(
            name="1 - p",
            switches={"of": "1 - p"},
            says="the missing probability 1 - p is given, without a logarithm",
            hint="How surprised is somebody who gave the truth a probability near 0? With 1 - p, not much.",
        ),
        Mistake(
            name="squared error",
            switches={"of": "squares"},
            says="the squared distance of p and y is given in place of the cross-entropy",
            hint="Which loss does this sheet ask for? It contains a logarithm.",
        ),
    ),
)

QUESTIONS = (losses,)
