"""Questions on the mean pool's two trainable numbers: the gradients of beta and of b, and f behind the pool."""

from fractions import Fraction

import numpy as np

from classroom.questions.base import Mistake, Question, at, whole
from classroom.questions.blocks import QUARTER, groups, mean, means, whole_means
from classroom.questions.pooling import BLOCKS, MEAN

ROLES = {"x": "input", "beta": "kernel", "b": "kernel", "g": "gradient", "delta": "gradient"}
ROLES |= {"dbeta": "parameter gradient", "db": "parameter gradient"}
PAIRS = "Each map has its own beta and its own b."


def _parameters(rng):
    """beta and b of three maps: all different, none of them a number that hides a slip."""
    beta = np.array([rng.choice((-1, 1)) * size for size in rng.sample([3, 5, 6, 7], 3)])
    return {"beta": beta, "b": np.array(rng.sample([-7, -5, -4, -3, 2, 3, 6, 8], 3))}


def _coming_back(rng):
    """delta or g: two places of three maps, all from -5 to 5 without -1, 0 and 1."""
    return np.array([rng.sample([-5, -4, -3, -2, 2, 3, 4, 5], 2) for _ in range(3)]).reshape(3, 1, 2)


# ---------------------------------------------------------------------------------------------- the gradient of beta


def _dbeta_inputs(rng):
    return {"x": whole_means(rng, 3, 2, 4, low=-3, high=8)} | _parameters(rng) | {"delta": _coming_back(rng)}


def _dbeta(
    inputs, *, factor="down", over="sum", maps="own", slope="f'(u)", scale=1, sign=1, error="delta", block="mean"
):
    beta, b = inputs["beta"][:, None, None], inputs["b"][:, None, None]
    pooled = BLOCK[block](groups(inputs["x"]))
    if "delta" in inputs:
        delta = inputs["delta"]
    else:
        delta = inputs["g"] * SLOPES[slope](beta * pooled + b, pooled, inputs["g"])
    if error == "ones":
        delta = np.ones_like(delta)
    beside = {
        "down": lambda: pooled,
        "z": lambda: beta * pooled + b,
        "f(z)": lambda: np.maximum(beta * pooled + b, 0),
        "beta down": lambda: beta * pooled,
        "1": lambda: np.ones_like(pooled),
        "beta": lambda: beta * np.ones_like(pooled),
    }[factor]()
    dbeta = scale * sign * OVER[over](_of_another_map(delta, maps), beside)
    return np.full(3, dbeta.sum()) if maps == "all" else dbeta


def _of_another_map(delta, maps):
    """delta as it is, or each map with that of the "next" or the "previous" one."""
    return np.roll(delta, {"next": -1, "previous": 1}[maps], axis=0) if maps in ("next", "previous") else delta


BLOCK = {
    "mean": mean,
    "sum": lambda block: block.sum(axis=-1),
    "max": lambda block: block.max(axis=-1),
    "corner": lambda block: block[..., 0],
}
SLOPES = {
    "f'(u)": lambda u, pooled, g: u > 0,
    "1": lambda u, pooled, g: np.ones_like(g),
    "u >= 0": lambda u, pooled, g: u >= 0,
    "f(u)": lambda u, pooled, g: np.maximum(u, 0),
    "u": lambda u, pooled, g: u,
    "below": lambda u, pooled, g: pooled > 0,
    "of g": lambda u, pooled, g: g > 0,
    "inverted": lambda u, pooled, g: u < 0,
}
OVER = {
    "sum": lambda delta, beside: (delta * beside).sum(axis=(1, 2)),
    "mean": lambda delta, beside: Fraction(1, delta[0].size) * (delta * beside).sum(axis=(1, 2)),
    "product of sums": lambda delta, beside: delta.sum(axis=(1, 2)) * beside.sum(axis=(1, 2)),
    "first": lambda delta, beside: (delta * beside)[:, 0, 0],
    "last": lambda delta, beside: (delta * beside)[:, -1, -1],
    "nothing": lambda delta, beside: (delta * beside)[:, 0],
    "maps": lambda delta, beside: (delta * beside).sum(axis=(0, 1)),
    "added": lambda delta, beside: (delta + beside).sum(axis=(1, 2)),
}


