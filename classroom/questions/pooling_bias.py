"""A question on the gradient of the mean pool's b."""

from fractions import Fraction

import numpy as np

from classroom.questions.base import Mistake, Question, at, whole
from classroom.questions.blocks import QUARTER, SIGN
from classroom.questions.pooling_beta import OTHER_MAPS, PAIRS, ROLES, of_another_map, parameters


def _db_inputs(rng):
    return parameters(rng) | {"delta": whole(rng, 3, 1, 3, 2, low=-5, high=6)}


def _db(inputs, *, over="all", times="1", maps="own", error="given", sign=1):
    delta, beta, b = inputs["delta"], inputs["beta"], inputs["b"]
    if error == "ones":
        delta = np.ones_like(delta)
    if error == "absolute":
        delta = abs(delta)
    delta = of_another_map(delta, maps)
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
    idea="The entry db[c] is the sum of all delta of map c, over its places and over the examples: b is added to each "
    "of these outputs with slope 1. beta and down(x) do not come in.",
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
        *OTHER_MAPS,
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
        SIGN,
    ),
)

QUESTIONS = (db,)
