"""One tiny network from the image to every gradient: five questions on the same numbers."""

import numpy as np

from classroom.questions.base import Mistake, Question, at
from classroom.questions.blocks import QUARTER, SHARES, enlarged, groups, mean, means
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
ROLES |= {name: "kernel" for name in ("K", "b1", "beta", "b2", "W", "b3")}
ROLES |= {name: "parameter gradient" for name in ("dK", "dW", "gradients")}


# ------------------------------------------------------------------------------------------------------ the numbers


def _network(rng):
    """Everything of one network, drawn until the answers of all five sheets are apart and the numbers stay small.

    One of the three pooled entries is silent and two are not; in each living block some entries of z1 are silent. The
    delta that comes back is a multiple of 4, so the quarter of the mean leaves whole numbers.
    """
    while True:
        x = np.array([rng.choice([-2, -1, 0, 1, 2, 3]) for _ in range(21)]).reshape(3, 7)
        K = np.array(rng.sample([-2, -1, 1, 2, 3], 4)).reshape(2, 2)
        inputs = {"x": x, "K": K, "b1": np.array(rng.choice([-2, -1, 1, 2]))}
        z1 = slid(x, K) + inputs["b1"]
        alive = (groups(z1) > 0).sum(axis=-1)
        total = groups(np.maximum(z1, 0)).sum(axis=-1)
        if alive.min() < 1 or alive.max() > 3 or (total % 4).any() or len(set(total.flat)) < 3:
            continue
        inputs |= {"beta": np.array(rng.choice([3, -3, 5])), "b2": np.array(rng.choice(range(-9, 16)))}
        z2 = inputs["beta"] * (total // 4) + inputs["b2"]
        if (z2 > 0).sum() != 2 or abs(z2).max() > 12 or not inputs["b2"] or not z2.all():
            continue
        inputs |= {"W": np.array([rng.choice([-2, -1, 1, 2, 3]) for _ in range(9)]).reshape(3, 3)}
        inputs |= {"b3": np.array(rng.sample([-3, -2, -1, 1, 2, 3], 3))}
        inputs |= {"delta": np.array(rng.sample([-8, -4, 4, 8], 3)), "z1": z1, "z2": z2}
        if not any(question.collisions(question.draw.given(inputs)) for question in QUESTIONS):
            return inputs


class _Draw:
    """The draw of one sheet: of the network's numbers those with these letters."""

    def __init__(self, letters):
        self.letters = letters.split()

    def __call__(self, rng):
        return self.given(_network(rng))

    def given(self, inputs):
        return {letters: inputs[letters] for letters in self.letters}


def _asked(words):
    return f"A tiny network: {NETWORK}. {words}"


# ------------------------------------------------------------------------------------------------ from image to scores


def _z3(
    inputs, *, kernel="as it is", b1="added", f1="relu", pool="mean", beta="times", b2="added", f2="relu", W="W",
    b3="added",
):  # fmt: skip
    x, K, coefficient = inputs["x"], oriented(inputs["K"], kernel), inputs["beta"]
    z1 = slid(x, K) + (inputs["b1"] if b1 == "added" else 0)
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
    z2 = (coefficient if beta == "times" else 1) * pooled + (inputs["b2"] if b2 == "added" else 0)
    if b2 == "before beta":
        z2 = coefficient * (pooled + inputs["b2"])
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
    task=_asked("Compute the three scores z3. Write z1, z2 and v down on the way: the other sheets begin with them."),
    answer="z3",
    conventions=(CORRELATION, MEAN, SAME_NUMBERS),
    draw=_Draw("x K b1 beta b2 W b3"),
    solve=_z3,
    terms=_z3_terms,
    hint="One stage after the other: z1 first, then its ReLU, the three means, z2, its ReLU. Which stage did you skip?",
    idea="z1 = correlate(x, K) + b1; a1 = ReLU(z1); z2 = beta down(a1) + b2; v = ReLU(z2), laid out as a column; "
    "z3 = W v + b3.",
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

# ------------------------------------------------------------------------------------------- back to the convolution


def _delta2(inputs, W="W.T", f2="z2 > 0", used="all"):
    """delta of the pool: W.T delta, and f' at the pool's own z2."""
    z2 = inputs["z2"]
    weights = {"W.T": inputs["W"].T, "W": inputs["W"]}[W]
    g = {"all": lambda: weights @ inputs["delta"], "delta alone": lambda: inputs["delta"]}[used]()
    slope = {
        "z2 > 0": lambda: z2 > 0,
        "1": lambda: np.ones_like(z2),
        "value": lambda: np.maximum(z2, 0),
        "inverted": lambda: z2 < 0,
        "of g": lambda: g.reshape(z2.shape) > 0,
    }[f2]()
    return g.reshape(z2.shape) * slope


def _delta1(inputs, *, W="W.T", f2="z2 > 0", used="all", place="repeated", share="quarter", beta="times", f1="z1 > 0"):
    z1, coefficient = inputs["z1"], inputs["beta"]
    factor = {
        "times": lambda: coefficient,
        "left out": lambda: 1,
        "divided": lambda: 1 / coefficient,
        "twice": lambda: coefficient**2,
    }[beta]()
    down = factor * _delta2(inputs, W, f2, used)
    slope = {
        "z1 > 0": lambda: z1 > 0,
        "1": lambda: np.ones_like(z1),
        "value": lambda: np.maximum(z1, 0),
        "inverted": lambda: z1 < 0,
        "of z2": lambda: enlarged(inputs["z2"] > 0),
        "of the mean": lambda: enlarged(groups(z1).sum(axis=-1) > 0),
        "of delta": lambda: enlarged(down > 0),
    }[f1]()
    shared = down // 4 if share == "quarter" and not (down % 4).any() else SHARES[share] * down
    return enlarged(shared, place) * slope


def _delta1_terms(inputs, entry):
    p, q = entry
    j = q // 2
    slopes = [(f"f'(z2[0,{j}])", int(inputs["z2"][0, j] > 0)), (f"f'(z1[{p},{q}])", int(inputs["z1"][entry] > 0))]
    shared = [("1/4", QUARTER), at("β", inputs["beta"])]
    return [[*shared, at("W", inputs["W"], k, j), at("δ", inputs["delta"], k), *slopes] for k in range(3)]


WAY_BACK = (
    Mistake(
        name="W not transposed",
        switches={"W": "W"},
        says="W meets delta as it is, and not transposed",
        hint="Entry k of v went to all three scores. Do these weights stand in a row or in a column of W?",
    ),
    Mistake(
        name="W left out",
        switches={"used": "delta alone"},
        says="the delta of the scores is handed to the pool without W",
        hint="Between the scores and the pool stands the fully connected layer. What does it do to delta?",
    ),
    Mistake(
        name="f' behind the pool forgotten",
        switches={"f2": "1"},
        says="f' behind the pool is left out",
        hint="v is ReLU(z2). One entry of z2 is negative. What passes there?",
    ),
    Mistake(
        name="f for f' behind the pool",
        switches={"f2": "value"},
        says="the value of the ReLU behind the pool is multiplied, not its slope",
        hint="How steep is the ReLU at a positive z2? Its height does not matter here.",
    ),
    Mistake(
        name="mask behind the pool inverted",
        switches={"f2": "inverted"},
        says="only the silent entry of z2 passes something back",
        hint="Which entries of z2 did the ReLU let through?",
    ),
    Mistake(
        name="f' of g behind the pool",
        switches={"f2": "of g"},
        says="behind the pool negative errors are replaced by 0: the ReLU is applied to what comes back",
        hint="The slope of ReLU is asked for at z2, whatever comes back.",
    ),
)
THROUGH_THE_POOL = (
    Mistake(
        name="not divided by 4",
        switches={"share": "whole"},
        says="each entry of a block gets the whole error, not its quarter",
        hint="If one entry of a block moves by 4, by how much does the mean move?",
        convention="down is the block sum",
    ),
    Mistake(
        name="divided by 2",
        switches={"share": "half"},
        says="each entry gets half of its block's error",
        hint="How many entries share the error of one block?",
    ),
    Mistake(
        name="divided by 4 twice",
        switches={"share": "sixteenth"},
        says="the division by 4 is done twice",
        hint="The mean divides once. Where did a second division come in?",
    ),
    Mistake(
        name="beta left out",
        switches={"beta": "left out"},
        says="beta is left out on the way through the pool",
        hint="What happens to a mean before it is z2?",
    ),
    Mistake(
        name="divided by beta",
        switches={"beta": "divided"},
        says="the error is divided by beta",
        hint="A slope of beta is a factor beta, in both directions.",
    ),
    Mistake(
        name="tiled",
        switches={"place": "tiled"},
        says="the pool's errors are set side by side, where each should be repeated over its own block",
        hint="Which columns of z1 went into the first entry of z2?",
    ),
    Mistake(
        name="f' behind the convolution forgotten",
        switches={"f1": "1"},
        says="f' behind the convolution is left out",
        hint="Which entries of z1 did the ReLU let through?",
    ),
    Mistake(
        name="f for f' behind the convolution",
        switches={"f1": "value"},
        says="the value of the ReLU behind the convolution is multiplied, not its slope",
        hint="How steep is the ReLU at a positive z1? Its height does not matter here.",
    ),
    Mistake(
        name="f' of z2 behind the convolution",
        switches={"f1": "of z2"},
        says="behind the convolution f' is taken at z2 once more",
        hint="The slope at z2 is already inside the pool's delta. Which slope is still to come?",
    ),
    Mistake(
        name="f' of the block means",
        switches={"f1": "of the mean"},
        says="behind the convolution f' is taken at the block means of z1",
        hint="The ReLU stands before the pool. Which matrix did it see?",
    ),
    Mistake(
        name="mask behind the convolution inverted",
        switches={"f1": "inverted"},
        says="the error goes to the entries of z1 that the ReLU has silenced",
        hint="Raise a silent entry of z1 by a little. Does anybody above notice?",
    ),
)
NO_OTHER_SLOPE = ("f' behind the convolution forgotten", "f' of z2 behind the convolution")

delta = Question(
    name="network-delta",
    inseparable=(NO_OTHER_SLOPE,),
    notebook="08",
    title="A tiny network: back to the convolution",
    task=_asked(
        "delta = dJ/dz3 came back from the loss. z1 and z2 are given. Compute delta1 = dJ/dz1 (2x6), through the fully "
        "connected layer, a ReLU, the pool and a ReLU."
    ),
    answer="delta1",
    conventions=(MEAN, RELU, SAME_NUMBERS),
    draw=_Draw("z1 beta z2 W delta"),
    solve=_delta1,
    terms=_delta1_terms,
    hint="Four stations on the way back: W, the ReLU at z2, the pool, the ReLU at z1. What does each do to the error?",
    idea="delta2 = W.T delta times f'(z2), entry by entry: the pool's delta. Then delta1 = beta up(delta2) / 4 times "
    "f'(z1), entry by entry.",
    equation="network.13",
    roles=ROLES,
    sheet="network",
    mistakes=(
        *WAY_BACK,
        *THROUGH_THE_POOL,
        Mistake(
            name="beta twice",
            switches={"beta": "twice"},
            says="the factor beta is there twice",
            hint="How often does a mean meet beta on its way to z2?",
        ),
        Mistake(
            name="upper left entries",
            switches={"place": "corner"},
            says="only the upper left entry of each block gets something",
            hint="All four entries of a block have a share in the mean.",
        ),
        Mistake(
            name="f' of the error behind the convolution",
            switches={"f1": "of delta"},
            says="behind the convolution negative errors are replaced by 0: the ReLU is applied to what comes back",
            hint="The slope of ReLU is asked for at z1, whatever comes back.",
        ),
    ),
)

# ------------------------------------------------------------------------------------------ the kernel's gradient


def _dK(inputs, *, slide="as it is", result="as it is", scale="sum", sign=1, **back):
    dK = sign * slid(inputs["x"], oriented(_delta1(inputs, **back), slide))
    dK = oriented(dK, result)
    return dK if scale == "sum" else dK / {"mean of 12": 12, "mean of 4": 4}[scale]


def _dK_terms(inputs, entry):
    (u, v), x, error = entry, inputs["x"], _delta1(inputs)
    places = [(i, j) for i, j in np.ndindex(error.shape) if error[i, j]]
    return [[at("δ1", error, i, j), at("x", x, i + u, j + v)] for i, j in places]


dK = Question(
    name="network-dK",
    inseparable=(NO_OTHER_SLOPE,),
    notebook="08",
    title="A tiny network: the kernel's gradient",
    task=_asked(
        "delta = dJ/dz3 came back from the loss. z1 and z2 are given. Compute dK (2x2). The sheet network-delta is the "
        "way there."
    ),
    answer="dK",
    conventions=(CORRELATION, MEAN, RELU, SAME_NUMBERS),
    draw=_Draw("x z1 beta z2 W delta"),
    solve=_dK,
    terms=_dK_terms,
    hint="First delta1, as on the sheet network-delta. Then: which entries of x did K[0,0] meet, to make which z1?",
    idea="delta1 = dJ/dz1 first: through W.T, f'(z2), beta up / 4, f'(z1). Then dK[u,v] adds up delta1[i,j] times "
    "x[i+u,j+v] over all places: delta1 slides over x as it is. Most entries of delta1 are 0.",
    equation="conv.17",
    roles=ROLES,
    sheet="network",
    mistakes=(
        Mistake(
            name="delta1 turned",
            switches={"slide": "turned"},
            says="delta1 is turned by 180 degrees before it slides over x",
            hint="K[0,0] met x[0,0] to make z1[0,0]. Which delta belongs to this meeting?",
        ),
        Mistake(
            name="result turned",
            switches={"result": "turned"},
            says="dK is turned by 180 degrees at the end",
            hint="Which entries of x did K[0,0] meet? Their products belong to dK[0,0].",
            convention='the forward "convolution" turns the kernel (true convolution)',
        ),
        Mistake(
            name="result transposed",
            switches={"result": "transposed"},
            says="rows and columns of dK are exchanged",
            hint="The first index of dK counts rows, downwards.",
        ),
        Mistake(
            name="mean over the places",
            switches={"scale": "mean of 12"},
            says="the products are averaged over the places of z1",
            hint="Every place that uses the kernel reports. Are reports averaged or added up?",
        ),
        Mistake(
            name="sign changed",
            switches={"sign": -1},
            says="the sign is changed, as for a step downhill",
            hint="The gradient points uphill. The minus sign belongs to the update.",
        ),
        *WAY_BACK,
        *(m for m in THROUGH_THE_POOL),
    ),
)

QUESTIONS = (z, delta, dK)