def _dbeta_terms(inputs, entry):
    (c,), d = entry, means(inputs["x"])
    return [[at("δ", inputs["delta"], c, 0, j), at("down(x)", d, c, 0, j)] for j in range(2)]


BETA_MISTAKES = (
    Mistake(
        name="block sums",
        switches={"block": "sum"},
        says="delta meets the sums of the blocks, as when up(delta) is multiplied with x and added up",
        hint="Which number does beta multiply in the forward pass: four entries of x, or their mean?",
        convention="down is the block sum",
    ),
    Mistake(
        name="largest entries",
        switches={"block": "max"},
        says="delta meets the largest entry of each block",
        hint="That is another kind of pool. What does beta multiply in this one?",
    ),
    Mistake(
        name="upper left entries",
        switches={"block": "corner"},
        says="delta meets the upper left entry of each block",
        hint="What does beta multiply in the forward pass? All four entries have a say in it.",
    ),
    Mistake(
        name="with the output",
        switches={"factor": "z"},
        says="delta meets beta down(x) + b, the pool's own output",
        hint="In beta down(x) + b, which factor stands beside beta? beta and b themselves are not part of it.",
    ),
    Mistake(
        name="times beta",
        switches={"factor": "beta down"},
        says="beta stands in its own gradient as a factor",
        hint="What is the slope of beta down(x), as a straight line in beta?",
    ),
    Mistake(
        name="beta for down(x)",
        switches={"factor": "beta"},
        says="delta meets beta, and down(x) does not occur",
        hint="beta times delta belongs to the gradient of down(x). Which factor stands beside beta?",
    ),
    Mistake(
        name="down(x) forgotten",
        switches={"factor": "1"},
        says="delta is added up without down(x), which is the gradient of b",
        hint="What moves further when beta moves: an output with a large mean, or one with a small mean?",
    ),
    Mistake(
        name="delta forgotten",
        switches={"error": "ones"},
        says="the means are added up, and what came back is forgotten",
        hint="The slope says how far an output moves. How much does J care about this output?",
    ),
    Mistake(
        name="mean over the places",
        switches={"over": "mean"},
        says="the products are averaged over the places of a map",
        hint="Every place that uses beta reports how J changes. Are such reports averaged or added up?",
    ),
    Mistake(
        name="product of sums",
        switches={"over": "product of sums"},
        says="delta and the means are each added up first, and then multiplied",
        hint="Multiply place by place, and add up afterwards. A sum of products is no product of sums.",
    ),
    Mistake(
        name="first place only",
        switches={"over": "first"},
        says="only the first place of each map is counted",
        hint="How many outputs does one beta have a hand in? Each of them gives a product.",
    ),
    Mistake(
        name="last place only",
        switches={"over": "last"},
        says="only the last place of each map is counted, as when = stands where += belongs",
        hint="How many outputs does one beta have a hand in? Each of them gives a product.",
    ),
    Mistake(
        name="not added up",
        switches={"over": "nothing"},
        says="the products are not added up over the places",
        hint="There is one beta for a whole map. How many numbers is its gradient?",
    ),
    Mistake(
        name="summed over the maps",
        switches={"over": "maps"},
        says="the products are added up over the maps, and the places stay apart",
        hint="Which of the two shares one beta: the places of a map, or the maps?",
    ),
    Mistake(
        name="one beta for all maps",
        switches={"maps": "all"},
        says="all maps are added up into one number, as if they shared one beta",
        hint="How many betas are given? Each hears from its own map only.",
    ),
    Mistake(
        name="delta of the next map",
        switches={"maps": "next"},
        says="each map meets the delta of the map that follows",
        hint="Which delta belongs to the first map? Check the first index.",
    ),
    Mistake(
        name="delta of the previous map",
        switches={"maps": "previous"},
        says="each map meets the delta of the map before it",
        hint="Which delta belongs to the first map? Check the first index.",
    ),
    Mistake(
        name="added for multiplied",
        switches={"over": "added"},
        says="delta and down(x) are added, not multiplied",
        hint="Factors along one path multiply; only different paths add.",
    ),
    Mistake(
        name="divided by 4 again",
        switches={"scale": QUARTER},
        says="the result is divided by 4 once more, though the mean has done so",
        hint="Where is the division by 4 already? It stands once.",
    ),
    Mistake(
        name="sign changed",
        switches={"sign": -1},
        says="the sign is changed, as for a step downhill",
        hint="The gradient points uphill. The minus sign belongs to the update.",
    ),
)

