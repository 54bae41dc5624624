"""A question on a mean pool with an activation behind it: delta first, then dbeta."""

from classroom.questions.base import Mistake, Question, at
from classroom.questions.blocks import means, whole_means
from classroom.questions.pooling import BLOCKS, MEAN
from classroom.questions.pooling_beta import BETA_MISTAKES, PAIRS, ROLES, coming_back, dbeta_of, parameters


def _after_f_inputs(rng):
    while True:
        x, given = whole_means(rng, 3, 2, 4, low=-6, high=7), parameters(rng)
        d, c = means(x), rng.randrange(3)
        given["b"][c] = -given["beta"][c] * int(d[c, 0, rng.randrange(2)])  # here z is 0
        z = given["beta"][:, None, None] * d + given["b"][:, None, None]
        silent = (z <= 0).sum(axis=(1, 2))
        if sorted(silent) == [0, 1, 1] and (z < 0).sum() == 1 and ((z > 0) & (d < 0)).any() and abs(z).max() < 40:
            return {"x": x} | given | {"g": coming_back(rng)}


def _after_f_terms(inputs, entry):
    (c,), d = entry, means(inputs["x"])
    z = inputs["beta"][c] * d[c, 0] + inputs["b"][c]
    return [
        [at("g", inputs["g"], c, 0, j), (f"f'(z[{c},0,{j}])", int(z[j] > 0)), at("down(x)", d, c, 0, j)]
        for j in range(2)
    ]


after_f = Question(
    name="mean-delta-after-f",
    notebook="06",
    title="An activation behind the pool",
    task="Three maps x (each 2x4) went through a mean pool, z[c] = beta[c] down(x[c]) + b[c], and then through "
    "f = ReLU. What came back is g = dJ/da, from behind the ReLU. Compute dbeta, one number for each map.",
    answer="dbeta",
    conventions=(MEAN, BLOCKS, PAIRS, "The slope of ReLU at 0 is 0."),
    draw=_after_f_inputs,
    solve=dbeta_of,
    terms=_after_f_terms,
    hint="What came back, g, is from behind f. What is to be done with it before it reaches beta? Compute z first.",
    idea="First delta = g f'(z), entry by entry, with the slope of f at the pool's own z = beta down(x) + b. Then "
    "dbeta[c] is the sum over all places of delta[c] times down(x[c]), as without f.",
    equation="mean_pool.27",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="f' forgotten",
            switches={"slope": "1"},
            says="f' is left out, and g is taken for delta",
            hint="g is the derivative by a = f(z). Which factor leads from there to the derivative by z?",
        ),
        Mistake(
            name="slope 1 at 0",
            switches={"slope": "z >= 0"},
            says="the slope of ReLU at 0 is taken as 1",
            hint="One z is exactly 0. What does this sheet say about it?",
            convention="the slope of ReLU at 0 is 1",
        ),
        Mistake(
            name="f in place of f'",
            switches={"slope": "f(z)"},
            says="g is multiplied by the value f(z), not by the slope",
            hint="How steep is the ReLU at a positive z? Its height does not matter here.",
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
            hint="The ReLU looked at z when it went forward. Going back, its slope is asked for at the same place.",
        ),
        Mistake(
            name="mask inverted",
            switches={"slope": "inverted"},
            says="g passes where z is negative",
            hint="Where the ReLU gave 0, a small change of z is not noticed. Which entries of g pass?",
        ),
        Mistake(
            name="with f(z)",
            switches={"factor": "f(z)"},
            says="delta meets f(z), the output behind the activation",
            hint="f is done with after delta = g f'(z). What stands beside beta in z?",
        ),
        *(mistake for mistake in BETA_MISTAKES if mistake.name != "with the output"),
    ),
)

QUESTIONS = (after_f,)
