"""The question on the way forward through softmax: from scores to probabilities, with a batch."""

import numpy as np

from classroom.questions.base import Mistake, Question, whole
from classroom.questions.batch import BATCH
from classroom.questions.slopes import KEEP_DIGITS, divided, sigmoid


def _forward_inputs(rng):
    z = whole(rng, 3, 2, low=-2, high=3, zero=True)
    return {"z": z} if z.sum(axis=0).all() else _forward_inputs(rng)  # who forgets exp shall not divide by 0


def _forward(inputs, *, power="exp(z)", over="classes", shift="both", answer="p"):
    z = np.asarray(inputs["z"], float)
    powers = {"exp(z)": np.exp(z), "exp(-z)": np.exp(-z), "2^z": 2.0**z, "10^z": 10.0**z}
    e = (powers | {"z": z, "sigmoid": sigmoid(z)})[power]
    totals = {
        "classes": e.sum(axis=0),
        "examples": e.sum(axis=1, keepdims=True),
        "everything": e.sum(),
        "nothing": np.ones(1),
        "the others": e.sum(axis=0) - e,
        "largest": e.max(axis=0),
        "length": np.sqrt((e * e).sum(axis=0)),
        "mean": e.mean(axis=0),
        "number of classes": np.full(1, len(z)),
    }[over]
    p = divided({"both": e, "above only": e * np.exp(-z.max(axis=0))}[shift], totals)
    answers = {
        "p": lambda: p,
        "winner": lambda: 1.0 * (z == z.max(axis=0)),
        "ln p": lambda: z - np.log(np.exp(z).sum(axis=0)),
    }
    return answers[answer]()


def _forward_steps(inputs, entry):
    i, t = entry
    z = inputs["z"]
    e = np.exp(np.asarray(z[:, t], float))
    letters = " + ".join(f"exp(z[{j},{t}])" for j in range(len(z)))
    numbers = " + ".join(f"{term:.5f}" for term in e)
    return (
        f"p[{i},{t}] = exp(z[{i},{t}]) / ({letters})\n"
        f"= {e[i]:.5f} / ({numbers}) = {e[i]:.5f} / {e.sum():.5f} = {e[i] / e.sum():.3f}"
    )


SIGMOID_FOR_SOFTMAX = Mistake(
    name="sigmoid in place of softmax",
    switches={"power": "sigmoid", "over": "nothing"},
    says="each score goes through a sigmoid by itself",
    hint="Sigmoids answer one by one. How do the classes of one example come to share one sum?",
)

forward = Question(
    name="softmax-forward",
    notebook="03",
    title="From scores to probabilities",
    task="z (3x2) holds the scores of two examples for three classes. Compute their probabilities p = softmax(z) "
    "(3x2).",
    answer="p",
    conventions=(BATCH, KEEP_DIGITS),
    draw=_forward_inputs,
    solve=_forward,
    steps=_forward_steps,
    decimals=3,
    hint="Which numbers of your answer must add up to 1: those of one example, or those of one class?",
    idea="Every score goes through exp, and each example's results are divided by their own sum: p[i,t] = exp(z[i,t]) "
    "divided by the sum over j of exp(z[j,t]). Each column adds up to 1.",
    equation="softmax.13",
    roles={"z": "output", "p": "output"},
    mistakes=(
        Mistake(
            name="normalised over the examples",
            switches={"over": "examples"},
            says="each row is made to add up to 1, in place of each column",
            hint="Do the classes compete for one example, or the examples for one class? Add up one of your columns.",
        ),
        Mistake(
            name="one sum for the batch",
            switches={"over": "everything"},
            says="all entries are divided by one sum over the whole batch",
            hint="Does the answer for the first example depend on the second? Add up one of your columns.",
        ),
        Mistake(
            name="not normalised",
            switches={"over": "nothing"},
            says="the exponentials are given without dividing by their sum",
            hint="Can a probability be larger than 1? What makes a column add up to 1?",
        ),
        Mistake(
            name="divided by the largest",
            switches={"over": "largest"},
            says="each column is divided by its largest exponential, as if the shift against overflow were all",
            hint="Add up one of your columns. By what must it be divided to give 1?",
        ),
        Mistake(
            name="divided by the others",
            switches={"over": "the others"},
            says="each exponential is divided by the sum of the others, without itself",
            hint="Those are odds. Is a class itself among the possibilities that its probability is measured by?",
        ),
        Mistake(
            name="divided by the mean",
            switches={"over": "mean"},
            says="each column is divided by its mean in place of its sum",
            hint="Add up one of your columns. What should it give?",
        ),
        Mistake(
            name="divided by the number of classes",
            switches={"over": "number of classes"},
            says="each exponential is divided by the number of classes in place of the column's sum",
            hint="Add up one of your columns. What should it give?",
        ),
        Mistake(
            name="divided by the length",
            switches={"over": "length"},
            says="each column is divided by its length, the root of the sum of squares",
            hint="Add up one of your columns, not its squares. What should it give?",
        ),
        Mistake(
            name="exp forgotten",
            switches={"power": "z"},
            says="the scores themselves are divided by their sum, without exp",
            hint="Scores may be negative, probabilities may not. What turns every score into a positive number?",
        ),
        Mistake(
            name="exp(-z)",
            switches={"power": "exp(-z)"},
            says="exp(-z) is taken in place of exp(z), as in the sigmoid",
            hint="Which class should get the largest probability: the one with the highest score or with the lowest?",
        ),
        Mistake(
            name="powers of 2",
            switches={"power": "2^z"},
            says="powers of 2 are taken in place of powers of e",
            hint="exp is a power of which number?",
        ),
        Mistake(
            name="powers of 10",
            switches={"power": "10^z"},
            says="powers of 10 are taken in place of powers of e",
            hint="exp is a power of which number? Your calculator has two keys that look alike.",
        ),
        SIGMOID_FOR_SOFTMAX,
        Mistake(
            name="shifted above only",
            switches={"shift": "above only"},
            says="the column's largest score is subtracted above the fraction line and not below",
            hint="A shift may be made, since it cancels. Where must it stand to cancel?",
        ),
        Mistake(
            name="logarithms of the probabilities",
            switches={"answer": "ln p"},
            says="the logarithms of the probabilities are given (log-softmax)",
            hint="Can a probability be negative? One step more leads from your numbers to the probabilities.",
        ),
        Mistake(
            name="winner takes all",
            switches={"answer": "winner"},
            says="the highest score gets 1 and all others get 0",
            hint="That is the largest score's place (argmax). Softmax is softer: what do the other classes get?",
        ),
    ),
)

QUESTIONS = (forward,)
