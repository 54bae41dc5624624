"""What the questions on a batch share: how it is laid out, where its 1/N stands, and the mistakes about both."""

import numpy as np

from classroom.questions.base import Mistake

BATCH = "Each column is one example."
N_IN_DELTA = "The 1/N of the mean is already inside delta."
N_IN_G = "The 1/N of the mean is already inside g."
BATCH_LAST = f"The batch is the last axis. {N_IN_DELTA}"

CHOSEN_EXAMPLES = {
    "added": lambda parts: parts.sum(0),
    "mean": lambda parts: parts.mean(0),
    "first": lambda parts: parts[0],
    "last": lambda parts: parts[-1],
    "apart": lambda parts: np.moveaxis(parts, 0, -1),
}  # what becomes of the examples' gradients, one along the first axis each: "added" is right

DIVIDED_BY_N = Mistake(
    name="divided by N again",
    switches={"examples": "mean"},
    says="the sum is divided by the number of examples",
    hint="The 1/N is already inside delta, where the loss has put it. Do not divide a second time.",
    convention="delta holds the gradient of each example's own loss, without the 1/N of the mean",
)
LAST_OF_THE_BATCH = Mistake(
    name="only the last example",
    switches={"examples": "last"},
    says="each example overwrites the one before (= in place of +=), so that only the last one is left",
    hint="The same parameter serves every example, and each of them reports.",
)
FIRST_OF_THE_BATCH = Mistake(
    name="only the first example",
    switches={"examples": "first"},
    says="only the first example is used",
    hint="The same parameter serves every example, and each of them reports.",
)

ONE_OVER_N_AGAIN = Mistake(
    name="1/N again",
    switches={"scale": "1/N again"},
    says="the result is divided by the number of examples",
    hint="Where in this network does the 1/N stand? How often may it be counted?",
)
ONE_OVER_N_LEFT_OUT = Mistake(
    name="1/N left out",
    switches={"scale": "sum"},
    says="the 1/N of the mean is left out",
    hint="J is a mean over the examples. Where does that show in its derivative?",
    convention="J is the sum of the examples' losses",
)
ONE_OVER_N_TWICE = Mistake(
    name="1/N twice",
    switches={"scale": "twice"},
    says="the 1/N of the mean is counted twice",
    hint="J is one mean over the examples. How often does its 1/N appear?",
)


def mean_over_batch(error):
    """The mistake of dividing the sum over the examples by N, for a sheet whose ``error``, delta or g, contains 1/N."""
    return Mistake(
        name="mean over the batch",
        switches={"scale": "mean"},
        says="the sum over the examples is divided by N once more",
        hint=f"The loss has put 1/N into {error} already. How often may it be counted?",
        convention=f"{error} is each example's own error, without 1/N, and the mean over the batch is taken here",
    )
