"""The gradients of the tiny network's parameters: the kernel, beta and the biases."""

import numpy as np

from classroom.questions.base import Mistake, Question, at
from classroom.questions.blocks import SIGN, groups, mean, means
from classroom.questions.network import CORRELATION, MEAN, RELU, ROLES, SAME_NUMBERS, Draw, asked
from classroom.questions.network_back import NO_OTHER_SLOPE, THROUGH_THE_POOL, WAY_BACK, delta1_of, delta2_of
from classroom.questions.windows import oriented, slid

# ------------------------------------------------------------------------------------------ the kernel's gradient


def _dK(inputs, *, slide="as it is", result="as it is", scale="sum", sign=1, **back):
    dK = sign * slid(inputs["x"], oriented(delta1_of(inputs, **back), slide))
    dK = oriented(dK, result)
    return dK if scale == "sum" else dK / {"mean": 12}[scale]


def _dK_terms(inputs, entry):
    (u, v), x, error = entry, inputs["x"], delta1_of(inputs)
    places = [(i, j) for i, j in np.ndindex(error.shape) if error[i, j]]
    return [[at("δ1", error, i, j), at("x", x, i + u, j + v)] for i, j in places]


dK = Question(
    name="network-dK",
    notebook="08",
    title="A tiny network: the kernel's gradient",
    task=asked(
        "delta = dJ/dz3 came back from the loss. z1 and z2 are given. Compute dK (2x2). The sheet network-delta is the "
        "way there."
    ),
    answer="dK",
    conventions=(CORRELATION, MEAN, RELU, SAME_NUMBERS),
    draw=Draw("x z1 beta z2 W delta"),
    solve=_dK,
    terms=_dK_terms,
    hint="First delta1, as on the sheet network-delta. Then: which entries of x did K[0,0] meet, to make which z1?",
    idea="First delta1 = dJ/dz1: through W.T, f'(z2), beta up / 4, f'(z1). Then dK[u,v] adds up delta1[i,j] times "
    "x[i+u,j+v] over all places: delta1 slides over x as it is. Most entries of delta1 are 0.",
    equation="conv.17",
    roles=ROLES,
    sheet="network",
    inseparable=(NO_OTHER_SLOPE,),
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
            switches={"scale": "mean"},
            says="the products are averaged over the places of z1",
            hint="Every place that uses the kernel reports. Are reports averaged or added up?",
        ),
        SIGN,
        *WAY_BACK,
        *THROUGH_THE_POOL,
    ),
)

# --------------------------------------------------------------------------------- the other parameters' gradients


def _gradients(
    inputs, *, beside="down(a1)", over="sum", order="as asked", sign=1, b2="delta2", b1="delta1", W="W.T", used="all",
    f2="z2 > 0", **back,
):  # fmt: skip
    z1, z2 = inputs["z1"], inputs["z2"]
    delta2 = delta2_of(inputs, W, f2, used)
    delta1 = delta1_of(inputs, W=W, f2=f2, used=used, **back)
    a1 = groups(np.maximum(z1, 0))
    factor = {
        "down(a1)": lambda: mean(a1),
        "sums": lambda: a1.sum(axis=-1),
        "down(z1)": lambda: means(z1),
        "z2": lambda: z2,
        "v": lambda: np.maximum(z2, 0),
        "beta down(a1)": lambda: inputs["beta"] * mean(a1),
        "largest": lambda: a1.max(axis=-1),
    }[beside]()
    dbeta = (delta2 * factor).sum() if over != "product of sums" else delta2.sum() * factor.sum()
    db2 = {"delta2": lambda: delta2.sum(), "times beta": lambda: inputs["beta"] * delta2.sum()}[b2]()
    db1 = {"delta1": lambda: delta1.sum(), "delta2": lambda: delta2.sum()}[b1]()
    if over == "mean":
        dbeta, db2, db1 = dbeta / 3, db2 / 3, db1 / 12
    if over == "last":
        dbeta, db2, db1 = (delta2 * factor)[0, -1], delta2[0, -1], delta1[-1, -1]
    gradients = sign * np.array([dbeta, db2, db1])
    return gradients if order == "as asked" else gradients[[1, 0, 2]]


