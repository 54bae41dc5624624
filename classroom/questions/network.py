"""One tiny network, from the image to every gradient: the numbers that five questions share, and the way forward."""

import random
from functools import lru_cache

import numpy as np

from classroom.questions.base import Mistake, Question, at
from classroom.questions.blocks import groups, mean, means
from classroom.questions.windows import oriented, slid

NETWORK = (
    "image x (3x7), convolution with K (2x2) and b1: z1 (2x6), ReLU, mean pool 2x2 with beta and b2: z2 (1x3), ReLU, "
    "flatten, fully connected layer with W (3x3) and b3: z3 (3 scores)"
)
SAME_NUMBERS = "The numbers are those of the sheets network-... with the same seed; their results may be used."
CORRELATION = "The convolution slides the kernel as it is, without padding, stride 1."
MEAN = "down is the block mean."
RELU = "The slope of ReLU at 0 is 0."
ROLES = {"x": "input", "z1": "output", "z2": "output", "z3": "output", "delta": "gradient", "delta1": "gradient"}
ROLES |= dict.fromkeys(("K", "b1", "beta", "b2", "W", "b3"), "kernel")
ROLES |= dict.fromkeys(("dK", "dW", "gradients"), "parameter gradient")


# ------------------------------------------------------------------------------------------------------ the numbers


def _network(rng):
    """Everything of one network; the five sheets of one seed find it once."""
    return dict(_found(rng.getrandbits(64)))


@lru_cache(maxsize=128)
def _found(key):
    """A network whose five sheets keep all answers apart."""
    from classroom.questions import QUESTIONS as every  # complete only when all modules are loaded

    rng, sheets = random.Random(key), [question for question in every.values() if question.sheet == "network"]
    while True:
        inputs = _backward(rng, _forward(rng))
        if not any(question.collisions(question.draw.given(inputs)) for question in sheets):
            return inputs


def _forward(rng):
    """x, K, b1, beta, b2 with whole means; each block of z1 has silent entries and others; one of three z2 is silent.

    b2 is such that a forgotten beta still leaves an entry alive, else several slips would give the same scores.
    """
    while True:
        x = np.reshape(rng.choices([-2, -1, 0, 1, 2, 3], k=400 * 21), (400, 3, 7))
        K = np.array([rng.sample([-2, -1, 1, 2, 3], 4) for _ in range(400)]).reshape(400, 2, 2)
        b1 = np.reshape(rng.choices([-2, -1, 1, 2], k=400), (400, 1, 1))
        z1 = slid(x, K) + b1
        block = groups(z1)[:, 0]
        total, alive = np.maximum(block, 0).sum(axis=-1), (block > 0).sum(axis=-1)
        fit = (total % 4 == 0).all(axis=1) & (alive.min(axis=1) > 0) & (alive.max(axis=1) < 4)
        for k in np.flatnonzero(fit):
            d, beta = total[k] // 4, rng.choice([3, 5])
            biases = [b2 for b2 in range(-12, -1) if beta * d.min() + b2 < 0 < d.max() + b2]
            biases = [b2 for b2 in biases if (beta * d + b2 > 0).sum() == 2 and (beta * d + b2).max() <= 24]
            if biases:
                b2 = np.array(rng.choice(biases))
                forward = {"x": x[k], "K": K[k], "b1": b1[k, 0, 0, None].reshape(()), "beta": np.array(beta), "b2": b2}
                return forward | {"z1": z1[k], "z2": (beta * d + b2)[None]}


def _backward(rng, forward):
    """W, b3 and a delta of multiples of 4, so that the quarter of the mean leaves whole numbers.

    Of the errors that reach the two living entries of z2 one is positive and one negative.
    """
    living = forward["z2"][0] > 0
    while True:
        W = np.reshape(rng.choices([-2, -1, 1, 2, 3], k=9), (3, 3))
        delta = np.array(rng.sample([-8, -4, 4, 8], 3))
        g = W.T @ delta
        if g.all() and (g[living] > 0).sum() == 1 and len(set(abs(g))) == 3:
            b3 = np.array(rng.sample([-3, -2, -1, 1, 2, 3], 3))
            return forward | {"W": W, "b3": b3, "delta": delta}


class Draw:
    """The draw of one sheet: of the network's numbers those with these letters."""

    def __init__(self, letters):
        self.letters = letters.split()

    def __call__(self, rng):
        return self.given(_network(rng))

    def given(self, inputs):
        return {letters: inputs[letters] for letters in self.letters}


def asked(words):
    """The task of one sheet: what the network is, and then what is asked."""
    return f"A tiny network: {NETWORK}. {words}"


# ------------------------------------------------------------------------------------------------ from image to scores


def _z3(
    inputs, *, kernel="as it is", b1="added", f1="relu", pool="mean", beta="times", b2="added", f2="relu", W="W",
    b3="added",
):  # fmt: skip
    coefficient = inputs["beta"]
    z1 = slid(inputs["x"], oriented(inputs["K"], kernel)) + (inputs["b1"] if b1 == "added" else 0)
    a1 = {"relu": lambda: np.maximum(z1, 0), "none": lambda: z1, "absolute": lambda: abs(z1)}[f1]()
    block = groups(a1)
    pooled = {
        "mean": lambda: mean(block),
        "sum": lambda: block.sum(axis=-1),
        "max": lambda: block.max(axis=-1),
        "half": lambda: block.sum(axis=-1) / 2,
        "corner": lambda: block[..., 0],
        "stretched": lambda: mean(groups(a1, "far apart")),
    }[pool]()
    factor = coefficient if beta == "times" else 1
    z2 = {
        "added": lambda: factor * pooled + inputs["b2"],
        "left out": lambda: factor * pooled,
        "before beta": lambda: factor * (pooled + inputs["b2"]),
    }[b2]()
    v = {"relu": lambda: np.maximum(z2, 0), "none": lambda: z2, "absolute": lambda: abs(z2)}[f2]().ravel()
    scores = {"W": inputs["W"], "W.T": inputs["W"].T}[W] @ v[: inputs["W"].shape[1]]
    return scores + (inputs["b3"] if b3 == "added" else 0)