dbeta = Question(
    name="mean-dbeta",
    notebook="06",
    title="The gradient of beta",
    task="Three maps x (each 2x4) went through a mean pool, z[c] = beta[c] down(x[c]) + b[c], and delta = dJ/dz came "
    "back (each 1x2). Compute dbeta, one number for each map. Not everything that is given is needed.",
    answer="dbeta",
    conventions=(MEAN, BLOCKS, PAIRS),
    draw=_dbeta_inputs,
    solve=_dbeta,
    terms=_dbeta_terms,
    hint="Raise beta of one map by 1. By how much does each output of this map rise, and how much does J care?",
    idea="dbeta[c] is the sum over all places of delta[c] times down(x[c]): z is a straight line in beta, and its "
    "slope is the mean that stands beside beta.",
    equation="mean_pool.27",
    roles=ROLES,
    mistakes=BETA_MISTAKES,
)

# ------------------------------------------------------------------------------------------------ f behind the pool


def _after_f_inputs(rng):
    while True:
        x, given = whole_means(rng, 3, 2, 4, low=-6, high=7), _parameters(rng)
        d, c = means(x), rng.randrange(3)
        given["b"][c] = -given["beta"][c] * int(d[c, 0, rng.randrange(2)])  # here u is 0
        u = given["beta"][:, None, None] * d + given["b"][:, None, None]
        silent = (u <= 0).sum(axis=(1, 2))
        if sorted(silent) == [0, 1, 1] and (u < 0).sum() == 1 and ((u > 0) & (d < 0)).any() and abs(u).max() < 40:
            return {"x": x} | given | {"g": _coming_back(rng)}


def _after_f_terms(inputs, entry):
    (c,), d = entry, means(inputs["x"])
    u = inputs["beta"][c] * d[c, 0] + inputs["b"][c]
    return [
        [at("g", inputs["g"], c, 0, j), (f"f'(u[{c},0,{j}])", int(u[j] > 0)), at("down(x)", d, c, 0, j)]
        for j in range(2)
    ]