def _gradients_terms(inputs, entry):
    delta1, delta2 = delta1_of(inputs), delta2_of(inputs)
    if entry == (2,):
        return [[at("δ1", delta1, i, j)] for i, j in np.ndindex(delta1.shape) if delta1[i, j]]
    d = means(np.maximum(inputs["z1"], 0))
    products = [[at("δ2", delta2, 0, j), at("down(a1)", d, 0, j)] for j in range(3)]
    return products if entry == (0,) else [product[:1] for product in products]


dbeta = Question(
    name="network-dbeta",
    notebook="08",
    title="A tiny network: beta and the biases",
    task=asked(
        "delta = dJ/dz3 came back from the loss. z1 and z2 are given. Compute three gradients, in this order: dbeta, "
        "db2, db1. The sheet network-delta is the way there."
    ),
    answer="gradients",
    conventions=(MEAN, RELU, SAME_NUMBERS),
    draw=Draw("z1 beta z2 W delta"),
    solve=_gradients,
    terms=_gradients_terms,
    hint="In z2 stand beta and b2, in z1 stands b1. Which delta belongs to each, and what stands beside beta?",
    idea="The gradient dbeta is the sum of delta2 times down(a1), with a1 = ReLU(z1), over the three places of the "
    "pool. db2 is the sum of delta2, and db1 the sum of delta1 over all places of z1.",
    equation="mean_pool.11",
    roles=ROLES,
    sheet="network",
    inseparable=(NO_OTHER_SLOPE,),
    mistakes=(
        Mistake(
            name="with the sums",
            switches={"beside": "sums"},
            says="in dbeta delta2 meets the sums of the blocks, not their means",
            hint="Which number does beta multiply in the forward pass?",
            convention="down is the block sum, with a quarter of this beta",
        ),
        Mistake(
            name="means of z1",
            switches={"beside": "down(z1)"},
            says="in dbeta the blocks of z1 are averaged without the ReLU",
            hint="What entered the pool: z1 or a1?",
        ),
        Mistake(
            name="with z2",
            switches={"beside": "z2"},
            says="in dbeta delta2 meets z2, the pool's own output",
            hint="In z2 = beta down(a1) + b2, which factor stands beside beta?",
        ),
        Mistake(
            name="times beta",
            switches={"beside": "beta down(a1)"},
            says="beta stands in its own gradient as a factor",
            hint="What is the slope of beta down(a1), as a straight line in beta?",
        ),
        Mistake(
            name="with the largest",
            switches={"beside": "largest"},
            says="in dbeta delta2 meets the largest entry of each block",
            hint="Which kind of pool has this network?",
        ),
        Mistake(
            name="product of sums",
            switches={"over": "product of sums"},
            says="in dbeta delta2 and the means are each added up first, and then multiplied",
            hint="Multiply place by place, and add up afterwards.",
        ),
        Mistake(
            name="mean over the places",
            switches={"over": "mean"},
            says="the gradients are averaged over the places, not added up",
            hint="Every place that uses a parameter reports. Are reports averaged or added up?",
        ),
        Mistake(
            name="last place only",
            switches={"over": "last"},
            says="only the last place is counted, as when = stands where += belongs",
            hint="At how many places is each of these parameters used?",
        ),
        Mistake(
            name="dbeta and db2 exchanged",
            switches={"order": "db2 first"},
            says="dbeta and db2 have changed places",
            hint="Look at the order that the sheet asks for.",
        ),
        Mistake(
            name="db2 times beta",
            switches={"b2": "times beta"},
            says="db2 is multiplied by beta",
            hint="Is b2 added before beta multiplies, or after?",
        ),
        Mistake(
            name="db1 from delta2",
            switches={"b1": "delta2"},
            says="for db1 the pool's delta is added up, not the convolution's",
            hint="b1 stands in z1. Which delta belongs there?",
        ),
        SIGN,
        *WAY_BACK,
        *(mistake for mistake in THROUGH_THE_POOL if mistake.name != "tiled"),
    ),
)

QUESTIONS = (dK, dbeta)