def _z3_terms(inputs, entry):
    (i,), W = entry, inputs["W"]
    a1 = np.maximum(slid(inputs["x"], inputs["K"]) + inputs["b1"], 0)
    v = np.maximum(inputs["beta"] * means(a1) + inputs["b2"], 0).ravel()
    return [*([at("W", W, i, k), at("v", v, k)] for k in range(3)), [at("b3", inputs["b3"], i)]]


z = Question(
    name="network-z",
    notebook="08",
    title="A tiny network: from the image to the scores",
    task=asked("Compute the three scores z3. Write z1, z2 and v down on the way: the other sheets begin with them."),
    answer="z3",
    conventions=(CORRELATION, MEAN, SAME_NUMBERS),
    draw=Draw("x K b1 beta b2 W b3"),
    solve=_z3,
    terms=_z3_terms,
    hint="One stage after the other: z1 first, then its ReLU, the three means, z2, its ReLU. Which stage did you skip?",
    idea="Stage by stage: z1 = correlate(x, K) + b1; a1 = ReLU(z1); z2 = beta down(a1) + b2; v = ReLU(z2), laid out as "
    "a column; z3 = W v + b3.",
    equation="network.8",
    roles=ROLES,
    sheet="network",
    mistakes=(
        Mistake(
            name="kernel turned",
            switches={"kernel": "turned"},
            says="the kernel is turned by 180 degrees before it slides (true convolution)",
            hint="Which entry of K meets the upper left of a window on this sheet?",
            convention='the forward "convolution" turns the kernel (true convolution)',
        ),
        Mistake(
            name="kernel transposed",
            switches={"kernel": "transposed"},
            says="rows and columns of the kernel are exchanged",
            hint="The first row of K lies over the first row of the window.",
        ),
        Mistake(
            name="b1 left out",
            switches={"b1": "left out"},
            says="b1 is left out",
            hint="What does the convolution add to every entry of z1?",
        ),
        Mistake(
            name="no ReLU behind the convolution",
            switches={"f1": "none"},
            says="z1 goes into the pool without ReLU",
            hint="What happens to the negative entries of z1 before they are averaged?",
        ),
        Mistake(
            name="signs dropped behind the convolution",
            switches={"f1": "absolute"},
            says="the negative entries of z1 lose their sign, where ReLU makes them 0",
            hint="What does ReLU make of -3?",
        ),
        Mistake(
            name="block sums",
            switches={"pool": "sum"},
            says="the pool adds up its blocks and does not divide by 4",
            hint="A mean is a sum, and then one thing more.",
            convention="down is the block sum",
        ),
        Mistake(
            name="block sums halved",
            switches={"pool": "half"},
            says="the pool divides the sum of a block by 2",
            hint="How many entries has a block?",
        ),
        Mistake(
            name="maximum in place of mean",
            switches={"pool": "max"},
            says="the pool takes the largest entry of each block",
            hint="Which kind of pool has this network?",
        ),
        Mistake(
            name="upper left entries",
            switches={"pool": "corner"},
            says="the pool takes the upper left entry of each block",
            hint="All four entries of a block have a say in the mean.",
        ),
        Mistake(
            name="entries far apart",
            switches={"pool": "stretched"},
            says="the pool averages columns that lie three apart, not neighbours",
            hint="A block is two rows high and two columns wide, and its columns are neighbours.",
        ),
        Mistake(
            name="beta left out",
            switches={"beta": "left out"},
            says="the means are not multiplied by beta",
            hint="The mean is only the first step of this pool.",
        ),
        Mistake(
            name="b2 left out",
            switches={"b2": "left out"},
            says="b2 is left out",
            hint="What does the pool add to every mean, after beta?",
        ),
        Mistake(
            name="b2 before beta",
            switches={"b2": "before beta"},
            says="b2 is added to the means before beta multiplies",
            hint="In beta down(a1) + b2, what does beta multiply?",
        ),
        Mistake(
            name="no ReLU behind the pool",
            switches={"f2": "none"},
            says="z2 goes into the fully connected layer without ReLU",
            hint="One of the three entries of z2 is negative. What arrives at the fully connected layer?",
        ),
        Mistake(
            name="signs dropped behind the pool",
            switches={"f2": "absolute"},
            says="the negative entry of z2 loses its sign, where ReLU makes it 0",
            hint="What does ReLU make of -3?",
        ),
        Mistake(
            name="W transposed",
            switches={"W": "W.T"},
            says="v meets the columns of W, not the rows",
            hint="Row i of W holds the weights of score i.",
        ),
        Mistake(
            name="b3 left out",
            switches={"b3": "left out"},
            says="b3 is left out",
            hint="W v is not yet the score. What is added?",
        ),
    ),
)

QUESTIONS = (z,)