after_f = Question(
    name="mean-delta-after-f",
    notebook="06",
    title="An activation behind the pool",
    task="Three maps x (each 2x4) went through a mean pool, u[c] = beta[c] down(x[c]) + b[c], and then through "
    "f = ReLU. What came back is g = dJ/df(u), from behind the ReLU. Compute dbeta, one number for each map.",
    answer="dbeta",
    conventions=(MEAN, BLOCKS, PAIRS, "The slope of ReLU at 0 is 0."),
    draw=_after_f_inputs,
    solve=_dbeta,
    terms=_after_f_terms,
    hint="g came back from behind f. What is to be done with it before it reaches beta? Compute u first.",
    idea="First delta = g f'(u), entry by entry, with the slope of f at the pool's own u = beta down(x) + b. Then "
    "dbeta[c] is the sum over all places of delta[c] times down(x[c]), as without f.",
    equation="mean_pool.27",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="f' forgotten",
            switches={"slope": "1"},
            says="f' is left out, and g is taken for delta",
            hint="g is the derivative by f(u). Which factor leads from there to the derivative by u?",
        ),
        Mistake(
            name="slope 1 at 0",
            switches={"slope": "u >= 0"},
            says="the slope of ReLU at 0 is taken as 1",
            hint="One u is exactly 0. What does this sheet say about it?",
            convention="the slope of ReLU at 0 is 1",
        ),
        Mistake(
            name="f in place of f'",
            switches={"slope": "f(u)"},
            says="g is multiplied by the value f(u), not by the slope",
            hint="How steep is the ReLU at a positive u? Its height does not matter here.",
        ),
        Mistake(
            name="f' of down(x)",
            switches={"slope": "below"},
            says="f' is taken at down(x), before beta and b",
            hint="Which number went into f? It is the output of the whole pool.",
        ),
        Mistake(
            name="f' of g",
            switches={"slope": "of g"},
            says="negative entries of g are replaced by 0: the ReLU is applied to g",
            hint="The ReLU looked at u when it went forward. Going back, its slope is asked for at the same place.",
        ),
        Mistake(
            name="mask inverted",
            switches={"slope": "inverted"},
            says="g passes where u is negative",
            hint="Where the ReLU gave 0, a small change of u is not noticed. Which entries of g pass?",
        ),
        Mistake(
            name="with f(u)",
            switches={"factor": "f(z)"},
            says="delta meets f(u), the output behind the activation",
            hint="f is done with after delta = g f'(u). What stands beside beta in u?",
        ),
        *(mistake for mistake in BETA_MISTAKES if mistake.name != "with the output"),
    ),
)

# ------------------------------------------------------------------------------------------------- the gradient of b


def _db_inputs(rng):
    return _parameters(rng) | {"delta": whole(rng, 3, 1, 3, 2, low=-5, high=6)}


def _db(inputs, *, over="all", times="1", maps="own", error="given", sign=1):
    delta, beta, b = inputs["delta"], inputs["beta"], inputs["b"]
    if error == "ones":
        delta = np.ones_like(delta)
    if error == "absolute":
        delta = abs(delta)
    delta = _of_another_map(delta, maps)
    db = {
        "all": lambda: delta.sum(axis=(1, 2, 3)),
        "mean of the places": lambda: Fraction(1, 3) * delta.sum(axis=(1, 2, 3)),
        "mean of the examples": lambda: Fraction(1, 2) * delta.sum(axis=(1, 2, 3)),
        "mean of both": lambda: Fraction(1, 6) * delta.sum(axis=(1, 2, 3)),
        "first example": lambda: delta[..., 0].sum(axis=(1, 2)),
        "last example": lambda: delta[..., -1].sum(axis=(1, 2)),
        "first place": lambda: delta[:, 0, 0].sum(axis=1),
        "last place": lambda: delta[:, -1, -1].sum(axis=1),
        "places": lambda: delta.sum(axis=(1, 2)),
        "examples": lambda: delta.sum(axis=3)[:, 0],
        "maps": lambda: delta.sum(axis=(0, 1, 3)),
    }[over]()
    if times != "1":
        db = ({"beta": beta, "b": b, "1/4": QUARTER}[times] * db.T).T
    return sign * (np.full(3, db.sum()) if maps == "all" else db)


def _db_terms(inputs, entry):
    delta = inputs["delta"]
    return [[at("δ", delta, *entry, *place)] for place in np.ndindex(delta.shape[1:])]


db = Question(
    name="mean-db",
    notebook="06",
    title="The gradient of b",
    task="A mean pool with three maps, z[c] = beta[c] down(x[c]) + b[c], made 1x3 entries of each map, for each of two "
    "examples. delta[c,i,j,t] = dJ/dz[c,i,j,t] came back. Compute db, one number for each map.",
    answer="db",
    conventions=(PAIRS, "The last index counts the examples.", "The 1/N of the mean loss is already inside delta."),
    draw=_db_inputs,
    solve=_db,
    terms=_db_terms,
    hint="Raise b of one map by 1. Which outputs rise, and by how much? Do not forget the second example.",
    idea="db[c] is the sum of all delta of map c, over its places and over the examples: b is added to each of these "
    "outputs with slope 1. beta and down(x) do not come in.",
    equation="mean_pool.28",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="mean over the places",
            switches={"over": "mean of the places"},
            says="the average over the places of a map is taken, not the sum",
            hint="Every place that uses b reports how J changes. Are such reports averaged or added up?",
        ),
        Mistake(
            name="divided by N again",
            switches={"over": "mean of the examples"},
            says="the result is divided by the number of examples once more",
            hint="The 1/N of the mean stands once. Where is it already?",
            convention="delta does not contain the 1/N of the mean loss",
        ),
        Mistake(
            name="mean of all delta",
            switches={"over": "mean of both"},
            says="the mean of all delta of a map is taken, not their sum",
            hint="Each of these outputs uses the same b and reports how J changes. Are reports averaged or added up?",
        ),
        Mistake(
            name="first example only",
            switches={"over": "first example"},
            says="only the first example is counted",
            hint="Both examples went through the same pool. Did b not serve the second one?",
        ),
        Mistake(
            name="last example only",
            switches={"over": "last example"},
            says="only the last example is counted, as when = stands where += belongs",
            hint="Both examples went through the same pool. Did b not serve the first one?",
        ),
        Mistake(
            name="first place only",
            switches={"over": "first place"},
            says="only the first place of each map is counted",
            hint="At how many places of a map is b added?",
        ),
        Mistake(
            name="last place only",
            switches={"over": "last place"},
            says="only the last place of each map is counted, as when = stands where += belongs",
            hint="At how many places of a map is b added?",
        ),
        Mistake(
            name="examples kept apart",
            switches={"over": "places"},
            says="the places are added up, but the examples stay apart",
            hint="There is one b for a map, whatever the example. How many numbers is its gradient?",
        ),
        Mistake(
            name="places kept apart",
            switches={"over": "examples"},
            says="the examples are added up, but the places stay apart",
            hint="There is one b for a whole map. How many numbers is its gradient?",
        ),
        Mistake(
            name="summed over the maps",
            switches={"over": "maps"},
            says="delta is added up over the maps and the examples, and the places stay apart",
            hint="What shares one b: the places of a map, or the maps?",
        ),
        Mistake(
            name="one b for all maps",
            switches={"maps": "all"},
            says="all maps are added up into one number, as if they shared one b",
            hint="How many b are given? Each hears from its own map only.",
        ),
        Mistake(
            name="delta of the next map",
            switches={"maps": "next"},
            says="each map's b gets the delta of the map that follows",
            hint="Which delta belongs to the first map? Check the first index.",
        ),
        Mistake(
            name="delta of the previous map",
            switches={"maps": "previous"},
            says="each map's b gets the delta of the map before it",
            hint="Which delta belongs to the first map? Check the first index.",
        ),
        Mistake(
            name="times beta",
            switches={"times": "beta"},
            says="the sum is multiplied by beta",
            hint="Is b added before beta multiplies, or after?",
        ),
        Mistake(
            name="times b",
            switches={"times": "b"},
            says="the sum is multiplied by b",
            hint="What is the derivative of z + b by b? Does b itself stand in it?",
        ),
        Mistake(
            name="divided by 4",
            switches={"times": "1/4"},
            says="the sum is divided by 4, as the entries of a block are",
            hint="The 1/4 belongs to the mean of x. Is b one of the entries of a block?",
        ),
        Mistake(
            name="delta forgotten",
            switches={"error": "ones"},
            says="the slope 1 is added up over all outputs, and delta is forgotten",
            hint="The slope says how far an output moves. How much does J care about this output?",
        ),
        Mistake(
            name="signs dropped",
            switches={"error": "absolute"},
            says="all delta are counted as positive",
            hint="A negative report takes away from the sum. Look at the signs.",
        ),
        Mistake(
            name="sign changed",
            switches={"sign": -1},
            says="the sign is changed, as for a step downhill",
            hint="The gradient points uphill. The minus sign belongs to the update.",
        ),
    ),
)

QUESTIONS = (dbeta, db, after_f)
